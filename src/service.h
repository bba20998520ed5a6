/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service manager is told, and when: systemctl status shows it, and a watchdog hears it.
 */
#ifndef HLSGEN_SERVICE_H
#define HLSGEN_SERVICE_H

#include <stdint.h>

#include "base/notify.h"
#include "origin/live.h"

struct service {
    struct notify notify;
    int64_t next_progress; /**< CLOCK_MONOTONIC: when progress is told again */
};

/** While encoding, which may take longer than the manager waits for a start. @p now: monotonic. */
void service_tell_progress(struct service *service, int64_t now, int percent);

/** While the first windows are published: of @p done streams out of @p count. Likewise. */
void service_tell_started(struct service *service, int64_t now, int64_t done, int64_t count);

void service_tell_ready(const struct service *service);
void service_tell_stopping(const struct service *service);

/** That the stream goes on, or what keeps it from going on. */
void service_tell_alive(const struct service *service, const struct live_figures *figures);

/** Nanoseconds between two of service_tell_alive(); 0 where nobody listens. */
int64_t service_beat_interval(const struct service *service);

#endif

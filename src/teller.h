/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a terminal, the service manager and the log are told of a run on its way to publishing. */
#ifndef HLSGEN_TELLER_H
#define HLSGEN_TELLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "service.h"
#include "terminal.h"

struct teller {
    const struct clock *clock;
    struct service service;
    struct terminal terminal;
    int64_t started;   /**< CLOCK_MONOTONIC */
    int percent;       /**< encoded */
    bool told_waiting; /**< for processor time */
};

/** @param clock borrowed for the teller's life */
struct teller teller_make(const struct clock *clock, struct service service);

/** So much is encoded. */
void teller_tell_encoded(struct teller *teller, int64_t done, int64_t total);

/** Encoding waits for its budget of processor time: logged once, for it may take long. */
void teller_tell_waiting(struct teller *teller, int64_t budget_percent);

/** So many of the streams have their first window. */
void teller_tell_started(struct teller *teller, int64_t streams, int64_t count);

/** Milliseconds since the teller was made. */
int64_t teller_elapsed_ms(const struct teller *teller);

#endif

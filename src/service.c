/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

#define STATUS_INTERVAL (10 * NS_PER_SECOND)

void service_tell_progress(struct service *service, int64_t now, int percent)
{
    if (now < service->next_progress)
        return;
    service->next_progress = now + NS_PER_SECOND;
    notify_send(&service->notify, "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=Encoding, %d %%", percent);
}

void service_tell_ready(const struct service *service)
{
    notify_send(&service->notify, "READY=1");
}

void service_tell_stopping(const struct service *service)
{
    notify_send(&service->notify, "STOPPING=1");
}

/* Ready again, for a message is lost when the manager's queue is full. */
void service_tell_alive(const struct service *service, const struct live_figures *figures)
{
    if (figures->fault < 0)
        notify_send(&service->notify,
                    "READY=1\nWATCHDOG=1\nSTATUS=Trying again: %s, newest segment %" PRId64,
                    strerror(-figures->fault), figures->newest);
    else
        notify_send(&service->notify,
                    "READY=1\nWATCHDOG=1\nSTATUS=Publishing, newest segment %" PRId64
                    ", at most %" PRId64 " us late",
                    figures->newest, figures->late_max / 1000);
}

/* Twice in the time after which the manager gives up; without one, to renew the status. */
int64_t service_beat_interval(const struct service *service)
{
    if (service->notify.fd < 0)
        return 0;
    return service->notify.watchdog > 0 ? service->notify.watchdog / 2 : STATUS_INTERVAL;
}

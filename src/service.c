/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define STATUS_INTERVAL (10 * NS_PER_SECOND)

#define MORE_TIME "EXTEND_TIMEOUT_USEC=30000000\n"

static bool is_time(struct service *service, int64_t now)
{
    if (now < service->next_progress)
        return false;
    service->next_progress = now + NS_PER_SECOND;
    return true;
}

void service_tell_progress(struct service *service, int64_t now, int percent)
{
    if (is_time(service, now))
        notify_send(&service->notify, MORE_TIME "STATUS=Encoding, %d %%", percent);
}

void service_tell_started(struct service *service, int64_t now, int64_t done, int64_t count)
{
    if (is_time(service, now))
        notify_send(&service->notify,
                    MORE_TIME "STATUS=Publishing the first windows, %" PRId64 " of %" PRId64
                              " streams",
                    done, count);
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
#define ALIVE "READY=1\nWATCHDOG=1\n"

void service_tell_alive(const struct service *service, const struct live_figures *figures)
{
    char streams[64] = "";

    if (figures->fault < 0) {
        if (figures->streams > 1)
            (void)snprintf(streams, sizeof(streams), ", %" PRId64 " of %" PRId64 " streams",
                           figures->failing, figures->streams);
        notify_send(&service->notify, ALIVE "STATUS=Trying again: %s%s, newest segment %" PRId64,
                    strerror(-figures->fault), streams, figures->newest);
    } else {
        if (figures->streams > 1)
            (void)snprintf(streams, sizeof(streams), " %" PRId64 " streams", figures->streams);
        notify_send(&service->notify,
                    ALIVE "STATUS=Publishing%s, newest segment %" PRId64 ", at most %" PRId64
                          " us late",
                    streams, figures->newest, figures->late_max / 1000);
    }
}

/* Twice in the time after which the manager gives up; without one, to renew the status. */
int64_t service_beat_interval(const struct service *service)
{
    if (service->notify.fd < 0)
        return 0;
    return service->notify.watchdog > 0 ? service->notify.watchdog / 2 : STATUS_INTERVAL;
}

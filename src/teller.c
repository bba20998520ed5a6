/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "teller.h"

#include <inttypes.h>

#include "base/log.h"

static int64_t monotonic(const struct teller *teller)
{
    return teller->clock->monotonic(teller->clock->context);
}

struct teller teller_make(const struct clock *clock, struct service service)
{
    struct teller teller = {.clock = clock, .service = service};

    teller.started = monotonic(&teller);
    teller.terminal = terminal_open(teller.started);
    return teller;
}

static void tell_percent(struct teller *teller)
{
    int64_t now = monotonic(teller);

    terminal_show(&teller->terminal, now, "encoding %3d %%", teller->percent);
    service_tell_progress(&teller->service, now, teller->percent);
}

void teller_tell_encoded(struct teller *teller, int64_t done, int64_t total)
{
    teller->percent = (int)(done * 100 / total);
    tell_percent(teller);
}

void teller_tell_waiting(struct teller *teller, int64_t budget_percent)
{
    if (!teller->told_waiting) {
        terminal_clear(&teller->terminal);
        log_notice(
            "encoding waits for its budget of processor time percent=%d"
            " cpu_budget_percent=%" PRId64,
            teller->percent, budget_percent);
    }
    teller->told_waiting = true;
    tell_percent(teller);
}

void teller_tell_started(struct teller *teller, int64_t streams, int64_t count)
{
    int64_t now = monotonic(teller);

    if (count > 1)
        terminal_show(&teller->terminal, now, "publishing %" PRId64 "/%" PRId64, streams, count);
    service_tell_started(&teller->service, now, streams, count);
}

int64_t teller_elapsed_ms(const struct teller *teller)
{
    return (monotonic(teller) - teller->started) / NS_PER_MS;
}

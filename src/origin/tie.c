/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall clock is read between two readings of the other, and the narrowest of a few such pairs
 * is taken: a process that loses its processor in between would see a step where there is none.
 */
#include "origin/tie.h"

#include <inttypes.h>

#include "base/log.h"

#define TOLERANCE_NS (2 * NS_PER_MS) /* a smaller step of the wall clock is not looked at */

/* Wall clock minus CLOCK_MONOTONIC. */
static int64_t measure(const struct clock *clock, int64_t *ret_error)
{
    int64_t offset = 0;

    *ret_error = INT64_MAX;
    for (int i = 0; i < 4; i++) {
        int64_t before = clock->monotonic(clock->context);
        int64_t wall = clock->realtime(clock->context);
        int64_t width = clock->monotonic(clock->context) - before;

        if (width < *ret_error) {
            *ret_error = width;
            offset = wall - before - width / 2;
        }
    }
    return offset;
}

struct tie tie_make(const struct clock *clock)
{
    int64_t error;

    return (struct tie){.clock = clock, .offset = measure(clock, &error)};
}

int64_t tie_gap(const struct tie *tie)
{
    int64_t error;

    return measure(tie->clock, &error) - tie->offset;
}

int64_t tie_watch(struct tie *tie)
{
    int64_t error;
    int64_t step = measure(tie->clock, &error) - tie->offset;
    int64_t tolerance = TOLERANCE_NS + error;
    bool behind = step < -tolerance;

    if (behind && !tie->behind)
        log_warning("clock stepped back, holding the cadence until the next start ms=%" PRId64,
                    step / NS_PER_MS);
    tie->behind = behind;
    if (step <= tolerance)
        return 0;
    log_notice("clock stepped forward, following it ms=%" PRId64, step / NS_PER_MS);
    tie->offset += step;
    return step;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tie between the wall clock, by which segments are due, and CLOCK_MONOTONIC, which paces. */
#ifndef HLSGEN_ORIGIN_TIE_H
#define HLSGEN_ORIGIN_TIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct tie {
    const struct clock *clock; /**< borrowed */
    int64_t offset;            /**< what the run goes by, minus CLOCK_MONOTONIC */
    bool behind;               /**< the wall clock was stepped back: said once */
};

struct tie tie_make(const struct clock *clock);

/** Nanoseconds from what the run goes by to the wall clock. */
int64_t tie_gap(const struct tie *tie);

/**
 * Follows the wall clock forward, never back; logs either.
 *
 * @return nanoseconds that it was stepped forward, or 0
 */
int64_t tie_watch(struct tie *tie);

#endif

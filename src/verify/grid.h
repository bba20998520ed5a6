/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time stamps on a grid: is there one constant step from which each, rounded, is no more than a
 * tick away? Of all that were seen only the bounds of that step are kept.
 */
#ifndef HLSGEN_VERIFY_GRID_H
#define HLSGEN_VERIFY_GRID_H

#include <stdbool.h>
#include <stdint.h>

struct grid_step {
    int64_t num; /**< ticks: num / den */
    int64_t den;
};

/** Zeroed: no time stamp yet. */
struct grid {
    int64_t count; /* time stamps since the origin */
    int64_t origin;
    struct grid_step low, high; /* the step is between these */
};

/** Takes the next time stamp. @return false: it is off the grid, which then begins anew with it,
 * with the step that it had */
bool grid_take(struct grid *grid, int64_t stamp);

/** Is @p step between the bounds? */
bool grid_admits(const struct grid *grid, struct grid_step step);

/** @p num / @p den in lowest terms; @p den > 0, num >= 0. */
struct grid_step grid_step_of(int64_t num, int64_t den);

/** The simplest fraction between the bounds: 3003/2 for 59.94 pictures a second in 90 kHz ticks.
 * Few time stamps leave room: then the middle. 0 / 0: not known. */
struct grid_step grid_step(const struct grid *grid);

#endif

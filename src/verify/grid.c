/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stamp d ticks and n steps from the origin, either rounded by half a tick at most, says that the
 * step is between (d - 1) / n and (d + 1) / n. The stamps lie on one grid as long as these spans
 * have something in common. What they have in common gets narrower with every stamp.
 */
#include "verify/grid.h"

enum {
    COUNT_MAX = 1 << 16, /* then another origin: so that products stay below 2^63 */
    COUNT_TRUSTED = 3,   /* stamps whose step outlives a gap */
};

#define STEP_MAX (INT64_C(1) << 28) /* ticks: the better part of an hour */

/* As wide as products of what a parameter set says and of what stamps say. */
__extension__ typedef __int128 wide;

/* With den > 0. @return whether a < b */
static bool is_less(struct grid_step a, struct grid_step b)
{
    return (wide)a.num * b.den < (wide)b.num * a.den;
}

/* Begins at @p stamp. A step that two stamps in a row did not keep to is forgotten. */
static void begin_anew(struct grid *grid, int64_t stamp)
{
    if (grid->count < COUNT_TRUSTED)
        grid->low = grid->high = (struct grid_step){0};
    grid->count = 1;
    grid->origin = stamp;
}

bool grid_take(struct grid *grid, int64_t stamp)
{
    int64_t distance = stamp - grid->origin;
    struct grid_step low = {distance - 1, grid->count};
    struct grid_step high = {distance + 1, grid->count};

    if (grid->count == 0) {
        grid->count = 1;
        grid->origin = stamp;
        return true;
    }
    if (distance <= 0 || distance > STEP_MAX * grid->count ||
        (grid->low.den > 0 && (is_less(high, grid->low) || is_less(grid->high, low)))) {
        begin_anew(grid, stamp);
        return false;
    }
    if (grid->low.den == 0 || is_less(grid->low, low))
        grid->low = low;
    if (grid->high.den == 0 || is_less(high, grid->high))
        grid->high = high;
    grid->count++;
    if (grid->count > COUNT_MAX) {
        grid->count = 1;
        grid->origin = stamp;
    }
    return true;
}

bool grid_admits(const struct grid *grid, struct grid_step step)
{
    return step.den > 0 &&
           (grid->low.den == 0 || (!is_less(step, grid->low) && !is_less(grid->high, step)));
}

struct grid_step grid_step_of(int64_t num, int64_t den)
{
    int64_t a = num, b = den;

    while (b != 0) {
        int64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a > 0 ? (struct grid_step){num / a, den / a} : (struct grid_step){0};
}

/* The continued fraction of both bounds as far as they agree, then the smallest whole number in
 * between: no fraction between them has a smaller denominator. */
static struct grid_step find_simplest(struct grid_step low, struct grid_step high)
{
    struct grid_step before = {0, 1}, found = {1, 0};

    for (;;) {
        int64_t whole = low.num / low.den;
        bool ends = whole * low.den == low.num;
        bool parts = high.num / high.den > whole;
        int64_t term = whole + (!ends && parts);
        struct grid_step next = {term * found.num + before.num, term * found.den + before.den};
        struct grid_step rest_low = {low.den, low.num - whole * low.den};
        struct grid_step rest_high = {high.den, high.num - whole * high.den};

        before = found;
        found = next;
        if (ends || parts)
            return found;
        low = rest_high;
        high = rest_low;
    }
}

struct grid_step grid_step(const struct grid *grid)
{
    struct grid_step width;

    if (grid->low.den == 0 || grid->low.num <= 0)
        return (struct grid_step){0};
    /* Where more than one whole number is between the bounds, their middle. */
    width = (struct grid_step){grid->high.num * grid->low.den - grid->low.num * grid->high.den,
                               grid->high.den * grid->low.den};
    if (2 * width.num >= width.den)
        return grid_step_of(grid->high.num * grid->low.den + grid->low.num * grid->high.den,
                            2 * width.den);
    return find_simplest(grid->low, grid->high);
}

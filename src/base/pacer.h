/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the processor time of long work within a share of a core, over every PACER_WINDOW of time.
 * The work is done in steps, and before each the pacer sleeps until the window has room for it. So
 * a short burst is not held up at all, and work that goes on for long gets its share and no more.
 */
#ifndef HLSGEN_BASE_PACER_H
#define HLSGEN_BASE_PACER_H

#include <stdint.h>

#include "base/clock.h"

#define PACER_WINDOW (10 * NS_PER_SECOND)

enum {
    PACER_SAMPLES = 1024,
};

/** How much processor time had been used at an instant. */
struct pacer_sample {
    int64_t at;  /**< CLOCK_MONOTONIC */
    int64_t cpu; /**< nanoseconds */
};

struct pacer {
    const struct clock *clock;
    int64_t budget;  /**< nanoseconds of processor time in a window */
    int64_t began;   /**< processor time at which the step at work began */
    int64_t dearest; /**< processor time of the dearest step of late */
    int64_t count;   /**< samples taken, of which the last PACER_SAMPLES are there */
    struct pacer_sample samples[PACER_SAMPLES];
};

/** Who is told, about once a second, that the pacer sleeps. */
struct pacer_listener {
    void (*waits)(void *context);
    void *context;
};

/**
 * What the process has used before counts as used at this instant.
 *
 * @param clock   borrowed for the pacer's life
 * @param percent of one core
 */
void pacer_init(struct pacer *pacer, const struct clock *clock, int64_t percent);

/**
 * Ends a step and sleeps until the next may begin: one that is as dear as the dearest of late has
 * room then. A step that is dearer than all of the budget may begin when nothing was used for a
 * whole window.
 *
 * @return 0; the number of a signal that came while it slept, but for SIGUSR1
 */
int pacer_next(struct pacer *pacer, const struct pacer_listener *listener);

/** Notes what has been used, for pacer_share(). */
void pacer_note(struct pacer *pacer);

/** Thousandths of a core used since the last note that is older than a window, or the first. */
int64_t pacer_share(const struct pacer *pacer);

#endif

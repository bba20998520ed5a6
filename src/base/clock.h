/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to time. The publisher reads clocks and sleeps only through this table, so that a
 * test or a simulator can stand behind it. All times are integer nanoseconds.
 */
#ifndef HLSGEN_BASE_CLOCK_H
#define HLSGEN_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS     INT64_C(1000000)
#define NS_PER_US     INT64_C(1000)

struct clock {
    void *context;

    /** CLOCK_REALTIME: nanoseconds since the Unix epoch. */
    int64_t (*realtime)(void *context);

    /** CLOCK_MONOTONIC: nanoseconds since an unspecified start; never steps. */
    int64_t (*monotonic)(void *context);

    /** CLOCK_PROCESS_CPUTIME_ID: nanoseconds of processor time that this process has used. */
    int64_t (*cpu)(void *context);

    /**
     * Sleeps until CLOCK_MONOTONIC reaches @p deadline or a signal of those blocked by
     * clock_system_init() arrives; a deadline in the past only looks for a signal.
     *
     * @return 0 when the deadline has passed, else the positive number of the signal taken
     */
    int (*sleep_until)(void *context, int64_t deadline);
};

/**
 * Blocks SIGINT, SIGTERM, SIGHUP and SIGUSR1, but those that were ignored at the start, which stay
 * so, and returns the system's clocks. From here on these
 * signals arrive through sleep_until() alone: no handler runs, no call is interrupted, and none
 * can be lost between a check and a sleep. SIGPIPE is ignored, and sleeps end without timer slack.
 */
struct clock clock_system_init(void);

/** @p clock for a thread that takes no signals: its sleep lasts until the deadline. */
struct clock clock_without_signals(const struct clock *clock);

/**
 * Whether SIGINT, SIGTERM and SIGHUP end the process at once, with @p exit_code, instead of waiting
 * for sleep_until(): for long work that has nothing to put in order. Not so after
 * clock_system_init().
 */
void clock_let_signals_end(bool at_once, int exit_code);

#endif

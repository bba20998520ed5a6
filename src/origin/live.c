/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/live.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"

#define RETRY_NS     (200 * NS_PER_MS)
#define TOLERANCE_NS (2 * NS_PER_MS) /* a smaller step of the wall clock is not looked at */

struct live {
    const struct live_config *config;
    int64_t offset;              /* wall clock minus CLOCK_MONOTONIC, as the deadlines use it */
    bool clock_behind;           /* the wall clock was stepped back: said once */
    int64_t next_beat;           /* CLOCK_MONOTONIC; INT64_MAX: never */
    struct live_figures figures; /* but newest and clock_offset, which are found when asked for */
};

static int64_t monotonic(const struct live *live)
{
    return live->config->clock->monotonic(live->config->clock->context);
}

/*
 * Wall clock minus CLOCK_MONOTONIC. The wall clock is read between two readings of the other, and
 * the narrowest of a few such pairs is taken: a process that loses its processor in between would
 * see a step where there is none.
 */
static int64_t measure_offset(const struct live_config *config, int64_t *ret_error)
{
    const struct clock *clock = config->clock;
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

static int64_t newest_due(const struct live *live)
{
    return timeline_newest_due(live->config->line, monotonic(live) + live->offset);
}

/* Follows the wall clock forward, never back. */
static void watch_clock(struct live *live)
{
    int64_t error;
    int64_t step = measure_offset(live->config, &error) - live->offset;
    int64_t tolerance = TOLERANCE_NS + error;

    if (step > tolerance) {
        log_notice("clock stepped forward, following it ms=%" PRId64, step / NS_PER_MS);
        live->offset += step;
    } else if (step < -tolerance && !live->clock_behind) {
        log_warning("clock stepped back, holding the cadence until the next start ms=%" PRId64,
                    step / NS_PER_MS);
    }
    live->clock_behind = step < -tolerance;
}

/* Logs the first of a row of equal faults, and the end of the row. */
static void report(struct live *live, int result, const char *what)
{
    if (result < 0)
        live->figures.faults++;
    if (result == live->figures.fault)
        return;
    if (result < 0)
        log_error("cannot %s, trying again: %s segment=%" PRId64, what, strerror(-result),
                  publisher_newest(live->config->publisher) + 1);
    else
        log_notice("publishing again segment=%" PRId64, publisher_newest(live->config->publisher));
    live->figures.fault = result;
}

static struct live_figures read_figures(const struct live *live)
{
    struct live_figures figures = live->figures;
    int64_t error;

    figures.newest = publisher_newest(live->config->publisher);
    figures.clock_offset = measure_offset(live->config, &error) - live->offset;
    return figures;
}

static void log_figures(const struct live *live, const char *occasion)
{
    struct live_figures figures = read_figures(live);

    log_info("%s newest=%" PRId64 " published=%" PRId64 " late_max_us=%" PRId64 " faults=%" PRId64
             " clock_offset_ms=%" PRId64,
             occasion, figures.newest, figures.published, figures.late_max / 1000, figures.faults,
             figures.clock_offset / NS_PER_MS);
}

/* Beats when it is time to; one beat stands for all that were missed. */
static void beat_if_due(struct live *live)
{
    const struct live_observer *observer = &live->config->observer;
    struct live_figures figures;

    if (monotonic(live) < live->next_beat)
        return;
    figures = read_figures(live);
    observer->beat(observer->context, &figures);
    live->next_beat = monotonic(live) + observer->beat_interval;
}

static void answer(const struct live *live)
{
    const struct live_observer *observer = &live->config->observer;

    log_figures(live, "status");
    if (observer->asked)
        observer->asked(observer->context);
}

/*
 * Sleeps; takes care of SIGUSR1 and of the beat. @return the signal that ends the run, or 0 at the
 * deadline
 */
static int sleep_until(struct live *live, int64_t deadline)
{
    const struct clock *clock = live->config->clock;

    for (;;) {
        int64_t wake;
        int taken;

        beat_if_due(live);
        wake = live->next_beat < deadline ? live->next_beat : deadline;
        taken = clock->sleep_until(clock->context, wake);
        if (taken == SIGUSR1)
            answer(live);
        else if (taken != 0 || wake == deadline)
            return taken;
    }
}

static int64_t deadline_of(const struct live *live, int64_t index)
{
    return timeline_due(live->config->line, index) - live->offset;
}

/* At or after the due instant: the prepared segment, or a whole window if more than that is due. */
static int publish(struct live *live)
{
    struct publisher *publisher = live->config->publisher;
    int64_t next = publisher_newest(publisher) + 1;
    int64_t due = newest_due(live);
    int64_t late;
    int result;

    if (due - next >= live->config->window) {
        result = publisher_fill(publisher, due);
        if (result == 0)
            log_warning("published a new window, segments skipped=%" PRId64,
                        due - live->config->window - next + 1);
        return result;
    }
    result = publisher_commit(publisher);
    if (result < 0)
        return result;
    late = monotonic(live) - deadline_of(live, next);
    if (late > live->figures.late_max)
        live->figures.late_max = late;
    live->figures.published++;
    return 0;
}

/*
 * Prepares the next segment, waits for its time and publishes it. @return as sleep_until(), or
 * -ENOENT: there is no making a file in a directory that was removed, ever again
 */
static int turn(struct live *live)
{
    struct publisher *publisher = live->config->publisher;
    int result = publisher_prepare(publisher);
    int taken;

    if (result == 0) {
        taken = sleep_until(live, deadline_of(live, publisher_newest(publisher) + 1));
        if (taken != 0)
            return taken;
        watch_clock(live);
        result = publish(live);
    }
    if (result == -ENOENT)
        return result;
    if (result < 0) {
        report(live, result, "publish");
        taken = sleep_until(live, monotonic(live) + RETRY_NS);
        (void)publisher_expire(publisher); /* may be what makes room */
        return taken;
    }
    report(live, publisher_expire(publisher), "remove old segments");
    return 0;
}

int live_start(const struct live_config *config)
{
    const struct clock *clock = config->clock;
    int64_t newest = timeline_newest_due(config->line, clock->realtime(clock->context));
    int result = publisher_sweep(config->publisher, newest);

    if (result > 0)
        log_warning(
            "the sequence goes back, since this directory was ahead: another"
            " segment-duration, --epoch or clock newest=%" PRId64,
            newest);
    return result < 0 ? result : publisher_fill(config->publisher, newest);
}

int live_run(const struct live_config *config)
{
    struct live live = {.config = config};
    int64_t error;
    int taken;

    live.offset = measure_offset(config, &error);
    live.next_beat = config->observer.beat_interval > 0 ? monotonic(&live) : INT64_MAX;
    do {
        taken = turn(&live);
    } while (taken == 0);
    publisher_abandon(config->publisher);
    log_figures(&live, "stopped");
    return taken;
}

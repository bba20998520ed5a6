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

/* What is done again and again, and can fail; a fault of each is told on its own. */
enum action {
    ACTION_PUBLISH,
    ACTION_REMOVE,
    ACTION_MEND,
    ACTIONS,
};

static const char *const action_names[ACTIONS] = {
    [ACTION_PUBLISH] = "publish",
    [ACTION_REMOVE] = "remove old segments",
    [ACTION_MEND] = "make anew what others have changed",
};

struct live {
    const struct live_config *config;
    int64_t offset;              /* wall clock minus CLOCK_MONOTONIC, as the deadlines use it */
    bool clock_behind;           /* the wall clock was stepped back: said once */
    int64_t next_beat;           /* CLOCK_MONOTONIC; INT64_MAX: never */
    int faults[ACTIONS];         /* negative errno of the last attempt; 0: it went well */
    int64_t failures[ACTIONS];   /* in a row */
    struct live_figures figures; /* of them, those that are not found when asked for */
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
        publisher_step(live->config->publisher, step);
    } else if (step < -tolerance && !live->clock_behind) {
        log_warning("clock stepped back, holding the cadence until the next start ms=%" PRId64,
                    step / NS_PER_MS);
    }
    live->clock_behind = step < -tolerance;
}

static int64_t newest_number(const struct live *live)
{
    const struct publisher *publisher = live->config->publisher;

    return publisher_number(publisher, publisher_newest(publisher));
}

static enum live_fault kind_of(int error)
{
    switch (-error) {
    case ENOSPC:
    case EDQUOT:
        return LIVE_FAULT_SPACE;
    case EIO:
        return LIVE_FAULT_IO;
    case EROFS:
        return LIVE_FAULT_READ_ONLY;
    case EMFILE:
    case ENFILE:
        return LIVE_FAULT_DESCRIPTORS;
    default:
        return LIVE_FAULT_OTHER;
    }
}

/* Confinement refuses to replace a directory before the kernel does. */
const char *live_reason(int error)
{
    if (error == -EACCES || error == -EISDIR || error == -ENOTEMPTY)
        return "no permission, or a directory stands in the place of a file";
    if (error == -EAGAIN)
        return "somebody took a temporary file away";
    return strerror(-error);
}

/* Logs the first of a row of equal faults, and the end of the row. */
static void note_outcome(struct live *live, enum action action, int result)
{
    int before = live->faults[action];

    result = result < 0 ? result : 0;
    live->faults[action] = result;
    if (result < 0) {
        live->figures.faults[kind_of(result)]++;
        live->failures[action]++;
        if (result != before)
            log_error("cannot %s, trying again: %s newest=%" PRId64, action_names[action],
                      live_reason(result), newest_number(live));
    } else if (before < 0) {
        log_notice("can %s again failures=%" PRId64 " newest=%" PRId64, action_names[action],
                   live->failures[action], newest_number(live));
        live->failures[action] = 0;
    }
}

static struct live_figures read_figures(const struct live *live)
{
    struct live_figures figures = live->figures;
    int64_t error;

    figures.newest = newest_number(live);
    figures.clock_offset = measure_offset(live->config, &error) - live->offset;
    for (int action = ACTIONS - 1; action >= 0; action--)
        figures.fault = live->faults[action] < 0 ? live->faults[action] : figures.fault;
    return figures;
}

static void log_figures(const struct live *live, const char *occasion)
{
    struct live_figures figures = read_figures(live);
    const int64_t *faults = figures.faults;

    log_info("%s newest=%" PRId64 " published=%" PRId64 " skipped=%" PRId64 " mended=%" PRId64
             " late_max_us=%" PRId64 " faults_space=%" PRId64 " faults_io=%" PRId64
             " faults_read_only=%" PRId64 " faults_descriptors=%" PRId64 " faults_other=%" PRId64
             " clock_offset_ms=%" PRId64,
             occasion, figures.newest, figures.published, figures.skipped, figures.mended,
             figures.late_max / NS_PER_US, faults[LIVE_FAULT_SPACE], faults[LIVE_FAULT_IO],
             faults[LIVE_FAULT_READ_ONLY], faults[LIVE_FAULT_DESCRIPTORS], faults[LIVE_FAULT_OTHER],
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

/* Whether more is due than a window holds: what would leave the playlist at once is skipped. */
static int publish_window(struct live *live, int64_t next, int64_t due)
{
    int64_t skipped = due - live->config->window - next + 1;
    int result;

    note_outcome(live, ACTION_REMOVE, publisher_expire(live->config->publisher)); /* for room */
    result = publisher_fill(live->config->publisher, due);

    if (publisher_newest(live->config->publisher) == due) {
        live->figures.skipped += skipped;
        log_warning("published a new window skipped=%" PRId64 " newest=%" PRId64, skipped,
                    newest_number(live));
    }
    return result;
}

/* At or after the due instant: the prepared segment, or a whole window if more than that is due. */
static int publish(struct live *live)
{
    struct publisher *publisher = live->config->publisher;
    int64_t next = publisher_newest(publisher) + 1;
    int64_t due = newest_due(live);
    int64_t late;
    int result;

    if (due - next >= live->config->window)
        return publish_window(live, next, due);
    result = publisher_commit(publisher);
    if (publisher_newest(publisher) != next)
        return result;
    late = monotonic(live) - deadline_of(live, next);
    if (late > live->figures.late_max)
        live->figures.late_max = late;
    live->figures.published++;
    return result;
}

/* @return whether the temporary files may have been used */
static bool mend(struct live *live)
{
    struct publisher_damage damage;
    int result = publisher_mend(live->config->publisher, &damage);

    live->figures.mended += damage.made;
    if (damage.made > 0)
        log_warning("made anew what others had changed files=%d", damage.made);
    if (damage.left_out > 0)
        log_warning(
            "segments of an earlier stream were destroyed by others, and leave the"
            " playlist segments=%d",
            damage.left_out);
    note_outcome(live, ACTION_MEND, result);
    return result < 0 || damage.made + damage.left_out > 0;
}

/*
 * Prepares the next segment, waits for its time and publishes it. @return as sleep_until(), or
 * -ENOENT: there is no making a file in a directory that was removed, ever again
 */
static int turn(struct live *live)
{
    struct publisher *publisher = live->config->publisher;
    int result = publisher_prepare(publisher);
    int taken = 0;

    if (result == 0)
        taken = sleep_until(live, deadline_of(live, publisher_newest(publisher) + 1));
    if (taken != 0)
        return taken;
    if (mend(live) && result == 0)
        result = publisher_prepare(publisher);
    if (result == 0) {
        watch_clock(live);
        result = publish(live);
    }
    if (result == -ENOENT)
        return result;
    note_outcome(live, ACTION_PUBLISH, result);
    if (result < 0)
        taken = sleep_until(live, monotonic(live) + RETRY_NS);
    note_outcome(live, ACTION_REMOVE, publisher_expire(publisher)); /* may be what makes room */
    return taken;
}

static void log_resumption(const struct publisher_resumption *resumption)
{
    if (resumption->state_damaged)
        log_warning("the state file of this directory was damaged, making it anew");
    if (resumption->playlist_damaged)
        log_warning("the playlist in this directory was damaged, making it anew");
    if (resumption->breaks)
        log_notice("another stream was here, going on after a discontinuity first=%" PRId64
                   " offset=%" PRId64,
                   resumption->first, resumption->offset);
}

int live_start(const struct live_config *config)
{
    const struct clock *clock = config->clock;
    int64_t due = timeline_newest_due(config->line, clock->realtime(clock->context));
    struct publisher_resumption resumption;
    int result = publisher_resume(config->publisher, due, &resumption);

    if (result < 0)
        return result;
    log_resumption(&resumption);
    return publisher_fill(config->publisher, resumption.newest);
}

int live_run(const struct live_config *config)
{
    struct live live = {.config = config};
    int64_t newest = publisher_newest(config->publisher);
    int64_t error;
    int taken;

    live.offset = measure_offset(config, &error);
    if (deadline_of(&live, newest - 1) > monotonic(&live)) /* stepped back since live_start() */
        live.offset = timeline_due(config->line, newest) - monotonic(&live);
    live.next_beat = config->observer.beat_interval > 0 ? monotonic(&live) : INT64_MAX;
    do {
        taken = turn(&live);
    } while (taken == 0);
    (void)publisher_expire(config->publisher);
    publisher_abandon(config->publisher);
    log_figures(&live, "stopped");
    return taken;
}

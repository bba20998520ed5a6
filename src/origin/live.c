/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop. A stream goes round: its next segment is prepared, waits for its instant, and is
 * committed. Each stage has a queue, and the first of the first queue that has one to do now is
 * done. What fails comes back to be prepared a while later.
 */
#include "origin/live.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "origin/live_parts.h"

#define RETRY_NS (200 * NS_PER_MS)

/* How long before its instant a segment is prepared that is not ready, and how often it is asked
 * until then. */
#define MARGIN_NS (100 * NS_PER_MS)
#define POLL_NS   (20 * NS_PER_MS)

/* No commit is to wait for index.json, so none may be due for so long before it is written; but
 * where there is never such a moment, it waits no longer than this. */
#define QUIET_NS    (2 * NS_PER_MS)
#define PATIENCE_NS NS_PER_SECOND

/* To wake up for the report alone costs more than the report: it waits for so long until something
 * else is to be done. */
#define REPORT_PATIENCE_NS (2 * NS_PER_SECOND)

/* Who ends it waits for a second. */
#define STOP_NS (NS_PER_SECOND / 2)

int64_t live_monotonic(const struct live *live)
{
    return live->config.clock->monotonic(live->config.clock->context);
}

int64_t live_newest(const struct lane *lane)
{
    return publisher_number(lane->publisher, publisher_newest(lane->publisher));
}

/* ---- life ------------------------------------------------------------------------------------ */

size_t live_memory(void)
{
    return sizeof(struct lane) + 4 * sizeof(struct queue_entry);
}

static bool make_queue(struct queue *queue, size_t count)
{
    queue->entries = calloc(count, sizeof(*queue->entries));
    return queue->entries != NULL;
}

int live_new(const struct live_config *config, struct live **ret)
{
    struct live *live = calloc(1, sizeof(*live));
    size_t count = (size_t)config->count;

    if (!live)
        return -ENOMEM;
    live->lanes = calloc(count, sizeof(*live->lanes));
    if (!live->lanes || !make_queue(&live->commits, count) ||
        !make_queue(&live->preparations, count) || !make_queue(&live->mendings, count) ||
        !make_queue(&live->descriptions, count)) {
        (void)live_free(live);
        return -ENOMEM;
    }
    live->config = *config;
    live->tie = tie_make(config->clock);
    live->began = live->next_beat = live->next_report = INT64_MAX;
    live->left = config->count;
    for (size_t i = 0; i < count; i++) {
        live->lanes[i].publisher = config->streams[i].publisher;
        live->lanes[i].line = config->streams[i].line;
    }
    *ret = live;
    return 0;
}

struct live *live_free(struct live *live)
{
    if (!live)
        return NULL;
    free(live->commits.entries);
    free(live->preparations.entries);
    free(live->mendings.entries);
    free(live->descriptions.entries);
    free(live->lanes);
    free(live);
    return NULL;
}

/* ---- time ------------------------------------------------------------------------------------ */

static int64_t newest_due(const struct live *live, const struct lane *lane)
{
    return timeline_newest_due(lane->line, live_monotonic(live) + live->tie.offset);
}

static int64_t deadline_of(const struct live *live, const struct lane *lane, int64_t index)
{
    return timeline_due(lane->line, index) - live->tie.offset;
}

/* A step forward makes all segments due sooner. Whoever goes by the wall clock is told of either
 * at once. */
static void watch_clock(struct live *live)
{
    bool behind = live->tie.behind;
    int64_t step = tie_watch(&live->tie);

    if ((step != 0 || live->tie.behind != behind) && live->next_report < INT64_MAX)
        live->next_report = live_monotonic(live);
    if (step == 0)
        return;
    queue_advance(&live->commits, step);
    for (int64_t i = 0; i < live->config.count; i++)
        publisher_step(live->lanes[i].publisher, step);
}

int live_sleep_until(struct live *live, int64_t deadline)
{
    const struct clock *clock = live->config.clock;

    for (;;) {
        int64_t wake;
        int taken;

        live_beat_if_due(live);
        wake = live->next_beat < deadline ? live->next_beat : deadline;
        taken = clock->sleep_until(clock->context, wake);
        if (taken == SIGUSR1)
            live_answer(live);
        else if (taken != 0 || wake == deadline)
            return taken;
    }
}

/* ---- work ------------------------------------------------------------------------------------ */

/* From the instant at which the segment before it is due, so that the next to be due is the first
 * to be prepared. */
static void queue_preparation(struct live *live, size_t i)
{
    const struct lane *lane = &live->lanes[i];
    int64_t at = deadline_of(live, lane, publisher_newest(lane->publisher));

    if (publisher_has_ended(lane->publisher)) /* there is no next one */
        at = live_monotonic(live);
    queue_push(&live->preparations, at, i);
}

static void queue_mending(struct live *live, size_t i)
{
    if (!live->lanes[i].to_mend)
        queue_push(&live->mendings, live_monotonic(live), i);
    live->lanes[i].to_mend = true;
}

static void queue_description(struct live *live, size_t i, int64_t at)
{
    if (!live->lanes[i].to_describe)
        queue_push(&live->descriptions, at, i);
    live->lanes[i].to_describe = true;
}

/* There is no making a file in a directory that was removed, ever again. */
static void give_up(struct live *live, struct lane *lane)
{
    report_outcome(live, lane, ACTION_PUBLISH, 0); /* it is not tried again */
    lane->gone = true;
    live->gone++;
    if (--live->left > 0)
        report_event(live, EVENT_REMOVED, 1, "%s", "");
}

static void try_again(struct live *live, size_t i, int result)
{
    struct lane *lane = &live->lanes[i];

    lane->prepared = false;
    if (result == -ENOENT) {
        give_up(live, lane);
        return;
    }
    report_outcome(live, lane, ACTION_PUBLISH, result);
    queue_push(&live->preparations, live_monotonic(live) + RETRY_NS, i);
    queue_mending(live, i);
}

/* More is due than a window holds: what would leave the playlist at once is skipped. */
static int publish_window(struct live *live, struct lane *lane, int64_t next, int64_t due)
{
    int64_t skipped;
    int result;

    report_outcome(live, lane, ACTION_REMOVE, publisher_expire(lane->publisher)); /* for room */
    result = publisher_fill(lane->publisher, due);

    if (publisher_newest(lane->publisher) >= next) {
        skipped = publisher_oldest(lane->publisher) - next;
        skipped = skipped > 0 ? skipped : 0;
        lane->figures.skipped += skipped;
        report_event(live, EVENT_NEW_WINDOW, skipped, " newest=%" PRId64, live_newest(lane));
    }
    return result;
}

static int publish_next(struct live *live, struct lane *lane, int64_t next)
{
    int64_t deadline;
    int result = lane->prepared ? 0 : publisher_prepare(lane->publisher);

    if (result == 0)
        result = publisher_commit(lane->publisher);
    if (publisher_newest(lane->publisher) != next)
        return result;
    deadline = deadline_of(live, lane, next);
    if (deadline >= live->began)
        live_note_lateness(live, lane, live_monotonic(live) - deadline);
    lane->figures.published++;
    lane->figures.stand_by += publisher_stood_by(lane->publisher);
    return result;
}

int live_publish(struct live *live, struct lane *lane)
{
    int64_t next = publisher_newest(lane->publisher) + 1;
    int64_t due;
    int result;

    watch_clock(live);
    due = newest_due(live, lane);
    if (due - next >= live->config.window)
        result = publish_window(live, lane, next, due);
    else
        result = publish_next(live, lane, next);
    lane->prepared = false;
    return result;
}

static void prepare(struct live *live, size_t i, int64_t deadline)
{
    struct lane *lane = &live->lanes[i];
    int64_t last = deadline - MARGIN_NS;
    int64_t now = live_monotonic(live);
    int result;

    if (now < last && !publisher_is_ready(lane->publisher)) {
        queue_push(&live->preparations, now + POLL_NS < last ? now + POLL_NS : last, i);
        return;
    }
    report_outcome(live, lane, ACTION_REMOVE, publisher_expire(lane->publisher)); /* for room */
    result = publisher_prepare(lane->publisher);
    if (result < 0) {
        try_again(live, i, result);
        return;
    }
    lane->prepared = true;
    queue_push(&live->commits, deadline, i);
    queue_description(live, i, now);
}

/* It may have used the temporary files, and so taken away what was prepared. */
static void look_after(struct live *live, struct lane *lane)
{
    struct publisher_damage damage;
    int result;

    if (lane->gone)
        return;
    result = publisher_mend(lane->publisher, &damage);
    lane->figures.mended += damage.made;
    if (damage.made > 0)
        report_event(live, EVENT_MENDED, damage.made, "%s", "");
    if (damage.left_out > 0)
        report_event(live, EVENT_LEFT_OUT, damage.left_out, "%s", "");
    report_outcome(live, lane, ACTION_MEND, result);
    if (lane->prepared && (result < 0 || damage.made + damage.left_out > 0))
        lane->prepared = publisher_prepare(lane->publisher) == 0;
}

static void mend(struct live *live, size_t i)
{
    live->lanes[i].to_mend = false;
    look_after(live, &live->lanes[i]);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Whether something is to be tried again; but for an alias without a folder nothing can be done. */
static bool is_failing(const struct lane *lane)
{
    int mending = lane->faults[ACTION_MEND];

    return lane->faults[ACTION_PUBLISH] < 0 || lane->faults[ACTION_REMOVE] < 0 ||
           (mending < 0 && mending != -ENOTDIR);
}

/* A stream that has ended is looked after until all that left its playlist has been removed. */
static void finish(struct live *live, size_t i)
{
    struct lane *lane = &live->lanes[i];
    int64_t now = live_monotonic(live);
    int64_t next;

    if (!lane->ended)
        report_event(live, EVENT_ENDED, 1, " newest=%" PRId64, live_newest(lane));
    lane->ended = true;
    report_outcome(live, lane, ACTION_PUBLISH, publisher_sync(lane->publisher));
    report_outcome(live, lane, ACTION_REMOVE, publisher_expire(lane->publisher));
    look_after(live, lane);
    if (lane->faults[ACTION_MEND] == -ENOENT) {
        give_up(live, lane);
        return;
    }
    queue_description(live, i, now);
    next = publisher_next_removal(lane->publisher);
    if (is_failing(lane))
        queue_push(&live->preparations, now + RETRY_NS, i);
    else if (next < INT64_MAX)
        queue_push(&live->preparations,
                   earliest(next, now + timeline_duration_us(lane->line) * NS_PER_US), i);
    else
        live->left--;
}

static void go_on(struct live *live, size_t i)
{
    const struct lane *lane = &live->lanes[i];

    if (publisher_has_ended(lane->publisher))
        finish(live, i);
    else
        prepare(live, i, deadline_of(live, lane, publisher_newest(lane->publisher) + 1));
}

/* Once a segment; but other streams that are due come first. */
static void commit(struct live *live, size_t i)
{
    struct lane *lane = &live->lanes[i];
    int result;

    if (queue_next(&live->commits) > live_monotonic(live))
        look_after(live, lane);
    else
        queue_mending(live, i);
    result = live_publish(live, lane);
    if (result < 0) {
        try_again(live, i, result);
        return;
    }
    report_outcome(live, lane, ACTION_PUBLISH, result);
    queue_preparation(live, i);
    queue_description(live, i, live_monotonic(live));
}

static void describe(struct live *live, size_t i)
{
    struct lane *lane = &live->lanes[i];
    int result;

    lane->to_describe = false;
    if (lane->gone)
        return;
    result = publisher_describe(lane->publisher);
    report_outcome(live, lane, ACTION_DESCRIBE, result);
    if (result < 0)
        queue_description(live, i, live_monotonic(live) + RETRY_NS);
}

static bool is_quiet(const struct live *live)
{
    return queue_next(&live->commits) - QUIET_NS > live_monotonic(live);
}

static int64_t next_description(const struct live *live)
{
    int64_t next = queue_next(&live->descriptions);

    if (next == INT64_MAX || is_quiet(live))
        return next;
    return next + PATIENCE_NS; /* or when that commit is done */
}

/* When it is to be made even if nothing else is to be done, or much. */
static int64_t last_report(const struct live *live)
{
    return live->next_report == INT64_MAX ? INT64_MAX : live->next_report + REPORT_PATIENCE_NS;
}

static bool may_report(const struct live *live, int64_t now)
{
    return last_report(live) <= now || (live->next_report <= now && is_quiet(live));
}

static void report(struct live *live)
{
    live_tell(live);
    live->next_report = live_report_time(live);
}

static int64_t next_work(const struct live *live)
{
    int64_t publishing = earliest(queue_next(&live->commits), queue_next(&live->preparations));
    int64_t rest = earliest(queue_next(&live->mendings), next_description(live));

    return earliest(publishing, earliest(last_report(live), rest));
}

static void work(struct live *live)
{
    int64_t now = live_monotonic(live);

    if (queue_next(&live->commits) <= now)
        commit(live, queue_pop(&live->commits));
    else if (queue_next(&live->preparations) <= now)
        go_on(live, queue_pop(&live->preparations));
    else if (may_report(live, now))
        report(live);
    else if (queue_next(&live->mendings) <= now)
        mend(live, queue_pop(&live->mendings));
    else if (next_description(live) <= now)
        describe(live, queue_pop(&live->descriptions));
}

/* ---- run ------------------------------------------------------------------------------------- */

void live_stop(struct live *live)
{
    int64_t until = live_monotonic(live) + STOP_NS;

    for (int64_t i = 0; i < live->config.count; i++) {
        (void)publisher_expire(live->lanes[i].publisher);
        publisher_abandon(live->lanes[i].publisher);
        if (live_monotonic(live) < until)
            (void)publisher_describe(live->lanes[i].publisher);
    }
    report_tell(live, true);
    report_figures(live, "stopped");
}

/* The wall clock may have been stepped back since live_start(). */
static void tie_clocks(struct live *live)
{
    int64_t now = live_monotonic(live);

    live->tie = tie_make(live->config.clock);
    for (int64_t i = 0; i < live->config.count; i++) {
        const struct lane *lane = &live->lanes[i];
        int64_t newest = publisher_newest(lane->publisher);

        if (!lane->ended && deadline_of(live, lane, newest - 1) > now)
            live->tie.offset = timeline_due(lane->line, newest) - now;
    }
}

int live_run(struct live *live)
{
    int taken;

    tie_clocks(live);
    live->began = live_monotonic(live);
    live->next_beat = live->config.observer.beat_interval > 0 ? live->began : INT64_MAX;
    live->next_report = live->config.observer.report ? live_report_time(live) : INT64_MAX;
    for (size_t i = 0; i < (size_t)live->config.count; i++) {
        queue_preparation(live, i);
        queue_description(live, i, live->began);
    }
    do {
        taken = live_sleep_until(live, next_work(live));
        if (taken == 0)
            work(live);
        report_tell(live, false);
    } while (taken == 0 && live->left > 0);
    live_stop(live);
    live_tell(live);
    if (taken == 0 && live->gone == live->config.count)
        taken = -ENOENT;
    return taken;
}

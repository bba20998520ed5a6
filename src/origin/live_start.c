/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start, which may use the heap and read files: what earlier runs left is taken over, and each
 * stream gets its first window.
 */
#include <inttypes.h>

#include "origin/live_parts.h"

static void report_resumption(struct live *live, const struct publisher_resumption *resumption)
{
    if (resumption->state_damaged)
        report_event(live, EVENT_STATE_DAMAGED, 1, "%s", "");
    if (resumption->playlist_damaged)
        report_event(live, EVENT_PLAYLIST_DAMAGED, 1, "%s", "");
    if (resumption->ended)
        report_event(live, EVENT_HAD_ENDED, 1, "%s", "");
    if (resumption->breaks)
        report_event(live, EVENT_BREAK, 1, " first=%" PRId64 " offset=%" PRId64, resumption->first,
                     resumption->offset);
}

static int64_t wall_clock(const struct live *live)
{
    return live->config.clock->realtime(live->config.clock->context);
}

static int64_t due_now(const struct live *live, const struct lane *lane)
{
    return timeline_newest_due(lane->line, wall_clock(live));
}

/*
 * Where segments take long to make, the window moves on meanwhile. A playlist comes only of one
 * that has not moved, so that from the first on all are in time.
 */
static int stock(const struct live *live, const struct lane *lane, int64_t due, int64_t *newest)
{
    int result = publisher_stock(lane->publisher, *newest);

    for (int64_t i = 0; i < live->config.window && result == 0; i++) {
        int64_t now_due = due_now(live, lane);

        if (now_due <= due)
            break;
        due = now_due;
        *newest = *newest > due ? *newest : due;
        result = publisher_stock(lane->publisher, *newest);
    }
    return result;
}

/* Where a stream begins and ends is the same for all that are started together. */
static int start(struct live *live, struct lane *lane)
{
    int64_t due = due_now(live, lane);
    struct publisher_resumption resumption;
    int result = publisher_resume(lane->publisher, lane->due, &resumption);
    bool moved = result == 0 && due > resumption.newest; /* while others were started */

    if (result < 0)
        return result;
    report_resumption(live, &resumption);
    lane->ended = resumption.ended;
    if (lane->ended)
        return 0;
    if (moved)
        resumption.newest = due;
    if (publisher_takes_time(lane->publisher))
        result = stock(live, lane, due, &resumption.newest);
    else if (moved)
        result = publisher_stock(lane->publisher, resumption.newest);
    return result < 0 ? result : publisher_fill(lane->publisher, resumption.newest);
}

/* By the instant at which segment @p index is due. */
static void queue_start(struct live *live, size_t i, int64_t index)
{
    queue_push(&live->preparations, timeline_due(live->lanes[i].line, index), i);
}

/* Those come first that are due again first. @return as live_start() */
static int start_all(struct live *live)
{
    const struct live_observer *observer = &live->config.observer;
    struct queue *order = &live->preparations;
    size_t count = (size_t)live->config.count;
    int64_t now = wall_clock(live);
    int result = 0;

    for (size_t i = 0; i < count; i++) {
        live->lanes[i].due = timeline_newest_due(live->lanes[i].line, now);
        queue_start(live, i, live->lanes[i].due + 1);
    }
    while (order->count > 0 && result == 0) {
        result = start(live, &live->lanes[queue_pop(order)]);
        if (observer->started)
            observer->started(observer->context, (int64_t)(count - order->count));
        if (result == 0 && order->count > 0)
            result = live_sleep_until(live, live_monotonic(live)); /* looks for a signal */
    }
    return result;
}

static void queue_next_of(struct live *live, size_t i)
{
    const struct publisher *publisher = live->lanes[i].publisher;

    if (!publisher_has_ended(publisher))
        queue_start(live, i, publisher_newest(publisher) + 1);
}

/*
 * What became due while others were started. It ends, since that is less each time round; where it
 * does not, or where a stream fails, the live loop knows what to do.
 */
static int catch_up(struct live *live)
{
    struct queue *order = &live->preparations;
    int64_t most = live->config.count * live->config.window;
    int taken = 0;

    for (size_t i = 0; i < (size_t)live->config.count; i++)
        queue_next_of(live, i);
    for (; most > 0 && taken == 0 && queue_next(order) <= wall_clock(live); most--) {
        size_t i = queue_pop(order);
        struct lane *lane = &live->lanes[i];

        (void)publisher_expire(lane->publisher);
        lane->prepared = publisher_prepare(lane->publisher) == 0;
        if (lane->prepared && live_publish(live, lane) == 0)
            queue_next_of(live, i);
        taken = live_sleep_until(live, live_monotonic(live));
    }
    order->count = 0;
    return taken;
}

int live_start(struct live *live)
{
    int result = start_all(live);

    if (result == 0)
        result = catch_up(live);
    if (result > 0)
        live_stop(live);
    report_tell(live, true);
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a run is doing: what is counted, the figures of all streams together, and who is told. */
#include <errno.h>

#include "origin/live_parts.h"

const char *const live_fault_names[LIVE_FAULTS] = {
    [LIVE_FAULT_SPACE] = "space",         [LIVE_FAULT_IO] = "io",
    [LIVE_FAULT_READ_ONLY] = "read_only", [LIVE_FAULT_DESCRIPTORS] = "descriptors",
    [LIVE_FAULT_OTHER] = "other",
};

const int64_t live_bounds[LIVE_BOUNDS] = {
    500 * NS_PER_US, 1 * NS_PER_MS,   2 * NS_PER_MS,     5 * NS_PER_MS,
    10 * NS_PER_MS,  20 * NS_PER_MS,  50 * NS_PER_MS,    100 * NS_PER_MS,
    200 * NS_PER_MS, 500 * NS_PER_MS, 1 * NS_PER_SECOND, 2 * NS_PER_SECOND,
};

/* ---- lateness -------------------------------------------------------------------------------- */

void live_note_lateness(struct live *live, struct lane *lane, int64_t late)
{
    int bucket = 0;

    if (late > lane->figures.late_max)
        lane->figures.late_max = late;
    lane->figures.late += late > LIVE_LATE;
    while (bucket < LIVE_BOUNDS && late > live_bounds[bucket])
        bucket++;
    live->lateness.counts[bucket]++;
    live->lateness.sum += late;
}

/* ---- figures --------------------------------------------------------------------------------- */

static bool is_behind(const struct live *live, const struct lane *lane)
{
    int64_t now = live_monotonic(live) + live->tie.offset;
    int64_t then = now - timeline_duration_us(lane->line) * NS_PER_US;

    return publisher_newest(lane->publisher) < timeline_newest_due(lane->line, then);
}

struct live_figures live_figures_of(const struct live *live, const struct lane *lane)
{
    struct live_figures figures = lane->figures;

    figures.streams = 1;
    figures.removed = lane->gone;
    figures.ended = lane->ended && !lane->gone;
    figures.behind = !lane->ended && !lane->gone && is_behind(live, lane);
    figures.newest = live_newest(lane);
    figures.newest_due = timeline_due(lane->line, publisher_newest(lane->publisher));
    figures.fault = lane->gone ? -ENOENT : 0;
    for (int action = ACTIONS - 1; action >= 0; action--)
        figures.fault = lane->faults[action] < 0 ? lane->faults[action] : figures.fault;
    figures.failing = figures.fault < 0;
    return figures;
}

static bool goes_on(const struct live_figures *figures)
{
    return figures->ended + figures->removed < figures->streams;
}

bool live_is_healthy(const struct live_figures *figures)
{
    return figures->behind == 0 && goes_on(figures);
}

static void add_newest(struct live_figures *sum, const struct live_figures *figures)
{
    bool replaces = goes_on(figures) && !goes_on(sum);
    bool compares = goes_on(figures) == goes_on(sum);

    if (sum->streams > 0 && !replaces && (!compares || figures->newest_due >= sum->newest_due))
        return;
    sum->newest = figures->newest;
    sum->newest_due = figures->newest_due;
}

static void add(struct live_figures *sum, const struct live_figures *figures)
{
    add_newest(sum, figures);
    sum->streams += figures->streams;
    sum->failing += figures->failing;
    sum->ended += figures->ended;
    sum->removed += figures->removed;
    sum->behind += figures->behind;
    sum->published += figures->published;
    sum->late += figures->late;
    sum->stand_by += figures->stand_by;
    sum->skipped += figures->skipped;
    sum->mended += figures->mended;
    sum->late_max = figures->late_max > sum->late_max ? figures->late_max : sum->late_max;
    for (int kind = 0; kind < LIVE_FAULTS; kind++)
        sum->faults[kind] += figures->faults[kind];
    sum->fault = figures->fault < 0 ? figures->fault : sum->fault;
}

struct live_figures live_sum(const struct live *live)
{
    struct live_figures sum = {
        .clock_offset = tie_gap(&live->tie),
        .clock_held = live->tie.behind,
    };

    for (int64_t i = 0; i < live->config.count; i++) {
        struct live_figures figures = live_figures_of(live, &live->lanes[i]);

        add(&sum, &figures);
    }
    for (int kind = 0; kind < LIVE_FAULTS; kind++)
        sum.faults[kind] += live->report_faults[kind];
    return sum;
}

/* ---- the observer ---------------------------------------------------------------------------- */

void live_beat_if_due(struct live *live)
{
    const struct live_observer *observer = &live->config.observer;
    struct live_figures figures;

    if (live_monotonic(live) < live->next_beat)
        return;
    figures = live_sum(live);
    observer->beat(observer->context, &figures);
    live->next_beat = live_monotonic(live) + observer->beat_interval;
}

void live_tell(struct live *live)
{
    const struct live_observer *observer = &live->config.observer;
    struct live_figures figures = live_sum(live);

    if (observer->report)
        report_own_outcome(live, observer->report(observer->context, &figures, &live->lateness));
}

void live_answer(struct live *live)
{
    const struct live_observer *observer = &live->config.observer;

    report_figures(live, "status");
    if (observer->asked)
        observer->asked(observer->context);
    live_tell(live);
}

int64_t live_report_time(const struct live *live)
{
    const struct clock *clock = live->config.clock;
    int64_t interval = LIVE_REPORT_SECONDS * NS_PER_SECOND;

    return live_monotonic(live) + interval - clock->realtime(clock->context) % interval;
}

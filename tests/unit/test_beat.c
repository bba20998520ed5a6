/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beat of the live driver: when it comes, what it tells, and that it disturbs no publication.
 */
#include <errno.h>
#include <signal.h>

#include "origin/live.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N       STAGE_NEWEST
#define SEGMENT (2 * NS_PER_SECOND)
#define HOUR    (3600 * NS_PER_SECOND)
#define START   (1000 * NS_PER_SECOND) /* of the stage, CLOCK_MONOTONIC */

/* Half-way between two segments, @p i segments after the start. */
#define BETWEEN(i) (START + (i)*SEGMENT + SEGMENT / 2)

enum {
    BEATS_MAX = 200,
};

static struct stage stage;
static struct {
    int64_t monotonic;
    struct live_figures figures;
} beats[BEATS_MAX];
static int beat_count;

static void note_beat(void *context, const struct live_figures *figures)
{
    ck_assert_ptr_eq(context, &stage);
    ck_assert_int_lt(beat_count, BEATS_MAX);
    beats[beat_count].monotonic = stage.clock.monotonic;
    beats[beat_count++].figures = *figures;
}

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    beat_count = 0;
}

static void close_stage(void)
{
    stage_close(&stage);
}

/* Runs from the start to the signal of the last event. */
static void run(int64_t interval, const struct fake_event *events, int count)
{
    const struct live_stream stream = {stage.publisher, &stage.line, NULL};
    const struct live_config config = {
        .streams = &stream,
        .count = 1,
        .clock = &stage.clock.clock,
        .window = STAGE_WINDOW,
        .observer = {.context = &stage, .beat_interval = interval, .beat = note_beat},
    };
    struct live *live;

    stage.clock.events = events;
    stage.clock.event_count = (size_t)count;
    ck_assert_int_eq(live_new(&config, &live), 0);
    ck_assert_int_eq(live_start(live), 0);
    ck_assert_int_eq(live_run(live), events[count - 1].signal);
    (void)live_free(live);
}

/* Beats from @p i on: one each @p interval from @p monotonic on, before @p end. */
static void check_beats(int i, int64_t monotonic, int64_t interval, int64_t end)
{
    ck_assert_int_eq(beat_count - i, (end - monotonic - 1) / interval + 1);
    for (int k = i; k < beat_count; k++)
        ck_assert_int_eq(beats[k].monotonic, monotonic + (k - i) * interval);
}

static const struct live_figures *last_figures(void)
{
    ck_assert_int_gt(beat_count, 0);
    return &beats[beat_count - 1].figures;
}

/* Twice in a segment, at once with one, and less than once. */
static const int64_t intervals[] = {SEGMENT / 2, SEGMENT, 3 * SEGMENT / 2};

START_TEST(it_beats_at_its_interval_whatever_a_segment_lasts)
{
    struct fake_event end = {.at = BETWEEN(9), .signal = SIGTERM};

    run(intervals[_i], &end, 1);
    check_beats(0, START, intervals[_i], end.at);
    stage_check_listed(&stage, N + 10 - STAGE_WINDOW, N + 9);
    ck_assert_int_eq(last_figures()->late_max, 0);
}
END_TEST

START_TEST(without_an_interval_there_is_no_beat)
{
    struct fake_event end = {.at = BETWEEN(9), .signal = SIGTERM};

    run(0, &end, 1);
    ck_assert_int_eq(beat_count, 0);
}
END_TEST

START_TEST(a_signal_between_two_beats_is_taken_at_once)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2) + 1, .signal = SIGUSR1},
        {.at = BETWEEN(3) + 1, .signal = SIGTERM},
    };

    run(SEGMENT / 4, events, LENGTH(events));
    check_beats(0, START, SEGMENT / 4, events[1].at);
    ck_assert_int_eq(stage.clock.monotonic, events[1].at);
}
END_TEST

START_TEST(a_beat_tells_how_the_run_is_doing)
{
    struct fake_event events[] = {
        {.at = BETWEEN(1), .stop = SEGMENT},
        {.at = BETWEEN(3), .step = -HOUR},
        {.at = BETWEEN(5), .signal = SIGTERM},
    };

    run(SEGMENT / 2, events, LENGTH(events));
    ck_assert_int_eq(beats[0].figures.newest, N);
    ck_assert_int_eq(beats[0].figures.published, 0);
    ck_assert_int_eq(last_figures()->newest, N + 5);
    ck_assert_int_eq(last_figures()->published, 5);
    ck_assert_int_eq(last_figures()->late_max, SEGMENT / 2);
    ck_assert_int_eq(last_figures()->clock_offset, -HOUR);
    ck_assert_int_eq(last_figures()->faults[LIVE_FAULT_SPACE], 0);
    ck_assert_int_eq(last_figures()->fault, 0);
}
END_TEST

START_TEST(one_beat_stands_for_those_missed_while_stopped)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .stop = 3 * SEGMENT},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };

    run(SEGMENT, events, LENGTH(events));
    ck_assert_int_eq(beats[2].monotonic, START + 2 * SEGMENT);
    check_beats(3, BETWEEN(5), SEGMENT, events[1].at);
}
END_TEST

static void pass_two_segments(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    (void)name;
    if (call == FAKE_SYNC)
        fake_clock_advance(&stage.clock, 2 * SEGMENT);
}

/* A disk so slow that a deadline is always past when it is looked at: late, but alive. */
START_TEST(it_beats_on_when_there_is_no_time_to_sleep)
{
    struct fake_event end = {.at = START + 100 * SEGMENT, .signal = SIGTERM};

    stage.disk.after = pass_two_segments;
    run(SEGMENT, &end, 1);
    ck_assert_int_gt(beat_count, 5);
}
END_TEST

static void close_disk(void *arg)
{
    (void)arg;
    stage.disk.room = 0;
}

/* A restart would not mend a full disk: the run is alive, and says what is wrong. */
START_TEST(a_fault_does_not_stop_it)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .act = close_disk},
        {.at = BETWEEN(40), .signal = SIGTERM},
    };

    run(SEGMENT / 2, events, LENGTH(events));
    check_beats(0, START, SEGMENT / 2, events[1].at);
    ck_assert_int_eq(last_figures()->fault, -ENOSPC);
    ck_assert_int_gt(last_figures()->faults[LIVE_FAULT_SPACE], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("beat");
    TCase *tcase = suite_add(suite, "beat");

    tcase_add_checked_fixture(tcase, open_stage, close_stage);
    tcase_add_loop_test(tcase, it_beats_at_its_interval_whatever_a_segment_lasts, 0,
                        LENGTH(intervals));
    tcase_add_test(tcase, without_an_interval_there_is_no_beat);
    tcase_add_test(tcase, a_signal_between_two_beats_is_taken_at_once);
    tcase_add_test(tcase, a_beat_tells_how_the_run_is_doing);
    tcase_add_test(tcase, one_beat_stands_for_those_missed_while_stopped);
    tcase_add_test(tcase, it_beats_on_when_there_is_no_time_to_sleep);
    tcase_add_test(tcase, a_fault_does_not_stop_it);
    return suite_run(suite);
}

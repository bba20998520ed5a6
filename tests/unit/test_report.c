/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the live driver reports of itself, and when: by the wall clock, when asked, when the clock
 * steps, and at the end; whether a stream is behind; and how late segments were.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "origin/live.h"
#include "tests/unit/logged.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N        STAGE_NEWEST
#define SEGMENT  (2 * NS_PER_SECOND)
#define START    (1000 * NS_PER_SECOND) /* of the first stage, CLOCK_MONOTONIC */
#define INTERVAL (LIVE_REPORT_SECONDS * NS_PER_SECOND)
#define PATIENCE (2 * NS_PER_SECOND)

/* Half-way between two segments, @p i segments after the start. */
#define BETWEEN(i) (START + (i)*SEGMENT + SEGMENT / 2)

enum {
    STREAMS = 2,
    REPORTS_MAX = 200,
};

static struct stage stages[STREAMS];
static int64_t count; /* of the streams that a test has */

static struct {
    int64_t monotonic;
    int64_t realtime;
    struct live_figures figures;
    struct live_lateness lateness;
} reports[REPORTS_MAX];
static int report_count;
static int report_result;

static int note_report(void *context, const struct live_figures *figures,
                       const struct live_lateness *lateness)
{
    ck_assert_ptr_eq(context, stages);
    ck_assert_int_lt(report_count, REPORTS_MAX);
    reports[report_count].monotonic = stages[0].clock.monotonic;
    reports[report_count].realtime = stages[0].clock.realtime;
    reports[report_count].figures = *figures;
    reports[report_count++].lateness = *lateness;
    return report_result;
}

static void open_stages(void)
{
    report_count = report_result = 0;
    count = 1;
    for (int i = 0; i < STREAMS; i++) {
        stage_open(&stages[i], timeline_make(0, 2000, 30, 1));
        stage_join(&stages[i], &stages[0]);
    }
}

static void close_stages(void)
{
    for (int i = 0; i < STREAMS; i++)
        stage_close(&stages[i]);
}

/* From the start to the signal of the last event. @return what was logged, to be freed */
static char *run(const struct fake_event *events, int event_count)
{
    struct live_stream streams[STREAMS];
    const struct live_config config = {
        .streams = streams,
        .count = count,
        .clock = &stages[0].clock.clock,
        .window = STAGE_WINDOW,
        .observer = {.context = stages, .report = note_report},
    };
    struct logged logged = logged_begin();
    struct live *live;

    for (int i = 0; i < STREAMS; i++)
        streams[i] = (struct live_stream){stages[i].publisher, &stages[i].line, NULL};
    stages[0].clock.events = events;
    stages[0].clock.event_count = (size_t)event_count;
    ck_assert_int_eq(live_new(&config, &live), 0);
    ck_assert_int_eq(live_start(live), 0);
    ck_assert_int_eq(live_run(live), events[event_count - 1].signal);
    (void)live_free(live);
    return logged_end(&logged);
}

static const struct live_figures *figures_of(int i)
{
    ck_assert_int_lt(i, report_count);
    return &reports[i].figures;
}

/* ---- when ------------------------------------------------------------------------------------ */

/* The multiples of the interval that the wall clock has passed. */
static int64_t turn(int i)
{
    return reports[i].realtime / INTERVAL;
}

START_TEST(it_reports_once_after_each_multiple_of_the_wall_clock)
{
    struct fake_event end = {.at = BETWEEN(50), .signal = SIGTERM};

    stages[0].clock.realtime += _i * 100 * NS_PER_MS;
    free(run(&end, 1));
    ck_assert_int_ge(report_count, 20);
    for (int i = 0; i < report_count - 1; i++) {
        ck_assert_int_eq(turn(i), turn(0) + i);
        ck_assert_int_le(reports[i].realtime % INTERVAL, PATIENCE);
        ck_assert_int_eq((reports[i].monotonic - START + _i * 100 * NS_PER_MS) % SEGMENT, 0);
    }
    ck_assert_int_eq(reports[report_count - 1].monotonic, end.at); /* the last */
}
END_TEST

/* Of a stream of which there is nothing to do for long. */
START_TEST(it_does_not_wait_for_other_work_for_ever)
{
    struct fake_event end = {.at = START + 100 * NS_PER_SECOND, .signal = SIGTERM};

    stages[0].line = timeline_make(0, 60000, 30, 1);
    stage_restart(&stages[0]);
    free(run(&end, 1));
    ck_assert_int_ge(report_count, 20);
    for (int i = 0; i < report_count - 1; i++) {
        ck_assert_int_eq(turn(i), turn(0) + i);
        ck_assert_int_le(reports[i].realtime % INTERVAL, PATIENCE);
    }
}
END_TEST

START_TEST(it_reports_when_it_is_asked)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2) + 7, .signal = SIGUSR1},
        {.at = BETWEEN(2) + 8, .signal = SIGTERM},
    };

    free(run(events, LENGTH(events)));
    ck_assert_int_eq(reports[report_count - 2].monotonic, events[0].at);
    ck_assert_int_eq(figures_of(report_count - 2)->published, 2);
}
END_TEST

static const int64_t steps[] = {3600 * NS_PER_SECOND, -3600 * NS_PER_SECOND,
                                3601 * NS_PER_SECOND + 700 * NS_PER_MS, -7 * NS_PER_SECOND};

START_TEST(it_reports_at_the_first_segment_after_a_step_of_the_clock)
{
    struct fake_event events[] = {
        {.at = BETWEEN(3), .step = steps[_i]},
        {.at = BETWEEN(30), .signal = SIGTERM},
    };
    int i = 0;

    free(run(events, LENGTH(events)));
    while (reports[i].monotonic <= BETWEEN(3))
        i++;
    ck_assert_int_le(reports[i].monotonic, BETWEEN(3) + SEGMENT / 2);
    ck_assert_int_eq(figures_of(i)->clock_held, steps[_i] < 0);
    for (int k = i + 1; k < report_count - 1; k++)
        ck_assert_int_eq(turn(k), turn(i) + k - i);
    ck_assert_int_eq(figures_of(report_count - 1)->behind, 0);
}
END_TEST

START_TEST(a_report_that_fails_is_told_once_and_disturbs_nothing)
{
    struct fake_event end = {.at = BETWEEN(20), .signal = SIGTERM};
    char *log;

    count = 1 + _i;
    report_result = -ENOSPC;
    log = run(&end, 1);
    ck_assert_int_eq(logged_count(log,
                                  "cannot write status.json, hlsgen.prom and leases, trying "
                                  "again: No space left on device\n"),
                     1);
    ck_assert_int_eq(figures_of(report_count - 1)->faults[LIVE_FAULT_SPACE], report_count - 1);
    ck_assert_int_eq(figures_of(report_count - 1)->failing, 0);
    stage_check_listed(&stages[0], N + 21 - STAGE_WINDOW, N + 20);
    free(log);
}
END_TEST

static void heal(void *arg)
{
    *(int *)arg = 0;
}

START_TEST(its_recovery_is_told)
{
    struct fake_event events[] = {
        {.at = BETWEEN(10), .act = heal, .arg = &report_result},
        {.at = BETWEEN(20), .signal = SIGTERM},
    };
    char *log;

    report_result = -EACCES;
    log = run(events, LENGTH(events));
    ck_assert_int_eq(logged_count(log,
                                  "can write status.json, hlsgen.prom and leases again "
                                  "failures=4\n"),
                     1);
    free(log);
}
END_TEST

/* ---- behind ---------------------------------------------------------------------------------- */

static void fill_disk(void *arg)
{
    ((struct stage *)arg)->disk.room = 0;
}

static void empty_disk(void *arg)
{
    ((struct stage *)arg)->disk.room = SIZE_MAX;
}

START_TEST(a_stream_is_behind_when_a_segment_is_late_by_more_than_one)
{
    struct stage *stage = &stages[_i];
    struct fake_event events[] = {
        {.at = BETWEEN(5), .act = fill_disk, .arg = stage},
        {.at = BETWEEN(6) + 0, .signal = SIGUSR1},
        {.at = START + 7 * SEGMENT + SEGMENT - 1, .signal = SIGUSR1},
        {.at = START + 7 * SEGMENT + SEGMENT + 1, .signal = SIGUSR1},
        {.at = BETWEEN(12), .act = empty_disk, .arg = stage},
        {.at = BETWEEN(16), .signal = SIGTERM},
    };
    int64_t instants[] = {events[2].at, events[3].at, events[5].at};
    int64_t behind[LENGTH(instants)] = {-1, -1, -1};

    count = STREAMS;
    free(run(events, LENGTH(events)));
    for (int i = 0; i < report_count; i++)
        for (int k = 0; k < LENGTH(instants); k++)
            if (reports[i].monotonic == instants[k])
                behind[k] = figures_of(i)->behind;
    /* Segment N + 6 may have been prepared; N + 7 is due at the end of the seventh. */
    ck_assert_int_eq(behind[0], 0);
    ck_assert_int_eq(behind[1], 1);
    ck_assert_int_eq(behind[2], 0);
}
END_TEST

START_TEST(the_newest_is_that_of_the_stream_furthest_behind)
{
    struct fake_event events[] = {
        {.at = BETWEEN(5), .act = fill_disk, .arg = &stages[1]},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };
    const struct live_figures *last;

    count = STREAMS;
    free(run(events, LENGTH(events)));
    last = figures_of(report_count - 1);
    ck_assert_int_eq(last->streams, 2);
    ck_assert_int_eq(last->failing, 1);
    ck_assert_int_le(last->newest, N + 6);
    ck_assert_int_eq(last->newest_due, timeline_due(&stages[1].line, last->newest));
}
END_TEST

/* ---- the end --------------------------------------------------------------------------------- */

START_TEST(what_has_ended_is_told_and_not_behind)
{
    const struct live_figures *last;
    struct fake_event end = {.at = START + 1000 * SEGMENT, .signal = 0};

    stages[0].follow = 3;
    stage_restart(&stages[0]);
    free(run(&end, 1));
    last = figures_of(report_count - 1);
    ck_assert_int_eq(last->ended, 1);
    ck_assert_int_eq(last->behind, 0);
    ck_assert_int_eq(last->newest, N + 3);
}
END_TEST

/* ---- lateness -------------------------------------------------------------------------------- */

static int64_t sum_of_counts(const struct live_lateness *lateness)
{
    int64_t sum = 0;

    for (int i = 0; i <= LIVE_BOUNDS; i++)
        sum += lateness->counts[i];
    return sum;
}

START_TEST(segments_in_time_are_in_the_first_bucket)
{
    struct fake_event end = {.at = BETWEEN(10), .signal = SIGTERM};

    free(run(&end, 1));
    ck_assert_int_eq(reports[report_count - 1].lateness.counts[0], 10);
    ck_assert_int_eq(reports[report_count - 1].lateness.sum, 0);
    ck_assert_int_eq(figures_of(report_count - 1)->late, 0);
}
END_TEST

START_TEST(a_late_segment_is_in_its_bucket)
{
    /* Just at a bound, just above it. */
    int bound = _i / 2;
    int64_t late = live_bounds[bound] + _i % 2;
    struct fake_event events[] = {
        {.at = BETWEEN(3), .stop = SEGMENT / 2 + late},
        {.at = BETWEEN(10), .signal = SIGTERM},
    };
    const struct live_lateness *last;

    free(run(events, LENGTH(events)));
    last = &reports[report_count - 1].lateness;
    ck_assert_int_eq(last->counts[bound + _i % 2], late >= SEGMENT       ? 1
                                                   : bound + _i % 2 == 0 ? 10
                                                                         : 1);
    ck_assert_int_eq(sum_of_counts(last), 10);
    ck_assert_int_eq(last->sum, late >= SEGMENT ? late + late - SEGMENT : late);
    ck_assert_int_eq(figures_of(report_count - 1)->late, late > LIVE_LATE);
    ck_assert_int_eq(figures_of(report_count - 1)->late_max, late);
}
END_TEST

START_TEST(stand_ins_are_counted)
{
    struct fake_event end = {.at = BETWEEN(5), .signal = SIGTERM};

    stages[0].stands_by = true;
    stages[0].stood_by = N + 3;
    stage_restart(&stages[0]);
    free(run(&end, 1));
    ck_assert_int_eq(figures_of(report_count - 1)->stand_by, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = suite_add(suite, "report");

    tcase_add_checked_fixture(tcase, open_stages, close_stages);
    tcase_add_loop_test(tcase, it_reports_once_after_each_multiple_of_the_wall_clock, 0, 50);
    tcase_add_test(tcase, it_does_not_wait_for_other_work_for_ever);
    tcase_add_test(tcase, it_reports_when_it_is_asked);
    tcase_add_loop_test(tcase, it_reports_at_the_first_segment_after_a_step_of_the_clock, 0,
                        LENGTH(steps));
    tcase_add_loop_test(tcase, a_report_that_fails_is_told_once_and_disturbs_nothing, 0, STREAMS);
    tcase_add_test(tcase, its_recovery_is_told);
    tcase_add_loop_test(tcase, a_stream_is_behind_when_a_segment_is_late_by_more_than_one, 0,
                        STREAMS);
    tcase_add_test(tcase, the_newest_is_that_of_the_stream_furthest_behind);
    tcase_add_test(tcase, what_has_ended_is_told_and_not_behind);
    tcase_add_test(tcase, segments_in_time_are_in_the_first_bucket);
    tcase_add_loop_test(tcase, a_late_segment_is_in_its_bucket, 0, 2 * LIVE_BOUNDS);
    tcase_add_test(tcase, stand_ins_are_counted);
    return suite_run(suite);
}

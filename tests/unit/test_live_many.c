/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live driver with several streams, each on a disk of its own: in which order it does what,
 * that one does not hold up others, and what is said of many.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hls/playlist.h"
#include "origin/live.h"
#include "origin/names.h"
#include "tests/unit/logged.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N       STAGE_NEWEST
#define SEGMENT (2 * NS_PER_SECOND)
#define START   (1000 * NS_PER_SECOND) /* of the first stage, CLOCK_MONOTONIC */
#define STEP    (600 * NS_PER_MS)      /* from a stream's instant to that of the next, if spread */

/* Half-way between two segments of the first stream, @p i segments after the start. */
#define BETWEEN(i) (START + (i)*SEGMENT + SEGMENT / 2)

enum {
    STREAMS = 3,
    W = STAGE_WINDOW,
    EVENTS_MAX = 2000,
};

static struct stage stages[STREAMS];

/* What was done that others can see: a segment begun, a playlist replaced. */
static struct {
    enum fake_call call;
    int stream;
    int64_t monotonic;
} done[EVENTS_MAX];
static int done_count;

static int64_t started_last; /* stream that the observer was told of */

static void note_call(void *arg, enum fake_call call, const char *name)
{
    const struct stage *stage = arg;

    if ((call != FAKE_CREATE || strcmp(name, NAMES_SEGMENT_TMP) != 0) &&
        (call != FAKE_RENAME || strcmp(name, PLAYLIST_NAME) != 0))
        return;
    ck_assert_int_lt(done_count, EVENTS_MAX);
    done[done_count].call = call;
    done[done_count].stream = (int)(stage - stages);
    done[done_count++].monotonic = stages[0].clock.monotonic;
}

static void open_stages(int64_t step)
{
    done_count = 0;
    started_last = 0;
    for (int i = 0; i < STREAMS; i++) {
        stage_open(&stages[i], timeline_make(i * step, 2000, 30, 1));
        stage_join(&stages[i], &stages[0]);
        stages[i].disk.after = note_call;
        stages[i].disk.arg = &stages[i];
    }
}

static void open_spread(void)
{
    open_stages(STEP);
}

static void open_at_once(void)
{
    open_stages(0);
}

static void close_stages(void)
{
    for (int i = 0; i < STREAMS; i++) {
        ck_assert_ptr_null(fake_disk_find(&stages[i].disk, NAMES_SEGMENT_TMP));
        ck_assert_ptr_null(fake_disk_find(&stages[i].disk, NAMES_PLAYLIST_TMP));
        stage_check(&stages[i]);
        stage_close(&stages[i]);
    }
}

static void note_started(void *context, int64_t streams)
{
    ck_assert_ptr_eq(context, stages);
    ck_assert_int_eq(streams, started_last + 1);
    started_last = streams;
}

static int run_live(void)
{
    struct live_stream streams[STREAMS];
    const struct live_config config = {
        .streams = streams,
        .count = STREAMS,
        .clock = &stages[0].clock.clock,
        .window = W,
        .observer = {.context = stages, .started = note_started},
    };
    struct live *live;
    int result;

    for (int i = 0; i < STREAMS; i++)
        streams[i] = (struct live_stream){stages[i].publisher, &stages[i].line, NULL};
    ck_assert_int_eq(live_new(&config, &live), 0);
    result = live_start(live);
    if (result == 0)
        result = live_run(live);
    (void)live_free(live);
    return result;
}

/* Until the last event, whose signal it must end by, or else by @p error. @return what was logged,
 * to be freed */
static char *run(const struct fake_event *events, int count, int error)
{
    struct logged logged = logged_begin();

    stages[0].clock.events = events;
    stages[0].clock.event_count = (size_t)count;
    ck_assert_int_eq(run_live(), error != 0 ? error : events[count - 1].signal);
    return logged_end(&logged);
}

/* The instant of the playlist that ends the @p k-th from the first on, of @p stream. */
static int64_t published_at(int stream, int k)
{
    for (int i = 0; i < done_count; i++) {
        if (done[i].call == FAKE_RENAME && done[i].stream == stream && k-- == 0)
            return done[i].monotonic;
    }
    ck_abort_msg("stream %d was not published so often", stream);
    return 0;
}

/* Stream @p stream goes on from its @p k-th playlist up to the @p end-th, each at its instant. */
static void check_cadence(int stream, int k, int end, int64_t first)
{
    for (int i = k; i < end; i++)
        ck_assert_int_eq(published_at(stream, i), first + (i - k) * SEGMENT);
}

/* ---- order ----------------------------------------------------------------------------------- */

START_TEST(each_is_published_at_its_own_instants)
{
    struct fake_event end = {.at = BETWEEN(10), .signal = SIGTERM};

    free(run(&end, 1, 0));
    ck_assert_int_eq(started_last, STREAMS);
    check_cadence(0, 1, 10, START + SEGMENT);
    check_cadence(1, 1, 10, START + STEP);
    check_cadence(2, 1, 10, START + 2 * STEP);
}
END_TEST

START_TEST(first_is_started_what_is_due_again_first)
{
    struct fake_event end = {.at = BETWEEN(1), .signal = SIGTERM};
    static const int order[STREAMS] = {1, 2, 0}; /* 0 is due at the start */
    int seen = 0;

    free(run(&end, 1, 0));
    for (int i = 0; i < done_count && seen < STREAMS; i++) {
        if (done[i].call == FAKE_RENAME)
            ck_assert_int_eq(done[i].stream, order[seen++]);
    }
    ck_assert_int_eq(seen, STREAMS);
}
END_TEST

/* All are due at once: nothing is prepared before the last of them is published. */
START_TEST(what_is_due_comes_before_what_is_to_be_prepared)
{
    struct fake_event end = {.at = BETWEEN(3), .signal = SIGTERM};
    int at = 0;

    free(run(&end, 1, 0));
    while (at < done_count && done[at].monotonic < START + 2 * SEGMENT)
        at++;
    ck_assert_int_le(at + 2 * STREAMS, done_count);
    for (int i = 0; i < 2 * STREAMS; i++) {
        ck_assert_int_eq(done[at + i].call, i < STREAMS ? FAKE_RENAME : FAKE_CREATE);
        ck_assert_int_eq(done[at + i].stream, i % STREAMS);
        ck_assert_int_eq(done[at + i].monotonic, START + 2 * SEGMENT);
    }
}
END_TEST

static bool is_never_ready(void *source, int64_t index)
{
    (void)source;
    (void)index;
    return false;
}

static bool is_ready_in_time(void *source, int64_t index)
{
    const struct stage *stage = source;

    return stages[0].clock.realtime >= timeline_due(&stage->line, index) - SEGMENT / 2;
}

/* When stream 1 begins with each segment after those of the start. */
static void check_begun(int64_t before_due)
{
    int k = 0;

    for (int i = 0; i < done_count; i++) {
        if (done[i].call != FAKE_CREATE || done[i].stream != 1 || done[i].monotonic == START)
            continue;
        ck_assert_int_eq(done[i].monotonic, START + STEP + k * SEGMENT - before_due);
        k++;
    }
    ck_assert_int_ge(k, 8);
}

START_TEST(a_segment_that_is_not_ready_is_waited_for)
{
    struct fake_event end = {.at = BETWEEN(10), .signal = SIGTERM};

    stages[1].ready = is_never_ready;
    stage_join(&stages[1], &stages[0]);
    free(run(&end, 1, 0));
    check_begun(100 * NS_PER_MS);
    check_cadence(1, 1, 10, START + STEP);
    check_cadence(2, 1, 10, START + 2 * STEP);
}
END_TEST

START_TEST(a_segment_that_gets_ready_is_prepared_then)
{
    struct fake_event end = {.at = BETWEEN(10), .signal = SIGTERM};

    stages[1].ready = is_ready_in_time;
    stage_join(&stages[1], &stages[0]);
    free(run(&end, 1, 0));
    for (int i = 0; i < done_count; i++) {
        int64_t left = START + STEP + 9 * SEGMENT - done[i].monotonic;

        if (done[i].call != FAKE_CREATE || done[i].stream != 1 ||
            done[i].monotonic <= START + STEP || left < 0)
            continue;
        ck_assert_int_le(left % SEGMENT, SEGMENT / 2);
        ck_assert_int_ge(left % SEGMENT, SEGMENT / 2 - 20 * NS_PER_MS);
    }
    check_cadence(1, 1, 10, START + STEP);
}
END_TEST

START_TEST(a_step_of_the_clock_moves_all)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .step = 50 * NS_PER_MS},
        {.at = BETWEEN(8), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events), 0);

    /* The first to be due had been waited for already. */
    check_cadence(0, 4, 8, START + 4 * SEGMENT - 50 * NS_PER_MS);
    check_cadence(1, 4, 8, START + STEP + 3 * SEGMENT - 50 * NS_PER_MS);
    check_cadence(2, 4, 8, START + 2 * STEP + 3 * SEGMENT - 50 * NS_PER_MS);
    ck_assert_int_eq(logged_count(log, "clock stepped forward"), 1);
    free(log);
}
END_TEST

/* ---- faults ---------------------------------------------------------------------------------- */

static void close_disk(void *arg)
{
    ((struct stage *)arg)->disk.room = 0;
}

static void free_disk(void *arg)
{
    ((struct stage *)arg)->disk.room = SIZE_MAX;
}

START_TEST(a_fault_of_one_does_not_hold_up_others)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .act = close_disk, .arg = &stages[1]},
        {.at = BETWEEN(4), .act = free_disk, .arg = &stages[1]},
        {.at = BETWEEN(10), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events), 0);

    check_cadence(0, 1, 10, START + SEGMENT);
    check_cadence(2, 1, 10, START + 2 * STEP);
    check_cadence(1, 7, 10, START + STEP + 6 * SEGMENT);
    stage_check_listed(&stages[1], N + 11 - W, N + 10);
    ck_assert_int_eq(
        logged_count(log, "cannot publish, trying again: No space left on device streams=1\n"), 1);
    ck_assert_int_eq(logged_count(log, "can publish again"), 1);
    free(log);
}
END_TEST

/* Each fails dozens of times, at other times than the others. */
START_TEST(a_fault_of_all_is_told_once)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .act = close_disk, .arg = &stages[0]},
        {.at = BETWEEN(2), .act = close_disk, .arg = &stages[1]},
        {.at = BETWEEN(2), .act = close_disk, .arg = &stages[2]},
        {.at = BETWEEN(12), .act = free_disk, .arg = &stages[0]},
        {.at = BETWEEN(12), .act = free_disk, .arg = &stages[1]},
        {.at = BETWEEN(12), .act = free_disk, .arg = &stages[2]},
        {.at = BETWEEN(20), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events), 0);

    ck_assert_int_eq(logged_count(log, "cannot publish"), 1);
    ck_assert_int_eq(
        logged_count(log, "cannot publish, trying again: No space left on device streams=3\n"), 1);
    ck_assert_int_eq(logged_count(log, "can publish again"), 1);
    ck_assert_int_eq(logged_count(log, "published a new window skipped="), 1);
    ck_assert_int_eq(logged_count(log, " streams=3\n"), 3);
    for (int i = 0; i < STREAMS; i++) /* the last one's is still to come */
        ck_assert_int_eq(publisher_newest(stages[i].publisher), N + (i < 2 ? 20 : 19));
    free(log);
}
END_TEST

static void remove_directory(void *arg)
{
    fake_disk_fail(&((struct stage *)arg)->disk, FAKE_CREATE, 1, INT64_MAX / 2, ENOENT);
}

START_TEST(a_folder_that_was_removed_ends_its_stream_alone)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .act = remove_directory, .arg = &stages[1]},
        {.at = BETWEEN(9) - 1, .signal = SIGUSR1},
        {.at = BETWEEN(10), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events), 0);

    check_cadence(0, 1, 10, START + SEGMENT);
    check_cadence(2, 1, 10, START + 2 * STEP);
    ck_assert_int_eq(logged_count(log, "a stream ends, its folder was removed streams=1\n"), 1);
    ck_assert_int_eq(logged_count(log, "status streams=3 failing=1 "), 1);
    ck_assert_int_eq(logged_count(log, "status stream=2 failing=1 "), 1);
    free(log);
}
END_TEST

START_TEST(without_any_folder_the_run_ends)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .act = remove_directory, .arg = &stages[0]},
        {.at = BETWEEN(2), .act = remove_directory, .arg = &stages[1]},
        {.at = BETWEEN(3), .act = remove_directory, .arg = &stages[2]},
    };

    free(run(events, LENGTH(events), -ENOENT));
}
END_TEST

/* ---- what is told ---------------------------------------------------------------------------- */

START_TEST(a_stop_beyond_the_window_is_one_line)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .stop = 10 * SEGMENT},
        {.at = BETWEEN(20), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events), 0);

    ck_assert_int_eq(logged_count(log, "published a new window"), 1);
    ck_assert_int_eq(logged_count(log, "published a new window skipped=18 streams=3\n"), 1);
    free(log);
}
END_TEST

START_TEST(status_tells_of_all_and_of_each)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .signal = SIGUSR1},
        {.at = BETWEEN(4), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events), 0);

    ck_assert_int_eq(logged_count(log, "status"), 1 + STREAMS);
    ck_assert_int_eq(logged_count(log, "status streams=3 failing=0 newest=897654661 published=7 "),
                     1);
    ck_assert_int_eq(logged_count(log, "status stream=1 failing=0 newest=897654662 published=2 "),
                     1);
    ck_assert_int_eq(logged_count(log, "stopped streams=3 failing=0 newest=897654663 "), 1);
    free(log);
}
END_TEST

START_TEST(a_step_back_during_the_start_leaves_none_out)
{
    struct fake_event events[] = {
        {.at = START, .step = -3600 * NS_PER_SECOND},
        {.at = BETWEEN(2), .signal = SIGTERM},
    };

    free(run(events, LENGTH(events), 0));
    for (int i = 0; i < STREAMS; i++)
        ck_assert_ptr_nonnull(fake_disk_find(&stages[i].disk, PLAYLIST_NAME));
}
END_TEST

START_TEST(a_signal_during_the_start_ends_it)
{
    struct fake_event event = {.at = START, .signal = SIGTERM};

    free(run(&event, 1, 0));
    ck_assert_int_eq(started_last, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live_many");
    TCase *spread = suite_add(suite, "spread");
    TCase *at_once = suite_add(suite, "at once");

    tcase_add_checked_fixture(spread, open_spread, close_stages);
    tcase_add_test(spread, each_is_published_at_its_own_instants);
    tcase_add_test(spread, first_is_started_what_is_due_again_first);
    tcase_add_test(spread, a_segment_that_is_not_ready_is_waited_for);
    tcase_add_test(spread, a_segment_that_gets_ready_is_prepared_then);
    tcase_add_test(spread, a_step_of_the_clock_moves_all);
    tcase_add_test(spread, a_fault_of_one_does_not_hold_up_others);
    tcase_add_test(spread, a_fault_of_all_is_told_once);
    tcase_add_test(spread, a_folder_that_was_removed_ends_its_stream_alone);
    tcase_add_test(spread, without_any_folder_the_run_ends);
    tcase_add_test(spread, a_stop_beyond_the_window_is_one_line);
    tcase_add_test(spread, status_tells_of_all_and_of_each);
    tcase_add_test(spread, a_step_back_during_the_start_leaves_none_out);
    tcase_add_test(spread, a_signal_during_the_start_ends_it);
    tcase_add_checked_fixture(at_once, open_at_once, close_stages);
    tcase_add_test(at_once, what_is_due_comes_before_what_is_to_be_prepared);
    return suite_run(suite);
}

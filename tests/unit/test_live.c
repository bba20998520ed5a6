/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live driver in time that a script makes: when it publishes, and what it does when it was
 * stopped, the clock stepped, the disk is full, or a signal comes.
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
#define HOUR    (3600 * NS_PER_SECOND)
#define START   (1000 * NS_PER_SECOND) /* of the stage, CLOCK_MONOTONIC */

enum {
    W = STAGE_WINDOW,
    PUBLISHED_MAX = 2000,
};

static struct stage stage;

/* Every playlist that was renamed into place, and when. */
static struct {
    int64_t newest;
    int64_t monotonic;
} published[PUBLISHED_MAX];
static int published_count;

static void note_playlist(void *arg, enum fake_call call, const char *name)
{
    int64_t first;

    (void)arg;
    if (call == FAKE_RENAME || call == FAKE_UNLINK)
        stage_check(&stage);
    if (call != FAKE_RENAME || strcmp(name, PLAYLIST_NAME) != 0)
        return;
    ck_assert_int_lt(published_count, PUBLISHED_MAX);
    stage_read_playlist(&stage, &first, &published[published_count].newest);
    published[published_count++].monotonic = stage.clock.monotonic;
}

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    stage.disk.after = note_playlist;
    published_count = 0;
}

static void close_stage(void)
{
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_SEGMENT_TMP));
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_PLAYLIST_TMP));
    stage_close(&stage);
}

static struct live *start(void)
{
    const struct live_stream stream = {stage.publisher, &stage.line, NULL};
    const struct live_config config = {
        .streams = &stream,
        .count = 1,
        .clock = &stage.clock.clock,
        .window = W,
    };
    struct live *live;

    ck_assert_int_eq(live_new(&config, &live), 0);
    ck_assert_int_eq(live_start(live), 0);
    return live;
}

/* Runs from the start to the signal of the last event. @return what was logged, to be freed */
static char *run(const struct fake_event *events, int count)
{
    struct logged logged = logged_begin();
    struct live *live;

    stage.clock.events = events;
    stage.clock.event_count = (size_t)count;
    live = start();
    ck_assert_int_eq(live_run(live), events[count - 1].signal);
    (void)live_free(live);
    return logged_end(&logged);
}

static void check_published(int i, int64_t newest, int64_t monotonic)
{
    ck_assert_int_lt(i, published_count);
    ck_assert_int_eq(published[i].newest, newest);
    ck_assert_int_eq(published[i].monotonic, monotonic);
}

/* Publications from @p i on: segments from @p newest on, one a segment from @p monotonic on. */
static void check_cadence(int i, int64_t newest, int64_t monotonic)
{
    ck_assert_int_lt(i, published_count);
    for (int k = i; k < published_count; k++)
        check_published(k, newest + k - i, monotonic + (k - i) * SEGMENT);
}

/* The script's instants: half-way between two segments, @p i segments after the start. */
#define BETWEEN(i) (START + (i)*SEGMENT + SEGMENT / 2)

/* ---- when all is well ------------------------------------------------------------------------ */

START_TEST(a_thousand_segments_appear_at_their_due_instants)
{
    static const int rates[][2] = {{30, 1}, {30000, 1001}, {25, 1}};
    struct fake_event end = {.at = START + 1001 * SEGMENT + SEGMENT / 2, .signal = SIGTERM};
    struct timeline line = timeline_make(7, 2000, rates[_i][0], rates[_i][1]);

    stage_open(&stage, line);
    stage.disk.after = note_playlist;
    free(run(&end, 1));
    ck_assert_int_ge(published_count, 1000);
    for (int i = 0; i < published_count; i++)
        check_published(i, N + i, START + timeline_due(&line, N + i) - timeline_due(&line, N));
    close_stage();
}
END_TEST

START_TEST(the_window_is_there_at_the_start)
{
    struct fake_event end = {.at = START, .signal = SIGTERM};
    int64_t first;
    int64_t newest;

    free(run(&end, 1));
    ck_assert_int_eq(published_count, 1);
    stage_read_playlist(&stage, &first, &newest);
    ck_assert_int_eq(first, N - W + 1);
    ck_assert_int_eq(newest, N);
}
END_TEST

static const int ending[] = {SIGTERM, SIGINT, SIGHUP};

START_TEST(a_signal_ends_the_run_and_leaves_the_playlist)
{
    struct fake_event end = {.at = BETWEEN(3), .signal = ending[_i]};
    char *log = run(&end, 1);

    ck_assert_int_eq(published_count, 4);
    ck_assert_int_eq(stage.clock.monotonic, BETWEEN(3)); /* at once */
    ck_assert_ptr_nonnull(fake_disk_find(&stage.disk, PLAYLIST_NAME));
    stage_check(&stage);
    ck_assert_int_eq(logged_count(log, "published=3 "), 1);
    free(log);
}
END_TEST

START_TEST(sigusr1_is_answered_and_disturbs_nothing)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .signal = SIGUSR1},
        {.at = BETWEEN(2), .signal = SIGUSR1},
        {.at = START + 5 * SEGMENT, .signal = SIGUSR1},
        {.at = BETWEEN(9), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events));

    ck_assert_int_eq(logged_count(log, "status newest="), 3);
    ck_assert_int_eq(published_count, 10);
    check_cadence(0, N, START);
    free(log);
}
END_TEST

/* ---- stopped --------------------------------------------------------------------------------- */

START_TEST(what_was_missed_is_published_in_order_one_by_one)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .stop = 3 * SEGMENT},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };
    int64_t woken = BETWEEN(5);

    free(run(events, LENGTH(events)));
    check_published(2, N + 2, START + 2 * SEGMENT);
    check_published(3, N + 3, woken);
    check_published(4, N + 4, woken);
    check_published(5, N + 5, woken);
    check_cadence(6, N + 6, START + 6 * SEGMENT);
}
END_TEST

START_TEST(after_a_stop_longer_than_the_window_there_is_a_new_window)
{
    static const int stops[] = {W + 1, W + 10};
    int stop = stops[_i];
    struct fake_event events[] = {
        {.at = BETWEEN(2), .stop = stop * SEGMENT},
        {.at = BETWEEN(20), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events));
    char skipped[32];

    check_published(2, N + 2, START + 2 * SEGMENT);
    check_published(3, N + 2 + stop, BETWEEN(2 + stop));
    check_cadence(4, N + 3 + stop, START + (3 + stop) * SEGMENT);
    (void)snprintf(skipped, sizeof(skipped), "window skipped=%d ", stop - W);
    ck_assert_int_eq(logged_count(log, skipped), 1);
    free(log);
}
END_TEST

/* The window is the longest gap without a lost segment. */
START_TEST(after_a_stop_as_long_as_the_window_nothing_is_skipped)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .stop = W * SEGMENT},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };
    int64_t woken = BETWEEN(2 + W);

    free(run(events, LENGTH(events)));
    for (int i = 3; i <= 2 + W; i++)
        check_published(i, N + i, woken);
    check_cadence(3 + W, N + 3 + W, START + (3 + W) * SEGMENT);
}
END_TEST

/* ---- stepped clocks -------------------------------------------------------------------------- */

START_TEST(a_step_of_an_hour_forward_is_followed_with_a_new_window)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .step = HOUR},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events));

    check_cadence(3, N + 3 + HOUR / SEGMENT, START + 3 * SEGMENT);
    ck_assert_int_eq(logged_count(log, "clock stepped forward"), 1);
    ck_assert_int_eq(logged_count(log, "ms=3600000\n"), 1);
    free(log);
}
END_TEST

START_TEST(a_step_forward_within_the_window_loses_nothing)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .step = 2 * SEGMENT},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };

    free(run(events, LENGTH(events)));
    check_published(3, N + 3, START + 3 * SEGMENT);
    check_published(4, N + 4, START + 3 * SEGMENT);
    check_published(5, N + 5, START + 3 * SEGMENT);
    check_cadence(6, N + 6, START + 4 * SEGMENT);
}
END_TEST

START_TEST(a_small_step_forward_moves_the_instants)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .step = 50 * NS_PER_MS},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };

    free(run(events, LENGTH(events)));
    check_published(3, N + 3, START + 3 * SEGMENT); /* it was waited for already */
    check_cadence(4, N + 4, START + 4 * SEGMENT - 50 * NS_PER_MS);
}
END_TEST

START_TEST(after_a_step_back_the_cadence_is_held)
{
    static const int64_t steps[] = {-50 * NS_PER_MS, -HOUR};
    struct fake_event events[] = {
        {.at = BETWEEN(2), .step = steps[_i]},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events));

    check_cadence(0, N, START);
    ck_assert_int_eq(logged_count(log, "clock stepped back"), 1);
    free(log);
}
END_TEST

START_TEST(a_clock_that_comes_back_is_the_old_one)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .step = -HOUR},
        {.at = BETWEEN(5), .step = HOUR},
        {.at = BETWEEN(7), .step = -HOUR},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events));

    check_cadence(0, N, START);
    ck_assert_int_eq(logged_count(log, "clock stepped back"), 2);
    ck_assert_int_eq(logged_count(log, "clock stepped forward"), 0);
    free(log);
}
END_TEST

START_TEST(jitter_of_the_clocks_is_no_step)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .step = NS_PER_MS},
        {.at = BETWEEN(3), .step = -2 * NS_PER_MS},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events));

    check_cadence(0, N, START);
    ck_assert_int_eq(logged_count(log, "clock stepped"), 0);
    free(log);
}
END_TEST

/* ---- faults ---------------------------------------------------------------------------------- */

static void fill_disk(void *arg)
{
    (void)arg;
    stage.disk.room = fake_disk_used(&stage.disk);
}

static void overfill_disk(void *arg)
{
    (void)arg;
    stage.disk.room = fake_disk_used(&stage.disk) - STAGE_SEGMENT_SIZE;
}

static void close_disk(void *arg)
{
    (void)arg;
    stage.disk.room = 0;
}

static void free_disk(void *arg)
{
    (void)arg;
    stage.disk.room = SIZE_MAX;
}

/* Full from before segment 4 is prepared; free again shortly after segment 6 was due. */
START_TEST(while_the_disk_is_full_nothing_is_lost_within_the_window)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .act = fill_disk},
        {.at = START + 6 * SEGMENT + 10 * NS_PER_MS, .act = free_disk},
        {.at = BETWEEN(12), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events));
    int64_t again = published[4].monotonic;

    check_published(3, N + 3, START + 3 * SEGMENT); /* it was prepared */
    ck_assert_int_ge(again, events[1].at);
    ck_assert_int_le(again, events[1].at + 200 * NS_PER_MS);
    check_published(4, N + 4, again);
    check_published(5, N + 5, again);
    check_published(6, N + 6, again);
    check_cadence(7, N + 7, START + 7 * SEGMENT);
    ck_assert_int_eq(logged_count(log, "cannot publish, trying again: No space left on device"), 1);
    ck_assert_int_eq(logged_count(log, "can publish again"), 1);
    free(log);
}
END_TEST

START_TEST(after_a_disk_was_full_for_long_there_is_a_new_window)
{
    struct fake_event events[] = {
        {.at = BETWEEN(2), .act = close_disk},
        {.at = BETWEEN(40), .act = free_disk},
        {.at = BETWEEN(50), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events));

    check_published(3, N + 3, START + 3 * SEGMENT);
    ck_assert_int_eq(published[4].newest, N + 40);
    ck_assert_int_le(published[4].monotonic, BETWEEN(40) + 200 * NS_PER_MS);
    check_cadence(5, N + 41, START + 41 * SEGMENT);
    ck_assert_int_eq(logged_count(log, "window skipped=33 "), 1);
    ck_assert_int_eq(logged_count(log, "cannot publish"), 1);
    ck_assert_int_eq(logged_count(log, "can publish again"), 1);
    free(log);
}
END_TEST

/* Room for one segment less than there are: each can come only after an old one has gone. */
START_TEST(on_a_disk_that_others_fill_retention_makes_room)
{
    struct fake_event events[] = {
        {.at = BETWEEN(20), .act = overfill_disk},
        {.at = BETWEEN(60), .signal = SIGTERM},
    };

    free(run(events, LENGTH(events)));
    ck_assert_int_eq(published_count, 61);
    for (int i = 0; i < published_count; i++) {
        ck_assert_int_eq(published[i].newest, N + i);
        ck_assert_int_le(published[i].monotonic, START + i * SEGMENT + 200 * NS_PER_MS);
    }
}
END_TEST

static void refuse_removal(void *arg)
{
    (void)arg;
    fake_disk_fail(&stage.disk, FAKE_UNLINK, 1, INT64_MAX / 2, EIO);
}

static void allow_all(void *arg)
{
    (void)arg;
    fake_disk_fail(&stage.disk, FAKE_ANY, 1, 0, 0);
}

START_TEST(segments_that_cannot_be_removed_do_not_stop_publication)
{
    struct fake_event events[] = {
        {.at = BETWEEN(W + 4), .act = refuse_removal},
        {.at = BETWEEN(W + 12), .act = allow_all},
        {.at = BETWEEN(W + 14), .signal = SIGTERM},
    };
    char *log = run(events, LENGTH(events));

    check_cadence(0, N, START);
    ck_assert_int_eq(published_count, W + 15);
    ck_assert_int_le(fake_disk_count(&stage.disk), publisher_segments_max(PLAYLIST_LIVE, W));
    ck_assert_int_eq(logged_count(log, "cannot remove old segments, trying again"), 1);
    free(log);
}
END_TEST

START_TEST(a_directory_that_was_removed_ends_the_run)
{
    struct live *live = start();

    fake_disk_fail(&stage.disk, FAKE_CREATE, 1, INT64_MAX / 2, ENOENT);
    ck_assert_int_eq(live_run(live), -ENOENT);
    (void)live_free(live);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("live");
    TCase *long_runs = suite_add(suite, "long runs");
    TCase *tcase = suite_add(suite, "live");

    tcase_add_loop_test(long_runs, a_thousand_segments_appear_at_their_due_instants, 0, 3);

    tcase_add_checked_fixture(tcase, open_stage, close_stage);
    tcase_add_test(tcase, the_window_is_there_at_the_start);
    tcase_add_loop_test(tcase, a_signal_ends_the_run_and_leaves_the_playlist, 0, LENGTH(ending));
    tcase_add_test(tcase, sigusr1_is_answered_and_disturbs_nothing);
    tcase_add_test(tcase, what_was_missed_is_published_in_order_one_by_one);
    tcase_add_loop_test(tcase, after_a_stop_longer_than_the_window_there_is_a_new_window, 0, 2);
    tcase_add_test(tcase, after_a_stop_as_long_as_the_window_nothing_is_skipped);
    tcase_add_test(tcase, a_step_of_an_hour_forward_is_followed_with_a_new_window);
    tcase_add_test(tcase, a_step_forward_within_the_window_loses_nothing);
    tcase_add_test(tcase, a_small_step_forward_moves_the_instants);
    tcase_add_loop_test(tcase, after_a_step_back_the_cadence_is_held, 0, 2);
    tcase_add_test(tcase, a_clock_that_comes_back_is_the_old_one);
    tcase_add_test(tcase, jitter_of_the_clocks_is_no_step);
    tcase_add_test(tcase, while_the_disk_is_full_nothing_is_lost_within_the_window);
    tcase_add_test(tcase, after_a_disk_was_full_for_long_there_is_a_new_window);
    tcase_add_test(tcase, on_a_disk_that_others_fill_retention_makes_room);
    tcase_add_test(tcase, segments_that_cannot_be_removed_do_not_stop_publication);
    tcase_add_test(tcase, a_directory_that_was_removed_ends_the_run);
    return suite;
}

int main(void)
{
    return suite_run(make_suite());
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events, and streams that end: what is listed, what stays, and what a restart makes of it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/live.h"
#include "origin/names.h"
#include "tests/unit/logged.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N       STAGE_NEWEST
#define SEGMENT (2 * NS_PER_SECOND)

enum {
    W = STAGE_WINDOW,
    FOLLOW = 3,
    LENGTH_OF_EVENT = 12,
};

static struct stage stage;

/* Of all playlists since the stage was opened: none lists less of an event than the one before, and
 * none comes after the one that ends. */
static int64_t listed_first;
static int64_t listed_newest;
static bool listed_end;

static void note_playlist(void *arg, enum fake_call call, const char *name)
{
    int64_t first;
    int64_t newest;

    (void)arg;
    if (call == FAKE_RENAME || call == FAKE_UNLINK)
        stage_check(&stage);
    if (call != FAKE_RENAME || strcmp(name, PLAYLIST_NAME) != 0)
        return;
    stage_read_playlist(&stage, &first, &newest);
    ck_assert(!listed_end);
    if (listed_newest >= 0) {
        ck_assert_int_ge(newest, listed_newest);
        ck_assert_int_ge(first, listed_first);
        ck_assert(stage.kind == PLAYLIST_LIVE || first == listed_first);
    }
    listed_first = first;
    listed_newest = newest;
    listed_end = stage_has_ended(&stage);
}

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    stage.disk.after = note_playlist;
    listed_first = listed_newest = -1;
    listed_end = false;
}

static void close_stage(void)
{
    stage_close(&stage);
}

static void be_event(int64_t length)
{
    stage.kind = PLAYLIST_EVENT;
    stage.length = length;
    stage_restart(&stage);
}

static void follow(int64_t count)
{
    stage.follow = count;
    stage_restart(&stage);
}

/* Instants half-way between two segments, @p i segments from now on. */
static int64_t between(int64_t i)
{
    return stage.clock.monotonic + i * SEGMENT + SEGMENT / 2;
}

/* @return as live_start() or live_run() */
static int run_streams(const struct live_stream *streams, int64_t count,
                       const struct fake_event *events, size_t event_count)
{
    const struct live_config config = {
        .streams = streams,
        .count = count,
        .clock = &stage.clock.clock,
        .window = W,
    };
    struct live *live;
    int result;

    stage.clock.events = events;
    stage.clock.event_count = event_count;
    ck_assert_int_eq(live_new(&config, &live), 0);
    result = live_start(live);
    if (result == 0)
        result = live_run(live);
    (void)live_free(live);
    return result;
}

static int run(const struct fake_event *events, size_t count, char **ret_log)
{
    const struct live_stream stream = {stage.publisher, &stage.line, NULL};
    struct logged logged = logged_begin();
    int result = run_streams(&stream, 1, events, count);

    *ret_log = logged_end(&logged);
    return result;
}

static int run_until(int64_t segments)
{
    struct fake_event end = {.at = between(segments), .signal = SIGTERM};
    char *log;
    int result = run(&end, 1, &log);

    free(log);
    return result;
}

/* Ends by itself, long before the signal. @return what was logged, to be freed */
static char *run_to_end(void)
{
    struct fake_event end = {.at = between(1000), .signal = SIGTERM};
    char *log;

    ck_assert_int_eq(run(&end, 1, &log), 0);
    return log;
}

static void check_ended(int64_t first, int64_t newest)
{
    stage_check(&stage);
    stage_check_listed(&stage, first, newest);
    ck_assert(stage_has_ended(&stage));
    for (int64_t index = first - 2 * W; index < first; index++)
        ck_assert(!stage_has_segment(&stage, index));
    ck_assert(!stage_has_segment(&stage, newest + 1));
}

/* Whoever is refused removes temporary files, and nothing else. */
static void check_untouched(void)
{
    const char *record = fake_disk_take_record(&stage.disk);

    ck_assert_ptr_null(strstr(record, "create"));
    ck_assert_ptr_null(strstr(record, "rename"));
    ck_assert_ptr_null(strstr(record, "unlink seg"));
    ck_assert_ptr_null(strstr(record, "unlink " PLAYLIST_NAME));
}

/* ---- events ---------------------------------------------------------------------------------- */

START_TEST(nothing_leaves_an_event)
{
    be_event(STAGE_LENGTH_MAX);
    ck_assert_int_eq(run_until(10), SIGTERM);
    stage_check_listed(&stage, N - W + 1, N + 10);
    ck_assert(!stage_has_ended(&stage));
    ck_assert(stage_has_segment(&stage, N - W + 1));
}
END_TEST

START_TEST(an_event_ends_with_its_length)
{
    be_event(LENGTH_OF_EVENT);
    free(run_to_end());
    check_ended(N - W + 1, N - W + LENGTH_OF_EVENT);
    ck_assert_int_eq(stage.clock.monotonic, 1000 * NS_PER_SECOND + (LENGTH_OF_EVENT - W) * SEGMENT);
}
END_TEST

START_TEST(an_event_goes_on_with_all_that_it_listed)
{
    be_event(STAGE_LENGTH_MAX);
    ck_assert_int_eq(run_until(2), SIGTERM);
    fake_clock_advance(&stage.clock, 10 * SEGMENT); /* beyond a window */
    stage_restart(&stage);
    ck_assert_int_eq(run_until(2), SIGTERM);
    stage_check_listed(&stage, N - W + 1, N + 14);
}
END_TEST

START_TEST(an_event_leaves_nothing_out_of_a_gap)
{
    struct fake_event events[] = {
        {.at = between(2), .stop = 10 * SEGMENT},
        {.at = between(14), .signal = SIGTERM},
    };
    char *log;

    be_event(STAGE_LENGTH_MAX);
    ck_assert_int_eq(run(events, 2, &log), SIGTERM);
    stage_check_listed(&stage, N - W + 1, N + 14);
    ck_assert_int_eq(logged_count(log, "published a new window skipped=0"), 1);
    free(log);
}
END_TEST

START_TEST(an_event_that_ended_while_nobody_ran_has_all_its_segments)
{
    be_event(LENGTH_OF_EVENT);
    ck_assert_int_eq(run_until(2), SIGTERM);
    fake_clock_advance(&stage.clock, 100 * SEGMENT);
    stage_restart(&stage);
    free(run_to_end());
    check_ended(N - W + 1, N - W + LENGTH_OF_EVENT);
}
END_TEST

START_TEST(an_event_comes_back_whole_when_its_playlist_is_lost)
{
    be_event(STAGE_LENGTH_MAX);
    ck_assert_int_eq(run_until(8), SIGTERM);
    ck_assert_int_eq(stage.disk.fs.unlink(stage.disk.fs.context, PLAYLIST_NAME), 0);
    stage_restart(&stage);
    ck_assert_int_eq(run_until(1), SIGTERM);
    stage_check_listed(&stage, N - W + 1, N + 9);
}
END_TEST

START_TEST(an_event_is_mended)
{
    be_event(STAGE_LENGTH_MAX);
    ck_assert_int_eq(run_until(8), SIGTERM);
    stage.disk.after = NULL;
    ck_assert_int_eq(stage.disk.fs.unlink(stage.disk.fs.context, "seg897654657.ts"), 0);
    stage_restart(&stage);
    ck_assert_int_eq(run_until(1), SIGTERM);
    stage_check(&stage);
}
END_TEST

/* RFC 8216 6.2.1: EXT-X-PLAYLIST-TYPE may not change. */
START_TEST(an_event_and_a_live_stream_refuse_each_other)
{
    bool event_first = _i != 0;

    if (event_first)
        be_event(STAGE_LENGTH_MAX);
    ck_assert_int_eq(run_until(2), SIGTERM);
    stage.kind = event_first ? PLAYLIST_LIVE : PLAYLIST_EVENT;
    stage.length = event_first ? W : STAGE_LENGTH_MAX;
    stage_restart(&stage);
    stage.disk.after = NULL;
    (void)fake_disk_take_record(&stage.disk);
    ck_assert_int_eq(run_until(2), -EMEDIUMTYPE);
    check_untouched();
}
END_TEST

/* Its error is one that no file call has: else a file that may not grow would be called an event.
 */
START_TEST(what_refuses_an_event_is_no_failure_of_a_write)
{
    ck_assert_ptr_nonnull(strstr(live_reason(-E2BIG), "event"));
    ck_assert_str_eq(live_reason(-EFBIG), strerror(EFBIG));
}
END_TEST

START_TEST(a_longer_event_is_refused)
{
    be_event(STAGE_LENGTH_MAX);
    ck_assert_int_eq(run_until(10), SIGTERM);
    stage.disk.after = NULL;
    be_event(W + 9);
    (void)fake_disk_take_record(&stage.disk);
    ck_assert_int_eq(run_until(2), -E2BIG);
    check_untouched();
    be_event(W + 10); /* which it has come to */
    free(run_to_end());
    check_ended(N - W + 1, N + 10);
}
END_TEST

/* ---- ends ------------------------------------------------------------------------------------ */

START_TEST(a_stream_ends_after_so_many_segments)
{
    char *log;

    follow(FOLLOW);
    log = run_to_end();
    check_ended(N + FOLLOW - W + 1, N + FOLLOW);
    ck_assert_int_eq(logged_count(log, "the stream has ended newest=897654663"), 1);
    ck_assert_int_eq(logged_count(log, "published=3 "), 1);
    free(log);
}
END_TEST

START_TEST(what_left_the_playlist_stays_its_time_after_the_end)
{
    follow(FOLLOW);
    free(run_to_end()); /* the last left it with the last publication */
    ck_assert_int_eq(stage.clock.monotonic, 1000 * NS_PER_SECOND + (FOLLOW + W + 2) * SEGMENT);
}
END_TEST

START_TEST(a_restart_goes_on_to_the_same_end)
{
    follow(2 * FOLLOW);
    ck_assert_int_eq(run_until(FOLLOW), SIGTERM);
    ck_assert(!stage_has_ended(&stage));
    stage_restart(&stage);
    free(run_to_end());
    check_ended(N + 2 * FOLLOW - W + 1, N + 2 * FOLLOW);
}
END_TEST

static const int64_t gaps[] = {1, FOLLOW, 3 * W, 1000};

START_TEST(a_stream_ends_with_its_last_segment_after_any_gap)
{
    follow(FOLLOW);
    ck_assert_int_eq(run_until(1), SIGTERM);
    fake_clock_advance(&stage.clock, gaps[_i] * SEGMENT);
    stage_restart(&stage);
    free(run_to_end());
    check_ended(N + FOLLOW - W + 1, N + FOLLOW);
}
END_TEST

START_TEST(a_stop_over_the_end_ends_it)
{
    struct fake_event events[] = {
        {.at = between(1), .stop = gaps[_i] * SEGMENT},
        {.at = between(2000), .signal = SIGTERM},
    };
    char *log;

    follow(FOLLOW);
    ck_assert_int_eq(run(events, 2, &log), 0);
    check_ended(N + FOLLOW - W + 1, N + FOLLOW);
    free(log);
}
END_TEST

START_TEST(an_event_ends_after_so_many_segments)
{
    stage.kind = PLAYLIST_EVENT;
    stage.length = STAGE_LENGTH_MAX;
    follow(FOLLOW);
    free(run_to_end());
    check_ended(N - W + 1, N + FOLLOW);
}
END_TEST

START_TEST(what_has_ended_is_left_as_it_is)
{
    const char *record;
    char *log;

    follow(FOLLOW);
    free(run_to_end());
    fake_clock_advance(&stage.clock, gaps[_i] * SEGMENT);
    follow(_i % 2 ? FOLLOW : 0); /* whatever is asked for */
    (void)fake_disk_take_record(&stage.disk);
    log = run_to_end();
    record = fake_disk_take_record(&stage.disk);
    ck_assert_ptr_null(strstr(record, "create"));
    ck_assert_ptr_null(strstr(record, "unlink seg"));
    check_ended(N + FOLLOW - W + 1, N + FOLLOW);
    ck_assert_int_eq(logged_count(log, "has ended, it is left as it is"), 1);
    free(log);
}
END_TEST

START_TEST(what_a_kill_left_after_the_end_still_goes)
{
    follow(FOLLOW);
    ck_assert_int_eq(run_until(FOLLOW + 1), SIGTERM);
    ck_assert(stage_has_ended(&stage));
    ck_assert(stage_has_segment(&stage, N + FOLLOW - W));
    stage_restart(&stage);
    free(run_to_end());
    check_ended(N + FOLLOW - W + 1, N + FOLLOW);
}
END_TEST

START_TEST(nothing_follows_on_another_stream_that_has_ended)
{
    struct timeline line = stage.line;

    follow(FOLLOW);
    free(run_to_end());
    stage_change_stream(&stage, line);
    stage_restart(&stage);
    (void)fake_disk_take_record(&stage.disk);
    ck_assert_int_eq(run_until(2), -EEXIST);
    check_untouched();
}
END_TEST

static enum fake_call failing;

static void begin_to_fail(void *arg)
{
    (void)arg;
    fake_disk_fail(&stage.disk, failing, 1, 12, EIO);
}

static const enum fake_call calls[] = {FAKE_RENAME, FAKE_SYNC_DIRECTORY, FAKE_STATUS};

START_TEST(a_failure_of_the_last_publication_is_made_up_for)
{
    struct fake_event events[] = {
        {.at = between(0), .act = begin_to_fail},
        {.at = between(1000), .signal = SIGTERM},
    };
    char *log;

    failing = calls[_i];
    follow(1);
    ck_assert_int_eq(run(events, 2, &log), 0);
    check_ended(N + 1 - W + 1, N + 1);
    ck_assert_int_eq(logged_count(log, "cannot publish"), 1);
    ck_assert_int_eq(logged_count(log, "can publish again"), 1);
    free(log);
}
END_TEST

/* Of several, each ends for itself; the run ends with the last. */
START_TEST(streams_end_together)
{
    static struct stage other;
    struct live_stream streams[2];
    struct fake_event end = {.at = between(1000), .signal = SIGTERM};
    struct logged logged = logged_begin();

    follow(FOLLOW);
    stage_open(&other, timeline_make(NS_PER_SECOND, 2000, 30, 1));
    other.follow = 2 * FOLLOW;
    stage_join(&other, &stage);
    streams[0] = (struct live_stream){stage.publisher, &stage.line, NULL};
    streams[1] = (struct live_stream){other.publisher, &other.line, NULL};
    ck_assert_int_eq(run_streams(streams, 2, &end, 1), 0);
    free(logged_end(&logged));
    check_ended(N + FOLLOW - W + 1, N + FOLLOW);
    ck_assert(stage_has_ended(&other));
    stage_check_listed(&other, N - 1 + 2 * FOLLOW - W + 1, N - 1 + 2 * FOLLOW);
    stage_close(&other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ends");
    TCase *events = suite_add(suite, "events");
    TCase *ends = suite_add(suite, "ends");

    tcase_add_checked_fixture(events, open_stage, close_stage);
    tcase_add_checked_fixture(ends, open_stage, close_stage);
    tcase_add_test(events, nothing_leaves_an_event);
    tcase_add_test(events, an_event_ends_with_its_length);
    tcase_add_test(events, an_event_goes_on_with_all_that_it_listed);
    tcase_add_test(events, an_event_leaves_nothing_out_of_a_gap);
    tcase_add_test(events, an_event_that_ended_while_nobody_ran_has_all_its_segments);
    tcase_add_test(events, an_event_comes_back_whole_when_its_playlist_is_lost);
    tcase_add_test(events, an_event_is_mended);
    tcase_add_loop_test(events, an_event_and_a_live_stream_refuse_each_other, 0, 2);
    tcase_add_test(events, what_refuses_an_event_is_no_failure_of_a_write);
    tcase_add_test(events, a_longer_event_is_refused);
    tcase_add_test(ends, a_stream_ends_after_so_many_segments);
    tcase_add_test(ends, what_left_the_playlist_stays_its_time_after_the_end);
    tcase_add_test(ends, a_restart_goes_on_to_the_same_end);
    tcase_add_loop_test(ends, a_stream_ends_with_its_last_segment_after_any_gap, 0, LENGTH(gaps));
    tcase_add_loop_test(ends, a_stop_over_the_end_ends_it, 0, LENGTH(gaps));
    tcase_add_test(ends, an_event_ends_after_so_many_segments);
    tcase_add_loop_test(ends, what_has_ended_is_left_as_it_is, 0, LENGTH(gaps));
    tcase_add_test(ends, what_a_kill_left_after_the_end_still_goes);
    tcase_add_test(ends, nothing_follows_on_another_stream_that_has_ended);
    tcase_add_loop_test(ends, a_failure_of_the_last_publication_is_made_up_for, 0, LENGTH(calls));
    tcase_add_test(ends, streams_end_together);
    return suite_run(suite);
}

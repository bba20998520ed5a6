/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index.json of a live stream: it tells of what is on disk and of nothing else, and of each segment
 * before a playlist does.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "hls/playlist.h"
#include "origin/live.h"
#include "origin/names.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N STAGE_NEWEST

enum {
    W = STAGE_WINDOW,
    RETAINED = W + 2, /* segments that a removed one stays */
    TEXT_MAX = 16384,
};

static struct stage stage;

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    stage.index = INDEX_SHA256;
    stage_restart(&stage);
}

static void close_stage(void)
{
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_INDEX_TMP));
    stage_close(&stage);
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *read_index(void)
{
    static char text[TEXT_MAX];
    const struct fake_file *file = fake_disk_find(&stage.disk, NAMES_INDEX);

    ck_assert_ptr_nonnull(file);
    ck_assert(file->synced && !file->open);
    ck_assert_uint_lt(file->bytes.size, sizeof(text));
    memcpy(text, file->bytes.data, file->bytes.size);
    text[file->bytes.size] = '\0';
    ck_assert_str_eq(text + file->bytes.size - 5, "\n}\n}\n");
    return text;
}

/* What is said of a segment; NULL: nothing. */
static const char *find_line(int64_t number)
{
    static char line[INDEX_LINE_SIZE];
    char key[PLAYLIST_SEGMENT_NAME_SIZE + 8];
    const char *at;

    (void)snprintf(key, sizeof(key), "\n\"seg%lld.ts\":{", (long long)number);
    at = strstr(read_index(), key);
    if (!at)
        return NULL;
    (void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
    return line;
}

static void check_says(int64_t number, const char *what)
{
    const char *line = find_line(number);

    ck_assert_msg(line && strstr(line, what), "of %lld: %s, not %s", (long long)number, line, what);
}

/* That the file has this size and these bytes. */
static void check_true(const struct fake_file *file)
{
    uint8_t digest[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];
    char expected[SHA256_TEXT_SIZE + 32];

    sha256_of(file->bytes.data, file->bytes.size, digest);
    sha256_text(digest, text);
    (void)snprintf(expected, sizeof(expected), "\"sha256\":\"%s\"}", text);
    check_says(playlist_segment_number(file->name), expected);
    (void)snprintf(expected, sizeof(expected), "\"size\":%zu,", file->bytes.size);
    check_says(playlist_segment_number(file->name), expected);
}

/* Tells, and sees that each segment on disk is in the index with its bytes, and no other. */
static void describe_and_check(void)
{
    int told = 0;
    int there = 0;
    const char *at;

    ck_assert_int_eq(publisher_describe(stage.publisher), 0);
    for (at = read_index(); (at = strstr(at, "\n\"seg8")) != NULL; at++)
        told++;
    for (size_t i = 0; i < FAKE_FILES_MAX; i++) {
        if (playlist_segment_number(stage.disk.files[i].name) < 0)
            continue;
        check_true(&stage.disk.files[i]);
        there++;
    }
    ck_assert_int_eq(told, there);
}

/* ---- one run --------------------------------------------------------------------------------- */

START_TEST(what_is_on_disk_is_told)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    describe_and_check();
    for (int64_t index = N + 1; index < N + 3 * RETAINED; index++) {
        ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
        describe_and_check();
        check_says(index, "\"published\":null,\"slip_us\":null,");
        stage_sleep_until_due(&stage, index);
        fake_clock_advance(&stage.clock, 1234567);
        ck_assert_int_eq(publisher_commit(stage.publisher), 0);
        describe_and_check();
        check_says(index, "\"slip_us\":1234,\"stand_by\":false,");
        ck_assert_int_eq(publisher_expire(stage.publisher), 0);
        describe_and_check();
    }
}
END_TEST

START_TEST(times_are_those_of_the_timeline)
{
    fake_clock_advance(&stage.clock, 500 * NS_PER_MS);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    describe_and_check();
    check_says(N, "\"index\":897654660,");
    check_says(N,
               "\"duration\":2.000000,\"pts\":1169124480,\"due\":\"2026-11-22T01:02:02.000000Z\"");
    check_says(N, "\"published\":\"2026-11-22T01:02:02.500000Z\",\"slip_us\":500000,");
    check_says(N - 1, "\"published\":\"2026-11-22T01:02:02.500000Z\",\"slip_us\":2500000,");
}
END_TEST

START_TEST(nothing_new_is_not_told_again)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_describe(stage.publisher), 0);
    (void)fake_disk_take_record(&stage.disk);
    ck_assert_int_eq(publisher_describe(stage.publisher), 0);
    ck_assert_str_eq(fake_disk_take_record(&stage.disk), "");
}
END_TEST

START_TEST(what_was_prepared_in_vain_is_not_told)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    describe_and_check();
    publisher_abandon(stage.publisher);
    describe_and_check();
    ck_assert_ptr_null(find_line(N + 1));
}
END_TEST

START_TEST(after_a_gap_old_and_new_are_told)
{
    const int64_t later = N + 100 * W;

    ck_assert_int_eq(stage_start(&stage, N), 0);
    stage_publish_until(&stage, N + RETAINED + 1);
    stage_sleep_until_due(&stage, later);
    ck_assert_int_eq(publisher_fill(stage.publisher, later), 0);
    describe_and_check();
    ck_assert_ptr_nonnull(find_line(N + RETAINED + 1));
    stage_publish_until(&stage, later + 2 * RETAINED);
    describe_and_check();
    ck_assert_ptr_null(find_line(N + RETAINED + 1));
}
END_TEST

START_TEST(who_stood_by_is_told)
{
    stage.stands_by = true;
    stage.stood_by = N + 1;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    stage_publish_until(&stage, N + 2);
    describe_and_check();
    check_says(N + 1, "\"stand_by\":true,");
    check_says(N + 2, "\"stand_by\":false,");
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N + 2), 0);
    describe_and_check();
    check_says(N + 1, "\"stand_by\":null,");
    check_says(N + 2, "\"published\":null,");
}
END_TEST

/* ---- restarts -------------------------------------------------------------------------------- */

START_TEST(when_an_earlier_run_published_is_not_known)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    stage_publish_until(&stage, N + RETAINED);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    stage_restart(&stage); /* a kill leaves what was prepared */
    ck_assert_int_eq(stage_start(&stage, N + RETAINED), 0);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    describe_and_check();
    for (int64_t index = N; index <= N + RETAINED; index++)
        check_says(index, "\"published\":null,\"slip_us\":null,");
    stage_publish_until(&stage, N + RETAINED + 1);
    describe_and_check();
    check_says(N + RETAINED, "\"published\":null,");
    check_says(N + RETAINED + 1, "\"slip_us\":0,");
}
END_TEST

START_TEST(with_the_playlist_lost_it_is_not_known_either)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(stage.disk.fs.unlink(stage.disk.fs.context, PLAYLIST_NAME), 0);
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    describe_and_check();
    check_says(N, "\"published\":null,");
}
END_TEST

/* Those of another stream have no place on this timeline, and nothing in common with it. */
START_TEST(segments_of_another_stream_are_told)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    stage_publish_until(&stage, N + 1);
    stage_change_stream(&stage, timeline_make(0, 2000, 25, 1));
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N + 1), 0);
    stage_publish_until(&stage, N + 2);
    describe_and_check();
    check_says(N + 1, "\"index\":null,\"size\":1000,\"duration\":2.000000,\"pts\":null,\"due\":\"");
    stage_publish_until(&stage, N + W + 3);
    describe_and_check();
    check_says(N + 1, "\"duration\":null,\"pts\":null,\"due\":null,\"published\":null,");
}
END_TEST

START_TEST(without_an_index_that_of_an_earlier_run_goes)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    describe_and_check();
    stage.index = INDEX_NONE;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_describe(stage.publisher), 0);
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_INDEX));
}
END_TEST

/* ---- faults ---------------------------------------------------------------------------------- */

START_TEST(a_failure_leaves_the_one_before_and_is_made_up)
{
    static const enum fake_call calls[] = {FAKE_CREATE, FAKE_WRITE,  FAKE_SET_TIME, FAKE_SYNC,
                                           FAKE_CLOSE,  FAKE_STATUS, FAKE_RENAME};

    ck_assert_int_eq(stage_start(&stage, N), 0);
    describe_and_check();
    stage_publish_until(&stage, N + 1);
    fake_disk_fail(&stage.disk, calls[_i], 1, 1, EIO);
    ck_assert_int_eq(publisher_describe(stage.publisher), -EIO);
    fake_disk_fail(&stage.disk, FAKE_ANY, 1, 0, 0);
    ck_assert_ptr_null(find_line(N + 1));
    describe_and_check();
    ck_assert_ptr_nonnull(find_line(N + 1));
}
END_TEST

/* What publisher_room() says is enough for all files, through a stop and a restart. */
START_TEST(the_room_that_was_promised_is_enough)
{
    stage.disk.room =
        publisher_room(PLAYLIST_LIVE, W, INDEX_SHA256, false, STAGE_SEGMENT_SIZE, 1) + STATE_SIZE;
    ck_assert_int_eq(stage_start(&stage, N), 0);
    for (int64_t index = N + 1; index < N + 4 * RETAINED; index++) {
        stage_publish_until(&stage, index);
        describe_and_check();
    }
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N + 4 * RETAINED), 0);
    describe_and_check();
    fake_clock_advance(&stage.clock, 100 * W * 2 * NS_PER_SECOND);
    ck_assert_int_eq(publisher_fill(stage.publisher, N + 4 * RETAINED + 100 * W), 0);
    describe_and_check();
}
END_TEST

/* ---- the live driver ------------------------------------------------------------------------- */

static int64_t described[100]; /* CLOCK_MONOTONIC */
static int described_count;

static void note_index(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    if (call != FAKE_RENAME || strcmp(name, NAMES_INDEX) != 0)
        return;
    ck_assert_int_lt(described_count, LENGTH(described));
    described[described_count++] = stage.clock.monotonic;
}

static int run_live(const struct fake_event *events, int count)
{
    const struct live_stream stream = {stage.publisher, &stage.line, NULL};
    const struct live_config config = {
        .streams = &stream,
        .count = 1,
        .clock = &stage.clock.clock,
        .window = W,
    };
    struct live *live;
    int result;

    described_count = 0;
    stage.disk.after = note_index;
    stage.clock.events = events;
    stage.clock.event_count = (size_t)count;
    ck_assert_int_eq(live_new(&config, &live), 0);
    result = live_start(live);
    if (result == 0)
        result = live_run(live);
    (void)live_free(live);
    return result;
}

/* Once a segment, when the next one is there; and at the end. */
START_TEST(the_driver_tells_once_a_segment)
{
    const int64_t start = stage.clock.monotonic;
    const struct fake_event events[] = {
        {.at = start + 19 * NS_PER_SECOND, .signal = SIGTERM},
    };

    ck_assert_int_eq(run_live(events, 1), SIGTERM);
    ck_assert_int_eq(described_count, 1 + 9 + 1);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(described[i], start + i * 2 * NS_PER_SECOND);
    ck_assert_ptr_null(find_line(N + 10));
    describe_and_check();
}
END_TEST

/* The renames before that of the index: of the state, the first playlist, W segments and the next.
 */
START_TEST(the_driver_tries_again)
{
    const int64_t start = stage.clock.monotonic;
    const struct fake_event events[] = {
        {.at = start + 1900 * NS_PER_MS, .signal = SIGTERM},
    };

    fake_disk_fail(&stage.disk, FAKE_RENAME, W + 3 + 1, 3, EIO);
    ck_assert_int_eq(run_live(events, LENGTH(events)), SIGTERM);
    ck_assert_int_eq(described_count, 1 + 3 + 1);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(described[i], start + i * 200 * NS_PER_MS);
    describe_and_check();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("describe");
    TCase *one = suite_add(suite, "one run");
    TCase *restarts = suite_add(suite, "restarts");
    TCase *faults = suite_add(suite, "faults");
    TCase *driver = suite_add(suite, "driver");

    tcase_add_checked_fixture(one, open_stage, close_stage);
    tcase_add_test(one, what_is_on_disk_is_told);
    tcase_add_test(one, times_are_those_of_the_timeline);
    tcase_add_test(one, nothing_new_is_not_told_again);
    tcase_add_test(one, what_was_prepared_in_vain_is_not_told);
    tcase_add_test(one, after_a_gap_old_and_new_are_told);
    tcase_add_test(one, who_stood_by_is_told);
    tcase_add_checked_fixture(restarts, open_stage, close_stage);
    tcase_add_test(restarts, when_an_earlier_run_published_is_not_known);
    tcase_add_test(restarts, with_the_playlist_lost_it_is_not_known_either);
    tcase_add_test(restarts, segments_of_another_stream_are_told);
    tcase_add_test(restarts, without_an_index_that_of_an_earlier_run_goes);
    tcase_add_checked_fixture(faults, open_stage, close_stage);
    tcase_add_loop_test(faults, a_failure_leaves_the_one_before_and_is_made_up, 0, 7);
    tcase_add_test(faults, the_room_that_was_promised_is_enough);
    tcase_add_checked_fixture(driver, open_stage, close_stage);
    tcase_add_test(driver, the_driver_tells_once_a_segment);
    tcase_add_test(driver, the_driver_tries_again);
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes when: retention after the playlist (RFC 8216 6.2.2), and what an earlier run left. */
#include <errno.h>
#include <stdbool.h>

#include "origin/names.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N STAGE_NEWEST

enum {
    W = STAGE_WINDOW,
    RETAINED = W + 2, /* segments that a removed one stays */
};

static struct stage stage;

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
}

static void close_stage(void)
{
    stage_close(&stage);
}

static void start(void)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
}

/* Two playlists and two states, the temporary ones included, are there besides. */
static void check_room_after_call(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    (void)call;
    (void)name;
    ck_assert_int_le(fake_disk_count(&stage.disk), publisher_segments_max(PLAYLIST_LIVE, W) + 4);
}

START_TEST(no_more_segments_are_there_than_are_announced)
{
    stage.disk.after = check_room_after_call;
    start();
    stage_publish_until(&stage, N + 10 * W);
}
END_TEST

static void check_disk_after_call(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    (void)call;
    (void)name;
    stage_check(&stage);
}

/* A disk that holds as many segments as are announced, and besides playlist and state, each twice.
 */
static void limit_room(void)
{
    stage.disk.room = (size_t)publisher_segments_max(PLAYLIST_LIVE, W) * STAGE_SEGMENT_SIZE + 1500;
    stage.disk.after = check_disk_after_call;
}

/* It is large enough for a start after an outage of any length. */
START_TEST(a_restart_needs_no_more_room)
{
    int64_t newest = N + 3 * W + _i;

    start();
    stage_publish_until(&stage, N + 3 * W);
    stage_restart(&stage);
    stage_sleep_until_due(&stage, newest);
    limit_room();
    ck_assert_int_eq(stage_start(&stage, newest), 0);
    stage_publish_until(&stage, newest + 5 * W);
    stage_check_listed(&stage, newest + 4 * W + 1, newest + 5 * W);
}
END_TEST

/* And for going on after a stop of any length. */
START_TEST(a_stop_needs_no_more_room)
{
    int64_t due = N + 3 * W + _i;

    start();
    stage_publish_until(&stage, N + 3 * W);
    stage_sleep_until_due(&stage, due);
    limit_room();
    if (_i > W) {
        ck_assert_int_eq(publisher_expire(stage.publisher), 0);
        ck_assert_int_eq(publisher_fill(stage.publisher, due), 0);
    }
    stage_publish_until(&stage, due + 5 * W);
    stage_check_listed(&stage, due + 4 * W + 1, due + 5 * W);
}
END_TEST

/* RFC 8216 6.2.2 wants its duration and that of the playlist: window + 1 segments; one is spare. */
START_TEST(a_segment_stays_window_and_two_after_its_removal)
{
    ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
    for (int64_t newest = N + 1; newest < N + 30; newest++) {
        stage_publish_until(&stage, newest);
        for (int64_t index = N - W + 1; index <= newest; index++) {
            bool kept = index + W + RETAINED > newest; /* index left with index + W */

            ck_assert_int_eq(stage_has_segment(&stage, index), kept);
        }
    }
}
END_TEST

START_TEST(retention_is_measured_in_time_and_not_in_updates)
{
    int64_t time = RETAINED * 2 * NS_PER_SECOND;

    ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
    fake_clock_advance(&stage.clock, W * 2 * NS_PER_SECOND);
    stage_publish_until(&stage, N + W); /* all at one instant */
    fake_clock_advance(&stage.clock, time - 1);
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    ck_assert(stage_has_segment(&stage, N));
    fake_clock_advance(&stage.clock, 1);
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    for (int64_t index = N - W + 1; index <= N; index++)
        ck_assert(!stage_has_segment(&stage, index));
    ck_assert(stage_has_segment(&stage, N + 1));
}
END_TEST

START_TEST(after_a_gap_the_old_window_is_retained_too)
{
    int64_t newest = N + 100;

    ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
    stage_sleep_until_due(&stage, newest);
    ck_assert_int_eq(publisher_fill(stage.publisher, newest), 0);
    stage_check_listed(&stage, newest - W + 1, newest);
    stage_publish_until(&stage, newest + RETAINED - 1);
    for (int64_t index = N - W + 1; index <= N; index++)
        ck_assert(stage_has_segment(&stage, index));
    stage_publish_until(&stage, newest + RETAINED);
    for (int64_t index = N - W + 1; index <= N; index++)
        ck_assert(!stage_has_segment(&stage, index));
    stage_check(&stage);
}
END_TEST

START_TEST(a_segment_that_cannot_be_removed_is_tried_again)
{
    ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
    stage_publish_until(&stage, N + RETAINED);
    fake_disk_fail(&stage.disk, FAKE_UNLINK, 1, 1, EIO);
    ck_assert_int_eq(stage_publish_next(&stage), -EIO);
    ck_assert(stage_has_segment(&stage, N - W + 1));
    stage_check_listed(&stage, N + RETAINED - W + 2, N + RETAINED + 1);
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    ck_assert(!stage_has_segment(&stage, N - W + 1));
}
END_TEST

/* ---- sweeping -------------------------------------------------------------------------------- */

static const char *const foreign[] = {
    "index.html",
    "seg007.ts",
    "seg1.ts.tmp",
    "seg-1.ts",
    "stream.m3u8.bak",
    ".hlsgen-other.tmp",
    "hlsgen-segment.tmp",
    ".nfs000001",
    "master.m3u8",
    "main.m3u8",
    "seg99999999999999999999.ts",
    "seg9223372036854775807.ts",
};

START_TEST(a_sweep_never_touches_what_is_foreign)
{
    for (int i = 0; i < LENGTH(foreign); i++)
        fake_disk_put(&stage.disk, foreign[i], "mine", 4, 7);
    start();
    for (int i = 0; i < LENGTH(foreign); i++) {
        const struct fake_file *file = fake_disk_find(&stage.disk, foreign[i]);

        ck_assert_msg(file != NULL, "%s is gone", foreign[i]);
        ck_assert_uint_eq(file->bytes.size, 4);
        ck_assert_int_eq(file->time, 7);
    }
}
END_TEST

START_TEST(a_sweep_takes_what_nothing_can_need)
{
    static const int64_t useless[] = {
        0,     1,        N - W - RETAINED, /* its time is over just now */
        N + 2, N + 1000, INT64_C(1) << 40, /* of a clock that stood ahead */
    };

    for (int i = 0; i < LENGTH(useless); i++)
        stage_put_segment(&stage, useless[i]);
    fake_disk_put(&stage.disk, NAMES_SEGMENT_TMP, "half", 4, 0);
    fake_disk_put(&stage.disk, NAMES_PLAYLIST_TMP, "half", 4, 0);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(fake_disk_count(&stage.disk), W + 2); /* playlist and state */
    stage_check_listed(&stage, N - W + 1, N);
    stage_check(&stage);
}
END_TEST

/* Segment k left the playlist when k + W was due, and stays RETAINED segments from then. */
START_TEST(a_sweep_keeps_what_is_in_retention_until_its_time)
{
    int64_t oldest = N - W - RETAINED + 1;

    for (int64_t index = oldest; index <= N - W; index++)
        stage_put_segment(&stage, index);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    for (int64_t newest = N; newest <= N + RETAINED; newest++) {
        stage_publish_until(&stage, newest);
        for (int64_t index = oldest; index <= N - W; index++)
            ck_assert_int_eq(stage_has_segment(&stage, index), index + W + RETAINED > newest);
    }
}
END_TEST

START_TEST(a_directory_that_cannot_be_listed_is_an_error)
{
    fake_disk_fail(&stage.disk, FAKE_LIST, 1, 1, EIO);
    ck_assert_int_eq(stage_start(&stage, N), -EIO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("retention");
    TCase *retention = suite_add(suite, "retention");
    TCase *sweep = suite_add(suite, "sweep");

    tcase_add_checked_fixture(retention, open_stage, close_stage);
    tcase_add_test(retention, no_more_segments_are_there_than_are_announced);
    tcase_add_loop_test(retention, a_restart_needs_no_more_room, 0, 6 * W);
    tcase_add_loop_test(retention, a_stop_needs_no_more_room, 0, 6 * W);
    tcase_add_test(retention, a_segment_stays_window_and_two_after_its_removal);
    tcase_add_test(retention, retention_is_measured_in_time_and_not_in_updates);
    tcase_add_test(retention, after_a_gap_the_old_window_is_retained_too);
    tcase_add_test(retention, a_segment_that_cannot_be_removed_is_tried_again);

    tcase_add_checked_fixture(sweep, open_stage, close_stage);
    tcase_add_test(sweep, a_sweep_never_touches_what_is_foreign);
    tcase_add_test(sweep, a_sweep_takes_what_nothing_can_need);
    tcase_add_test(sweep, a_sweep_keeps_what_is_in_retention_until_its_time);
    tcase_add_test(sweep, a_directory_that_cannot_be_listed_is_an_error);
    return suite_run(suite);
}

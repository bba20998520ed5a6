/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finite streams, of one lane and of a ladder: at every instant what names files is there only when
 * they are, a run that was ended is taken up again, and nobody's stream is written over.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "origin/vod.h"
#include "tests/unit/suite.h"
#include "tests/unit/vod_stage.h"

/* ---- order ----------------------------------------------------------------------------------- */

#define PUT(tmp, name)                                                                             \
    "create " tmp "\nwrite " tmp "\nset_time " tmp "\nsync " tmp "\nclose " tmp "\nrename " tmp    \
    " " name "\n"
#define SEGMENT(number) PUT(NAMES_SEGMENT_TMP, "seg" number ".ts")
#define SYNC_DIRECTORY  "sync_directory\n"

#define NAMED(tmp, name) PUT(tmp, name) SYNC_DIRECTORY

START_TEST(the_state_comes_first_and_the_sums_last)
{
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_str_eq(fake_disk_take_record(&stage.disks[TOP]),
                     "list\nlist\n" PUT(NAMES_STATE_TMP, NAMES_STATE) SYNC_DIRECTORY
                     "unlink " NAMES_SUMS "\nunlink " NAMES_URLS "\nunlink " NAMES_INDEX
                     "\nunlink " PLAYLIST_NAME "\n" SEGMENT("9") SEGMENT("10") SEGMENT("11")
                         SYNC_DIRECTORY
                     "unlink " NAMES_SUMS "\n" NAMED(NAMES_PLAYLIST_TMP, PLAYLIST_NAME)
                         NAMED(NAMES_INDEX_TMP, NAMES_INDEX) NAMED(NAMES_URLS_TMP, NAMES_URLS)
                             NAMED(NAMES_SUMS_TMP, NAMES_SUMS));
    stage_check_all();
    ck_assert_int_eq(stage.asked, SEGMENTS);
    ck_assert_int_eq(stage.told.done, SEGMENTS);
}
END_TEST

START_TEST(index_json_has_each_segment)
{
    char *text;
    const char *at;

    ck_assert_int_eq(stage_make(), 0);
    text = stage_text_of(NAMES_INDEX);
    at = strstr(text, "\"seg9.ts\":{\"number\":9,\"index\":9,\"size\":100,");
    ck_assert_ptr_nonnull(at);
    at = strstr(at, "\"seg10.ts\":");
    ck_assert_ptr_nonnull(at);
    at = strstr(at, "\"pts\":1980000,\"due\":\"1970-01-01T00:00:24.000000Z\",\"sha256\":\"");
    ck_assert_ptr_nonnull(at);
    free(text);
}
END_TEST

/* ---- every instant --------------------------------------------------------------------------- */

/* Each that names others is there only if those before it are. */
static void check_order(void)
{
    static const char *const in_order[] = {PLAYLIST_NAME, "360p/stream.m3u8", "720p/stream.m3u8",
                                           NAMES_MASTER,  NAMES_INDEX,        "360p/index.json",
                                           NAMES_URLS,    NAMES_SUMS};
    bool all = true;

    for (int i = 0; i < LENGTH(in_order); i++) {
        bool there = stage_find(in_order[i]) != NULL;

        if (stage.lanes == 1 && (strchr(in_order[i], '/') || in_order[i] == in_order[3]))
            continue;
        ck_assert_msg(all || !there, "%s is there", in_order[i]);
        all = there;
    }
}

static void check_after_call(void *arg, enum fake_call call, const char *name)
{
    bool all[LANES] = {stage_has_all_segments(0), stage_has_all_segments(1)};

    (void)arg;
    (void)call;
    (void)name;
    ck_assert(all[0] || (!stage_find(PLAYLIST_NAME) && !stage_find(NAMES_INDEX) &&
                         !stage_find("720p/stream.m3u8")));
    ck_assert(all[1] || (!stage_find("360p/stream.m3u8") && !stage_find("360p/index.json")));
    check_order();
    stage_check_named(NAMES_URLS, 0);
    stage_check_named(NAMES_SUMS, 66);
}

static void watch(bool on)
{
    for (int i = 0; i < DISKS; i++)
        stage.disks[i].after = on ? check_after_call : NULL;
}

START_TEST(after_every_call_what_is_named_is_there)
{
    stage.lanes = _i;
    watch(true);
    ck_assert_int_eq(stage_make(), 0);
    stage_check_all();
}
END_TEST

/* What a kill, too, leaves: no call changes anything from some call on. */
static int fail_at_each_call(struct fake_disk *disk)
{
    int call = 1;
    bool failed = true;

    for (; failed; call++) {
        watch(true);
        fake_disk_fail(disk, FAKE_ANY, call, 1000, EIO);
        failed = stage_make() < 0;
        ck_assert(!failed || stage.why.exit_code == EX_IOERR);
        fake_disk_fail(disk, FAKE_ANY, 1, 0, 0);
        ck_assert_int_eq(stage_make(), 0);
        stage_check_all();
        watch(false);
        stage_close();
        stage_open();
        stage.lanes = disk == &stage.disks[TOP] ? stage.lanes : LANES;
    }
    return call;
}

START_TEST(after_a_failure_at_any_call_another_run_goes_on)
{
    ck_assert_int_gt(fail_at_each_call(&stage.disks[TOP]), 50);
}
END_TEST

START_TEST(after_a_failure_in_any_folder_another_run_goes_on)
{
    stage.lanes = LANES;
    ck_assert_int_gt(fail_at_each_call(&stage.disks[FOLDER]), 40);
    ck_assert_int_gt(fail_at_each_call(&stage.disks[ALIAS]), 5);
}
END_TEST

/* A run that finds a segment missing, and is ended again at any call. */
START_TEST(names_go_before_a_missing_segment_is_made)
{
    bool failed = true;

    for (int call = 1; failed; call++) {
        stage.lanes = LANES;
        ck_assert_int_eq(stage_make(), 0);
        ck_assert_int_eq(stage.disks[FOLDER].fs.unlink(&stage.disks[FOLDER], "seg10.ts"), 0);
        fake_disk_fail(&stage.disks[TOP], FAKE_ANY, call, 1000, EIO);
        failed = stage_make() < 0;
        fake_disk_fail(&stage.disks[TOP], FAKE_ANY, 1, 0, 0);
        check_order();
        if (stage_find("360p/seg10.ts"))
            check_after_call(NULL, FAKE_ANY, "");
        ck_assert_int_eq(stage_make(), 0);
        stage_check_all();
        stage_close();
        stage_open();
    }
}
END_TEST

START_TEST(what_is_whole_is_not_written_again)
{
    stage.fails = FIRST + 2;
    ck_assert_int_eq(stage_make(), -EDOM);
    ck_assert_str_eq(stage.why.text, "no such segment");
    ck_assert_ptr_null(stage_find(PLAYLIST_NAME));
    stage.fails = -1;
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_int_eq(stage.told.made, 1);
    ck_assert_int_eq(stage.told.bytes, SIZE + 2);
    stage_check_all();
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_int_eq(stage.told.made, 0);
    stage_check_all();
}
END_TEST

START_TEST(what_is_slow_to_make_is_read)
{
    stage.slow = true;
    ck_assert_int_eq(stage_make(), 0);
    stage.asked = 0;
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_int_eq(stage.asked, 0);
    stage_check_all();
}
END_TEST

START_TEST(a_signal_ends_it_between_two_segments)
{
    struct fake_event event = {.signal = SIGTERM};
    struct vod *vod = stage_open_vod(FIRST);

    stage.clock.events = &event;
    stage.clock.event_count = 1;
    ck_assert_int_eq(vod_begin(vod, &stage.why), 0);
    ck_assert_int_eq(vod_run(vod, &stage.why), -EINTR);
    ck_assert_int_eq(stage.why.exit_code, EX_TEMPFAIL);
    ck_assert_int_eq(vod_figures(vod)->made, 0);
    (void)vod_free(vod);
    ck_assert_int_eq(stage_make(), 0);
    stage_check_all();
}
END_TEST

START_TEST(a_full_disk_ends_it_and_another_run_goes_on)
{
    stage.disks[TOP].room = 400; /* the state and two stage.segments */
    ck_assert_int_eq(stage_make(), -ENOSPC);
    ck_assert_int_eq(stage.why.exit_code, EX_IOERR);
    ck_assert_ptr_nonnull(strstr(stage.why.text, "2 of 3 segments are there"));
    stage.disks[TOP].room = SIZE_MAX;
    ck_assert_int_eq(stage_make(), 0);
    stage_check_all();
}
END_TEST

/* ---- others ---------------------------------------------------------------------------------- */

START_TEST(what_others_changed_is_made_again)
{
    struct fake_disk *disk = &stage.disks[TOP];

    ck_assert_int_eq(stage_make(), 0);
    ck_assert_int_eq(disk->fs.unlink(disk, "seg10.ts"), 0);
    fake_disk_put(disk, "seg10.ts", "short", 5, 22 * NS_PER_SECOND);
    ck_assert_int_eq(disk->fs.unlink(disk, "seg11.ts"), 0);
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_int_eq(stage.told.made, 2);
    stage_check_all();
}
END_TEST

static void take_first_away(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    if (call == FAKE_RENAME && strcmp(name, "seg11.ts") == 0) {
        stage.disks[TOP].after = NULL;
        ck_assert_int_eq(stage.disks[TOP].fs.unlink(&stage.disks[TOP], "seg9.ts"), 0);
    }
}

START_TEST(what_others_take_away_meanwhile_is_there_before_the_playlist)
{
    stage.disks[TOP].after = take_first_away;
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_int_eq(stage.asked, SEGMENTS + 1);
    stage_check_all();
}
END_TEST

/* ---- whose the directory is ------------------------------------------------------------------ */

static void check_refused(int64_t first)
{
    int counts[DISKS];

    for (int i = 0; i < DISKS; i++) {
        counts[i] = fake_disk_count(&stage.disks[i]);
        (void)fake_disk_take_record(&stage.disks[i]);
    }
    ck_assert_int_eq(stage_make_from(first), -EEXIST);
    ck_assert_int_eq(stage.why.exit_code, EX_CANTCREAT);
    for (int i = 0; i < DISKS; i++) {
        ck_assert_ptr_null(
            strchr(fake_disk_take_record(&stage.disks[i]), ' ')); /* no call with a name */
        ck_assert_int_eq(fake_disk_count(&stage.disks[i]), counts[i]);
    }
}

START_TEST(another_finite_stream_is_left_alone)
{
    ck_assert_int_eq(stage_make(), 0);
    check_refused(FIRST + 1);
    stage.segments--;
    check_refused(FIRST);
    stage.segments++;
    stage.lanes = LANES; /* of which it could be the top */
    check_refused(FIRST);
    stage.lanes = 1;
    stage.digests[0][0]++;
    check_refused(FIRST);
}
END_TEST

START_TEST(a_ladder_of_other_renditions_is_left_alone)
{
    stage.lanes = LANES;
    ck_assert_int_eq(stage_make(), 0);
    stage.digests[1][0]++;
    check_refused(FIRST);
    stage.lanes = 1;
    check_refused(FIRST);
}
END_TEST

START_TEST(a_live_stream_is_left_alone)
{
    static const char *const names[] = {"seg7.ts",   PLAYLIST_NAME, NAMES_STATE, NAMES_MASTER,
                                        NAMES_INDEX, NAMES_SUMS,    NAMES_URLS};

    stage.lanes = LANES;
    for (int disk = 0; disk < DISKS; disk++) {
        const struct fs *fs = &stage.disks[disk].fs;

        for (int i = 0; i < LENGTH(names); i++) {
            fake_disk_put(&stage.disks[disk], names[i], "hlsgen-state 1", 14, 0);
            ck_assert_int_eq(vod_check(fs, "out", &stage.why), -EEXIST);
            check_refused(FIRST);
            ck_assert_int_eq(vod_check_absent(fs, "out", &stage.why), 0);
            ck_assert_int_eq(fs->unlink(fs->context, names[i]), 0);
        }
        ck_assert_int_eq(vod_check(fs, "out", &stage.why), 0);
    }
}
END_TEST

START_TEST(what_is_not_ours_or_temporary_is_no_stream)
{
    fake_disk_put(&stage.disks[TOP], "index.html", "x", 1, 0);
    fake_disk_put(&stage.disks[TOP], NAMES_SEGMENT_TMP, "half", 4, 0);
    ck_assert_int_eq(vod_check(&stage.disks[TOP].fs, "out", &stage.why), 0);
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_int_eq(fake_disk_count(&stage.disks[TOP]), FILES_OF_ONE + 2);
}
END_TEST

START_TEST(a_live_stream_goes_into_no_directory_of_a_finite_one)
{
    const struct fs *fs = &stage.disks[TOP].fs;

    ck_assert_int_eq(vod_check_absent(fs, "out", &stage.why), 0);
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_int_eq(vod_check_absent(fs, "out", &stage.why), -EEXIST);
    ck_assert_int_eq(stage.why.exit_code, EX_CANTCREAT);
    ck_assert_int_eq(fs->unlink(fs->context, NAMES_STATE), 0);
    ck_assert_int_eq(vod_check_absent(fs, "out", &stage.why), -EEXIST);
    ck_assert_int_eq(fs->unlink(fs->context, PLAYLIST_NAME), 0);
    ck_assert_int_eq(vod_check_absent(fs, "out", &stage.why), 0);
}
END_TEST

/* ---- how much there is ----------------------------------------------------------------------- */

START_TEST(the_last_segment_is_whole)
{
    static const struct {
        int64_t duration_ms;
        int rate_den;
        int64_t segments;
    } cases[] = {
        {1, 1, 1},
        {2000, 1, 1},
        {2001, 1, 2},
        {3600000, 1, 1800},
        {2002, 1001, 1},
        {2003, 1001, 2},
        {3603600, 1001, 1800},
        {3603601, 1001, 1801},
        {86400000, 1, 43200},
    };

    for (int i = 0; i < LENGTH(cases); i++) {
        struct timeline other = timeline_make(
            5 * NS_PER_SECOND, 2000, cases[i].rate_den == 1 ? 30 : 30000, cases[i].rate_den);

        for (int64_t first = 0; first < 1000; first += 333)
            ck_assert_int_eq(vod_segments(&other, first, cases[i].duration_ms), cases[i].segments);
    }
}
END_TEST

START_TEST(room_is_enough)
{
    const size_t sizes[] = {SIZE + SEGMENTS, 2 * SIZE + SEGMENTS};
    size_t used = 0;
    size_t room;

    stage.lanes = _i;
    room = (size_t)vod_room(sizes, stage.lanes, SEGMENTS, false, false, 1);
    for (int i = 0; i < 2; i++) { /* with what is replaced */
        for (int disk = 0; disk < DISKS; disk++)
            stage.disks[disk].room = room - (used - fake_disk_used(&stage.disks[disk]));
        ck_assert_int_eq(stage_make(), 0);
        for (int disk = 0; disk < DISKS; disk++)
            used += fake_disk_used(&stage.disks[disk]);
    }
    for (int disk = 0; disk < DISKS; disk++) {
        for (int i = 0; i < FAKE_FILES_MAX; i++)
            ck_assert_uint_le(stage.disks[disk].files[i].bytes.size,
                              vod_file_max(stage.lanes, SEGMENTS));
    }
    {
        const size_t size = 554600;

        ck_assert_uint_le(vod_room(&size, 1, 1800, false, false, 4096),
                          UINT64_C(1800) * 136 * 4096 / 100 * 101);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vod");
    TCase *tests = suite_add(suite, "vod");

    tcase_add_checked_fixture(tests, stage_open, stage_close);
    tcase_add_test(tests, the_state_comes_first_and_the_sums_last);
    tcase_add_test(tests, index_json_has_each_segment);
    tcase_add_loop_test(tests, after_every_call_what_is_named_is_there, 1, LANES + 1);
    tcase_add_test(tests, after_a_failure_at_any_call_another_run_goes_on);
    tcase_add_test(tests, after_a_failure_in_any_folder_another_run_goes_on);
    tcase_add_test(tests, names_go_before_a_missing_segment_is_made);
    tcase_add_test(tests, what_is_whole_is_not_written_again);
    tcase_add_test(tests, what_is_slow_to_make_is_read);
    tcase_add_test(tests, a_signal_ends_it_between_two_segments);
    tcase_add_test(tests, a_full_disk_ends_it_and_another_run_goes_on);
    tcase_add_test(tests, what_others_changed_is_made_again);
    tcase_add_test(tests, what_others_take_away_meanwhile_is_there_before_the_playlist);
    tcase_add_test(tests, another_finite_stream_is_left_alone);
    tcase_add_test(tests, a_ladder_of_other_renditions_is_left_alone);
    tcase_add_test(tests, a_live_stream_is_left_alone);
    tcase_add_test(tests, what_is_not_ours_or_temporary_is_no_stream);
    tcase_add_test(tests, a_live_stream_goes_into_no_directory_of_a_finite_one);
    tcase_add_test(tests, the_last_segment_is_whole);
    tcase_add_loop_test(tests, room_is_enough, 1, LANES + 1);
    return suite_run(suite);
}

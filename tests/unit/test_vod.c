/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finite streams: at every instant the playlist is there only when all segments are, a run that was
 * ended is taken up again, and nobody's stream is written over.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "origin/state.h"
#include "origin/vod.h"
#include "tests/unit/fake.h"
#include "tests/unit/suite.h"

enum {
    SEGMENTS = 3,
    SIZE = 100,
};

static const char golden[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:3\n"
    "#EXT-X-PLAYLIST-TYPE:VOD\n"
    "#EXT-X-TARGETDURATION:2\n"
    "#EXT-X-MEDIA-SEQUENCE:0\n"
    "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg0.ts\n"
    "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:02.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg1.ts\n"
    "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:04.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg2.ts\n"
    "#EXT-X-ENDLIST\n";

static struct timeline line;
static struct fake_disk disk;
static struct fake_clock fake;
static uint8_t digest[STATE_DIGEST_SIZE];
static int64_t asked; /* how often a segment was */
static int64_t fails; /* the index that cannot be made; -1: none */
static int64_t whole; /* as last told */
static struct error why;

/* ---- the stage ---------------------------------------------------------------------------------
 */

/* No two are of the same size. */
static size_t size_of(void *source, int64_t index)
{
    (void)source;
    return (size_t)(SIZE + index);
}

static void make_bytes(int64_t index, uint8_t bytes[SIZE + SEGMENTS])
{
    memset(bytes, 'a' + (int)index, SIZE + SEGMENTS);
}

static int segment_of(void *source, int64_t index, const uint8_t **ret, struct error *err)
{
    static uint8_t bytes[SIZE + SEGMENTS];

    (void)source;
    asked++;
    if (index == fails)
        return error_set(err, -EDOM, EX_SOFTWARE, "no such segment");
    make_bytes(index, bytes);
    *ret = bytes;
    return 0;
}

static void take_step(void *source, int64_t now)
{
    (void)source;
    ck_assert_int_gt(now, 0);
    ck_assert_int_le(now, SEGMENTS);
    whole = now;
}

static void open_stage(void)
{
    line = timeline_make(0, 2000, 30, 1);
    fake_disk_init(&disk);
    fake_clock_init(&fake, NS_PER_SECOND, 1000 * NS_PER_SECOND);
    memset(digest, 7, sizeof(digest));
    asked = whole = 0;
    fails = -1;
    why = (struct error){0};
}

static void close_stage(void)
{
    ck_assert_int_eq(fake_disk_count_open(&disk), 0);
    fake_disk_finish(&disk);
}

static struct vod *open_vod(int64_t segments)
{
    const struct vod_config config = {
        .fs = &disk.fs,
        .clock = &fake.clock,
        .line = &line,
        .path = "out",
        .digest = digest,
        .segments = segments,
        .size = size_of,
        .segment = segment_of,
        .step = take_step,
    };
    struct vod *vod;

    ck_assert_int_eq(vod_new(&config, &vod), 0);
    return vod;
}

/* What a start does. */
static int make(int64_t segments)
{
    struct vod *vod = open_vod(segments);
    int result = vod_begin(vod, &why);

    if (result == 0)
        result = vod_run(vod, &why);
    (void)vod_free(vod);
    return result;
}

static void check_file(const char *name, const void *bytes, size_t size, int64_t time)
{
    const struct fake_file *file = fake_disk_find(&disk, name);

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(file->bytes.size, size);
    ck_assert_mem_eq(file->bytes.data, bytes, size);
    ck_assert_int_eq(file->time, time);
    ck_assert(file->synced && !file->open);
}

static void check_segment(int64_t index)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    uint8_t bytes[SIZE + SEGMENTS];

    playlist_segment_name(index, name);
    make_bytes(index, bytes);
    check_file(name, bytes, size_of(NULL, index), (2 * index + 2) * NS_PER_SECOND);
}

static void check_all(void)
{
    for (int64_t index = 0; index < SEGMENTS; index++)
        check_segment(index);
    check_file(PLAYLIST_NAME, golden, strlen(golden), (int64_t)2 * SEGMENTS * NS_PER_SECOND);
    ck_assert_int_eq(fake_disk_count(&disk), SEGMENTS + 2); /* with the state */
    ck_assert_int_eq(disk.unsynced, 0);
}

/* ---- order -------------------------------------------------------------------------------------
 */

#define PUT(tmp, name)                                                                             \
    "create " tmp "\nwrite " tmp "\nset_time " tmp "\nsync " tmp "\nclose " tmp "\nrename " tmp    \
    " " name "\n"
#define SEGMENT(number) PUT(NAMES_SEGMENT_TMP, "seg" number ".ts")
#define SYNC_DIRECTORY  "sync_directory\n"

START_TEST(the_state_comes_first_and_the_playlist_last)
{
    ck_assert_int_eq(make(SEGMENTS), 0);
    ck_assert_str_eq(fake_disk_take_record(&disk),
                     "list\n" PUT(NAMES_STATE_TMP, NAMES_STATE) SYNC_DIRECTORY SEGMENT("0")
                         SEGMENT("1") SEGMENT("2")
                             SYNC_DIRECTORY PUT(NAMES_PLAYLIST_TMP, PLAYLIST_NAME) SYNC_DIRECTORY);
    check_all();
    ck_assert_int_eq(asked, SEGMENTS);
    ck_assert_int_eq(whole, SEGMENTS);
}
END_TEST

/* ---- every instant -----------------------------------------------------------------------------
 */

static void check_after_call(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    (void)call;
    (void)name;
    for (int64_t index = 0; index < SEGMENTS; index++) {
        char segment[PLAYLIST_SEGMENT_NAME_SIZE];

        playlist_segment_name(index, segment);
        if (fake_disk_find(&disk, segment) || fake_disk_find(&disk, PLAYLIST_NAME))
            check_segment(index);
    }
    if (fake_disk_find(&disk, PLAYLIST_NAME))
        check_file(PLAYLIST_NAME, golden, strlen(golden), (int64_t)2 * SEGMENTS * NS_PER_SECOND);
}

START_TEST(after_every_call_what_has_a_name_is_whole)
{
    disk.after = check_after_call;
    ck_assert_int_eq(make(SEGMENTS), 0);
}
END_TEST

/* What a kill, too, leaves: no call changes anything from some call on. */
START_TEST(after_a_failure_at_any_call_another_run_goes_on)
{
    int64_t call = 1;
    bool failed = true;

    disk.after = check_after_call;
    for (; failed; call++) {
        fake_disk_fail(&disk, FAKE_ANY, call, 1000, EIO);
        failed = make(SEGMENTS) < 0;
        ck_assert(!failed || why.exit_code == EX_IOERR);
        fake_disk_fail(&disk, FAKE_ANY, 1, 0, 0);
        ck_assert_int_eq(make(SEGMENTS), 0);
        check_all();
        disk.after = NULL;
        close_stage();
        open_stage();
        disk.after = check_after_call;
    }
    ck_assert_int_gt(call, 30);
}
END_TEST

START_TEST(what_is_whole_is_not_made_again)
{
    fails = 2;
    ck_assert_int_eq(make(SEGMENTS), -EDOM);
    ck_assert_str_eq(why.text, "no such segment");
    ck_assert_ptr_null(fake_disk_find(&disk, PLAYLIST_NAME));
    fails = -1;
    asked = 0;
    ck_assert_int_eq(make(SEGMENTS), 0);
    ck_assert_int_eq(asked, 1);
    check_all();
}
END_TEST

START_TEST(a_signal_ends_it_between_two_segments)
{
    struct fake_event event = {.signal = SIGTERM};
    struct vod *vod = open_vod(SEGMENTS);

    fake.events = &event;
    fake.event_count = 1;
    ck_assert_int_eq(vod_begin(vod, &why), 0);
    ck_assert_int_eq(vod_run(vod, &why), -EINTR);
    ck_assert_int_eq(why.exit_code, EX_TEMPFAIL);
    ck_assert_int_eq(vod_made(vod), 0);
    (void)vod_free(vod);
    ck_assert_int_eq(make(SEGMENTS), 0);
    check_all();
}
END_TEST

START_TEST(a_full_disk_ends_it_and_another_run_goes_on)
{
    disk.room = 400; /* the state and two segments */
    ck_assert_int_eq(make(SEGMENTS), -ENOSPC);
    ck_assert_int_eq(why.exit_code, EX_IOERR);
    ck_assert_ptr_nonnull(strstr(why.text, "2 of 3 segments are there"));
    disk.room = SIZE_MAX;
    ck_assert_int_eq(make(SEGMENTS), 0);
    check_all();
}
END_TEST

/* ---- others ------------------------------------------------------------------------------------
 */

START_TEST(what_others_changed_is_made_again)
{
    ck_assert_int_eq(make(SEGMENTS), 0);
    ck_assert_int_eq(disk.fs.unlink(&disk, "seg1.ts"), 0);
    fake_disk_put(&disk, "seg1.ts", "short", 5, 4 * NS_PER_SECOND);
    ck_assert_int_eq(disk.fs.unlink(&disk, "seg2.ts"), 0);
    asked = 0;
    ck_assert_int_eq(make(SEGMENTS), 0);
    ck_assert_int_eq(asked, 2);
    check_all();
}
END_TEST

static void take_first_away(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    if (call == FAKE_RENAME && strcmp(name, "seg2.ts") == 0) {
        disk.after = NULL;
        ck_assert_int_eq(disk.fs.unlink(&disk, "seg0.ts"), 0);
    }
}

START_TEST(what_others_take_away_meanwhile_is_there_before_the_playlist)
{
    disk.after = take_first_away;
    ck_assert_int_eq(make(SEGMENTS), 0);
    ck_assert_int_eq(asked, SEGMENTS + 1);
    check_all();
}
END_TEST

/* ---- whose the directory is --------------------------------------------------------------------
 */

static void check_refused(int64_t segments)
{
    int count = fake_disk_count(&disk);

    (void)fake_disk_take_record(&disk);
    ck_assert_int_eq(make(segments), -EEXIST);
    ck_assert_int_eq(why.exit_code, EX_CANTCREAT);
    ck_assert_ptr_null(strchr(fake_disk_take_record(&disk), ' ')); /* no call with a name */
    ck_assert_int_eq(fake_disk_count(&disk), count);
}

START_TEST(another_finite_stream_is_left_alone)
{
    ck_assert_int_eq(make(SEGMENTS), 0);
    check_refused(SEGMENTS - 1);
    digest[0]++;
    check_refused(SEGMENTS);
}
END_TEST

START_TEST(a_live_stream_is_left_alone)
{
    static const char *const names[] = {"seg7.ts", PLAYLIST_NAME, NAMES_STATE};

    for (int i = 0; i < LENGTH(names); i++) {
        fake_disk_put(&disk, names[i], "hlsgen-state 1", 14, 0);
        ck_assert_int_eq(vod_check(&disk.fs, "out", &why), -EEXIST);
        check_refused(SEGMENTS);
        ck_assert_int_eq(vod_check_absent(&disk.fs, "out", &why), 0);
        ck_assert_int_eq(disk.fs.unlink(&disk, names[i]), 0);
    }
    ck_assert_int_eq(vod_check(&disk.fs, "out", &why), 0);
}
END_TEST

START_TEST(what_is_not_ours_or_temporary_is_no_stream)
{
    fake_disk_put(&disk, "index.html", "x", 1, 0);
    fake_disk_put(&disk, NAMES_SEGMENT_TMP, "half", 4, 0);
    ck_assert_int_eq(vod_check(&disk.fs, "out", &why), 0);
    ck_assert_int_eq(make(SEGMENTS), 0);
    ck_assert_int_eq(fake_disk_count(&disk), SEGMENTS + 3);
}
END_TEST

START_TEST(a_live_stream_goes_into_no_directory_of_a_finite_one)
{
    ck_assert_int_eq(vod_check_absent(&disk.fs, "out", &why), 0);
    ck_assert_int_eq(make(SEGMENTS), 0);
    ck_assert_int_eq(vod_check_absent(&disk.fs, "out", &why), -EEXIST);
    ck_assert_int_eq(why.exit_code, EX_CANTCREAT);
    ck_assert_int_eq(disk.fs.unlink(&disk, NAMES_STATE), 0);
    ck_assert_int_eq(vod_check_absent(&disk.fs, "out", &why), -EEXIST);
    ck_assert_int_eq(disk.fs.unlink(&disk, PLAYLIST_NAME), 0);
    ck_assert_int_eq(vod_check_absent(&disk.fs, "out", &why), 0);
}
END_TEST

/* ---- how much there is -------------------------------------------------------------------------
 */

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

        ck_assert_int_eq(vod_segments(&other, cases[i].duration_ms), cases[i].segments);
    }
}
END_TEST

START_TEST(room_is_enough)
{
    size_t needed = (size_t)vod_room(SEGMENTS, SIZE + SEGMENTS, 1);

    disk.room = needed;
    ck_assert_int_eq(make(SEGMENTS), 0);
    ck_assert_uint_eq(vod_room(1800, 554600, 4096), UINT64_C(1800) * 136 * 4096 + 2 * 72 * 4096);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vod");
    TCase *tests = suite_add(suite, "vod");

    tcase_add_checked_fixture(tests, open_stage, close_stage);
    tcase_add_test(tests, the_state_comes_first_and_the_playlist_last);
    tcase_add_test(tests, after_every_call_what_has_a_name_is_whole);
    tcase_add_test(tests, after_a_failure_at_any_call_another_run_goes_on);
    tcase_add_test(tests, what_is_whole_is_not_made_again);
    tcase_add_test(tests, a_signal_ends_it_between_two_segments);
    tcase_add_test(tests, a_full_disk_ends_it_and_another_run_goes_on);
    tcase_add_test(tests, what_others_changed_is_made_again);
    tcase_add_test(tests, what_others_take_away_meanwhile_is_there_before_the_playlist);
    tcase_add_test(tests, another_finite_stream_is_left_alone);
    tcase_add_test(tests, a_live_stream_is_left_alone);
    tcase_add_test(tests, what_is_not_ours_or_temporary_is_no_stream);
    tcase_add_test(tests, a_live_stream_goes_into_no_directory_of_a_finite_one);
    tcase_add_test(tests, the_last_segment_is_whole);
    tcase_add_test(tests, room_is_enough);
    return suite_run(suite);
}

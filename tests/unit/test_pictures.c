/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I-frame playlist of a publisher: it follows the playlist, never the other way round, and
 * knows the pictures of all segments that are there, whoever made them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hls/iframes.h"
#include "hls/playlist.h"
#include "origin/names.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N STAGE_NEWEST

enum {
    W = STAGE_WINDOW,
    TEXT_SIZE = 8192,
};

static struct stage stage;
static struct fake_disk alias;

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    fake_disk_init(&alias);
    stage.alias = &alias;
    stage.has_iframes = true;
    stage_restart(&stage);
}

static void close_stage(void)
{
    ck_assert_int_eq(fake_disk_count_open(&alias), 0);
    stage_close(&stage);
    fake_disk_finish(&alias);
}

/* Of segments that are all there, from @p first on. */
static size_t write_expected(int64_t first, int64_t newest, const char *before, char *text)
{
    struct playlist_entry entries[STAGE_LENGTH_MAX];
    struct playlist expected = {
        .target = 2,
        .sequence = first,
        .count = newest - first + 1,
        .entries = entries,
        .kind = stage.kind,
        .ended = stage_has_ended(&stage),
        .iframes_only = true,
    };

    for (int64_t i = 0; i < expected.count; i++)
        entries[i] = (struct playlist_entry){
            .start = timeline_start(&stage.line, first + i),
            .duration_us = timeline_duration_us(&stage.line),
            .iframe = stage_picture(first + i),
        };
    return playlist_write(&expected, before, text);
}

static bool is_in(const struct fake_disk *disk, const char *before, int64_t first, int64_t newest)
{
    const struct fake_file *file = fake_disk_find(disk, PLAYLIST_IFRAMES_NAME);
    char text[TEXT_SIZE];
    size_t size = write_expected(first, newest, before, text);

    return file && file->synced && file->time == timeline_due(&stage.line, newest) &&
           file->bytes.size == size && memcmp(file->bytes.data, text, size) == 0;
}

/* It lists what the playlist does, and so does its alias. */
static bool is_beside(void)
{
    int64_t first;
    int64_t newest;

    stage_read_playlist(&stage, &first, &newest);
    return is_in(&stage.disk, "", first, newest) && is_in(&alias, "../", first, newest);
}

static int mend(int *ret_made)
{
    struct publisher_damage damage;
    int result = publisher_mend(stage.publisher, &damage);

    *ret_made = damage.made;
    return result;
}

static const char *text_of(const struct fake_disk *disk, const char *name)
{
    static char text[TEXT_SIZE];
    const struct fake_file *file = fake_disk_find(disk, name);

    text[0] = '\0';
    if (file) {
        ck_assert_uint_lt(file->bytes.size, sizeof(text));
        memcpy(text, file->bytes.data, file->bytes.size);
        text[file->bytes.size] = '\0';
    }
    return text;
}

/* The number behind the last one listed; 0: none is. */
static int64_t end_of(const struct fake_disk *disk, const char *name)
{
    const char *text = text_of(disk, name);
    const char *at = strstr(text, "#EXT-X-MEDIA-SEQUENCE:");
    int64_t end = at ? strtoll(strchr(at, ':') + 1, NULL, 10) : 0;

    for (at = text; (at = strstr(at, "#EXTINF")) != NULL; at++)
        end++;
    return end;
}

/* ---- it follows ------------------------------------------------------------------------------ */

START_TEST(it_lists_the_same_segments)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert(is_beside());
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(stage_publish_next(&stage), 0);
        ck_assert(is_beside());
        stage_check(&stage);
        ck_assert_int_eq(fake_disk_count(&alias), 2);
    }
}
END_TEST

START_TEST(it_is_prepared_and_then_renamed_behind_the_playlist)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    ck_assert_ptr_nonnull(fake_disk_find(&stage.disk, NAMES_IFRAMES_TMP));
    ck_assert_ptr_nonnull(fake_disk_find(&alias, NAMES_IFRAMES_TMP));
    (void)fake_disk_take_record(&stage.disk);
    (void)fake_disk_take_record(&alias);
    ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    ck_assert_str_eq(fake_disk_take_record(&stage.disk),
                     "rename " NAMES_PLAYLIST_TMP " " PLAYLIST_NAME
                     "\n"
                     "rename " NAMES_IFRAMES_TMP " " PLAYLIST_IFRAMES_NAME
                     "\n"
                     "sync_directory\n");
    ck_assert_str_eq(fake_disk_take_record(&alias),
                     "rename " NAMES_PLAYLIST_TMP " " PLAYLIST_NAME
                     "\n"
                     "rename " NAMES_IFRAMES_TMP " " PLAYLIST_IFRAMES_NAME
                     "\n"
                     "sync_directory\n");
}
END_TEST

static void check_order(void *arg, enum fake_call call, const char *name)
{
    const struct fake_disk *disk = arg;

    (void)call;
    (void)name;
    ck_assert_int_le(end_of(disk, PLAYLIST_IFRAMES_NAME), end_of(disk, PLAYLIST_NAME));
}

START_TEST(it_is_never_ahead)
{
    int made;

    stage.disk.after = alias.after = check_order;
    stage.disk.arg = &stage.disk;
    alias.arg = &alias;
    for (int64_t newest = N; newest < N + 40; newest += 8) {
        ck_assert_int_eq(stage_start(&stage, newest), 0);
        stage_publish_until(&stage, newest + 3);
        ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
        stage.disk.fs.unlink(stage.disk.fs.context, PLAYLIST_IFRAMES_NAME);
        ck_assert_int_eq(mend(&made), 0);
        stage_restart(&stage);
    }
}
END_TEST

/* The second rename of each publication fails. */
START_TEST(its_failure_holds_nothing_up_and_is_mended)
{
    int made;

    ck_assert_int_eq(stage_start(&stage, N), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
        fake_disk_fail(&stage.disk, FAKE_RENAME, 2, 1, EIO);
        ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    }
    stage_check_listed(&stage, N + 3 - W + 1, N + 3);
    ck_assert(is_in(&stage.disk, "", N - W + 1, N));
    fake_disk_fail(&stage.disk, FAKE_RENAME, 1, 1, EIO);
    ck_assert_int_eq(mend(&made), -EIO);
    fake_disk_fail(&stage.disk, FAKE_RENAME, 1, 0, 0);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 1);
    ck_assert(is_beside());
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 0);
}
END_TEST

START_TEST(it_is_mended_when_others_change_it)
{
    struct fake_disk *disks[] = {&stage.disk, &alias};
    int made;

    ck_assert_int_eq(stage_start(&stage, N), 0);
    for (int i = 0; i < LENGTH(disks); i++) {
        ck_assert_int_eq(disks[i]->fs.unlink(disks[i]->fs.context, PLAYLIST_IFRAMES_NAME), 0);
        ck_assert_int_eq(mend(&made), 0);
        ck_assert_int_eq(made, 1);
        ck_assert(is_beside());
        ck_assert_int_eq(disks[i]->fs.unlink(disks[i]->fs.context, PLAYLIST_IFRAMES_NAME), 0);
        fake_disk_put(disks[i], PLAYLIST_IFRAMES_NAME, "x", 1, 0);
        ck_assert_int_eq(mend(&made), 0);
        ck_assert_int_eq(made, 1);
        ck_assert(is_beside());
    }
}
END_TEST

START_TEST(nothing_is_left_of_what_was_prepared)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    publisher_abandon(stage.publisher);
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_IFRAMES_TMP));
    ck_assert_ptr_null(fake_disk_find(&alias, NAMES_IFRAMES_TMP));
}
END_TEST

START_TEST(it_goes_with_the_playlist)
{
    fake_disk_put(&stage.disk, PLAYLIST_IFRAMES_NAME, "x", 1, 0);
    fake_disk_put(&alias, PLAYLIST_IFRAMES_NAME, "x", 1, 0);
    ck_assert_int_eq(stage_start(&stage, -1), 0);
    ck_assert_ptr_null(fake_disk_find(&stage.disk, PLAYLIST_IFRAMES_NAME));
    ck_assert_ptr_null(fake_disk_find(&alias, PLAYLIST_IFRAMES_NAME));
}
END_TEST

/* ---- over restarts --------------------------------------------------------------------------- */

static void restart_with(bool has_iframes, int64_t due)
{
    stage.has_iframes = has_iframes;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, due), 0);
}

START_TEST(it_goes_when_nobody_wants_it)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    restart_with(false, N);
    ck_assert_ptr_null(fake_disk_find(&stage.disk, PLAYLIST_IFRAMES_NAME));
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_IFRAMES_TMP));
    ck_assert_int_eq(fake_disk_count(&alias), 1);
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    ck_assert_ptr_null(fake_disk_find(&stage.disk, PLAYLIST_IFRAMES_NAME));
}
END_TEST

/* What an earlier run left is of any: of templates, or of bytes that cannot be told. */
START_TEST(a_run_without_one_is_followed_by_a_whole_one)
{
    stage.stands_by = _i == 1;
    restart_with(false, N);
    restart_with(true, N + 1);
    ck_assert(is_beside());
    ck_assert_int_eq(end_of(&stage.disk, PLAYLIST_IFRAMES_NAME), N + 2);
}
END_TEST

/* After a kill between any two calls. */
START_TEST(a_kill_leaves_no_gap)
{
    for (int64_t calls = 1; calls < 40; calls++) {
        stage.stands_by = calls % 2;
        stage_restart(&stage);
        ck_assert_int_eq(stage_start(&stage, N), 0);
        fake_disk_fail(&stage.disk, FAKE_ANY, calls, INT64_MAX / 2, EIO);
        (void)stage_publish_next(&stage);
        fake_disk_fail(&stage.disk, FAKE_ANY, 1, 0, 0);
        stage_restart(&stage);
        ck_assert_int_eq(stage_start(&stage, N + 1), 0);
        ck_assert(is_beside());
        close_stage();
        open_stage();
    }
}
END_TEST

static void check_listed(void *arg, enum fake_call call, const char *name)
{
    int64_t end = end_of(&stage.disk, PLAYLIST_IFRAMES_NAME);

    (void)arg;
    (void)call;
    (void)name;
    for (int64_t index = end - W; index < end; index++)
        ck_assert(stage_has_segment(&stage, index));
}

/* The kill came between the two renames, and what had left the playlist is long out of retention.
 */
START_TEST(what_an_old_one_lists_stays_until_it_is_replaced)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    fake_disk_fail(&stage.disk, FAKE_RENAME, 2, 1, EIO);
    ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    stage_restart(&stage);
    stage_sleep_until_due(&stage, N + 100);
    stage.disk.after = check_listed;
    ck_assert_int_eq(stage_start(&stage, N + 100), 0);
    ck_assert(is_beside());
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    ck_assert(!stage_has_segment(&stage, N - W + 1));
}
END_TEST

static int64_t count_in(const char *text, const char *what)
{
    int64_t count = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        count++;
    return count;
}

START_TEST(the_pictures_of_an_earlier_stream_are_found)
{
    const char *text;

    ck_assert_int_eq(stage_start(&stage, N), 0);
    stage_change_stream(&stage, stage.line);
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N + 1), 0);
    text = text_of(&stage.disk, PLAYLIST_IFRAMES_NAME);
    ck_assert_int_eq(count_in(text, "#EXT-X-BYTERANGE:"), W);
    ck_assert_int_eq(count_in(text, "#EXT-X-DISCONTINUITY\n"), 1);
    ck_assert_int_eq(count_in(text, "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"), 1);
    for (int64_t index = N - W + 2; index <= N; index++)
        ck_assert(stage_has_segment(&stage, index));
}
END_TEST

static struct fake_file *segment_file(int64_t index)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(index, 0, name);
    return &stage.disk.files[fake_disk_find(&stage.disk, name) - stage.disk.files];
}

/* They were of sound alone. */
START_TEST(it_begins_behind_segments_without_a_picture)
{
    const char *text;

    restart_with(false, N);
    for (int64_t index = N - W + 1; index <= N; index++) {
        char name[PLAYLIST_SEGMENT_NAME_SIZE];

        playlist_segment_name(index, 0, name);
        ck_assert_int_eq(stage.disk.fs.unlink(stage.disk.fs.context, name), 0);
        fake_disk_put(&stage.disk, name, "sound", 5, timeline_due(&stage.line, index));
    }
    stage_change_stream(&stage, stage.line);
    restart_with(true, N + 2);
    text = text_of(&stage.disk, PLAYLIST_IFRAMES_NAME);
    ck_assert_int_eq(count_in(text, "#EXT-X-BYTERANGE:"), 2);
    ck_assert_int_eq(count_in(text, "#EXT-X-DISCONTINUITY\n"), 1);
    ck_assert_int_eq(end_of(&stage.disk, PLAYLIST_IFRAMES_NAME), N + 3);
    ck_assert_int_eq(end_of(&stage.disk, PLAYLIST_NAME), N + 3);
    stage_publish_until(&stage, N + 2 + W);
    text = text_of(&stage.disk, PLAYLIST_IFRAMES_NAME);
    ck_assert_int_eq(count_in(text, "#EXT-X-BYTERANGE:"), W);
    ck_assert_int_eq(count_in(text, "#EXT-X-DISCONTINUITY-SEQUENCE:1\n"), 1);
}
END_TEST

/* ---- of what ends ---------------------------------------------------------------------------- */

START_TEST(that_of_an_event_grows_and_ends)
{
    stage.kind = PLAYLIST_EVENT;
    stage.length = 7;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert(is_beside());
    stage_publish_until(&stage, N + 3);
    ck_assert(stage_has_ended(&stage));
    ck_assert(is_beside());
    ck_assert_int_eq(count_in(text_of(&stage.disk, PLAYLIST_IFRAMES_NAME), "EVENT"), 1);
}
END_TEST

/* It may have had none, or the kill came between the two renames; and its list may be longer than
 * one of this run would be. */
START_TEST(a_stream_that_has_ended_gets_it)
{
    struct publisher_resumption resumption;

    stage.kind = PLAYLIST_EVENT;
    stage.follow = 8;
    stage.length = 20;
    restart_with(_i == 1, N);
    stage_publish_until(&stage, N + 8);
    ck_assert(stage_has_ended(&stage));
    for (int64_t index = N - W + 1; _i == 2 && index <= N + 8; index++)
        segment_file(index)->time += NS_PER_SECOND; /* as a copy has them: nothing is cut */
    if (_i == 1)
        ck_assert(is_beside());
    stage.length = W + 1;
    stage.has_iframes = true;
    stage_restart(&stage);
    ck_assert_int_eq(publisher_resume(stage.publisher, N + 50, &resumption), 0);
    ck_assert(resumption.ended);
    stage.length = 20;
    ck_assert(is_beside());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pictures");
    TCase *follows = suite_add(suite, "follows");
    TCase *restarts = suite_add(suite, "restarts");
    TCase *ends = suite_add(suite, "ends");

    tcase_add_checked_fixture(follows, open_stage, close_stage);
    tcase_add_checked_fixture(restarts, open_stage, close_stage);
    tcase_add_checked_fixture(ends, open_stage, close_stage);
    tcase_add_test(follows, it_lists_the_same_segments);
    tcase_add_test(follows, it_is_prepared_and_then_renamed_behind_the_playlist);
    tcase_add_test(follows, it_is_never_ahead);
    tcase_add_test(follows, its_failure_holds_nothing_up_and_is_mended);
    tcase_add_test(follows, it_is_mended_when_others_change_it);
    tcase_add_test(follows, nothing_is_left_of_what_was_prepared);
    tcase_add_test(follows, it_goes_with_the_playlist);
    tcase_add_test(restarts, it_goes_when_nobody_wants_it);
    tcase_add_loop_test(restarts, a_run_without_one_is_followed_by_a_whole_one, 0, 2);
    tcase_add_test(restarts, a_kill_leaves_no_gap);
    tcase_add_test(restarts, what_an_old_one_lists_stays_until_it_is_replaced);
    tcase_add_test(restarts, the_pictures_of_an_earlier_stream_are_found);
    tcase_add_test(restarts, it_begins_behind_segments_without_a_picture);
    tcase_add_test(ends, that_of_an_event_grows_and_ends);
    tcase_add_loop_test(ends, a_stream_that_has_ended_gets_it, 0, 3);
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Initialization sections: there before a playlist names them, and until the last segment that
 * needs them has gone; put back when others take them away.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "origin/sections.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N STAGE_NEWEST

enum {
    W = STAGE_WINDOW,
    RETAINED = W + 2, /* segments that a removed one stays */
};

static const char first[] = "ftyp, moov of the first";
static const char second[] = "ftyp, moov of the second";
static const char third[] = "ftyp, moov of the third";
static const char *const sections[] = {first, second, third};

static struct stage stage;

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    stage.section = first;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
}

static void close_stage(void)
{
    stage_close(&stage);
}

static void name_section(const char *section, char name[PLAYLIST_MAP_NAME_SIZE])
{
    playlist_map_name(sections_map_of(section, strlen(section)), name);
}

static const struct fake_file *find_section(const char *section)
{
    char name[PLAYLIST_MAP_NAME_SIZE];

    name_section(section, name);
    return fake_disk_find(&stage.disk, name);
}

static void put_section(const char *section, const char *bytes)
{
    char name[PLAYLIST_MAP_NAME_SIZE];

    name_section(section, name);
    (void)stage.disk.fs.unlink(stage.disk.fs.context, name);
    fake_disk_put(&stage.disk, name, bytes, strlen(bytes), SECTIONS_TIME);
}

static void delete_section(const char *section)
{
    char name[PLAYLIST_MAP_NAME_SIZE];

    name_section(section, name);
    ck_assert_int_eq(stage.disk.fs.unlink(stage.disk.fs.context, name), 0);
}

static bool is_whole(const char *section)
{
    const struct fake_file *file = find_section(section);

    return file && file->synced && file->bytes.size == strlen(section) &&
           memcmp(file->bytes.data, section, file->bytes.size) == 0;
}

/* The playlist on disk; -EBADMSG when it cannot be read. */
static int read_playlist(struct playlist *ret, int64_t count_max)
{
    const struct fake_file *file = fake_disk_find(&stage.disk, PLAYLIST_NAME);

    ck_assert_ptr_nonnull(file);
    return playlist_parse((const char *)file->bytes.data, file->bytes.size, count_max, ret);
}

/* All that it names has to be there. */
static void check_after_call(void *arg, enum fake_call call, const char *name)
{
    struct playlist_entry entries[STAGE_LENGTH_MAX];
    struct playlist playlist = {.entries = entries};

    (void)arg;
    (void)call;
    (void)name;
    if (!fake_disk_find(&stage.disk, PLAYLIST_NAME))
        return;
    ck_assert_int_eq(read_playlist(&playlist, STAGE_LENGTH_MAX), 0);
    for (int64_t i = 0; i < playlist.count; i++) {
        char segment[PLAYLIST_SEGMENT_NAME_SIZE];
        bool whole = false;

        playlist_segment_name(playlist.sequence + i, entries[i].map, segment);
        ck_assert_ptr_nonnull(fake_disk_find(&stage.disk, segment));
        for (int of = 0; of < LENGTH(sections); of++)
            whole |= sections_map_of(sections[of], strlen(sections[of])) == entries[i].map &&
                     is_whole(sections[of]);
        ck_assert_msg(whole, "segment %lld has no section", (long long)(playlist.sequence + i));
    }
}

/* As a new run of another stream. */
static int start_other(const char *section)
{
    stage_change_stream(&stage, stage.line);
    stage.section = section;
    stage_restart(&stage);
    return stage_start(&stage, timeline_newest_due(&stage.line, stage.clock.realtime));
}

static int mend(int *ret_left_out)
{
    struct publisher_damage damage;

    ck_assert_int_eq(publisher_mend(stage.publisher, &damage), 0);
    *ret_left_out = damage.left_out;
    return damage.made;
}

/* ---- that of this run ------------------------------------------------------------------------ */

START_TEST(a_section_is_named_by_its_digest)
{
    /* sha256sum */
    ck_assert_uint_eq(sections_map_of("abc", 3), UINT64_C(0xba7816bf8f01cfea));
}
END_TEST

START_TEST(a_playlist_names_it_when_it_is_there)
{
    stage.disk.after = check_after_call;
    stage_publish_until(&stage, N + 2 * W);
    stage_sleep_until_due(&stage, N + 10 * W);
    ck_assert_int_eq(publisher_fill(stage.publisher, N + 10 * W), 0);
    stage_check(&stage);
}
END_TEST

START_TEST(at_a_restart_it_stays_untouched)
{
    stage_restart(&stage);
    (void)fake_disk_take_record(&stage.disk);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_ptr_null(strstr(fake_disk_take_record(&stage.disk), "init-"));
    ck_assert(is_whole(first));
}
END_TEST

/* Of the same size, too, and dated as it should be. */
START_TEST(at_a_restart_a_changed_one_is_written_again)
{
    static const char *const others[] = {"f", "ftyp", "ftyp, moov of the FIRST"};

    put_section(first, others[_i]);
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    stage_check(&stage);
}
END_TEST

START_TEST(while_it_runs_others_cannot_take_it_away)
{
    int left_out;

    if (_i == 0)
        delete_section(first);
    else
        put_section(first, "less");
    ck_assert_int_eq(mend(&left_out), 1);
    ck_assert_int_eq(left_out, 0);
    stage_check(&stage);
    ck_assert_int_eq(mend(&left_out), 0);
}
END_TEST

START_TEST(it_is_there_when_a_playlist_replaces_another)
{
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    delete_section(first);
    ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    stage_check(&stage);
    delete_section(first);
    ck_assert_int_eq(publisher_fill(stage.publisher, N + 10 * W), 0);
    stage_check(&stage);
}
END_TEST

static int (*set_time)(void *context, int fd, int64_t time);

/* As FAT keeps it: from 1980 on, by two seconds. */
static int set_time_from_1980(void *context, int fd, int64_t time)
{
    static const int64_t unit = 2 * NS_PER_SECOND;
    static const int64_t first_of_1980 = INT64_C(315532800) * NS_PER_SECOND;

    return set_time(context, fd, time < first_of_1980 ? first_of_1980 : time - time % unit);
}

START_TEST(it_can_be_where_dates_begin_in_1980)
{
    close_stage();
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    set_time = stage.disk.fs.set_time;
    stage.disk.fs.set_time = set_time_from_1980;
    stage.section = first;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    stage_check(&stage);
}
END_TEST

START_TEST(without_room_for_it_nothing_is_replaced)
{
    delete_section(first);
    stage.disk.room = fake_disk_used(&stage.disk);
    ck_assert_int_eq(publisher_prepare(stage.publisher), -ENOSPC);
    stage_check_listed(&stage, N - W + 1, N);
    stage.disk.room = SIZE_MAX;
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    stage_check(&stage);
}
END_TEST

/* ---- those of earlier streams ---------------------------------------------------------------- */

START_TEST(the_section_changes_with_the_stream)
{
    struct playlist_entry entries[W];
    struct playlist playlist = {.entries = entries};

    stage.disk.after = check_after_call;
    ck_assert_int_eq(start_other(second), 0);
    stage_publish_until(&stage, N + 2);
    ck_assert_int_eq(read_playlist(&playlist, W), 0);
    for (int64_t i = 0; i < W; i++) {
        const char *of = i < W - 2 ? first : second;

        ck_assert_uint_eq(entries[i].map, sections_map_of(of, strlen(of)));
        ck_assert_int_eq(entries[i].discontinuity, i == W - 2);
    }
}
END_TEST

/* Segment N leaves the playlist with N + W, and is removed RETAINED segments later. */
START_TEST(a_section_stays_as_long_as_its_segments)
{
    ck_assert_int_eq(start_other(second), 0);
    for (int64_t newest = N + 1; newest < N + 2 * W + RETAINED; newest++) {
        stage_publish_until(&stage, newest);
        ck_assert_int_eq(is_whole(first), stage_has_segment(&stage, N));
        ck_assert_int_eq(is_whole(first), newest < N + W + RETAINED);
        ck_assert(is_whole(second));
    }
}
END_TEST

START_TEST(a_section_that_cannot_be_removed_is_tried_again)
{
    ck_assert_int_eq(start_other(second), 0);
    stage_publish_until(&stage, N + W + RETAINED - 1);
    ck_assert(is_whole(first));
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    stage_sleep_until_due(&stage, N + W + RETAINED);
    ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    fake_disk_fail(&stage.disk, FAKE_UNLINK, 2, 1, EIO); /* the segment goes first */
    ck_assert_int_eq(publisher_expire(stage.publisher), -EIO);
    ck_assert(is_whole(first));
    fake_disk_fail(&stage.disk, FAKE_UNLINK, 1, 0, 0);
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    ck_assert_ptr_null(find_section(first));
}
END_TEST

START_TEST(three_streams_in_a_window_have_theirs_each)
{
    stage.disk.after = check_after_call;
    ck_assert_int_eq(start_other(second), 0);
    stage_publish_until(&stage, N + 1);
    ck_assert_int_eq(start_other(third), 0);
    stage_publish_until(&stage, N + 2);
    ck_assert(is_whole(first) && is_whole(second) && is_whole(third));
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N + 2), 0);
    stage_publish_until(&stage, N + 2 * W + RETAINED);
    ck_assert(!find_section(first) && !find_section(second) && is_whole(third));
}
END_TEST

/* One that had it before has it again. */
START_TEST(the_first_stream_may_come_again)
{
    stage.disk.after = check_after_call;
    ck_assert_int_eq(start_other(second), 0);
    stage_publish_until(&stage, N + 1);
    ck_assert_int_eq(start_other(first), 0);
    stage_publish_until(&stage, N + 2 * W + RETAINED);
    ck_assert(is_whole(first) && !find_section(second));
}
END_TEST

START_TEST(an_earlier_one_is_put_back_too)
{
    int left_out;

    ck_assert_int_eq(start_other(second), 0);
    delete_section(first);
    ck_assert_int_eq(mend(&left_out), 1);
    ck_assert_int_eq(left_out, 0);
    ck_assert(is_whole(first));
    put_section(first, "less");
    stage_publish_until(&stage, N + 1);
    ck_assert_int_eq(mend(&left_out), 1);
    ck_assert(is_whole(first));
}
END_TEST

/* Without it nobody plays them, and nobody can make it: the playlist begins behind them. */
START_TEST(without_their_section_segments_are_not_listed)
{
    int64_t listed_first;
    int64_t newest;

    if (_i == 0)
        delete_section(first);
    else
        put_section(first, "ftyp, moov of the FIRST");
    ck_assert_int_eq(start_other(second), 0);
    stage_publish_until(&stage, N + 1);
    stage_read_playlist(&stage, &listed_first, &newest);
    ck_assert_int_eq(listed_first, N + 1);
    ck_assert_int_eq(newest, N + 1);
    ck_assert_ptr_null(find_section(first));
}
END_TEST

/* Somebody touched it, or took it from those who read it: the bytes are proven by its name, so it
 * is there at every instant, and then as it should be. */
START_TEST(an_earlier_one_may_have_another_date_or_mode)
{
    struct fake_file *file = &stage.disk.files[find_section(first) - stage.disk.files];
    int left_out;

    if (_i == 0)
        file->time += NS_PER_SECOND;
    else
        file->mode = 0600;
    stage.disk.after = check_after_call;
    ck_assert_int_eq(start_other(second), 0);
    stage_publish_until(&stage, N + 1);
    stage_check_listed(&stage, N - W + 2, N + 1);
    ck_assert_int_eq(mend(&left_out), 1);
    ck_assert_int_eq(left_out, 0);
    ck_assert_int_eq(find_section(first)->time, SECTIONS_TIME);
    ck_assert_uint_eq(find_section(first)->mode, 0644);
    ck_assert_int_eq(mend(&left_out), 0);
}
END_TEST

START_TEST(what_nobody_needs_goes_at_a_start)
{
    put_section(second, second);
    put_section(third, "something else");
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    ck_assert(is_whole(first) && !find_section(second) && !find_section(third));
}
END_TEST

/* A directory full of sections does not keep that from being held which a playlist names. */
START_TEST(many_sections_are_nobodys_past)
{
    static char texts[100][16];

    for (int i = 0; i < LENGTH(texts); i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "section %d", i);
        put_section(texts[i], texts[i]);
    }
    stage.disk.after = check_after_call;
    ck_assert_int_eq(start_other(second), 0);
    stage_publish_until(&stage, N + 2 * W + RETAINED);
    for (int i = 0; i < LENGTH(texts); i++)
        ck_assert_ptr_null(find_section(texts[i]));
}
END_TEST

/* ---- another container ----------------------------------------------------------------------- */

/* EXT-X-VERSION may not change, and EXT-X-MAP has no end. */
START_TEST(a_playlist_of_another_container_is_left_alone)
{
    if (_i == 1) {
        close_stage();
        stage_open(&stage, timeline_make(0, 2000, 30, 1));
        ck_assert_int_eq(stage_start(&stage, N), 0);
    }
    (void)fake_disk_take_record(&stage.disk);
    ck_assert_int_eq(start_other(_i == 0 ? NULL : first), -EPROTOTYPE);
    ck_assert_ptr_null(strstr(fake_disk_take_record(&stage.disk), "rename"));
    stage.section = _i == 0 ? first : NULL;
    stage_check(&stage);
}
END_TEST

START_TEST(without_a_playlist_what_is_of_another_container_goes)
{
    const struct fs *fs = &stage.disk.fs;

    ck_assert_int_eq(fs->unlink(fs->context, PLAYLIST_NAME), 0);
    ck_assert_int_eq(start_other(NULL), 0);
    stage_publish_until(&stage, N + W);
    for (size_t i = 0; i < FAKE_FILES_MAX; i++) {
        ck_assert_ptr_null(strstr(stage.disk.files[i].name, ".m4s"));
        ck_assert_ptr_null(strstr(stage.disk.files[i].name, "init-"));
    }
}
END_TEST

/* ---- room ------------------------------------------------------------------------------------ */

START_TEST(the_room_that_was_promised_is_enough)
{
    stage.disk.room =
        publisher_room(PLAYLIST_LIVE, W, INDEX_NONE, true, STAGE_SEGMENT_SIZE, 1) - 2 * 4096;
    ck_assert_int_eq(start_other(second), 0);
    stage_publish_until(&stage, N + 2 * W + RETAINED);
    check_after_call(NULL, FAKE_ANY, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sections");
    TCase *own = suite_add(suite, "that of this run");
    TCase *earlier = suite_add(suite, "those of earlier streams");
    TCase *container = suite_add(suite, "another container");

    tcase_add_checked_fixture(own, open_stage, close_stage);
    tcase_add_test(own, a_section_is_named_by_its_digest);
    tcase_add_test(own, a_playlist_names_it_when_it_is_there);
    tcase_add_test(own, at_a_restart_it_stays_untouched);
    tcase_add_loop_test(own, at_a_restart_a_changed_one_is_written_again, 0, 3);
    tcase_add_loop_test(own, while_it_runs_others_cannot_take_it_away, 0, 2);
    tcase_add_test(own, it_is_there_when_a_playlist_replaces_another);
    tcase_add_test(own, it_can_be_where_dates_begin_in_1980);
    tcase_add_test(own, without_room_for_it_nothing_is_replaced);

    tcase_add_checked_fixture(earlier, open_stage, close_stage);
    tcase_add_test(earlier, the_section_changes_with_the_stream);
    tcase_add_test(earlier, a_section_stays_as_long_as_its_segments);
    tcase_add_test(earlier, a_section_that_cannot_be_removed_is_tried_again);
    tcase_add_test(earlier, three_streams_in_a_window_have_theirs_each);
    tcase_add_test(earlier, the_first_stream_may_come_again);
    tcase_add_test(earlier, an_earlier_one_is_put_back_too);
    tcase_add_loop_test(earlier, without_their_section_segments_are_not_listed, 0, 2);
    tcase_add_loop_test(earlier, an_earlier_one_may_have_another_date_or_mode, 0, 2);
    tcase_add_test(earlier, what_nobody_needs_goes_at_a_start);
    tcase_add_test(earlier, many_sections_are_nobodys_past);

    tcase_add_checked_fixture(container, open_stage, close_stage);
    tcase_add_loop_test(container, a_playlist_of_another_container_is_left_alone, 0, 2);
    tcase_add_test(container, without_a_playlist_what_is_of_another_container_goes);
    tcase_add_test(container, the_room_that_was_promised_is_enough);
    return suite_run(suite);
}

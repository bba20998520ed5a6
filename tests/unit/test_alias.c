/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files beside the playlist: its alias in a folder below, which never holds it up, and the
 * multivariant playlist.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N STAGE_NEWEST

enum {
    W = STAGE_WINDOW,
};

static struct stage stage;
static struct fake_disk alias;

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    fake_disk_init(&alias);
    stage.alias = &alias;
    stage_restart(&stage);
}

static void close_stage(void)
{
    ck_assert_int_eq(fake_disk_count_open(&alias), 0);
    stage_close(&stage);
    fake_disk_finish(&alias);
}

/* Each URI of the alias is one of the playlist with "../" before it; all else is equal. */
static bool is_alias(void)
{
    const struct fake_file *top = fake_disk_find(&stage.disk, PLAYLIST_NAME);
    const struct fake_file *below = fake_disk_find(&alias, PLAYLIST_NAME);
    const char *at;
    const char *other;
    const char *end;
    const char *other_end;

    if (!top || !below || !below->synced || below->time != top->time)
        return false;
    at = (const char *)top->bytes.data;
    other = (const char *)below->bytes.data;
    end = at + top->bytes.size;
    other_end = other + below->bytes.size;
    while (at < end && other < other_end) {
        size_t length = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at) + 1;

        if (*at != '#') {
            if (strncmp(other, "../", 3) != 0)
                return false;
            other += 3;
        }
        if (other + length > other_end || memcmp(at, other, length) != 0)
            return false;
        at += length;
        other += length;
    }
    return at == end && other == other_end;
}

static int mend(int *ret_made)
{
    struct publisher_damage damage;
    int result = publisher_mend(stage.publisher, &damage);

    *ret_made = damage.made;
    return result;
}

static void overwrite(struct fake_disk *disk, const char *name)
{
    ck_assert_int_eq(disk->fs.unlink(disk->fs.context, name), 0);
    fake_disk_put(disk, name, "x", 1, 0);
}

/* ---- alias ----------------------------------------------------------------------------------- */

START_TEST(the_alias_lists_the_same_segments_above_it)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert(is_alias());
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(stage_publish_next(&stage), 0);
        ck_assert(is_alias());
        ck_assert_int_eq(fake_disk_count(&alias), 1);
    }
}
END_TEST

START_TEST(it_is_prepared_and_then_renamed)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    ck_assert_ptr_nonnull(fake_disk_find(&alias, NAMES_PLAYLIST_TMP));
    (void)fake_disk_take_record(&alias);
    ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    ck_assert_str_eq(fake_disk_take_record(&alias),
                     "rename " NAMES_PLAYLIST_TMP " " PLAYLIST_NAME "\nsync_directory\n");
}
END_TEST

static const enum fake_call calls[] = {FAKE_CREATE, FAKE_WRITE,  FAKE_SYNC,          FAKE_CLOSE,
                                       FAKE_STATUS, FAKE_RENAME, FAKE_SYNC_DIRECTORY};

START_TEST(its_failure_holds_nothing_up_and_is_mended)
{
    int made;

    ck_assert_int_eq(stage_start(&stage, N), 0);
    fake_disk_fail(&alias, calls[_i], 1, INT64_MAX / 2, EIO);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(stage_publish_next(&stage), 0);
    stage_check(&stage);
    stage_check_listed(&stage, N + 3 - W + 1, N + 3);
    ck_assert_int_eq(mend(&made), -EIO);
    fake_disk_fail(&alias, calls[_i], 1, 0, 0);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 1);
    ck_assert(is_alias());
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 0);
}
END_TEST

START_TEST(it_is_mended_when_others_change_it)
{
    int made;

    ck_assert_int_eq(stage_start(&stage, N), 0);
    overwrite(&alias, PLAYLIST_NAME);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 1);
    ck_assert(is_alias());
    ck_assert_int_eq(alias.fs.unlink(alias.fs.context, PLAYLIST_NAME), 0);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert(is_alias());
}
END_TEST

/* The folder was that of a rendition. */
START_TEST(what_another_run_left_beside_it_goes)
{
    static const char *const ours[] = {"seg1.ts",          "seg897654660.ts",  NAMES_STATE,
                                       NAMES_SEGMENT_TMP,  NAMES_PLAYLIST_TMP, NAMES_INDEX,
                                       ".hlsgen-state.tmp"};

    for (int i = 0; i < LENGTH(ours); i++)
        fake_disk_put(&alias, ours[i], "x", 1, 0);
    fake_disk_put(&alias, "index.html", "x", 1, 0);
    fake_disk_put(&alias, "seg01.ts", "x", 1, 0);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    for (int i = 0; i < LENGTH(ours); i++)
        ck_assert_msg(!fake_disk_find(&alias, ours[i]), "%s is left", ours[i]);
    ck_assert_ptr_nonnull(fake_disk_find(&alias, "index.html"));
    ck_assert_ptr_nonnull(fake_disk_find(&alias, "seg01.ts"));
    ck_assert(is_alias());
}
END_TEST

START_TEST(it_goes_with_the_playlist)
{
    fake_disk_put(&alias, PLAYLIST_NAME, "x", 1, 0);
    ck_assert_int_eq(stage_start(&stage, -1), 0);
    ck_assert_ptr_null(fake_disk_find(&alias, PLAYLIST_NAME));
    ck_assert_ptr_null(fake_disk_find(&stage.disk, PLAYLIST_NAME));
}
END_TEST

START_TEST(nothing_is_left_of_what_was_prepared)
{
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    publisher_abandon(stage.publisher);
    ck_assert_int_eq(fake_disk_count(&alias), 1);
}
END_TEST

/* A kill came between the two renames of the last publication. */
START_TEST(of_a_stream_that_has_ended_it_gets_its_end)
{
    int made;

    stage.follow = 1;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    fake_disk_fail(&alias, FAKE_RENAME, 1, 1, EIO);
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    ck_assert(publisher_has_ended(stage.publisher));
    ck_assert(!is_alias());
    stage_restart(&stage);
    for (int i = 0; i < 2; i++) {
        struct publisher_resumption resumption;

        ck_assert_int_eq(publisher_resume(stage.publisher, N + 10, &resumption), 0);
        ck_assert(resumption.ended);
        (void)fake_disk_take_record(&stage.disk);
        ck_assert_int_eq(mend(&made), 0);
        ck_assert_int_eq(made, i == 0);
        ck_assert(is_alias());
        ck_assert_str_eq(fake_disk_take_record(&stage.disk), "");
        stage_restart(&stage);
    }
}
END_TEST

/* ---- the multivariant playlist ----------------------------------------------------------------
 */

#define MASTER "#EXTM3U\n# hlsgen\n"

/* Another run, whose multivariant playlist says @p text. */
static int put_master(const char *text)
{
    stage.master = text;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    return publisher_put_master(stage.publisher);
}

static void check_master(const char *text)
{
    const struct fake_file *file = fake_disk_find(&stage.disk, NAMES_MASTER);

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(file->bytes.size, strlen(text));
    ck_assert_mem_eq(file->bytes.data, text, strlen(text));
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_MASTER_TMP));
}

START_TEST(a_master_is_written_by_a_rename_if_it_differs)
{
    ck_assert_int_eq(put_master(MASTER), 0);
    check_master(MASTER);
    (void)fake_disk_take_record(&stage.disk);
    ck_assert_int_eq(put_master(MASTER), 0);
    check_master(MASTER);
    ck_assert_ptr_null(strstr(fake_disk_take_record(&stage.disk), NAMES_MASTER));
    ck_assert_int_eq(put_master(MASTER "#"), 0);
    check_master(MASTER "#");
    ck_assert_ptr_nonnull(strstr(fake_disk_take_record(&stage.disk),
                                 "rename " NAMES_MASTER_TMP " " NAMES_MASTER "\n"
                                 "sync_directory\n"));
    ck_assert_int_eq(put_master(MASTER "?"), 0); /* of the same size */
    check_master(MASTER "?");
}
END_TEST

/* What comes late is not what others have changed. */
START_TEST(a_master_is_mended)
{
    int made;

    stage.master = MASTER;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    fake_disk_fail(&stage.disk, FAKE_RENAME, 1, 1, ENOSPC);
    ck_assert_int_eq(publisher_put_master(stage.publisher), -ENOSPC);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 0);
    check_master(MASTER);
    overwrite(&stage.disk, NAMES_MASTER);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 1);
    check_master(MASTER);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 0);
}
END_TEST

START_TEST(a_master_that_nobody_goes_on_with_is_removed)
{
    static const char *const texts[] = {NULL, MASTER};

    ck_assert_int_eq(put_master(MASTER), 0);
    fake_disk_put(&stage.disk, NAMES_MASTER_TMP, MASTER, 1, 0);
    stage.master = texts[_i];
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    ck_assert_int_eq(fake_disk_find(&stage.disk, NAMES_MASTER) != NULL, stage.master != NULL);
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_MASTER_TMP));
}
END_TEST

START_TEST(names_that_are_ours)
{
    static const char *const published[] = {
        "stream.m3u8",  "master.m3u8", "index.json",  "SHA256SUMS",     "urls.txt",
        "hlsgen.state", "status.json", "hlsgen.prom", "hlsgen.alive-5", "seg0.ts"};
    static const char *const foreign[] = {"index.html", "seg00.ts", "Master.m3u8", "urls.txt~", ""};

    for (int i = 0; i < LENGTH(published); i++)
        ck_assert(names_is_published(published[i]) && names_is_ours(published[i]));
    ck_assert(names_is_ours(NAMES_MASTER_TMP) && !names_is_published(NAMES_MASTER_TMP));
    ck_assert(names_is_ours(NAMES_INDEX_TMP) && !names_is_published(NAMES_INDEX_TMP));
    ck_assert(names_is_ours(NAMES_STATUS_TMP) && !names_is_published(NAMES_STATUS_TMP));
    ck_assert(names_is_ours(NAMES_METRICS_TMP) && !names_is_published(NAMES_METRICS_TMP));
    ck_assert(names_is_ours(NAMES_LEASE_TMP) && !names_is_published(NAMES_LEASE_TMP));
    for (int i = 0; i < LENGTH(foreign); i++)
        ck_assert(!names_is_ours(foreign[i]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alias");
    TCase *aliases = suite_add(suite, "alias");
    TCase *masters = suite_add(suite, "masters");

    tcase_add_checked_fixture(aliases, open_stage, close_stage);
    tcase_add_checked_fixture(masters, open_stage, close_stage);
    tcase_add_test(aliases, the_alias_lists_the_same_segments_above_it);
    tcase_add_test(aliases, it_is_prepared_and_then_renamed);
    tcase_add_loop_test(aliases, its_failure_holds_nothing_up_and_is_mended, 0, LENGTH(calls));
    tcase_add_test(aliases, it_is_mended_when_others_change_it);
    tcase_add_test(aliases, what_another_run_left_beside_it_goes);
    tcase_add_test(aliases, it_goes_with_the_playlist);
    tcase_add_test(aliases, nothing_is_left_of_what_was_prepared);
    tcase_add_test(aliases, of_a_stream_that_has_ended_it_gets_its_end);
    tcase_add_test(masters, a_master_is_written_by_a_rename_if_it_differs);
    tcase_add_test(masters, a_master_is_mended);
    tcase_add_loop_test(masters, a_master_that_nobody_goes_on_with_is_removed, 0, 2);
    tcase_add_test(masters, names_that_are_ours);
    return suite_run(suite);
}

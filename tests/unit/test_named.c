/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A playlist names only what is there, whatever fails: the multivariant playlist, and those that
 * follow the playlist and may stay behind.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N      STAGE_NEWEST
#define MASTER "#EXTM3U\n# hlsgen\n"

enum {
    W = STAGE_WINDOW,
    TEXT_SIZE = 8192,
    LONG = 4 * W, /* segments after which those that were listed are gone */
};

static struct stage stage;
static struct fake_disk alias;
static struct fake_disk top; /* of a ladder, of which this is another rendition */

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    fake_disk_init(&alias);
    fake_disk_init(&top);
    stage.alias = &alias;
    stage.has_iframes = true;
    stage_restart(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
    fake_disk_finish(&alias);
    fake_disk_finish(&top);
}

static bool has(const struct fake_disk *disk, const char *name)
{
    return fake_disk_find(disk, name) != NULL;
}

static void put(struct fake_disk *disk, const char *name, const char *text)
{
    fake_disk_put(disk, name, text, strlen(text), 0);
}

static void take(struct fake_disk *disk, const char *name)
{
    ck_assert_int_eq(disk->fs.unlink(disk->fs.context, name), 0);
}

static int mend(int *ret_made)
{
    struct publisher_damage damage;
    int result = publisher_mend(stage.publisher, &damage);

    *ret_made = damage.made;
    return result;
}

static void restart(int64_t due)
{
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, due), 0);
}

/* A segment that the playlist names lies where it says. */
static void check_uri(const struct fake_disk *disk, const char *playlist, const char *uri)
{
    char name[FAKE_NAME_SIZE];
    const struct fake_disk *where = strncmp(uri, "../", 3) == 0 ? &stage.disk : disk;

    uri += strncmp(uri, "../", 3) == 0 ? 3 : 0;
    ck_assert_uint_lt(strcspn(uri, "\n"), sizeof(name));
    memcpy(name, uri, strcspn(uri, "\n"));
    name[strcspn(uri, "\n")] = '\0';
    ck_assert_msg(has(where, name), "%s names %s, which is gone", playlist, name);
}

static void check_playlist(const struct fake_disk *disk, const char *name)
{
    const struct fake_file *file = fake_disk_find(disk, name);
    char text[TEXT_SIZE];

    if (!file)
        return;
    ck_assert_uint_lt(file->bytes.size, sizeof(text));
    memcpy(text, file->bytes.data, file->bytes.size);
    text[file->bytes.size] = '\0';
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        if (*line != '#')
            check_uri(disk, name, line);
    }
}

/* A removal of what named a segment is not to be undone by a power cut. */
static void check_names(void *arg, enum fake_call call, const char *name)
{
    if (arg == &stage.disk && call == FAKE_UNLINK && playlist_segment_number(name) >= 0)
        ck_assert_int_eq(alias.unsynced, 0);
    check_playlist(&stage.disk, PLAYLIST_NAME);
    check_playlist(&stage.disk, PLAYLIST_IFRAMES_NAME);
    check_playlist(&alias, PLAYLIST_NAME);
    check_playlist(&alias, PLAYLIST_IFRAMES_NAME);
}

/* From now on, after each call. */
static void watch_names(void)
{
    stage.disk.after = alias.after = check_names;
    stage.disk.arg = &stage.disk;
}

/* ---- the multivariant playlist --------------------------------------------------------------- */

/* It names I-frame playlists of all renditions. */
static void check_master_goes_first(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    if (call == FAKE_UNLINK && strcmp(name, PLAYLIST_IFRAMES_NAME) == 0)
        ck_assert(!has(&top, NAMES_MASTER));
}

START_TEST(another_master_goes_before_what_it_names)
{
    restart(N);
    put(&top, NAMES_MASTER, MASTER "iframes.m3u8\n");
    stage.top = &top;
    stage.master = MASTER;
    stage.has_iframes = false;
    stage.disk.after = check_master_goes_first;
    restart(N);
    ck_assert(!has(&stage.disk, PLAYLIST_IFRAMES_NAME));
    ck_assert(!has(&top, NAMES_MASTER));
}
END_TEST

START_TEST(the_same_master_stays)
{
    stage.top = &top;
    stage.master = MASTER;
    restart(N);
    put(&top, NAMES_MASTER, MASTER);
    restart(N);
    ck_assert(has(&top, NAMES_MASTER));
    ck_assert_int_eq(publisher_put_master(stage.publisher), 0);
    ck_assert(!has(&stage.disk, NAMES_MASTER)); /* it is another's */
}
END_TEST

START_TEST(the_same_master_goes_with_a_playlist)
{
    stage.top = &top;
    stage.master = MASTER;
    restart(N);
    put(&top, NAMES_MASTER, MASTER);
    take(&stage.disk, PLAYLIST_NAME);
    put(&stage.disk, PLAYLIST_NAME, "x");
    restart(N);
    ck_assert(!has(&top, NAMES_MASTER));
}
END_TEST

/* Nor is it one that others have changed. */
START_TEST(a_master_waits_for_what_it_names)
{
    struct fake_disk *disks[] = {&stage.disk, &alias};
    int made;

    stage.master = MASTER;
    stage.has_iframes = _i < 2;
    restart(N);
    take(disks[_i % 2], stage.has_iframes ? PLAYLIST_IFRAMES_NAME : PLAYLIST_NAME);
    ck_assert_int_eq(publisher_put_master(stage.publisher), 0);
    ck_assert(!has(&stage.disk, NAMES_MASTER));
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 1); /* what was taken away */
    ck_assert(has(&stage.disk, NAMES_MASTER));
}
END_TEST

/* Of segments of sound alone. */
static void take_pictures(int64_t first, int64_t newest)
{
    for (int64_t index = first; index <= newest; index++) {
        char name[PLAYLIST_SEGMENT_NAME_SIZE];

        playlist_segment_name(index, 0, name);
        take(&stage.disk, name);
        fake_disk_put(&stage.disk, name, "sound", 5, timeline_due(&stage.line, index));
    }
}

/* To another stream, of which the first picture is yet to come. */
static void change_from_sound(void)
{
    stage.has_iframes = false;
    restart(N);
    take_pictures(N - W + 1, N);
    stage_change_stream(&stage, stage.line);
    stage.has_iframes = true;
}

START_TEST(a_master_waits_for_the_first_picture)
{
    int made;

    change_from_sound();
    stage.master = MASTER;
    restart(N);
    ck_assert_int_eq(publisher_put_master(stage.publisher), 0);
    ck_assert(!has(&stage.disk, NAMES_MASTER));
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    ck_assert_int_eq(mend(&made), 0); /* it leaves what is prepared */
    ck_assert(!has(&stage.disk, NAMES_MASTER));
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 0);
    ck_assert(has(&stage.disk, NAMES_MASTER));
}
END_TEST

START_TEST(what_is_prepared_of_the_first_picture_is_not_thrown_away)
{
    int made;

    change_from_sound();
    restart(N);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 0);
    ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    ck_assert(has(&stage.disk, PLAYLIST_IFRAMES_NAME) && has(&alias, PLAYLIST_IFRAMES_NAME));
}
END_TEST

/* ---- what earlier runs left ------------------------------------------------------------------ */

/* Others of its ladder have had a discontinuity meanwhile. */
START_TEST(the_playlist_of_who_was_away_goes_before_its_segments)
{
    struct publisher_resumption resumption;

    restart(N);
    stage.joined = (struct findings_break){.discontinuities = 1, .index = N + 20};
    stage_sleep_until_due(&stage, N + LONG);
    stage_restart(&stage);
    watch_names();
    ck_assert_int_eq(publisher_resume(stage.publisher, N + LONG, &resumption), 0);
    ck_assert(resumption.breaks);
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    ck_assert(!stage_has_segment(&stage, N));
    ck_assert(!has(&stage.disk, PLAYLIST_NAME));
}
END_TEST

/* Until now another rendition was at the top. */
START_TEST(the_playlist_in_the_folder_of_the_alias_goes_before_its_segments)
{
    stage.top = &top;
    stage.master = MASTER;
    restart(N);
    put(&top, NAMES_MASTER, MASTER);
    take(&alias, PLAYLIST_NAME);
    take(&alias, PLAYLIST_IFRAMES_NAME);
    put(&alias, PLAYLIST_NAME, "#EXTM3U\nseg5.ts\n");
    put(&alias, PLAYLIST_IFRAMES_NAME, "#EXTM3U\nseg5.ts\n");
    put(&alias, "seg5.ts", "x");
    watch_names();
    fake_disk_fail(&alias, FAKE_CREATE, 1, INT64_MAX / 2, EIO);
    restart(N + 1);
    ck_assert(!has(&alias, "seg5.ts"));
    ck_assert(!has(&alias, PLAYLIST_NAME));
    ck_assert(!has(&top, NAMES_MASTER));
}
END_TEST

START_TEST(what_an_old_alias_lists_stays_until_it_is_replaced)
{
    stage.has_iframes = false;
    restart(N);
    fake_disk_fail(&alias, FAKE_RENAME, 1, 1, EIO);
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    stage_sleep_until_due(&stage, N + LONG);
    watch_names();
    restart(N + LONG);
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    ck_assert(!stage_has_segment(&stage, N - W + 1));
}
END_TEST

/* ---- what stays behind ----------------------------------------------------------------------- */

START_TEST(an_alias_that_cannot_be_written_goes_before_its_segments)
{
    int made;

    stage.has_iframes = _i != 0;
    restart(N);
    watch_names();
    fake_disk_fail(&alias, FAKE_CREATE, 1, INT64_MAX / 2, EISDIR);
    stage_publish_until(&stage, N + W);
    ck_assert(has(&alias, PLAYLIST_NAME)); /* all that it lists is there */
    stage_publish_until(&stage, N + LONG);
    ck_assert(!has(&alias, PLAYLIST_NAME) && !has(&alias, PLAYLIST_IFRAMES_NAME));
    fake_disk_fail(&alias, FAKE_CREATE, 1, 0, 0);
    ck_assert_int_eq(mend(&made), 0);
    ck_assert(has(&alias, PLAYLIST_NAME));
    ck_assert_int_eq(has(&alias, PLAYLIST_IFRAMES_NAME), stage.has_iframes);
}
END_TEST

static void take_iframes_away(void *arg, enum fake_call call, const char *name)
{
    check_names(arg, call, name);
    if (call == FAKE_CLOSE && strcmp(name, NAMES_IFRAMES_TMP) == 0)
        take(&stage.disk, NAMES_IFRAMES_TMP);
}

START_TEST(an_iframe_playlist_that_cannot_be_written_goes_before_its_segments)
{
    restart(N);
    stage.disk.after = take_iframes_away;
    stage_publish_until(&stage, N + W);
    ck_assert(has(&stage.disk, PLAYLIST_IFRAMES_NAME));
    stage_publish_until(&stage, N + LONG);
    ck_assert(!has(&stage.disk, PLAYLIST_IFRAMES_NAME));
    ck_assert(has(&alias, PLAYLIST_IFRAMES_NAME));
    watch_names();
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    ck_assert(has(&stage.disk, PLAYLIST_IFRAMES_NAME));
}
END_TEST

/* It is tried again as long as it takes. */
START_TEST(a_removal_that_fails_comes_later)
{
    restart(N);
    fake_disk_fail(&alias, FAKE_RENAME, 1, INT64_MAX / 2, EIO);
    stage_publish_until(&stage, N + W);
    fake_disk_fail(&alias, FAKE_ANY, 1, INT64_MAX / 2, EIO);
    stage_publish_until(&stage, N + LONG);
    ck_assert(has(&alias, PLAYLIST_NAME));
    fake_disk_fail(&alias, FAKE_RENAME, 1, INT64_MAX / 2, EIO);
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    ck_assert(!has(&alias, PLAYLIST_NAME) && !has(&alias, PLAYLIST_IFRAMES_NAME));
}
END_TEST

/* On a full disk, a segment goes before its retention is over. */
START_TEST(what_stayed_behind_goes_before_what_makes_room)
{
    restart(N);
    fake_disk_fail(&alias, FAKE_CREATE, 1, INT64_MAX / 2, EIO);
    stage_publish_until(&stage, N + 2);
    watch_names();
    fake_clock_advance(&stage.clock, LONG * timeline_due(&stage.line, 1));
    publisher_step(stage.publisher, LONG * timeline_due(&stage.line, 1));
    stage.disk.room = fake_disk_used(&stage.disk);
    (void)publisher_prepare(stage.publisher);
    ck_assert(!stage_has_segment(&stage, N - W + 1));
    ck_assert(!has(&alias, PLAYLIST_NAME));
}
END_TEST

/* There is always a segment that goes, but none that it lists. */
START_TEST(a_short_failure_removes_nothing)
{
    int made;

    restart(N);
    stage_publish_until(&stage, N + LONG);
    fake_disk_fail(&alias, FAKE_CREATE, 1, INT64_MAX / 2, EIO);
    stage.disk.after = take_iframes_away;
    for (int i = 0; i < W; i++) {
        ck_assert_int_eq(stage_publish_next(&stage), 0);
        ck_assert(has(&alias, PLAYLIST_NAME) && has(&alias, PLAYLIST_IFRAMES_NAME));
        ck_assert(has(&stage.disk, PLAYLIST_IFRAMES_NAME));
    }
    fake_disk_fail(&alias, FAKE_CREATE, 1, 0, 0);
    watch_names();
    ck_assert_int_eq(mend(&made), 0);
    ck_assert_int_eq(made, 2);
}
END_TEST

/* It was never listed. */
START_TEST(what_was_prepared_goes_and_nothing_else)
{
    restart(N);
    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    fake_disk_fail(&stage.disk, FAKE_UNLINK, 1, INT64_MAX / 2, EIO);
    publisher_abandon(stage.publisher);
    fake_disk_fail(&stage.disk, FAKE_UNLINK, 1, 0, 0);
    ck_assert(stage_has_segment(&stage, N + 1));
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    ck_assert(!stage_has_segment(&stage, N + 1));
    ck_assert(has(&alias, PLAYLIST_NAME) && has(&alias, PLAYLIST_IFRAMES_NAME));
    ck_assert(has(&stage.disk, PLAYLIST_IFRAMES_NAME));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("named");
    TCase *masters = suite_add(suite, "masters");
    TCase *earlier = suite_add(suite, "earlier");
    TCase *behind = suite_add(suite, "behind");

    tcase_add_checked_fixture(masters, open_stage, close_stage);
    tcase_add_checked_fixture(earlier, open_stage, close_stage);
    tcase_add_checked_fixture(behind, open_stage, close_stage);
    tcase_add_test(masters, another_master_goes_before_what_it_names);
    tcase_add_test(masters, the_same_master_stays);
    tcase_add_test(masters, the_same_master_goes_with_a_playlist);
    tcase_add_loop_test(masters, a_master_waits_for_what_it_names, 0, 4);
    tcase_add_test(masters, a_master_waits_for_the_first_picture);
    tcase_add_test(masters, what_is_prepared_of_the_first_picture_is_not_thrown_away);
    tcase_add_test(earlier, the_playlist_of_who_was_away_goes_before_its_segments);
    tcase_add_test(earlier, the_playlist_in_the_folder_of_the_alias_goes_before_its_segments);
    tcase_add_test(earlier, what_an_old_alias_lists_stays_until_it_is_replaced);
    tcase_add_loop_test(behind, an_alias_that_cannot_be_written_goes_before_its_segments, 0, 2);
    tcase_add_test(behind, an_iframe_playlist_that_cannot_be_written_goes_before_its_segments);
    tcase_add_test(behind, a_removal_that_fails_comes_later);
    tcase_add_test(behind, what_stayed_behind_goes_before_what_makes_room);
    tcase_add_test(behind, a_short_failure_removes_nothing);
    tcase_add_test(behind, what_was_prepared_goes_and_nothing_else);
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I-frame playlists of finite streams: beside each playlist, and gone when nobody wants them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "tests/unit/suite.h"
#include "tests/unit/vod_stage.h"

static const char *const paths[] = {"iframes.m3u8", "360p/iframes.m3u8", "720p/iframes.m3u8"};

/* As a client needs it: a line for each, with the range of its picture. */
static void check_iframes(const char *path, int64_t lane, const char *before)
{
    char *text = stage_text_of(path);
    const char *at = text;
    char wanted[128];

    ck_assert_msg(text, "%s is missing", path);
    ck_assert_int_eq(strncmp(text, "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-I-FRAMES-ONLY\n", 46), 0);
    for (int64_t i = 0; i < SEGMENTS; i++) {
        int64_t size = (SIZE * (lane + 1) + i) * 1000 + 'a' + FIRST + i + lane;

        (void)snprintf(wanted, sizeof(wanted),
                       "#EXTINF:2.000000,\n#EXT-X-BYTERANGE:%lld@%lld\n%sseg%lld.ts\n",
                       (long long)size, (long long)lane, before, (long long)(FIRST + i));
        at = strstr(at, wanted);
        ck_assert_msg(at, "%s lacks %s", path, wanted);
    }
    ck_assert_str_eq(strstr(at, "#EXT-X-ENDLIST"), "#EXT-X-ENDLIST\n");
    free(text);
}

static int64_t count_named(const char *list)
{
    char *text = stage_text_of(list);
    int64_t count = 0;

    ck_assert_ptr_nonnull(text);
    for (const char *at = text; (at = strstr(at, "iframes.m3u8\n")) != NULL; at++)
        count++;
    free(text);
    return count;
}

static void check_with_iframes(void)
{
    int64_t count = stage.lanes > 1 ? 3 : 1;

    check_iframes(paths[0], 0, "");
    if (stage.lanes > 1) {
        check_iframes(paths[1], 1, "");
        check_iframes(paths[2], 0, "../");
    }
    ck_assert_ptr_nonnull(stage_find(NAMES_MASTER));
    ck_assert_int_eq(count_named(NAMES_URLS), count);
    ck_assert_int_eq(count_named(NAMES_SUMS), count);
    stage_check_named(NAMES_SUMS, 66);
    stage_check_named(NAMES_URLS, 0);
}

START_TEST(each_playlist_has_one_beside_it)
{
    stage.lanes = _i;
    stage.has_iframes = true;
    ck_assert_int_eq(stage_make(), 0);
    check_with_iframes();
}
END_TEST

/* Of templates segments are made anew to be hashed, of others the files are read. */
START_TEST(another_run_finds_the_pictures_again)
{
    stage.lanes = LANES;
    stage.slow = _i == 1;
    ck_assert_int_eq(stage_make(), 0);
    stage.asked = 0;
    stage.has_iframes = true;
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_int_eq(stage.asked, _i == 1 ? 0 : LANES * SEGMENTS);
    check_with_iframes();
}
END_TEST

/* What is named is there at every instant, after a kill, too, and has the bytes of its digest. */
static void check_named(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    (void)call;
    (void)name;
    stage_check_named(NAMES_URLS, 0);
    stage_check_named(NAMES_SUMS, 66);
}

static void fail_at_each_call(int64_t lanes, bool has_iframes)
{
    bool failed = true;

    for (int call = 1; failed; call++) {
        stage.lanes = lanes;
        stage.has_iframes = !has_iframes;
        ck_assert_int_eq(stage_make(), 0);
        stage.has_iframes = has_iframes;
        for (int i = 0; i < DISKS; i++)
            stage.disks[i].after = check_named;
        fake_disk_fail(&stage.disks[TOP], FAKE_ANY, call, 1000, EIO);
        failed = stage_make() < 0;
        fake_disk_fail(&stage.disks[TOP], FAKE_ANY, 1, 0, 0);
        ck_assert_int_eq(stage_make(), 0);
        if (has_iframes)
            check_with_iframes();
        else
            stage_check_all();
        stage_close();
        stage_open();
    }
}

START_TEST(they_go_when_nobody_wants_them)
{
    fail_at_each_call(_i, false);
}
END_TEST

START_TEST(they_come_when_they_are_wanted)
{
    fail_at_each_call(_i, true);
}
END_TEST

START_TEST(a_master_of_others_stays)
{
    ck_assert_int_eq(stage_make(), 0);
    fake_disk_put(&stage.disks[TOP], NAMES_MASTER, "#EXTM3U\n# mine\n", 15, 0);
    ck_assert_int_eq(stage_make(), 0);
    ck_assert_ptr_nonnull(stage_find(NAMES_MASTER));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vod_iframes");
    TCase *tcase = suite_add(suite, "iframes");

    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_add_loop_test(tcase, each_playlist_has_one_beside_it, 1, LANES + 1);
    tcase_add_loop_test(tcase, another_run_finds_the_pictures_again, 0, 2);
    tcase_add_loop_test(tcase, they_go_when_nobody_wants_them, 1, LANES + 1);
    tcase_add_loop_test(tcase, they_come_when_they_are_wanted, 1, LANES + 1);
    tcase_add_test(tcase, a_master_of_others_stays);
    return suite_run(suite);
}

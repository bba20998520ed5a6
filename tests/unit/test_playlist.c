/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Media playlists to the byte, and the names of segments. */
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "tests/unit/suite.h"

#define NS INT64_C(1000000000)

static const char golden[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:3\n"
    "#EXT-X-TARGETDURATION:2\n"
    "#EXT-X-MEDIA-SEQUENCE:897654660\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:00.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg897654660.ts\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:02.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg897654661.ts\n";

static const char golden_ntsc[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:3\n"
    "#EXT-X-TARGETDURATION:2\n"
    "#EXT-X-MEDIA-SEQUENCE:0\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T00:00:00.000Z\n"
    "#EXTINF:2.002000,\n"
    "seg0.ts\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T00:00:02.002Z\n"
    "#EXTINF:2.002000,\n"
    "seg1.ts\n";

static const char golden_empty[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:3\n"
    "#EXT-X-TARGETDURATION:6\n"
    "#EXT-X-MEDIA-SEQUENCE:5\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n";

static const struct {
    int64_t epoch;
    int duration_ms;
    int rate_num;
    int rate_den;
    int64_t first;
    int64_t count;
    const char *text;
} playlists[] = {
    {0, 2000, 30, 1, 897654660, 2, golden},
    {1795305600 * NS, 2000, 30000, 1001, 0, 2, golden_ntsc},
    {0, 6000, 30, 1, 5, 0, golden_empty},
};

START_TEST(a_playlist_is_written_to_the_byte)
{
    struct timeline line = timeline_make(playlists[_i].epoch, playlists[_i].duration_ms,
                                         playlists[_i].rate_num, playlists[_i].rate_den);
    char *text = malloc(playlist_size(playlists[_i].count));
    size_t size = playlist_write(&line, playlists[_i].first, playlists[_i].count, text);

    ck_assert_uint_eq(size, strlen(playlists[_i].text));
    ck_assert_mem_eq(text, playlists[_i].text, size);
    free(text);
}
END_TEST

static const struct {
    int rate;
    int64_t frames;
    int64_t first;
} longest[] = {
    {240, 1, INT64_C(1000000000000)}, /* the longest names */
    {30, 30 * 3600, 2000000},         /* the longest EXTINF: an hour */
    {30, 60, 0},
};

START_TEST(a_playlist_of_1000_segments_fits)
{
    struct timeline line = {
        .rate_num = longest[_i].rate, .rate_den = 1, .frames = longest[_i].frames};
    char *text = malloc(playlist_size(1000));
    size_t size = playlist_write(&line, longest[_i].first, 1000, text);

    ck_assert_uint_lt(size, playlist_size(1000)); /* the NUL fits as well */
    ck_assert_uint_eq(strlen(text), size);
    free(text);
}
END_TEST

/* 4.3.3.1: EXTINF, rounded to the nearest integer, must not exceed it. */
START_TEST(the_target_duration_is_the_duration_rounded)
{
    static const struct {
        int duration_ms, rate_num, rate_den;
        const char *line;
    } targets[] = {
        {2000, 30000, 1001, "\n#EXT-X-TARGETDURATION:2\n"},
        {1500, 30, 1, "\n#EXT-X-TARGETDURATION:2\n"},
        {2400, 25, 1, "\n#EXT-X-TARGETDURATION:2\n"},
        {2480, 25, 1, "\n#EXT-X-TARGETDURATION:2\n"},
        {2520, 25, 1, "\n#EXT-X-TARGETDURATION:3\n"},
        {10000, 24000, 1001, "\n#EXT-X-TARGETDURATION:10\n"},
    };

    for (int i = 0; i < LENGTH(targets); i++) {
        struct timeline line =
            timeline_make(0, targets[i].duration_ms, targets[i].rate_num, targets[i].rate_den);
        char text[4096];

        (void)playlist_write(&line, 7, 3, text);
        ck_assert_ptr_nonnull(strstr(text, targets[i].line));
    }
}
END_TEST

START_TEST(an_index_has_a_name_and_the_name_its_index)
{
    static const int64_t indices[] = {0, 1, 9, 10, 897654660, INT64_C(1000000000000), INT64_MAX};

    for (int i = 0; i < LENGTH(indices); i++) {
        char name[PLAYLIST_SEGMENT_NAME_SIZE];

        playlist_segment_name(indices[i], name);
        ck_assert_int_eq(playlist_segment_index(name), indices[i]);
    }
}
END_TEST

static const char *const foreign[] = {
    "",
    "seg",
    "seg.ts",
    "seg007.ts",
    "seg00.ts",
    "seg-1.ts",
    "seg-0.ts",
    "seg-5.ts",
    "seg+1.ts",
    "seg 1.ts",
    "seg1",
    "seg1.t",
    "seg1.ts ",
    "seg1.ts.tmp",
    "seg1.tsx",
    "Seg1.ts",
    "sega1.ts",
    "seg1a.ts",
    "seg0x1.ts",
    "seg1.0.ts",
    "seg99999999999999999999.ts",
    "1.ts",
    "seg1.TS",
    " seg1.ts",
    "segseg1.ts",
    "seg9223372036854775808.ts",
    "stream.m3u8",
};

START_TEST(other_names_are_not_ours)
{
    ck_assert_int_eq(playlist_segment_index(foreign[_i]), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playlist");
    TCase *text = suite_add(suite, "text");
    TCase *names = suite_add(suite, "names");

    tcase_add_loop_test(text, a_playlist_is_written_to_the_byte, 0, LENGTH(playlists));
    tcase_add_loop_test(text, a_playlist_of_1000_segments_fits, 0, LENGTH(longest));
    tcase_add_test(text, the_target_duration_is_the_duration_rounded);
    tcase_add_test(names, an_index_has_a_name_and_the_name_its_index);
    tcase_add_loop_test(names, other_names_are_not_ours, 0, LENGTH(foreign));
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I-frame playlists: which segments they list, and their text to the byte. */
#include <stdlib.h>
#include <string.h>

#include "hls/iframes.h"
#include "tests/unit/suite.h"

#define S INT64_C(1000000000)

enum {
    COUNT = 4,
};

static const char golden[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:4\n"
    "#EXT-X-I-FRAMES-ONLY\n"
    "#EXT-X-PLAYLIST-TYPE:EVENT\n"
    "#EXT-X-TARGETDURATION:2\n"
    "#EXT-X-MEDIA-SEQUENCE:8\n"
    "#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:04.000Z\n"
    "#EXTINF:2.000000,\n"
    "#EXT-X-BYTERANGE:25004@376\n"
    "../seg8.ts\n"
    "#EXT-X-DISCONTINUITY\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:06.000Z\n"
    "#EXTINF:2.000000,\n"
    "#EXT-X-BYTERANGE:10152@376\n"
    "../seg9.ts\n"
    "#EXT-X-ENDLIST\n";

static const char golden_mapped[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:5\n"
    "#EXT-X-I-FRAMES-ONLY\n"
    "#EXT-X-TARGETDURATION:2\n"
    "#EXT-X-MEDIA-SEQUENCE:9\n"
    "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-MAP:URI=\"init-0123456789abcdef.mp4\"\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:00.000Z\n"
    "#EXTINF:2.000000,\n"
    "#EXT-X-BYTERANGE:10152@0\n"
    "seg9.m4s\n";

/* Of the first the picture is not known, of the second it is. */
static struct playlist_entry entries_gap[COUNT] = {
    {.start = 1795309320 * S, .duration_us = 2000000, .iframe = {376, 1000}},
    {.start = 1795309322 * S, .duration_us = 2000000, .discontinuity = true},
    {.start = 1795309324 * S, .duration_us = 2000000, .iframe = {376, 25004}},
    {.start = 1795309326 * S,
     .duration_us = 2000000,
     .discontinuity = true,
     .iframe = {376, 10152}},
};

static struct playlist_entry entries_mapped[] = {
    {.start = 1795309320 * S,
     .duration_us = 2000000,
     .map = UINT64_C(0x0123456789abcdef),
     .iframe = {0, 10152}},
};

static const struct {
    struct playlist playlist;
    const char *before;
    const char *text;
} playlists[] = {
    {{2, 6, 2, COUNT, entries_gap, PLAYLIST_EVENT, true, false}, "../", golden},
    {{2, 9, 0, 1, entries_mapped, PLAYLIST_LIVE, false, false}, "", golden_mapped},
};

START_TEST(an_iframe_playlist_is_written_to_the_byte)
{
    const struct playlist iframes = iframes_of(&playlists[_i].playlist);
    char *text = malloc(playlist_size(iframes.count));
    size_t size = playlist_write(&iframes, playlists[_i].before, text);

    ck_assert_uint_eq(size, strlen(playlists[_i].text));
    ck_assert_str_eq(text, playlists[_i].text);
    free(text);
}
END_TEST

/* It is never taken for the playlist of the stream. */
START_TEST(an_iframe_playlist_is_no_media_playlist)
{
    struct playlist_entry entries[COUNT];
    struct playlist read = {.entries = entries};
    const char *text = playlists[_i].text;

    ck_assert_int_lt(playlist_parse(text, strlen(text), COUNT, &read), 0);
    ck_assert(!playlist_is_finite(text, strlen(text)));
}
END_TEST

START_TEST(without_a_known_picture_there_is_nothing_to_list)
{
    struct playlist_entry unknown = {.duration_us = 2000000, .discontinuity = true};
    const struct playlist playlist = {.sequence = 7, .count = 1, .entries = &unknown};
    const struct playlist iframes = iframes_of(&playlist);

    ck_assert_int_eq(iframes.count, 0);
    ck_assert_int_eq(iframes.sequence, 8);
    ck_assert_int_eq(iframes.discontinuities, 1);
}
END_TEST

START_TEST(with_all_pictures_known_all_segments_are_listed)
{
    struct playlist_entry entries[COUNT];
    struct playlist playlist = {.sequence = 5,
                                .discontinuities = 1,
                                .count = COUNT,
                                .entries = entries,
                                .kind = PLAYLIST_VOD,
                                .ended = true};
    struct playlist iframes;

    for (int i = 0; i < COUNT; i++)
        entries[i] = (struct playlist_entry){.discontinuity = i == 0, .iframe = {376, i + 1}};
    iframes = iframes_of(&playlist);
    ck_assert_int_eq(iframes.sequence, 5);
    ck_assert_int_eq(iframes.discontinuities, 1);
    ck_assert_int_eq(iframes.count, COUNT);
    ck_assert_ptr_eq(iframes.entries, entries);
    ck_assert(iframes.iframes_only && iframes.ended && iframes.kind == PLAYLIST_VOD);
    ck_assert(!playlist.iframes_only);
}
END_TEST

START_TEST(the_longest_iframe_playlist_fits)
{
    static struct playlist_entry entries[1000];
    const struct playlist playlist = {.target = 3600,
                                      .sequence = INT64_C(1000000000000),
                                      .discontinuities = 999999999999,
                                      .count = 1000,
                                      .entries = entries,
                                      .kind = PLAYLIST_EVENT,
                                      .ended = true};
    char *text = malloc(playlist_size(1000));
    struct playlist iframes;

    for (int i = 0; i < 1000; i++)
        entries[i] =
            (struct playlist_entry){i, INT64_C(3600000000), true, (uint64_t)i + 1, {376, 99999999}};
    iframes = iframes_of(&playlist);
    ck_assert_uint_lt(playlist_write(&iframes, "../", text), playlist_size(1000));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("iframes");
    TCase *text = suite_add(suite, "text");

    tcase_add_loop_test(text, an_iframe_playlist_is_written_to_the_byte, 0, LENGTH(playlists));
    tcase_add_loop_test(text, an_iframe_playlist_is_no_media_playlist, 0, LENGTH(playlists));
    tcase_add_test(text, without_a_known_picture_there_is_nothing_to_list);
    tcase_add_test(text, with_all_pictures_known_all_segments_are_listed);
    tcase_add_test(text, the_longest_iframe_playlist_fits);
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Media playlists to the byte and back, and the names of segments. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "tests/unit/suite.h"

static const char golden[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:3\n"
    "#EXT-X-TARGETDURATION:2\n"
    "#EXT-X-MEDIA-SEQUENCE:897654660\n"
    "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:00.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg897654660.ts\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:02.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg897654661.ts\n";

static const char golden_break[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:3\n"
    "#EXT-X-TARGETDURATION:4\n"
    "#EXT-X-MEDIA-SEQUENCE:9\n"
    "#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.001Z\n"
    "#EXTINF:2.002000,\n"
    "seg9.ts\n"
    "#EXT-X-DISCONTINUITY\n"
    "#EXT-X-PROGRAM-DATE-TIME:2038-01-19T03:14:08.000Z\n"
    "#EXTINF:4.000000,\n"
    "seg10.ts\n";

static const char golden_mapped[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:6\n"
    "#EXT-X-TARGETDURATION:2\n"
    "#EXT-X-MEDIA-SEQUENCE:9\n"
    "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-MAP:URI=\"init-0123456789abcdef.mp4\"\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:00.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg9.m4s\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:02.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg10.m4s\n";

static const char golden_maps[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:6\n"
    "#EXT-X-TARGETDURATION:2\n"
    "#EXT-X-MEDIA-SEQUENCE:9\n"
    "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-MAP:URI=\"init-0123456789abcdef.mp4\"\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:00.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg9.m4s\n"
    "#EXT-X-DISCONTINUITY\n"
    "#EXT-X-MAP:URI=\"init-0000000000000001.mp4\"\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:02.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg10.m4s\n";

#define MS 1000000
#define S  INT64_C(1000000000)

static struct playlist_entry entries_golden[] = {
    {1795309320 * S, 2000000, false, 0, {0, 0}},
    {1795309322 * S, 2000000, false, 0, {0, 0}},
};

static struct playlist_entry entries_break[] = {
    {2 * MS - 1, 2002000, false, 0, {0, 0}}, /* rounded down to a millisecond */
    {(INT64_C(1) << 31) * S, 4000000, true, 0, {0, 0}},
};

#define MAPPED UINT64_C(0x0123456789abcdef)

static struct playlist_entry entries_mapped[] = {
    {1795309320 * S, 2000000, false, MAPPED, {0, 0}},
    {1795309322 * S, 2000000, false, MAPPED, {0, 0}},
};

static struct playlist_entry entries_maps[] = {
    {1795309320 * S, 2000000, false, MAPPED, {0, 0}},
    {1795309322 * S, 2000000, true, 1, {0, 0}},
};

static const struct {
    struct playlist playlist;
    const char *text;
} playlists[] = {
    {{2, 897654660, 0, 2, entries_golden, PLAYLIST_LIVE, false, false}, golden},
    {{4, 9, 3, 2, entries_break, PLAYLIST_LIVE, false, false}, golden_break},
    {{2, 9, 0, 2, entries_mapped, PLAYLIST_LIVE, false, false}, golden_mapped},
    {{2, 9, 0, 2, entries_maps, PLAYLIST_LIVE, false, false}, golden_maps},
};

START_TEST(a_playlist_is_written_to_the_byte)
{
    char *text = malloc(playlist_size(2));
    size_t size = playlist_write(&playlists[_i].playlist, "", text);

    ck_assert_uint_eq(size, strlen(playlists[_i].text));
    ck_assert_mem_eq(text, playlists[_i].text, size);
    free(text);
}
END_TEST

START_TEST(what_was_written_is_read_to_the_millisecond)
{
    const struct playlist *wanted = &playlists[_i].playlist;
    struct playlist_entry entries[2];
    struct playlist read = {.entries = entries};

    ck_assert_int_eq(playlist_parse(playlists[_i].text, strlen(playlists[_i].text), 2, &read), 0);
    ck_assert_int_eq(read.target, wanted->target);
    ck_assert_int_eq(read.sequence, wanted->sequence);
    ck_assert_int_eq(read.discontinuities, wanted->discontinuities);
    ck_assert_int_eq(read.count, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(entries[i].start, wanted->entries[i].start / MS * MS);
        ck_assert_int_eq(entries[i].duration_us, wanted->entries[i].duration_us);
        ck_assert_int_eq(entries[i].discontinuity, wanted->entries[i].discontinuity);
        ck_assert_uint_eq(entries[i].map, wanted->entries[i].map);
    }
}
END_TEST

/* Reads @p text from a place of its very size, so that a sanitizer sees a step beyond. */
static int parse(const char *text, size_t size, int64_t count_max)
{
    struct playlist_entry entries[3];
    struct playlist read = {.entries = entries};
    char *copy = malloc(size + 1);
    int result;

    memcpy(copy + 1, text, size);
    result = playlist_parse(copy + 1, size, count_max, &read);
    free(copy);
    return result;
}

START_TEST(a_part_of_a_playlist_is_none)
{
    size_t size = strlen(golden_break);
    const char *second = strstr(golden_break, "#EXT-X-DISCONTINUITY\n");

    for (size_t part = 0; part < size; part++) {
        int wanted = part == (size_t)(second - golden_break) ? 0 : -EBADMSG; /* one entry less */

        ck_assert_int_eq(parse(golden_break, part, 3), wanted);
    }
    ck_assert_int_eq(parse(golden_break, size, 3), 0);
    ck_assert_int_eq(parse(golden_break, size, 1), -EBADMSG);
}
END_TEST

START_TEST(an_event_and_an_end_are_written_and_read)
{
    struct playlist playlist = playlists[0].playlist;
    struct playlist_entry entries[2];
    struct playlist read = {.entries = entries};
    char *text = malloc(playlist_size(2));
    size_t size;

    playlist.kind = PLAYLIST_EVENT;
    size = playlist_write(&playlist, "", text);
    ck_assert_ptr_nonnull(strstr(text, "#EXT-X-VERSION:3\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-T"));
    ck_assert_int_eq(playlist_parse(text, size, 2, &read), 0);
    ck_assert_int_eq(read.kind, PLAYLIST_EVENT);
    ck_assert(!read.ended);
    playlist.ended = true;
    size = playlist_write(&playlist, "", text);
    ck_assert_str_eq(strstr(text, "seg897654661.ts\n"), "seg897654661.ts\n#EXT-X-ENDLIST\n");
    ck_assert_int_eq(playlist_parse(text, size, 2, &read), 0);
    ck_assert(read.ended);
    ck_assert_int_eq(read.count, 2);
    free(text);
}
END_TEST

START_TEST(an_alias_names_what_is_above_it)
{
    char *text = malloc(playlist_size(2));

    (void)playlist_write(&playlists[0].playlist, "../", text);
    ck_assert_ptr_nonnull(strstr(text, ",\n../seg897654660.ts\n"));
    ck_assert_ptr_nonnull(strstr(text, ",\n../seg897654661.ts\n"));
    (void)playlist_write(&playlists[2].playlist, "../", text);
    ck_assert_ptr_nonnull(strstr(text, "#EXT-X-MAP:URI=\"../init-0123456789abcdef.mp4\"\n"));
    ck_assert_ptr_nonnull(strstr(text, ",\n../seg9.m4s\n"));
    free(text);
}
END_TEST

START_TEST(a_finite_playlist_says_so_and_is_no_live_one)
{
    static const char head[] = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-PLAYLIST-TYPE:VOD\n";
    struct playlist playlist = playlists[0].playlist;
    char *text = malloc(playlist_size(2));
    size_t size;

    playlist.kind = PLAYLIST_VOD;
    playlist.ended = true;
    size = playlist_write(&playlist, "", text);
    ck_assert_str_eq(strstr(text, "seg897654661.ts\n"), "seg897654661.ts\n#EXT-X-ENDLIST\n");
    ck_assert_mem_eq(text, head, strlen(head));
    ck_assert(playlist_is_finite(text, strlen(head)));
    ck_assert(!playlist_is_finite(text, strlen(head) - 1));
    ck_assert(!playlist_is_finite(golden, strlen(golden)));
    ck_assert_int_eq(parse(text, size, 3), -EBADMSG);
    playlist.entries = entries_mapped;
    size = playlist_write(&playlist, "", text);
    ck_assert(playlist_is_finite(text, size));
    ck_assert(!playlist_is_finite(golden_mapped, strlen(golden_mapped)));
    free(text);
}
END_TEST

/* What is put in the place of what, once in a sound playlist. */
static const char *const changes[][2] = {
    {"#EXTM3U\n", "#EXTM3U\r\n"},
    {"VERSION:3", "VERSION:4"},
    {"VERSION:3", "VERSION:2"},
    {"#EXT-X-TARGETDURATION", "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION"},
    {"TARGETDURATION:4", "TARGETDURATION:3"}, /* a segment is longer */
    {"TARGETDURATION:4", "TARGETDURATION:04"},
    {"TARGETDURATION:4", "TARGETDURATION:-4"},
    {"TARGETDURATION:4", "TARGETDURATION:4.0"},
    {"TARGETDURATION:4", "TARGETDURATION:99999999999999999999"},
    {"MEDIA-SEQUENCE:9", "MEDIA-SEQUENCE:8"}, /* the names say otherwise */
    {"MEDIA-SEQUENCE:9", "MEDIA-SEQUENCE:"},
    {"#EXT-X-INDEPENDENT-SEGMENTS\n", ""},
    {"#EXT-X-INDEPENDENT-SEGMENTS\n", "#EXT-X-INDEPENDENT-SEGMENTS\n\n"},
    {"1970-01-01", "1969-12-31"},
    {"1970-01-01", "1970-02-30"},
    {"1970-01-01", "9999-01-01"},
    {"00:00:00.001Z", "00:00:60.001Z"},
    {"00:00:00.001Z", "24:00:00.001Z"},
    {"00:00:00.001Z", "00:00:00.001+"},
    {"2.002000", "2.0020000"},
    {"2.002000", "2.00200"},
    {"2.002000", "0.000000"},
    {"2.002000", "02.002000"},
    {"2.002000", "999999.000000"},
    {"2.002000,", "2.002000, title"},
    {"seg10.ts", "seg11.ts"},
    {"seg10.ts", "../seg10.ts"},
    {"seg10.ts\n", "seg10.ts\n#EXT-X-ENDLIST"},
    {"seg10.ts\n", "seg10.ts\n#EXT-X-ENDLIST\n\n"},
    {"seg10.ts\n", "seg10.ts\n#EXT-X-ENDLIST\n#EXT-X-ENDLIST\n"},
    {"#EXT-X-TARGETDURATION",
     "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-PLAYLIST-TYPE:EVENT\n"
     "#EXT-X-TARGETDURATION"},
    {"#EXT-X-MEDIA", "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA"},
    {"#EXT-X-DISCONTINUITY\n", "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY\n"},
};

static void check_changed(const char *sound, const char *const change[2])
{
    const char *at = strstr(sound, change[0]);
    char text[1024];
    int size;

    ck_assert_ptr_nonnull(at);
    size = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - sound), sound, change[1],
                    at + strlen(change[0]));
    ck_assert_int_eq(parse(text, (size_t)size, 3), -EBADMSG);
}

START_TEST(what_is_not_exactly_one_is_none)
{
    check_changed(golden_break, changes[_i]);
}
END_TEST

#define MAP  "#EXT-X-MAP:URI=\"init-0123456789abcdef.mp4\"\n"
#define NEXT "seg9.m4s\n#EXT-X-DISCONTINUITY\n"

static const char *const map_changes[][2] = {
    {"VERSION:6", "VERSION:3"},
    {"VERSION:6", "VERSION:7"},
    {MAP, ""}, /* and so the segment has none */
    {MAP, MAP MAP},
    {MAP, "#EXT-X-MAP:URI=\"init-0000000000000000.mp4\"\n"},
    {"init-0123456789abcdef", "init-0123456789ABCDEF"},
    {"init-0123456789abcdef", "init-123456789abcdef"},
    {"init-0123456789abcdef", "../init-0123456789abcdef"},
    {"init-0123456789abcdef.mp4", "init-0123456789abcdef.m4s"},
    {"mp4\"\n", "mp4\",BYTERANGE=\"1@0\"\n"},
    {"seg9.m4s", "seg9.ts"},
    {"seg10.m4s", "seg10.ts"},
    {"0000000000000001", "0123456789abcdef"}, /* it goes on, and is said again */
    {NEXT, "seg9.m4s\n" MAP "#EXT-X-DISCONTINUITY\n"},
    {"#EXT-X-MAP:URI=\"init-0000000000000001.mp4\"\n#EXT-X-PROGRAM-DATE",
     "#EXT-X-PROGRAM-DATE"
     "#EXT-X-MAP:URI=\"init-0000000000000001.mp4\"\n"},
};

START_TEST(what_is_not_exactly_one_with_maps_is_none)
{
    check_changed(golden_maps, map_changes[_i]);
}
END_TEST

START_TEST(a_part_of_one_with_maps_is_none)
{
    size_t size = strlen(golden_maps);
    const char *second = strstr(golden_maps, "#EXT-X-DISCONTINUITY\n");

    for (size_t part = 0; part < size; part++) {
        int wanted = part == (size_t)(second - golden_maps) ? 0 : -EBADMSG;

        ck_assert_int_eq(parse(golden_maps, part, 3), wanted);
    }
}
END_TEST

static const struct {
    int64_t duration_us;
    int64_t sequence;
} longest[] = {
    {4000, INT64_C(1000000000000)}, /* the longest names */
    {INT64_C(3600000000), 2000000}, /* the longest EXTINF: an hour */
    {2000000, 0},
};

START_TEST(a_playlist_of_1000_segments_fits)
{
    static struct playlist_entry entries[1000];
    struct playlist playlist = {.target = 3600,
                                .sequence = longest[_i].sequence,
                                .discontinuities = 999999999999,
                                .count = 1000,
                                .entries = entries,
                                .kind = PLAYLIST_EVENT,
                                .ended = true};
    char *text = malloc(playlist_size(1000));
    size_t size;

    for (int i = 0; i < 1000; i++)
        entries[i] = (struct playlist_entry){i * longest[_i].duration_us * 1000,
                                             longest[_i].duration_us,
                                             true,
                                             (uint64_t)i + 1,
                                             {0, 0}};
    size = playlist_write(&playlist, "../", text);
    ck_assert_uint_lt(size, playlist_size(1000)); /* the NUL fits as well */
    ck_assert_uint_eq(strlen(text), size);
    free(text);
}
END_TEST

/* 4.3.3.1: EXTINF, rounded to the nearest integer, must not exceed it. */
START_TEST(the_target_duration_is_the_duration_rounded)
{
    static const struct {
        int64_t duration_us;
        int64_t target;
    } targets[] = {
        {2002000, 2}, {1500000, 2}, {2400000, 2}, {2499999, 2}, {2500000, 3}, {10010000, 10},
    };

    for (int i = 0; i < LENGTH(targets); i++)
        ck_assert_int_eq(playlist_target(targets[i].duration_us), targets[i].target);
}
END_TEST

START_TEST(a_number_has_a_name_and_the_name_its_number)
{
    static const int64_t numbers[] = {0, 1, 9, 10, 897654660, INT64_C(1000000000000000)};

    for (int i = 0; i < LENGTH(numbers); i++) {
        char name[PLAYLIST_SEGMENT_NAME_SIZE];

        playlist_segment_name(numbers[i], 0, name);
        ck_assert_ptr_nonnull(strstr(name, ".ts"));
        ck_assert_int_eq(playlist_segment_number(name), numbers[i]);
        playlist_segment_name(numbers[i], 1, name);
        ck_assert_ptr_nonnull(strstr(name, ".m4s"));
        ck_assert_int_eq(playlist_segment_number(name), numbers[i]);
    }
}
END_TEST

START_TEST(a_section_has_a_name_and_the_name_its_section)
{
    static const uint64_t maps[] = {1, 0x0123456789abcdef, UINT64_MAX};

    for (int i = 0; i < LENGTH(maps); i++) {
        char name[PLAYLIST_MAP_NAME_SIZE];

        playlist_map_name(maps[i], name);
        ck_assert_uint_eq(playlist_map_of(name), maps[i]);
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
    "seg1000000000000001.ts", /* arithmetic with it could overflow */
    "seg9223372036854775807.ts",
    "seg9223372036854775808.ts",
    "seg1.m4s ",
    "seg1.m4",
    "seg01.m4s",
    "seg1.m4s.ts",
    "seg1.mp4",
    "init-0123456789abcdef.mp4",
    "stream.m3u8",
};

START_TEST(other_names_are_not_ours)
{
    ck_assert_int_eq(playlist_segment_number(foreign[_i]), -1);
}
END_TEST

static const char *const foreign_maps[] = {
    "",
    "init-",
    "init-.mp4",
    "init-1.mp4",
    "init-0000000000000000.mp4",
    "init-0123456789abcde.mp4",
    "init-0123456789abcdef0.mp4",
    "init-0123456789ABCDEF.mp4",
    "init- 123456789abcdef.mp4",
    "init-+123456789abcdef.mp4",
    "init-0x23456789abcdef.mp4",
    "init-0123456789abcdeg.mp4",
    "init-0123456789abcdef.mp4 ",
    "init-0123456789abcdef.m4s",
    "Init-0123456789abcdef.mp4",
    "seg1.m4s",
};

START_TEST(other_names_are_no_sections)
{
    ck_assert_uint_eq(playlist_map_of(foreign_maps[_i]), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playlist");
    TCase *text = suite_add(suite, "text");
    TCase *names = suite_add(suite, "names");

    tcase_add_loop_test(text, a_playlist_is_written_to_the_byte, 0, LENGTH(playlists));
    tcase_add_loop_test(text, what_was_written_is_read_to_the_millisecond, 0, LENGTH(playlists));
    tcase_add_test(text, a_part_of_a_playlist_is_none);
    tcase_add_test(text, an_event_and_an_end_are_written_and_read);
    tcase_add_test(text, an_alias_names_what_is_above_it);
    tcase_add_test(text, a_finite_playlist_says_so_and_is_no_live_one);
    tcase_add_loop_test(text, what_is_not_exactly_one_is_none, 0, LENGTH(changes));
    tcase_add_loop_test(text, what_is_not_exactly_one_with_maps_is_none, 0, LENGTH(map_changes));
    tcase_add_test(text, a_part_of_one_with_maps_is_none);
    tcase_add_loop_test(text, a_playlist_of_1000_segments_fits, 0, LENGTH(longest));
    tcase_add_test(text, the_target_duration_is_the_duration_rounded);
    tcase_add_test(names, a_number_has_a_name_and_the_name_its_number);
    tcase_add_test(names, a_section_has_a_name_and_the_name_its_section);
    tcase_add_loop_test(names, other_names_are_not_ours, 0, LENGTH(foreign));
    tcase_add_loop_test(names, other_names_are_no_sections, 0, LENGTH(foreign_maps));
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hls/playlist.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utc.h"

enum {
    ENTRY_SIZE = 208,
    ENTRY_SIZE_MIN = 64,
    US_PER_SECOND = 1000000,
};

/* RFC 8216 7: decimal EXTINF need version 3, and EXT-X-MAP 6; I-frames alone need 4, and with
 * EXT-X-MAP 5. */
#define HEAD           "#EXTM3U\n#EXT-X-VERSION:3\n"
#define HEAD_MAPPED    "#EXTM3U\n#EXT-X-VERSION:6\n"
#define IFRAMES        "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-I-FRAMES-ONLY\n"
#define IFRAMES_MAPPED "#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-I-FRAMES-ONLY\n"
#define END            "#EXT-X-ENDLIST\n"

#define DISCONTINUITY "#EXT-X-DISCONTINUITY\n"

#define MAP     "#EXT-X-MAP:URI=\""
#define MAP_END "\"\n"

static const char *const kind_tags[] = {
    [PLAYLIST_LIVE] = "",
    [PLAYLIST_EVENT] = "#EXT-X-PLAYLIST-TYPE:EVENT\n",
    [PLAYLIST_VOD] = "#EXT-X-PLAYLIST-TYPE:VOD\n",
};

/* What a name may say at most: far above any use, far below what arithmetic overflows. */
#define NUMBER_MAX INT64_C(1000000000000000)

/* What is believed of a playlist. What is written then stays far below NUMBER_MAX. */
#define SEQUENCE_MAX      INT64_C(100000000000) /* of segments of a second, from the year 1 on */
#define DISCONTINUITY_MAX INT64_C(1000000000)
#define SECONDS_MAX       INT64_C(60)

/* ---- names ----------------------------------------------------------------------------------- */

void playlist_segment_name(int64_t number, uint64_t map, char name[PLAYLIST_SEGMENT_NAME_SIZE])
{
    (void)snprintf(name, PLAYLIST_SEGMENT_NAME_SIZE, "seg%" PRId64 ".%s", number,
                   map ? "m4s" : "ts");
}

int64_t playlist_segment_number(const char *name)
{
    char expected[PLAYLIST_SEGMENT_NAME_SIZE];
    int64_t number;

    if (strncmp(name, "seg", 3) != 0)
        return -1;
    number = strtoll(name + 3, NULL, 10);
    if (number < 0 || number > NUMBER_MAX)
        return -1;
    /* No sign, no leading zero, nothing behind. */
    playlist_segment_name(number, strstr(name, ".m4s") != NULL, expected);
    return strcmp(name, expected) == 0 ? number : -1;
}

void playlist_map_name(uint64_t map, char name[PLAYLIST_MAP_NAME_SIZE])
{
    (void)snprintf(name, PLAYLIST_MAP_NAME_SIZE, "init-%016" PRIx64 ".mp4", map);
}

uint64_t playlist_map_of(const char *name)
{
    char expected[PLAYLIST_MAP_NAME_SIZE];
    uint64_t map;

    if (strncmp(name, "init-", 5) != 0)
        return 0;
    map = strtoull(name + 5, NULL, 16);
    playlist_map_name(map, expected);
    return strcmp(name, expected) == 0 ? map : 0;
}

/* ---- model to text --------------------------------------------------------------------------- */

int64_t playlist_target(int64_t duration_us)
{
    return (duration_us + US_PER_SECOND / 2) / US_PER_SECOND;
}

size_t playlist_size(int64_t count)
{
    return PLAYLIST_HEAD_SIZE + (size_t)count * ENTRY_SIZE;
}

int64_t playlist_count_max(size_t size)
{
    return (int64_t)(size / ENTRY_SIZE_MIN);
}

static const char *head_of(const struct playlist *playlist)
{
    bool mapped = playlist->count > 0 && playlist->entries[0].map;

    if (playlist->iframes_only)
        return mapped ? IFRAMES_MAPPED : IFRAMES;
    return mapped ? HEAD_MAPPED : HEAD;
}

static size_t write_head(const struct playlist *playlist, char *text, size_t size)
{
    return (size_t)snprintf(text, size,
                            "%s%s"
                            "#EXT-X-TARGETDURATION:%" PRId64
                            "\n"
                            "#EXT-X-MEDIA-SEQUENCE:%" PRId64
                            "\n"
                            "#EXT-X-DISCONTINUITY-SEQUENCE:%" PRId64
                            "\n"
                            "#EXT-X-INDEPENDENT-SEGMENTS\n",
                            head_of(playlist), kind_tags[playlist->kind], playlist->target,
                            playlist->sequence, playlist->discontinuities);
}

static size_t write_map(uint64_t map, const char *before, char *text, size_t size)
{
    char name[PLAYLIST_MAP_NAME_SIZE];

    playlist_map_name(map, name);
    return (size_t)snprintf(text, size, MAP "%s%s" MAP_END, before, name);
}

static size_t write_range(const struct playlist_range *range, char *text, size_t size)
{
    return (size_t)snprintf(text, size, "#EXT-X-BYTERANGE:%" PRId64 "@%" PRId64 "\n", range->size,
                            range->start);
}

/* Its date and duration; and its name, with which an entry ends. */
static size_t write_times(const struct playlist_entry *entry, char *text, size_t size)
{
    char date[UTC_TEXT_SIZE];

    utc_format(entry->start, date);
    return (size_t)snprintf(text, size,
                            "#EXT-X-PROGRAM-DATE-TIME:%s\n"
                            "#EXTINF:%" PRId64 ".%06" PRId64 ",\n",
                            date, entry->duration_us / US_PER_SECOND,
                            entry->duration_us % US_PER_SECOND);
}

static size_t write_name(const struct playlist_entry *entry, int64_t number, const char *before,
                         char *text, size_t size)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(number, entry->map, name);
    return (size_t)snprintf(text, size, "%s%s\n", before, name);
}

size_t playlist_write(const struct playlist *playlist, const char *before, char *text)
{
    size_t size = playlist_size(playlist->count);
    size_t used = write_head(playlist, text, size);
    uint64_t map = 0;

    for (int64_t i = 0; i < playlist->count; i++) {
        const struct playlist_entry *entry = &playlist->entries[i];

        if (entry->discontinuity)
            used += (size_t)snprintf(text + used, size - used, DISCONTINUITY);
        if (entry->map != map)
            used += write_map(entry->map, before, text + used, size - used);
        map = entry->map;
        used += write_times(entry, text + used, size - used);
        if (playlist->iframes_only)
            used += write_range(&entry->iframe, text + used, size - used);
        used += write_name(entry, playlist->sequence + i, before, text + used, size - used);
    }
    if (playlist->ended)
        used += (size_t)snprintf(text + used, size - used, END);
    return used;
}

/* ---- text to model --------------------------------------------------------------------------- */

/* A place in the text. Once something is not as expected it is bad, and stays so. */
struct cursor {
    const char *at;
    const char *end;
    bool bad;
};

static bool skip(struct cursor *cursor, const char *literal)
{
    size_t length = strlen(literal);

    if (cursor->bad || (size_t)(cursor->end - cursor->at) < length ||
        memcmp(cursor->at, literal, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static void expect(struct cursor *cursor, const char *literal)
{
    if (!skip(cursor, literal))
        cursor->bad = true;
}

/* Decimal digits, without a leading zero. */
static int64_t take_number(struct cursor *cursor, int64_t max)
{
    const char *start = cursor->at;
    int64_t number = 0;

    while (!cursor->bad && cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9' &&
           number <= max)
        number = number * 10 + (*cursor->at++ - '0');
    if (cursor->at == start || (*start == '0' && cursor->at - start > 1) || number > max)
        cursor->bad = true;
    return number;
}

/* Six decimals of a second, as microseconds. */
static int64_t take_decimals(struct cursor *cursor)
{
    int64_t number = 0;

    for (int i = 0; i < 6; i++) {
        if (cursor->bad || cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9') {
            cursor->bad = true;
            return 0;
        }
        number = number * 10 + (*cursor->at++ - '0');
    }
    return number;
}

static int64_t take_date(struct cursor *cursor)
{
    int64_t ns = 0;

    if (cursor->bad || cursor->end - cursor->at < UTC_LENGTH || !utc_parse(cursor->at, &ns))
        cursor->bad = true;
    else
        cursor->at += UTC_LENGTH;
    return ns;
}

/* 0 is none: that the section of the one before is written again, too. */
static uint64_t take_map(struct cursor *cursor, uint64_t before)
{
    char name[PLAYLIST_MAP_NAME_SIZE] = "";
    uint64_t map;

    playlist_map_name(0, name);
    if (!cursor->bad && (size_t)(cursor->end - cursor->at) >= strlen(name)) {
        memcpy(name, cursor->at, strlen(name));
        cursor->at += strlen(name);
    }
    expect(cursor, MAP_END);
    map = playlist_map_of(name);
    if (map == 0 || map == before)
        cursor->bad = true;
    return map;
}

/* The entry behind those that @p playlist has. */
static struct playlist_entry take_entry(struct cursor *cursor, const struct playlist *playlist,
                                        bool mapped)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    struct playlist_entry entry = {.discontinuity = skip(cursor, DISCONTINUITY)};

    entry.map = playlist->count > 0 ? playlist->entries[playlist->count - 1].map : 0;
    if (mapped && skip(cursor, MAP))
        entry.map = take_map(cursor, entry.map);
    expect(cursor, "#EXT-X-PROGRAM-DATE-TIME:");
    entry.start = take_date(cursor);
    expect(cursor, "\n#EXTINF:");
    entry.duration_us = take_number(cursor, SECONDS_MAX) * US_PER_SECOND;
    expect(cursor, ".");
    entry.duration_us += take_decimals(cursor);
    expect(cursor, ",\n");
    playlist_segment_name(playlist->sequence + playlist->count, entry.map, name);
    expect(cursor, name);
    expect(cursor, "\n");
    if (entry.duration_us == 0 || playlist_target(entry.duration_us) > playlist->target ||
        mapped != (entry.map != 0))
        cursor->bad = true;
    return entry;
}

/* The lines before the first segment. @return whether segments have initialization sections */
static bool take_head(struct cursor *cursor, struct playlist *playlist)
{
    bool mapped = skip(cursor, HEAD_MAPPED);

    if (!mapped)
        expect(cursor, HEAD);
    if (skip(cursor, kind_tags[PLAYLIST_EVENT]))
        playlist->kind = PLAYLIST_EVENT;
    expect(cursor, "#EXT-X-TARGETDURATION:");
    playlist->target = take_number(cursor, SECONDS_MAX);
    expect(cursor, "\n#EXT-X-MEDIA-SEQUENCE:");
    playlist->sequence = take_number(cursor, SEQUENCE_MAX);
    expect(cursor, "\n#EXT-X-DISCONTINUITY-SEQUENCE:");
    playlist->discontinuities = take_number(cursor, DISCONTINUITY_MAX);
    expect(cursor, "\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    return mapped;
}

int playlist_parse(const char *text, size_t size, int64_t count_max, struct playlist *ret_playlist)
{
    struct cursor cursor = {.at = text, .end = text + size};
    struct playlist playlist = {.entries = ret_playlist->entries};
    bool mapped = take_head(&cursor, &playlist);

    do {
        struct playlist_entry entry = take_entry(&cursor, &playlist, mapped);

        if (cursor.bad || playlist.count == count_max ||
            playlist.sequence + playlist.count > NUMBER_MAX)
            return -EBADMSG;
        playlist.entries[playlist.count++] = entry;
        playlist.ended = skip(&cursor, END);
    } while (cursor.at < cursor.end && !playlist.ended);
    if (cursor.at < cursor.end)
        return -EBADMSG;
    *ret_playlist = playlist;
    return 0;
}

bool playlist_is_finite(const char *text, size_t size)
{
    struct cursor cursor = {.at = text, .end = text + size};

    return (skip(&cursor, HEAD) || skip(&cursor, HEAD_MAPPED)) &&
           skip(&cursor, kind_tags[PLAYLIST_VOD]);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hls/playlist.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utc.h"

enum {
    ENTRY_SIZE = 160,
    ENTRY_SIZE_MIN = 64,
    US_PER_SECOND = 1000000,
};

/* 3, RFC 8216 7: decimal EXTINF; nothing here needs more. */
#define HEAD "#EXTM3U\n#EXT-X-VERSION:3\n"
#define END  "#EXT-X-ENDLIST\n"

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

/* ---- names -------------------------------------------------------------------------------------
 */

void playlist_segment_name(int64_t number, char name[PLAYLIST_SEGMENT_NAME_SIZE])
{
    (void)snprintf(name, PLAYLIST_SEGMENT_NAME_SIZE, "seg%" PRId64 ".ts", number);
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
    playlist_segment_name(number, expected); /* no sign, no leading zero, nothing behind */
    return strcmp(name, expected) == 0 ? number : -1;
}

/* ---- model to text -----------------------------------------------------------------------------
 */

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

size_t playlist_write(const struct playlist *playlist, const char *before, char *text)
{
    size_t size = playlist_size(playlist->count);
    size_t used = 0;

    used += (size_t)snprintf(text, size,
                             HEAD
                             "%s"
                             "#EXT-X-TARGETDURATION:%" PRId64
                             "\n"
                             "#EXT-X-MEDIA-SEQUENCE:%" PRId64
                             "\n"
                             "#EXT-X-DISCONTINUITY-SEQUENCE:%" PRId64
                             "\n"
                             "#EXT-X-INDEPENDENT-SEGMENTS\n",
                             kind_tags[playlist->kind], playlist->target, playlist->sequence,
                             playlist->discontinuities);
    for (int64_t i = 0; i < playlist->count; i++) {
        const struct playlist_entry *entry = &playlist->entries[i];
        char name[PLAYLIST_SEGMENT_NAME_SIZE];
        char date[UTC_TEXT_SIZE];

        playlist_segment_name(playlist->sequence + i, name);
        utc_format(entry->start, date);
        used += (size_t)snprintf(text + used, size - used,
                                 "%s"
                                 "#EXT-X-PROGRAM-DATE-TIME:%s\n"
                                 "#EXTINF:%" PRId64 ".%06" PRId64
                                 ",\n"
                                 "%s%s\n",
                                 entry->discontinuity ? "#EXT-X-DISCONTINUITY\n" : "", date,
                                 entry->duration_us / US_PER_SECOND,
                                 entry->duration_us % US_PER_SECOND, before, name);
    }
    if (playlist->ended)
        used += (size_t)snprintf(text + used, size - used, END);
    return used;
}

/* ---- text to model -----------------------------------------------------------------------------
 */

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

static struct playlist_entry take_entry(struct cursor *cursor, const struct playlist *playlist)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    struct playlist_entry entry = {.discontinuity = skip(cursor, "#EXT-X-DISCONTINUITY\n")};

    expect(cursor, "#EXT-X-PROGRAM-DATE-TIME:");
    entry.start = take_date(cursor);
    expect(cursor, "\n#EXTINF:");
    entry.duration_us = take_number(cursor, SECONDS_MAX) * US_PER_SECOND;
    expect(cursor, ".");
    entry.duration_us += take_decimals(cursor);
    expect(cursor, ",\n");
    playlist_segment_name(playlist->sequence + playlist->count, name);
    expect(cursor, name);
    expect(cursor, "\n");
    if (entry.duration_us == 0 || playlist_target(entry.duration_us) > playlist->target)
        cursor->bad = true;
    return entry;
}

int playlist_parse(const char *text, size_t size, int64_t count_max, struct playlist *ret_playlist)
{
    struct cursor cursor = {.at = text, .end = text + size};
    struct playlist playlist = {.entries = ret_playlist->entries};

    expect(&cursor, HEAD);
    if (skip(&cursor, kind_tags[PLAYLIST_EVENT]))
        playlist.kind = PLAYLIST_EVENT;
    expect(&cursor, "#EXT-X-TARGETDURATION:");
    playlist.target = take_number(&cursor, SECONDS_MAX);
    expect(&cursor, "\n#EXT-X-MEDIA-SEQUENCE:");
    playlist.sequence = take_number(&cursor, SEQUENCE_MAX);
    expect(&cursor, "\n#EXT-X-DISCONTINUITY-SEQUENCE:");
    playlist.discontinuities = take_number(&cursor, DISCONTINUITY_MAX);
    expect(&cursor, "\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    do {
        struct playlist_entry entry = take_entry(&cursor, &playlist);

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

    return skip(&cursor, HEAD) && skip(&cursor, kind_tags[PLAYLIST_VOD]);
}

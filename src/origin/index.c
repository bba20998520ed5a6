/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Written by hand, not by printf(3): all lines are written anew for each segment of each stream,
 * and there may be a thousand of these.
 */
#include "origin/index.h"

#include <string.h>

#include "base/clock.h"
#include "base/utc.h"
#include "hls/playlist.h"
#include "timeline/timeline.h"

#define FORMAT  "hlsgen-index"
#define VERSION 1

enum {
    US_PER_SECOND = 1000000,
    DIGITS_MAX = 20,
};

size_t index_size(int64_t count)
{
    return INDEX_HEAD_SIZE + (size_t)count * INDEX_LINE_SIZE + INDEX_LINE_SIZE;
}

/* ---- JSON --------------------------------------------------------------------------------------
 * Each puts something at @p at and returns the place behind it, where a NUL may stand.
 */

static char *put(char *at, const char *text)
{
    return stpcpy(at, text);
}

/* With zeros in front, if it has fewer than @p width digits. */
static char *put_digits(char *at, uint64_t number, int width)
{
    char digits[DIGITS_MAX];
    int count = 0;

    for (; number > 0 || count < width; number /= 10)
        digits[DIGITS_MAX - ++count] = (char)('0' + number % 10);
    memcpy(at, digits + DIGITS_MAX - count, (size_t)count);
    return at + count;
}

static char *put_number(char *at, int64_t number)
{
    if (number == INDEX_UNKNOWN)
        return put(at, "null");
    if (number < 0)
        *at++ = '-';
    return put_digits(at, number < 0 ? -(uint64_t)number : (uint64_t)number, 1);
}

static char *put_key(char *at, const char *key)
{
    *at++ = '"';
    at = put(at, key);
    return put(at, "\":");
}

static char *put_field(char *at, const char *key, int64_t number)
{
    return put_number(put_key(at, key), number);
}

/* Of text without control characters, as names are. */
static char *put_string(char *at, const char *text)
{
    *at++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *at++ = '\\';
        *at++ = *text;
    }
    *at++ = '"';
    return at;
}

/* To the microsecond below. */
static char *put_date(char *at, int64_t ns)
{
    char text[UTC_TEXT_SIZE];

    if (ns == INDEX_UNKNOWN)
        return put(at, "null");
    utc_format(ns, text);
    *at++ = '"';
    at = put(at, text) - 1;
    at = put_digits(at, (uint64_t)((ns % NS_PER_MS + NS_PER_MS) % NS_PER_MS / NS_PER_US), 3);
    return put(at, "Z\"");
}

static char *put_seconds(char *at, int64_t us)
{
    if (us == INDEX_UNKNOWN)
        return put(at, "null");
    at = put_digits(at, (uint64_t)us / US_PER_SECOND, 1);
    *at++ = '.';
    return put_digits(at, (uint64_t)us % US_PER_SECOND, 6);
}

/* ---- model to text -----------------------------------------------------------------------------
 */

size_t index_write_head(const struct index_head *head, char text[INDEX_HEAD_SIZE])
{
    const struct index_stream *stream = &head->stream;
    char *at = text;

    at = put(at, "{\n");
    at = put(put_string(put_key(at, "format"), FORMAT), ",\n");
    at = put(put_field(at, "version", VERSION), ",\n");
    at = put(put_string(put_key(at, "generator"), "hlsgen " HLSGEN_VERSION), ",\n");
    at = put(put_string(put_key(at, "preset"), stream->preset), ",\n");
    at = put_key(at, "rendition");
    at = stream->rendition[0] ? put_string(at, stream->rendition) : put(at, "null");
    at = put(at, ",\n");
    at = put_field(at, "stream", stream->number > 0 ? stream->number : INDEX_UNKNOWN);
    at = put(at, ",\n");
    at = put(put_field(at, "target_duration", head->target), ",\n");
    at = put_field(at, "window", head->window > 0 ? head->window : INDEX_UNKNOWN);
    at = put(at, ",\n");
    at = put(put_date(put_key(at, "epoch"), head->epoch), ",\n");
    at = put(put_key(at, "segments"), "{");
    return (size_t)(at - text);
}

static int64_t whole_us(int64_t ns)
{
    return ns / NS_PER_US - (ns % NS_PER_US < 0);
}

/* As the two dates tell it. */
static int64_t slip_us(const struct index_segment *segment)
{
    if (segment->published == INDEX_UNKNOWN || segment->due == INDEX_UNKNOWN)
        return INDEX_UNKNOWN;
    return whole_us(segment->published) - whole_us(segment->due);
}

static char *put_publication(char *at, const struct index_segment *segment)
{
    static const char *const answers[] = {
        [INDEX_NO] = "false",
        [INDEX_YES] = "true",
        [INDEX_NOT_KNOWN] = "null",
    };

    at = put_date(put(at, ",\"published\":"), segment->published);
    at = put_number(put(at, ",\"slip_us\":"), slip_us(segment));
    return put(put(at, ",\"stand_by\":"), answers[segment->stand_by]);
}

static char *put_digest(char *at, const uint8_t *digest)
{
    char text[SHA256_TEXT_SIZE];

    at = put(at, ",\"sha256\":");
    if (!digest)
        return put(at, "null");
    sha256_text(digest, text);
    return put_string(at, text);
}

size_t index_write_segment(const struct index_head *head, const struct index_segment *segment,
                           bool first, char text[INDEX_LINE_SIZE])
{
    int64_t ticks = segment->ticks;
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    char *at = put(text, first ? "\n" : ",\n");

    playlist_segment_name(segment->number, name);
    at = put(put_key(at, name), "{");
    at = put_field(at, "number", segment->number);
    at = put_number(put(at, ",\"index\":"), segment->index);
    at = put_number(put(at, ",\"size\":"), segment->size);
    at = put_seconds(put(at, ",\"duration\":"), segment->duration_us);
    at = put_number(put(at, ",\"pts\":"),
                    ticks == INDEX_UNKNOWN ? ticks : ticks % TIMELINE_PTS_MODULUS);
    at = put_date(put(at, ",\"due\":"), segment->due);
    if (!head->finite)
        at = put_publication(at, segment);
    if (head->hashed)
        at = put_digest(at, segment->digest);
    at = put(at, "}");
    return (size_t)(at - text);
}

size_t index_write_end(char text[INDEX_LINE_SIZE])
{
    return (size_t)(put(text, "\n}\n}\n") - text);
}

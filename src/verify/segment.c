/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container is recognised at the first bytes, as players do, not by the name. What cannot be
 * recognised is given to the reader of the segment before, or to that of MPEG-TS, which says what
 * is wrong with it; but for WebVTT, which is no medium to measure.
 */
#include "verify/segment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/segment_parts.h"

enum {
    HEAD_SIZE = 8, /* of a box: size and type */
};

struct segment_reader {
    struct segment_parts parts;
    struct ts *ts;
    struct mp4 *mp4;
    struct packed *packed;
    uint8_t head[HEAD_SIZE]; /* of the segment, until it is recognised */
    size_t head_size;
    bool is_begun; /* by the reader of its container */
    enum segment_container usual;
    bool is_independent; /* EXT-X-INDEPENDENT-SEGMENTS */
};

int segment_reader_new(struct findings *findings, bool independent, struct segment_reader **ret)
{
    struct segment_reader *reader = calloc(1, sizeof(*reader));

    if (!reader)
        return -ENOMEM;
    reader->parts.findings = findings;
    reader->is_independent = independent;
    reader->usual = SEGMENT_TS;
    if (ts_new(&reader->parts, &reader->ts) < 0 || mp4_new(&reader->parts, &reader->mp4) < 0 ||
        packed_new(&reader->parts, &reader->packed) < 0) {
        segment_reader_free(reader);
        return -ENOMEM;
    }
    *ret = reader;
    return 0;
}

struct segment_reader *segment_reader_free(struct segment_reader *reader)
{
    if (reader) {
        ts_free(reader->ts);
        mp4_free(reader->mp4);
        packed_free(reader->packed);
    }
    free(reader);
    return NULL;
}

static bool is_box(const uint8_t *head)
{
    static const char types[][5] = {"ftyp", "styp", "sidx", "moof", "moov", "emsg", "prft",
                                    "free", "skip", "mdat", "ssix", "uuid", "meta"};
    bool found = false;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        found = found || memcmp(head + 4, types[i], 4) == 0;
    return found;
}

/* @p head: HEAD_SIZE bytes, with zeros where the segment is shorter */
static enum segment_container recognise(const struct segment_reader *reader, const uint8_t *head)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf}; /* byte order */
    const uint8_t *text = memcmp(head, mark, sizeof(mark)) == 0 ? head + sizeof(mark) : head;

    if (head[0] == 0x47)
        return SEGMENT_TS;
    if (is_box(head))
        return SEGMENT_FMP4;
    if (memcmp(head, "ID3", 3) == 0 || (head[0] == 0xff && (head[1] & 0xe0) == 0xe0) ||
        (head[0] == 0x0b && head[1] == 0x77))
        return SEGMENT_PACKED_AUDIO;
    if (memcmp(text, "WEBV", 4) == 0)
        return SEGMENT_UNKNOWN;
    return reader->usual;
}

int segment_reader_map(struct segment_reader *reader, const char *place, const uint8_t *data,
                       size_t size)
{
    struct segment_parts *parts = &reader->parts;

    parts->place = place;
    if (size > 0 && data[0] == 0x47)
        return ts_read_init(reader->ts, data, size);
    reader->usual = SEGMENT_FMP4;
    return mp4_read_init(reader->mp4, data, size);
}

void segment_reader_begin(struct segment_reader *reader, const char *place, bool breaks)
{
    struct segment_parts *parts = &reader->parts;

    parts->place = place;
    parts->breaks = breaks;
    parts->measured = (struct segment){0};
    video_begin(&parts->video, parts->findings, place, breaks);
    parts->video.is_independent = reader->is_independent;
    audio_begin(&parts->audio, parts->findings, place, breaks);
    memset(reader->head, 0, sizeof(reader->head));
    reader->head_size = 0;
    reader->is_begun = false;
}

static void hand_on(struct segment_reader *reader, const uint8_t *data, size_t size)
{
    switch (reader->parts.measured.container) {
    case SEGMENT_TS:
        ts_feed(reader->ts, data, size);
        break;
    case SEGMENT_FMP4:
        mp4_feed(reader->mp4, data, size);
        break;
    case SEGMENT_PACKED_AUDIO:
        packed_feed(reader->packed, data, size);
        break;
    case SEGMENT_UNKNOWN:
        break;
    }
}

static void begin(struct segment_reader *reader)
{
    enum segment_container container = recognise(reader, reader->head);

    reader->is_begun = true;
    reader->parts.measured.container = container;
    if (container == SEGMENT_TS)
        ts_begin(reader->ts);
    else if (container == SEGMENT_FMP4)
        mp4_begin(reader->mp4);
    else if (container == SEGMENT_PACKED_AUDIO)
        packed_begin(reader->packed);
    if (container != SEGMENT_UNKNOWN)
        reader->usual = container;
    hand_on(reader, reader->head, reader->head_size);
}

void segment_reader_feed(struct segment_reader *reader, const uint8_t *data, size_t size)
{
    reader->parts.measured.bytes += (int64_t)size;
    for (; size > 0 && reader->head_size < HEAD_SIZE; data++, size--)
        reader->head[reader->head_size++] = *data;
    if (!reader->is_begun && reader->head_size == HEAD_SIZE)
        begin(reader);
    if (size > 0)
        hand_on(reader, data, size);
}

void segment_reader_end(struct segment_reader *reader, struct segment *ret)
{
    if (!reader->is_begun)
        begin(reader);
    switch (reader->parts.measured.container) {
    case SEGMENT_TS:
        ts_end(reader->ts);
        break;
    case SEGMENT_FMP4:
        mp4_end(reader->mp4);
        break;
    case SEGMENT_PACKED_AUDIO:
        packed_end(reader->packed);
        break;
    case SEGMENT_UNKNOWN:
        break;
    }
    *ret = reader->parts.measured;
}

/* "seg12.ts packet 17" */
static void name_place(const struct segment_parts *parts, const char *what, int64_t number,
                       char ret[FINDINGS_PLACE_SIZE])
{
    if (what)
        (void)snprintf(ret, FINDINGS_PLACE_SIZE, "%s %s %lld", parts->place, what,
                       (long long)number);
    else
        (void)snprintf(ret, FINDINGS_PLACE_SIZE, "%s", parts->place);
}

void segment_fault(const struct segment_parts *parts, enum rule_id rule, const char *what,
                   int64_t number, const char *wanted, const char *found, ...)
{
    char place[FINDINGS_PLACE_SIZE] = "";
    va_list args;

    if (parts->findings->of[rule].count < FINDINGS_KEPT) /* else nobody reads it */
        name_place(parts, what, number, place);
    va_start(args, found);
    findings_vadd(parts->findings, rule, place, wanted, found, args);
    va_end(args);
}

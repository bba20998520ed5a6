/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packed audio (RFC 8216 3.4): an ID3 tag with the time stamp of the first sample, then frames
 * without a container. Of codecs but AAC nothing is measured but the bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify/adts.h"
#include "verify/segment_parts.h"
#include "verify/ts_clock.h"

#define OWNER "com.apple.streaming.transportStreamTimestamp"

enum {
    TAG_HEADER = 10, /* of a tag, and of a frame in it */
    STAMP_SIZE = 8,
    STAMP_FRAME = sizeof(OWNER) + STAMP_SIZE, /* its body */
    VERSION_SYNCHSAFE = 4, /* ID3v2.4 has 7 bits in each byte of a frame's size, too */
    CODING_HEAD = 2,       /* bytes by which AAC is known */
};

#define STAMP_MAX ((UINT64_C(1) << 33) - 1)

/* What is kept of the tag until it is whole. */
enum field {
    FIELD_TAG,   /* its header */
    FIELD_FRAME, /* that of a frame */
    FIELD_STAMP, /* the body of a frame that may be the time stamp */
};

struct packed {
    struct segment_parts *parts;
    struct ts_time time;
    struct adts adts;
    int64_t bytes; /* of frames */
    bool is_begun; /* something has been fed */

    size_t tag_left; /* bytes of the tag, of its header at first */
    size_t skipped;  /* bytes of a frame */
    uint8_t version; /* of the tag */
    enum field field;
    uint8_t kept[STAMP_FRAME];
    size_t field_size, field_wanted;
    bool has_stamp;

    uint8_t head[CODING_HEAD];
    size_t head_size;
    bool is_adts;
};

int packed_new(struct segment_parts *parts, struct packed **ret)
{
    struct packed *packed = calloc(1, sizeof(*packed));

    if (!packed)
        return -ENOMEM;
    packed->parts = parts;
    *ret = packed;
    return 0;
}

struct packed *packed_free(struct packed *packed)
{
    free(packed);
    return NULL;
}

void packed_begin(struct packed *packed)
{
    if (packed->parts->breaks)
        packed->time = (struct ts_time){0};
    packed->parts->audio.longest = 0;
    packed->bytes = 0;
    packed->is_begun = false;
    packed->tag_left = packed->field_wanted = TAG_HEADER;
    packed->field = FIELD_TAG;
    packed->field_size = packed->skipped = packed->head_size = 0;
    packed->has_stamp = packed->is_adts = false;
    adts_begin(&packed->adts, &packed->parts->audio);
}

static size_t read_size(const uint8_t *data, int bits)
{
    return (size_t)data[0] << (3 * bits) | (size_t)data[1] << (2 * bits) | (size_t)data[2] << bits |
           data[3];
}

static void fault(const struct packed *packed, const char *found)
{
    segment_fault(packed->parts, RULE_PA_ID3, NULL, 0,
                  "an ID3 tag first, with PRIV " OWNER " of 33 bits", "%s", found);
}

/* ---- the tag --------------------------------------------------------------------------------- */

static void begin_field(struct packed *packed, enum field field, size_t wanted)
{
    packed->field = field;
    packed->field_size = 0;
    packed->field_wanted = wanted;
}

static void take_stamp(struct packed *packed)
{
    uint64_t stamp = 0;

    packed->has_stamp = true;
    for (size_t i = sizeof(OWNER); i < STAMP_FRAME; i++)
        stamp = stamp << 8 | packed->kept[i];
    if (stamp > STAMP_MAX)
        fault(packed, "one of more bits");
    adts_stamp(&packed->adts, true, ts_time_unwrap(&packed->time, (int64_t)(stamp & STAMP_MAX)));
}

/* The header of a frame is there, or padding. */
static void take_frame_header(struct packed *packed)
{
    size_t length = read_size(packed->kept + 4, packed->version >= VERSION_SYNCHSAFE ? 7 : 8);
    bool is_private = memcmp(packed->kept, "PRIV", 4) == 0;

    begin_field(packed, FIELD_FRAME, TAG_HEADER);
    if (packed->kept[0] == 0 || length > packed->tag_left)
        packed->skipped = packed->tag_left;
    else if (is_private && length == STAMP_FRAME && !packed->has_stamp)
        begin_field(packed, FIELD_STAMP, length);
    else
        packed->skipped = length;
}

/* What was waited for is there. */
static void take_field(struct packed *packed)
{
    switch (packed->field) {
    case FIELD_TAG:
        packed->version = packed->kept[3];
        packed->tag_left = read_size(packed->kept + 6, 7) & 0x0fffffff;
        if (packed->kept[5] & 0x10) /* a footer, too */
            packed->tag_left += TAG_HEADER;
        begin_field(packed, FIELD_FRAME, TAG_HEADER);
        break;
    case FIELD_FRAME:
        take_frame_header(packed);
        break;
    case FIELD_STAMP:
        if (memcmp(packed->kept, OWNER, sizeof(OWNER)) == 0)
            take_stamp(packed);
        begin_field(packed, FIELD_FRAME, TAG_HEADER);
        break;
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* @return bytes taken */
static size_t take_tag(struct packed *packed, const uint8_t *data, size_t size)
{
    size_t taken = 0;

    while (taken < size && packed->tag_left > 0) {
        size_t room = packed->field_wanted - packed->field_size;
        size_t wanted = packed->skipped > 0 ? packed->skipped : room;
        size_t part = least(least(size - taken, packed->tag_left), wanted);

        if (packed->skipped > 0) {
            packed->skipped -= part;
        } else {
            memcpy(packed->kept + packed->field_size, data + taken, part);
            packed->field_size += part;
        }
        taken += part;
        packed->tag_left -= part;
        if (packed->field_size == packed->field_wanted)
            take_field(packed);
        if (packed->tag_left == 0 && !packed->has_stamp)
            fault(packed, "a tag without that");
    }
    return taken;
}

/* ---- frames of sound ------------------------------------------------------------------------- */

static void take_frames(struct packed *packed, const uint8_t *data, size_t size)
{
    packed->bytes += (int64_t)size;
    if (packed->is_adts && adts_feed(&packed->adts, data, size) < 0) {
        audio_resume(&packed->parts->audio);
        segment_fault(packed->parts, RULE_A_ADTS, NULL, 0, "ADTS frames without a gap",
                      "no header where a frame must begin");
    }
}

/* By the first bytes behind the tag: layer 0 is that of AAC. @return bytes taken */
static size_t take_coding(struct packed *packed, const uint8_t *data, size_t size)
{
    size_t taken = 0;

    while (taken < size && packed->head_size < CODING_HEAD)
        packed->head[packed->head_size++] = data[taken++];
    if (taken > 0 && packed->head_size == CODING_HEAD) {
        packed->is_adts = packed->head[0] == 0xff && (packed->head[1] & 0xf6) == 0xf0;
        take_frames(packed, packed->head, CODING_HEAD);
    }
    return taken;
}

void packed_feed(struct packed *packed, const uint8_t *data, size_t size)
{
    size_t taken;

    if (!packed->is_begun && (size < 3 || memcmp(data, "ID3", 3) != 0)) {
        fault(packed, "none");
        packed->tag_left = 0;
    }
    packed->is_begun = true;
    taken = take_tag(packed, data, size);
    taken += take_coding(packed, data + taken, size - taken);
    if (taken < size)
        take_frames(packed, data + taken, size - taken);
}

void packed_end(struct packed *packed)
{
    struct segment *measured = &packed->parts->measured;

    findings_check(packed->parts->findings, RULE_PA_ID3);
    if (packed->tag_left > 0)
        fault(packed, "one that is cut");
    if (packed->is_adts) {
        findings_check(packed->parts->findings, RULE_A_ADTS);
        if (!adts_is_whole(&packed->adts))
            segment_fault(packed->parts, RULE_A_ADTS, NULL, 0, "whole frames",
                          "the last frame is cut by the end of the segment");
    }
    audio_end(&packed->parts->audio, measured);
    measured->audio.bytes = packed->bytes;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A start code ends in a byte of 1. memchr() finds these at the speed of memory, and in coded video
 * they are one byte in 256; whether two zeros stand before it is seen then. Of a NAL unit only the
 * first bytes are kept.
 */
#include "verify/annexb.h"

#include <string.h>

#include "verify/h264.h"

enum {
    NAL_HEAD =
        2, /* its header, and the first bits of the slice header: first_mb_in_slice, slice_type */
    FIRST_MB_IS_0 = 0x80,
    NO_ZERO = 0xff,
};

void annexb_begin(struct annexb *annexb, struct annexb_sink sink)
{
    memset(annexb, 0, offsetof(struct annexb, head));
    annexb->sink = sink;
    memset(annexb->tail, NO_ZERO, sizeof(annexb->tail));
    annexb->head_size = annexb->head_wanted = 0;
    annexb->in_unit = annexb->stamped = false;
    annexb->begun = 0;
}

void annexb_stamp(struct annexb *annexb, bool stamped, int64_t pts, int64_t dts)
{
    annexb->stamped = stamped;
    annexb->pts = pts;
    annexb->dts = dts;
}

static int nal_type(const struct annexb *annexb)
{
    return annexb->head[0] & 0x1f;
}

static bool is_slice(int type)
{
    return type >= H264_SLICE && type <= H264_SLICE_IDR;
}

/* @return whether the NAL unit at hand begins an access unit when the one before has a picture */
static bool begins_unit(const struct annexb *annexb)
{
    int type = nal_type(annexb);

    if (type == H264_SLICE || type == H264_PARTITION_A || type == H264_SLICE_IDR)
        return annexb->head_size >= NAL_HEAD && annexb->head[1] & FIRST_MB_IS_0;
    return (type >= H264_SEI && type <= H264_AUD) ||
           (type >= H264_PREFIX && type <= H264_RESERVED_18);
}

static void end_unit(struct annexb *annexb, int64_t last_packet)
{
    if (!annexb->in_unit)
        return;
    annexb->in_unit = false;
    annexb->unit.last_packet = last_packet;
    annexb->sink.take_unit(annexb->sink.context, &annexb->unit);
}

static void begin_unit(struct annexb *annexb)
{
    annexb->in_unit = true;
    annexb->begun++;
    annexb->unit = (struct annexb_unit){
        .first_packet = annexb->begin_packet,
        .stamped = annexb->stamped,
        .pts = annexb->pts,
        .dts = annexb->dts,
        .first_nal = nal_type(annexb),
        .zero_byte = annexb->zero_byte,
    };
    annexb->stamped = false;
}

/* Its first bytes are there, or it has no more: its access unit can be told. */
static void open_nal(struct annexb *annexb)
{
    struct annexb_unit *unit = &annexb->unit;
    int type = nal_type(annexb);

    annexb->is_open = true;
    if (!annexb->in_unit || (unit->has_picture && begins_unit(annexb))) {
        end_unit(annexb, annexb->end_before);
        begin_unit(annexb);
    }
    if (is_slice(type) && !unit->has_picture) {
        unit->has_picture = true;
        unit->idr = type == H264_SLICE_IDR;
        unit->intra = annexb->head_size >= NAL_HEAD && h264_is_intra(annexb->head[1]);
        unit->parameters = unit->sps && unit->pps;
    }
    unit->delimiters += type == H264_AUD;
    unit->pps = unit->pps || type == H264_PPS;
    if (type == H264_SPS)
        annexb->head_wanted = sizeof(annexb->head);
}

/* @p end_packet holds the last byte of it. */
static void close_nal(struct annexb *annexb, int64_t end_packet)
{
    if (!annexb->in_nal || annexb->head_size == 0)
        return;
    if (!annexb->is_open)
        open_nal(annexb);
    if (is_slice(nal_type(annexb)))
        annexb->unit.picture_packet = end_packet;
    if (nal_type(annexb) == H264_SPS && !annexb->unit.sps) {
        annexb->unit.sps = true;
        annexb->sink.take_sps(annexb->sink.context, annexb->head, annexb->head_size);
    }
}

/* Bytes of the NAL unit at hand. */
static void keep(struct annexb *annexb, const uint8_t *data, size_t size)
{
    while (annexb->in_nal && size > 0 && annexb->head_size < annexb->head_wanted) {
        size_t room = annexb->head_wanted - annexb->head_size;
        size_t part = size < room ? size : room;

        memcpy(annexb->head + annexb->head_size, data, part);
        annexb->head_size += part;
        data += part;
        size -= part;
        if (!annexb->is_open && annexb->head_size == NAL_HEAD)
            open_nal(annexb);
    }
}

/* Of the byte at @p at in the piece at hand or, negative, before it. */
static int64_t packet_of(const struct annexb *annexb, ptrdiff_t at)
{
    return at >= 0 ? annexb->packet : annexb->tail_packets[ANNEXB_TAIL + at];
}

/* @p at: where its start code begins, likewise. */
static void begin_nal(struct annexb *annexb, ptrdiff_t at, bool zero_byte)
{
    int64_t end_before = packet_of(annexb, at - 1);

    close_nal(annexb, end_before);
    annexb->in_nal = true;
    annexb->is_open = false;
    annexb->zero_byte = zero_byte;
    annexb->begin_packet = packet_of(annexb, at);
    annexb->end_before = end_before;
    annexb->head_size = 0;
    annexb->head_wanted = NAL_HEAD;
}

/* The byte @p back before @p at, 1 to 3, which may lie before the piece at hand. */
static uint8_t look_back(const struct annexb *annexb, const uint8_t *data, const uint8_t *at,
                         ptrdiff_t back)
{
    ptrdiff_t place = at - data - back;

    return place >= 0 ? data[place] : annexb->tail[ANNEXB_TAIL + place];
}

static void remember_tail(struct annexb *annexb, const uint8_t *data, size_t size)
{
    size_t count = size < ANNEXB_TAIL ? size : ANNEXB_TAIL;
    size_t kept = ANNEXB_TAIL - count;

    memmove(annexb->tail, annexb->tail + count, kept);
    memmove(annexb->tail_packets, annexb->tail_packets + count,
            kept * sizeof(annexb->tail_packets[0]));
    memcpy(annexb->tail + kept, data + size - count, count);
    for (size_t i = kept; i < ANNEXB_TAIL; i++)
        annexb->tail_packets[i] = annexb->packet;
}

void annexb_feed(struct annexb *annexb, const uint8_t *data, size_t size, int64_t packet)
{
    const uint8_t *end = data + size;
    const uint8_t *from = data;
    const uint8_t *one = data;

    annexb->packet = packet;
    for (; (one = memchr(one, 1, (size_t)(end - one))); one++) {
        bool zero_byte;

        if (look_back(annexb, data, one, 1) != 0 || look_back(annexb, data, one, 2) != 0)
            continue;
        zero_byte = look_back(annexb, data, one, 3) == 0;
        keep(annexb, from, (size_t)(one - from));
        begin_nal(annexb, one - data - 2 - zero_byte, zero_byte);
        from = one + 1;
    }
    keep(annexb, from, (size_t)(end - from));
    remember_tail(annexb, data, size);
}

void annexb_end(struct annexb *annexb)
{
    close_nal(annexb, annexb->packet);
    end_unit(annexb, annexb->packet);
    annexb->in_nal = false;
}

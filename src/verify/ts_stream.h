/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An elementary stream: payloads of packets become PES packets (TS_PES), these become access units
 * of H.264 (TS_AUD) or frames of AAC (A_ADTS), which go to the judges of video and sound.
 */
#ifndef HLSGEN_VERIFY_TS_STREAM_H
#define HLSGEN_VERIFY_TS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/adts.h"
#include "verify/annexb.h"
#include "verify/pes.h"
#include "verify/segment_parts.h"
#include "verify/ts_clock.h"

enum ts_coding {
    TS_H264,
    TS_OTHER_VIDEO, /* of which PES packets are measured */
    TS_ADTS,
    TS_OTHER_AUDIO,
};

struct ts_stream {
    struct segment_parts *parts;
    struct ts_clock *clock;
    enum ts_coding coding;
    int64_t segment_begin; /* packet of the run that the segment begins with */
    int64_t bytes;         /* of the elementary stream, in the segment */

    /* the PES packet at hand */
    bool is_open;
    bool is_damaged;      /* packets of it were lost, as TS_CC says */
    bool is_unit_damaged; /* or of the access unit at hand */
    uint8_t head[PES_HEAD];
    size_t head_size, head_wanted; /* head_wanted 0: the header is done */
    struct pes_header header;
    const char *fault; /* of the header; filed at the end, if nothing was lost */
    size_t size;       /* bytes without the header */
    int64_t first_packet, last_packet;
    int64_t begun;     /* access units or frames that begin in it */
    bool is_stamped;   /* it has a time stamp of a unit that has not arrived */
    int64_t due_frame; /* which frame of the segment that is, of AAC */

    struct annexb annexb;
    struct adts adts;
    struct segment_iframe iframe; /* by packets */
};

/** @param packet of the run, that the segment begins with */
void ts_stream_begin(struct ts_stream *stream, enum ts_coding coding, int64_t packet);

/** The payload of a packet. @param starts payload_unit_start_indicator */
void ts_stream_feed(struct ts_stream *stream, const uint8_t *payload, size_t size, bool starts,
                    int64_t packet);

/** Packets are lost here. */
void ts_stream_damage(struct ts_stream *stream);

/** The segment ends here, and with it the PES packet. */
void ts_stream_end(struct ts_stream *stream);

#endif

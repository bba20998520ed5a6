/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A byte stream of H.264 (Annex B) in pieces, as the packets of a transport stream hold it, divided
 * into access units. Start codes may lie across pieces.
 */
#ifndef HLSGEN_VERIFY_ANNEXB_H
#define HLSGEN_VERIFY_ANNEXB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ANNEXB_HEAD = 512, /* bytes of a sequence parameter set */
    ANNEXB_TAIL = 4,   /* of a start code, and the last one of a NAL unit before it */
};

/** An access unit (H.264 7.4.1.2.3). Packets are by the numbers that came with them. */
struct annexb_unit {
    int64_t first_packet;
    int64_t last_packet;
    int64_t picture_packet; /**< that holds the end of its last slice */
    int64_t pts;            /**< of the PES packet in which it is the first that begins */
    int64_t dts;
    bool stamped; /**< it has these */
    bool has_picture;
    bool idr;
    bool intra;      /**< an I picture, by its first slice */
    bool sps, pps;   /**< there is one */
    bool parameters; /**< both before the first slice */
    bool zero_byte;  /**< before the start code of its first NAL unit */
    int first_nal;   /**< nal_unit_type of that */
    int delimiters;
};

/** Who is told. */
struct annexb_sink {
    void (*take_unit)(void *context, const struct annexb_unit *unit);
    void (*take_sps)(void *context, const uint8_t *sps, size_t size);
    void *context;
};

struct annexb {
    struct annexb_sink sink;
    int64_t packet;            /* of the piece at hand */
    uint8_t tail[ANNEXB_TAIL]; /* the last bytes before it, and their packets */
    int64_t tail_packets[ANNEXB_TAIL];

    /* the NAL unit at hand */
    bool in_nal;
    bool is_open; /* its access unit is known */
    bool zero_byte;
    int64_t begin_packet;
    int64_t end_before; /* packet that holds the end of the NAL unit before it */
    uint8_t head[ANNEXB_HEAD];
    size_t head_size, head_wanted;

    bool in_unit;
    struct annexb_unit unit;
    int64_t begun; /* access units */

    bool stamped; /* PES packet with these, in which no access unit has begun */
    int64_t pts, dts;
};

void annexb_begin(struct annexb *annexb, struct annexb_sink sink);

/** PTS and DTS of what begins next; @p stamped false: there are none. */
void annexb_stamp(struct annexb *annexb, bool stamped, int64_t pts, int64_t dts);

void annexb_feed(struct annexb *annexb, const uint8_t *data, size_t size, int64_t packet);

/** The byte stream ends here, and with it the last access unit. */
void annexb_end(struct annexb *annexb);

#endif

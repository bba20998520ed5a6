/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AAC in ADTS frames (ISO/IEC 14496-3 1.A.2.2), in pieces of any size. */
#ifndef HLSGEN_VERIFY_ADTS_H
#define HLSGEN_VERIFY_ADTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/audio.h"

enum {
    ADTS_HEADER = 7,
};

struct adts {
    struct audio *audio; /* which is given the frames */
    uint8_t head[ADTS_HEADER];
    size_t head_size;
    size_t left;    /* bytes of the frame at hand that are to come */
    bool is_lost;   /* no frame begins where one must */
    bool has_stamp; /* PES packet with this, in which no frame has begun */
    int64_t stamp;
    bool stamped; /* the frame at hand has this: */
    int64_t pts;
    int64_t begun; /* frames */
};

/** At a border of a segment. */
void adts_begin(struct adts *adts, struct audio *audio);

/** A PES packet begins: its PTS is that of the next frame. Frames that were lost are found here. */
void adts_stamp(struct adts *adts, bool stamped, int64_t pts);

/** @return 0; -EBADMSG: no frame begins where one must, and what is fed is left aside until the
 * next adts_stamp() */
int adts_feed(struct adts *adts, const uint8_t *data, size_t size);

/** @return whether no frame is cut here */
bool adts_is_whole(const struct adts *adts);

#endif

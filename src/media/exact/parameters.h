/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameter sets, one of each kind. The PPS has a scaling list for the 8x8 blocks of P
 * pictures, by which their smallest level is a cell that changes its colour; all that IDR pictures
 * use is flat.
 */
#ifndef HLSGEN_MEDIA_EXACT_PARAMETERS_H
#define HLSGEN_MEDIA_EXACT_PARAMETERS_H

#include "base/buffer.h"
#include "media/exact/exact.h"

enum {
    /* QP at which the one level of a constant Intra16x16 block is the difference of its samples:
     * 16 << 4 is undone by the transforms (8.5.10, 8.5.12). Chroma has it 6 below (8.5.11). */
    PARAMETERS_QP_STILL = 28,
    PARAMETERS_CHROMA_OFFSET = -6,
    /* Two doublings higher: a level is four samples. */
    PARAMETERS_QP_STRIP = 40,
    /* QP at which the first level of an 8x8 block is multiplied by its weight (8.5.13): that of the
     * PPS, since P pictures are the many. */
    PARAMETERS_QP_P = 46,

    PARAMETERS_FRAME_NUM_BITS = 8,
};

/** Appends SPS and PPS. @return 0 or -ENOMEM */
int parameters_append(const struct exact_format *format, struct buffer *buffer);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slice headers (7.3.3), all that are needed. */
#ifndef HLSGEN_MEDIA_EXACT_SLICE_H
#define HLSGEN_MEDIA_EXACT_SLICE_H

#include "media/exact/bits.h"

enum {
    SLICE_IDR_HEADER_MAX = 68, /* bits at most */
    SLICE_P_HEADER_MAX = 32,
};

/** Of an IDR picture; @p first: its first macroblock. */
void slice_put_idr_header(struct bits *bits, uint32_t first, int qp);

/** Of a P picture as a whole. */
void slice_put_p_header(struct bits *bits, uint64_t frame_num);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of an Intra16x16 macroblock (7.3.5), as the still slices and the strip have it. */
#ifndef HLSGEN_MEDIA_EXACT_INTRA_H
#define HLSGEN_MEDIA_EXACT_INTRA_H

#include <stdbool.h>

#include "media/exact/bits.h"

/** Intra16x16PredMode, Table 8-4. */
enum intra_mode {
    INTRA_VERTICAL,
    INTRA_HORIZONTAL,
    INTRA_DC,
    INTRA_MODES,
};

enum {
    INTRA_NEUTRAL = 128, /* what is predicted from nothing */
};

/** Appends mb_type, as in an I slice, intra_chroma_pred_mode and mb_qp_delta. @p chroma_levels:
 * chroma has DC levels. */
void intra_add_head(struct code *code, enum intra_mode luma, enum intra_mode chroma,
                    bool chroma_levels);

#endif

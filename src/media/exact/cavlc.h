/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of levels by CAVLC (9.2), as far as they come here: the last of several levels is not +-1.
 */
#ifndef HLSGEN_MEDIA_EXACT_CAVLC_H
#define HLSGEN_MEDIA_EXACT_CAVLC_H

#include "media/exact/bits.h"

/** Which codes tell how many levels there are: nC of 9.2.1. */
enum cavlc_context {
    CAVLC_FEW,       /**< nC 0 or 1: neighbours without levels */
    CAVLC_MANY,      /**< nC 8 or more: an I_PCM neighbour, which counts as 16 */
    CAVLC_CHROMA_DC, /**< nC -1 */
};

enum {
    CAVLC_LEVELS_MAX = 4, /* in a block, those that are not 0 */
    CAVLC_LENGTH = 5,     /* how far from the beginning of the scan they lie */
};

/** Appends the block of @p levels, in the order of the scan, the rest being 0. */
void cavlc_add(struct code *code, enum cavlc_context context, const int levels[CAVLC_LENGTH]);

/** The same for a block whose first level alone may be other than 0. */
void cavlc_add_first(struct code *code, enum cavlc_context context, int level);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A P picture: what changes of the strip, and nothing else. */
#ifndef HLSGEN_MEDIA_EXACT_CHANGE_H
#define HLSGEN_MEDIA_EXACT_CHANGE_H

#include "media/cells.h"
#include "media/exact/bits.h"

enum {
    CHANGE_CODES = 1 << 8,
};

/** Macroblocks, by changed cells and, four bits up, what they are now; in the order of strip.h. */
struct change {
    struct code codes[CHANGE_CODES];
};

void change_init(struct change *change);

/**
 * Bits of slice data at most.
 *
 * @param picture     macroblocks of the picture
 * @param cells       that change at most
 * @param macroblocks in which these lie, at most
 */
uint64_t change_max(uint64_t picture, uint64_t cells, uint64_t macroblocks);

/** Writes the slice data of a picture of @p picture macroblocks, @p columns of them in a row. */
void change_put(const struct change *change, const struct cells_place *place, uint32_t columns,
                uint32_t picture, const struct cells *before, const struct cells *cells,
                struct bits *bits);

#endif

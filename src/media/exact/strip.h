/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The strip in an IDR picture: one slice, a table look-up for each macroblock. */
#ifndef HLSGEN_MEDIA_EXACT_STRIP_H
#define HLSGEN_MEDIA_EXACT_STRIP_H

#include "media/cells.h"
#include "media/exact/bits.h"

/**
 * What of a macroblock and its neighbours decides its code. Cells are told from left to right, from
 * top to bottom, from the lowest bit up; those of a neighbour that cannot be used do not matter.
 */
enum {
    STRIP_OWN = 0,   /* 4 bits */
    STRIP_LEFT = 4,  /* 2 bits: the column next to it */
    STRIP_ABOVE = 6, /* 2 bits: the row next to it */
    STRIP_HAS_LEFT = 8,
    STRIP_HAS_ABOVE = 9,
    STRIP_CODES = 1 << 10,
};

struct strip {
    struct code codes[STRIP_CODES];
};

void strip_init(struct strip *strip);

/** Bits of a macroblock at most. */
unsigned strip_macroblock_max(const struct strip *strip);

/** Writes the slice data. */
void strip_put(const struct strip *strip, const struct cells_place *place,
               const struct cells *cells, struct bits *bits);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets of media segments share. */
#ifndef HLSGEN_TESTS_FUZZ_SEGMENTS_H
#define HLSGEN_TESTS_FUZZ_SEGMENTS_H

#include "verify/segment.h"

enum {
    SEGMENTS_COUNT = 3, /**< at the beginning, as the next segment, and behind a discontinuity */
};

/** What was measured and found. */
struct segments {
    struct findings findings;
    struct segment measured[SEGMENTS_COUNT];
};

/**
 * Reads a segment so often, in pieces, each in memory of its own, so that a sanitizer sees its end;
 * and holds what was measured to what the header says.
 *
 * @param init an initialization section before it; size 0: none
 */
void segments_read(const uint8_t *init, size_t init_size, const uint8_t *data, size_t size,
                   size_t piece, struct segments *ret);

/** Both say the same. */
void segments_check_same(const struct segments *one, const struct segments *other);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory the making of a rendition takes, told from the preset alone. */
#ifndef HLSGEN_MEDIA_FOOTPRINT_H
#define HLSGEN_MEDIA_FOOTPRINT_H

#include <stdint.h>

#include "preset/preset.h"
#include "timeline/timeline.h"

/**
 * The size of the largest block that malloc(3) may take from the heap: larger ones are mapped. The
 * bound below holds for this M_MMAP_THRESHOLD, the largest that glibc takes. With a lower one the
 * pictures of libx264, which are aligned to huge pages, would be mapped with up to 2 MiB of waste
 * each.
 */
#define FOOTPRINT_HEAP_BLOCK_MAX (32 << 20)

/** Bytes that the first rendition takes more than any other: AAC, and what libraries share. */
#define FOOTPRINT_SHARED (2 << 20)

/** Upper bounds of memory, in bytes, beside what the program and its libraries have when they are
 * loaded. */
struct footprint {
    int64_t kept;   /**< what a rendition is when it has been made */
    int64_t making; /**< what it takes besides until then */
};

struct footprint footprint_of(const struct preset *preset, const struct timeline *line);

/** An upper bound of what @p threads take that encode @p streams streams of an aperiodic preset. */
int64_t footprint_workers(const struct preset *preset, const struct timeline *line, int threads,
                          int64_t streams);

#endif

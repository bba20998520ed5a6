/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every segment has a whole multiple of 16 video packets, so that their continuity counters
 * (ISO 13818-1 2.4.3.3) begin anew at 0: in segments that were encoded each on its own, and where
 * one rendition follows another.
 */
#ifndef HLSGEN_MEDIA_ALIGN_H
#define HLSGEN_MEDIA_ALIGN_H

#include <stdint.h>

#include "base/buffer.h"

#define ALIGN_PACKETS 16 /**< the modulus of continuity_counter */

/**
 * Appends to @p to the packets of a segment, of which up to 15 video packets have been split in
 * two. Where a segment has too few that can be split, it stays uneven.
 *
 * @return 0 or -ENOMEM
 */
int align_append(struct buffer *to, const uint8_t *packets, size_t size);

#endif

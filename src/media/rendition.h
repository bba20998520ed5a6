/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rendition: the function from a segment's index to its bytes.
 *
 * The media are encoded for one cycle, muxed and laid out into one template for each segment of the
 * cycle, and all encoders freed. From then on a segment is a patched template. Made from scratch -
 * muxed at its own place in time - it has the same bytes.
 */
#ifndef HLSGEN_MEDIA_RENDITION_H
#define HLSGEN_MEDIA_RENDITION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "media/progress.h"
#include "preset/preset.h"
#include "timeline/timeline.h"

struct rendition;

/**
 * @param line     borrowed for as long as the rendition lives
 * @param progress may be NULL
 * @param ret      owned by the caller, freed by rendition_free()
 * @return 0; a negative AVERROR with @p err filled
 */
int rendition_make(const struct preset *preset, const struct timeline *line,
                   const struct progress *progress, struct rendition **ret, struct error *err);

/** Bytes of every segment. */
size_t rendition_segment_size(const struct rendition *rendition);

/** Segments after which the content repeats. */
int64_t rendition_cycle(const struct rendition *rendition);

/**
 * The bytes of segment @p index, any from 0. Allocates nothing.
 *
 * @return rendition_segment_size() bytes, valid until the next call
 */
const uint8_t *rendition_segment(struct rendition *rendition, int64_t index);

#define RENDITION_DIGEST_SIZE 32

/**
 * A SHA-256 of all that decides when a segment is due and which bytes it has: renditions of equal
 * digests publish the same stream.
 *
 * @param progress may be NULL
 * @return 0 or -ENOMEM
 */
int rendition_digest(struct rendition *rendition, const struct progress *progress,
                     uint8_t ret_digest[RENDITION_DIGEST_SIZE]);

/** Accepts NULL. Always NULL. */
struct rendition *rendition_free(struct rendition *rendition);

/** The cycle that the rendition of @p preset will have. */
int64_t rendition_cycle_of(const struct preset *preset, const struct timeline *line);

/**
 * An upper bound, from the preset alone, of what a segment will take: for checks of room before
 * anything is encoded.
 */
size_t rendition_segment_bound(const struct preset *preset, const struct timeline *line);

#endif

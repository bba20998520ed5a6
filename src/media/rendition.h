/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rendition: the function from stream and index to the bytes of a segment.
 *
 * The media are encoded for one cycle, muxed and laid out into one template for each segment of the
 * cycle, and all encoders freed. From then on a segment is a patched template. Made from scratch -
 * muxed at its own place in time - it has the same bytes.
 *
 * With a clock over it no picture comes twice. The exact encoder then writes the access units anew
 * into the template, where each has a place of fixed size. libx264 encodes each segment afresh
 * (workers.h); the template, without a clock, stands by for one that is not ready in time.
 */
#ifndef HLSGEN_MEDIA_RENDITION_H
#define HLSGEN_MEDIA_RENDITION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "media/audio.h"
#include "media/progress.h"
#include "preset/preset.h"
#include "timeline/timeline.h"

struct rendition;

/** Of many streams of one rendition, which: they differ in what the clock shows, if there is one.
 */
struct rendition_stream {
    int64_t number;              /**< from 1; 0: the only one */
    const struct timeline *line; /**< borrowed; all have the same rate and frames of a segment */
};

/**
 * Whether the preset can be made at all, told from the preset alone.
 *
 * @return 0; -EINVAL with @p err filled (EX_DATAERR): too small a picture for the clock
 */
int rendition_check(const struct preset *preset, struct error *err);

/**
 * May be called by several threads at once.
 *
 * @param preset, line borrowed for as long as the rendition lives; a preset without video has a
 *                 line of sound, and no other has
 * @param audio    of the preset, borrowed for the call; NULL: it has none
 * @param progress may be NULL
 * @param ret      owned by the caller, freed by rendition_free()
 * @return 0; a negative AVERROR with @p err filled
 */
int rendition_make(const struct preset *preset, const struct timeline *line,
                   const struct audio *audio, const struct progress *progress,
                   struct rendition **ret, struct error *err);

/** Bytes of the largest segment, and of segment @p index. */
size_t rendition_segment_max(const struct rendition *rendition);
size_t rendition_segment_size(const struct rendition *rendition, int64_t index);

/**
 * The initialization section that every segment needs (RFC 8216 3.3): the same for all streams of
 * the rendition.
 *
 * @return @p ret_size bytes, the rendition's; NULL, @p ret_size untouched: its segments need none
 */
const uint8_t *rendition_init_section(const struct rendition *rendition, size_t *ret_size);

/** Bytes of a segment. */
struct rendition_range {
    size_t start;
    size_t size;
};

/**
 * The bytes of the picture that begins @p segment, an IDR picture: with what initializes a decoder,
 * which stands before the first of them or is in a file of its own, they can be decoded alone (RFC
 * 8216 4.3.3.6). The beginning of the segment is enough if the second picture begins in it; else,
 * and without video, their size is 0.
 */
struct rendition_range rendition_iframe(const struct rendition *rendition, const uint8_t *segment,
                                        size_t size);

#define RENDITION_CODECS_SIZE 40

/** What a multivariant playlist says of it; measured, or read from what was encoded. */
struct rendition_facts {
    int64_t bandwidth;                  /**< bit/s of its largest segment (RFC 8216 4.3.4.2) */
    int64_t average_bandwidth;          /**< bit/s of a whole cycle, rounded up */
    int64_t iframe_bandwidth;           /**< bit/s of its largest first picture over the duration
                                             of the segment; 0: there is no video */
    int64_t iframe_average;             /**< likewise of a whole cycle, rounded up; 0: no two of
                                             them are alike */
    char codecs[RENDITION_CODECS_SIZE]; /**< RFC 6381, of the sequence parameter set and of the
                                             AudioSpecificConfig: "avc1.64001f,mp4a.40.2" */
};

void rendition_describe(const struct rendition *rendition, struct rendition_facts *ret);

/** Segments after which the templates repeat. */
int64_t rendition_cycle(const struct rendition *rendition);

/**
 * The bytes of segment @p index, any from 0; of an aperiodic preset those that stand by. Allocates
 * nothing.
 *
 * @return rendition_segment_size() bytes, valid until the next call
 */
const uint8_t *rendition_segment(struct rendition *rendition, const struct rendition_stream *stream,
                                 int64_t index);

/**
 * For an aperiodic preset: encodes segment @p index with its clock. A pure function: may be called
 * by several threads at once. Uses the heap.
 *
 * @param progress called before each frame; may be NULL
 * @param to       room for rendition_segment_size() bytes
 * @return 0 or a negative AVERROR
 */
int rendition_encode(const struct rendition *rendition, const struct rendition_stream *stream,
                     int64_t index, const struct progress *progress, uint8_t *to);

#define RENDITION_DIGEST_SIZE 32

/**
 * A SHA-256 of all that decides when a segment of @p stream is due and which bytes it has: equal
 * digests, the same stream.
 *
 * @param progress may be NULL
 */
void rendition_digest(struct rendition *rendition, const struct rendition_stream *stream,
                      const struct progress *progress, uint8_t ret_digest[RENDITION_DIGEST_SIZE]);

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

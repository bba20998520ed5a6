/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Movie Fragment Box (ISO 14496-12 8.8.4): where its samples lie, and when they are decoded. */
#ifndef HLSGEN_VERIFY_MP4_FRAGMENT_H
#define HLSGEN_VERIFY_MP4_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "verify/mp4_box.h"
#include "verify/mp4_init.h"
#include "verify/segment_parts.h"

/** Samples of one track, one behind the other (8.8.8). */
struct mp4_run {
    int64_t begin; /**< of its data, bytes from the start of the segment */
    int64_t end;
    int64_t dts; /**< of its next sample, in units of the track */
    int track;   /**< its place in the initialization section */
    int order;   /**< in the fragment */
    uint32_t count;
    uint32_t fields; /**< flags of trun: what its entries have */
    bool is_signed;  /**< composition offsets are */
    bool is_first;   /**< the next sample is its first */
    uint32_t first_flags;
    struct mp4_defaults defaults;
    struct mp4_bytes entries; /**< of the moof in memory */
};

struct mp4_sample {
    uint32_t size;
    uint32_t duration;
    uint32_t flags;
    int64_t dts; /**< in units of the track */
    int64_t pts; /**< likewise, by its composition offset alone */
};

/** Takes the next of @p run->count samples. */
struct mp4_sample mp4_run_take(struct mp4_run *run);

bool mp4_sample_is_sync(const struct mp4_sample *sample);

/** Of a track: where the next fragment goes on. */
struct mp4_line {
    bool runs_on; /**< next counts */
    int64_t next; /**< decoding time, in units of the track */
    bool is_lost; /**< the next sample does not run on from the last that was measured */
};

/** The fragment at hand, and what runs on from one to the next. */
struct mp4_fragment {
    int64_t begin;        /**< of moof, bytes from the start of the segment */
    struct mp4_run *runs; /**< of video and sound, in the order of their data */
    size_t count;
    size_t capacity;
    struct mp4_line lines[MP4_TRACKS_MAX];
    bool has_sequence;
    uint32_t sequence; /**< of the last one */
    bool has_video;    /**< the segment has had a sample of video */
    bool is_absolute;  /**< it has said where data are from the start of the file */
};

/**
 * Reads a fragment, and judges F_SEQ, F_TFDT, F_SYNC.
 *
 * @param moof  body of the box, which must live as long as the runs
 * @param begin of the box, bytes from the start of the segment
 * @return NULL, or what breaks F_BOX: where its samples are is then not known
 */
const char *mp4_fragment_read(struct mp4_fragment *fragment, const struct mp4_init *init,
                              const struct segment_parts *parts, struct mp4_bytes moof,
                              int64_t begin);

#endif

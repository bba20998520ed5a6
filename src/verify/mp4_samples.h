/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The samples of a fragment, as their data come by: each is told to video or sound when it is
 * whole. Of H.264 the lengths and heads of NAL units are read, and nothing is held but a parameter
 * set.
 */
#ifndef HLSGEN_VERIFY_MP4_SAMPLES_H
#define HLSGEN_VERIFY_MP4_SAMPLES_H

#include "verify/mp4_fragment.h"

/** Of one kind. */
struct mp4_sum {
    int track; /**< that is measured; -1: there is none */
    int64_t bytes;
    uint32_t duration; /**< of each sample; 0: they differ */
    int64_t units;
};

/** The NAL units of the sample at hand (ISO 14496-15 5.3.2). */
struct mp4_nals {
    int head; /**< bytes of the length that have been read */
    uint32_t length;
    uint32_t left;  /**< bytes of the NAL unit that are still to come */
    bool is_broken; /**< their lengths do not fill the sample */
    bool has_sps, has_pps, has_picture, is_idr;
    bool is_first_slice; /**< the NAL unit at hand is */
    bool is_intra;       /**< an I picture, by that */
    bool is_complete;    /**< both parameter sets stand before the picture */
    bool is_sps;         /**< which is kept until it is whole */
    size_t sps_size;
    uint8_t sps[MP4_SPS_MAX];
};

struct mp4_samples {
    const struct mp4_init *init;
    struct mp4_fragment *fragment;
    struct segment_parts *parts;
    struct mp4_sum video, sound;

    size_t run; /**< at hand, of the fragment; those before have been measured */
    bool has_sample;
    struct mp4_sample sample; /**< at hand */
    uint32_t left;            /**< bytes of it that are still to come */
    struct mp4_nals nals;
};

/** Begins a segment. */
void mp4_samples_begin(struct mp4_samples *samples);

/**
 * Media data begin. @param begin of them, bytes from the start of the segment; @p end likewise
 * @return NULL, or what breaks F_BOX: a run lies only partly there
 */
const char *mp4_samples_enter(struct mp4_samples *samples, int64_t begin, int64_t end);

/** Media data at @p position. @return NULL, or what breaks F_BOX */
const char *mp4_samples_feed(struct mp4_samples *samples, int64_t position, const uint8_t *data,
                             size_t size);

/** Adds what is known better here than from the times alone. */
void mp4_samples_end(const struct mp4_samples *samples, struct segment *ret);

#endif

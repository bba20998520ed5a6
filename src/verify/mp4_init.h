/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The media initialization section of fragmented MP4 (RFC 8216 3.3): what is said of the tracks. */
#ifndef HLSGEN_VERIFY_MP4_INIT_H
#define HLSGEN_VERIFY_MP4_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/findings.h"
#include "verify/segment.h"

enum {
    MP4_TRACKS_MAX = 16,
    MP4_SPS_MAX = 512,
};

/** Below these a time stays, in units and in seconds: whatever is done with it, 64 bits hold it. */
#define MP4_TIME_MAX    (INT64_C(1) << 60)
#define MP4_SECONDS_MAX (INT64_C(1) << 36)

enum mp4_kind {
    MP4_OTHER,
    MP4_VIDEO,
    MP4_AUDIO,
};

/** What samples have whose fragment says nothing else (ISO 14496-12 8.8.3). */
struct mp4_defaults {
    uint32_t duration;
    uint32_t size;
    uint32_t flags;
};

struct mp4_track {
    uint32_t id;
    enum mp4_kind kind;
    uint32_t timescale; /**< units a second, at least 1 */
    int64_t shift;      /**< of its edit list: from composition to presentation time, in units */
    struct mp4_defaults defaults;
    bool is_readable; /**< H.264 that is not encrypted: NAL units are looked at */
    int length_size;  /**< bytes that say how long a NAL unit is */
    bool has_pps;     /**< in the section */
    size_t sps_size;  /**< 0: there is none */
    uint8_t sps[MP4_SPS_MAX];
    int width, height;          /**< of video that is not H.264, as the sample entry says */
    struct segment_audio sound; /**< of sound */
    int samples; /**< samples of a frame; 0: as many as its duration in the fragment makes */
};

struct mp4_init {
    int count;
    struct mp4_track tracks[MP4_TRACKS_MAX];
};

/**
 * Reads a media initialization section and files what is wrong with it under F_MAP at @p place.
 *
 * @return 0; -EBADMSG: it is none
 */
int mp4_init_read(const uint8_t *data, size_t size, const char *place, struct findings *findings,
                  struct mp4_init *ret);

/** Whether @p time, in units of which a second has @p timescale, is below these, and not negative.
 */
bool mp4_time_is_sane(int64_t time, uint32_t timescale);

/** @return the track with that identifier, or NULL */
const struct mp4_track *mp4_init_find(const struct mp4_init *init, uint32_t id);

/** The first one of @p kind, or NULL. */
const struct mp4_track *mp4_init_first(const struct mp4_init *init, enum mp4_kind kind);

#endif

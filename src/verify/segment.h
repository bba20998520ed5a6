/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was measured in one media segment, alike for MPEG-TS, fragmented MP4 and packed audio; and
 * the readers that measure it. A reader is fed a segment in pieces of any size, keeps nothing of it
 * but the measures, and files what is wrong inside the segment under its rule. What spans segments
 * of one playlist (continuity counters, decode times, parameters) it keeps until it is told of a
 * discontinuity.
 */
#ifndef HLSGEN_VERIFY_SEGMENT_H
#define HLSGEN_VERIFY_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/findings.h"

#define SEGMENT_CLOCK_HZ 90000

enum segment_container {
    SEGMENT_UNKNOWN,
    SEGMENT_TS,
    SEGMENT_FMP4,
    SEGMENT_PACKED_AUDIO,
};

/** One elementary stream of a segment. Times are 90 kHz ticks, those of fMP4 rounded; unwrapped:
 * they run on from segment to segment of a playlist until a discontinuity. */
struct segment_track {
    int64_t units;     /**< access units or AAC frames; 0: there is no such stream */
    int64_t bytes;     /**< of the elementary stream */
    int64_t first_pts; /**< smallest PTS */
    int64_t end_pts;   /**< largest PTS and the duration of a unit */
    int64_t first_dts;
    int64_t last_dts;
    int64_t unit_num; /**< duration of a unit: unit_num / unit_den ticks; 0 / 0 when not known */
    int64_t unit_den;
};

/** The first IDR picture: bytes of the segment from its start, all that is needed to decode it. */
struct segment_iframe {
    int64_t offset;
    int64_t size;  /**< 0: there is none */
    bool may_open; /**< the first picture of the segment is an I picture, though no IDR picture, or
                        of a codec that is not looked into */
};

/** What a sequence parameter set says (H.264 7.3.2.1.1). */
struct segment_video {
    uint8_t profile, constraints, level;
    int width, height; /**< cropped; 0: no parameter set was there */
    bool interlaced;
    int sar_width, sar_height; /**< sample aspect ratio (H.264 E.2.1); 0: not said, square */
};

struct segment_audio {
    int object_type; /**< MPEG-4 audio object type: 2 is AAC-LC; 0: not known */
    int rate;        /**< samples per second */
    int channels;
};

struct segment {
    enum segment_container container;
    int64_t bytes;
    struct segment_track video;
    struct segment_track audio;
    struct segment_video picture;
    struct segment_audio sound;
    struct segment_iframe iframe;
    bool starts_with_idr;
    bool has_video_track; /**< PMT or moov announces it, access units or not */
    bool has_audio_track;
};

/** One that keeps what spans the segments of one media playlist. */
struct segment_reader;

/**
 * @param independent EXT-X-INDEPENDENT-SEGMENTS applies (4.3.5.1): V_CLOSED is judged
 * @return 0 or -ENOMEM; @p ret is freed by segment_reader_free()
 */
int segment_reader_new(struct findings *findings, bool independent, struct segment_reader **ret);

/** Accepts NULL. Always NULL. */
struct segment_reader *segment_reader_free(struct segment_reader *reader);

/**
 * A media initialization section (EXT-X-MAP) for the segments to come, whole in memory.
 *
 * @return 0; -EBADMSG: it is none, which has been filed
 */
int segment_reader_map(struct segment_reader *reader, const char *place, const uint8_t *data,
                       size_t size);

/**
 * Begins a segment.
 *
 * @param place  its name, for findings; borrowed until segment_reader_end()
 * @param breaks a discontinuity stands before it: nothing runs on
 */
void segment_reader_begin(struct segment_reader *reader, const char *place, bool breaks);

void segment_reader_feed(struct segment_reader *reader, const uint8_t *data, size_t size);

/** Ends it. @p ret: what was measured; container SEGMENT_UNKNOWN: nothing could be. */
void segment_reader_end(struct segment_reader *reader, struct segment *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Video, encoded by libx264 and filled to the declared bit rate: one cycle of it; or, when a clock
 * is drawn over it and nothing comes twice, one segment.
 */
#ifndef HLSGEN_MEDIA_VIDEO_H
#define HLSGEN_MEDIA_VIDEO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "media/face.h"
#include "media/progress.h"
#include "preset/preset.h"
#include "timeline/timeline.h"

/** One access unit, in decoding order. Its DTS is (its place in the cycle - video.delay) frames. */
struct video_unit {
    size_t offset; /**< into video.bytes */
    size_t size;
    int64_t pts; /**< frames since the start of the cycle */
};

struct video {
    struct buffer bytes;      /**< Annex B, an access unit delimiter first in each unit */
    struct video_unit *units; /**< segments * frames of a segment, an IDR first in each segment */
    int64_t count;
    int64_t segments; /**< the cycle: of the picture and of the bit rate */
    bool anew;        /**< each unit is written anew in each segment, with at most so many bytes */
    int64_t delay;    /**< frames by which decoding runs ahead of presentation */
    int64_t bitrate;  /**< bit/s, that libx264 was to make, so that it can be sent */
    int width;
    int height;
};

/**
 * How long before its decode time a byte may arrive, milliseconds: the PCR runs behind the DTS by
 * this much, and it is the decoder's buffer at the declared bit rate.
 */
#define VIDEO_LEAD_MS 500

/** Segments after which picture and size of the video of @p preset repeat. */
int64_t video_cycle(const struct preset *preset);

/**
 * Encodes the cycle of @p preset: the picture once, at a rate that the smallest segment carries.
 * Segments that show the same have the same access units, and by filler data each becomes exactly
 * video_segment_bytes(); without filler data it has less, and units share their bytes. When libx264
 * exceeds the rate, or an access unit would arrive after its decode time, all is encoded again at a
 * lower one.
 *
 * @param ret_video owned by the caller, freed by video_finish()
 * @return 0; a negative AVERROR with @p err filled (EX_DATAERR when the pattern cannot be encoded
 *         at the bit rate)
 */
int video_encode(const struct preset *preset, const struct timeline *line,
                 const struct progress *progress, struct video *ret_video, struct error *err);

/** The clock over a stream. */
struct video_clock {
    const struct face *face;
    int64_t stream;  /**< its number, as in struct face_moment */
    int64_t bitrate; /**< to be tried first: with which its cycle, without a clock, can be sent */
};

/**
 * Encodes segment @p index afresh, with @p clock over it, as video_encode() does a cycle of one
 * segment: an encoder of its own, and the frames of the pattern that lie there in its cycle. A pure
 * function, which may be called by several threads at once.
 *
 * @param line of the stream
 * @param ret  as video_encode()'s; pts and decode times count from the start of the segment, and
 *             the delay is that of every other segment and of the cycle
 */
int video_encode_segment(const struct preset *preset, const struct timeline *line, int64_t index,
                         const struct video_clock *clock, const struct progress *progress,
                         struct video *ret, struct error *err);

/** Accepts a zeroed one. */
void video_finish(struct video *video);

#endif

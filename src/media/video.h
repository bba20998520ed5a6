/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One cycle of video, encoded by libx264 and filled to the declared bit rate. */
#ifndef HLSGEN_MEDIA_VIDEO_H
#define HLSGEN_MEDIA_VIDEO_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
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
    int64_t segments; /**< the cycle */
    int64_t delay;    /**< frames by which decoding runs ahead of presentation */
    int width;
    int height;
};

/**
 * How long before its decode time a byte may arrive, milliseconds: the PCR runs behind the DTS by
 * this much, and it is the decoder's buffer at the declared bit rate.
 */
#define VIDEO_LEAD_MS 500

/**
 * Encodes the cycle of @p preset. Each segment of it becomes exactly bitrate * duration / 8 bytes,
 * rounded down, by filler data. When libx264 exceeds that, or an access unit would arrive after its
 * decode time, the cycle is encoded again at a lower rate.
 *
 * @param ret_video owned by the caller, freed by video_finish()
 * @return 0; a negative AVERROR with @p err filled (EX_DATAERR when the pattern cannot be encoded
 *         at the bit rate)
 */
int video_encode(const struct preset *preset, const struct timeline *line,
                 const struct progress *progress, struct video *ret_video, struct error *err);

/** Accepts a zeroed one. */
void video_finish(struct video *video);

#endif

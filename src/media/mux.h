/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MPEG-TS by libavformat: a run of segments as packets, with absolute time stamps. */
#ifndef HLSGEN_MEDIA_MUX_H
#define HLSGEN_MEDIA_MUX_H

#include <stdint.h>

#include "media/audio.h"
#include "media/video.h"
#include "timeline/timeline.h"

struct mux_source {
    const struct timeline *line;
    const struct video *video; /**< NULL: there is none */
    const struct audio *audio; /**< NULL: there is none */
};

/**
 * Takes the packets of one segment: PAT and PMT, then the access units and AAC frames in decoding
 * order, one PES packet each. @p size is a multiple of 188. @return 0, or a negative AVERROR to
 * stop
 */
typedef int mux_sink(void *arg, int64_t index, const uint8_t *packets, size_t size);

/**
 * Muxes segments @p first to @p first + @p count - 1, the continuity counters of each beginning at
 * 0.
 *
 * @return 0, a negative AVERROR, or what @p sink returned
 */
int mux_segments(const struct mux_source *source, int64_t first, int64_t count, mux_sink *sink,
                 void *arg);

#endif

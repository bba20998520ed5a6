/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run of segments in their container, with absolute time stamps, before they have their size. */
#ifndef HLSGEN_MEDIA_MUX_H
#define HLSGEN_MEDIA_MUX_H

#include <stdint.h>

#include "base/buffer.h"
#include "media/audio.h"
#include "media/video.h"
#include "timeline/timeline.h"

struct mux_source {
    const struct timeline *line;
    const struct video *video; /**< NULL: there is none */
    const struct audio *audio; /**< NULL: there is none */
};

/**
 * Takes what one segment is made of: of MPEG-TS packets, PAT and PMT, then the access units and AAC
 * frames in decoding order, one PES packet each; of fragmented MPEG-4 whole boxes. @return 0, or a
 * negative AVERROR to stop
 */
typedef int mux_sink(void *arg, int64_t index, const uint8_t *bytes, size_t size);

/**
 * Muxes segments @p first to @p first + @p count - 1 as MPEG-TS, the continuity counters of each
 * beginning at 0.
 *
 * @return 0, a negative AVERROR, or what @p sink returned
 */
int mux_ts(const struct mux_source *source, int64_t first, int64_t count, mux_sink *sink,
           void *arg);

/** Likewise as fragmented MPEG-4; fragments.h says how. */
int mux_fmp4(const struct mux_source *source, int64_t first, int64_t count, mux_sink *sink,
             void *arg);

/**
 * Makes the initialization section of fragmented MPEG-4 (RFC 8216 3.3): sample entries, tracks, and
 * no sample.
 *
 * @param ret appended to; freed by buffer_finish()
 * @return 0 or a negative AVERROR
 */
int mux_init_section(const struct mux_source *source, struct buffer *ret);

#endif

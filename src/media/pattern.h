/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pictures: a fixed list of libavfilter sources, drawn frame by frame as 4:2:0, 8 bit. */
#ifndef HLSGEN_MEDIA_PATTERN_H
#define HLSGEN_MEDIA_PATTERN_H

#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>

#include "preset/preset.h"

/** The values that the pattern is drawn with, for the VUI to say (H.264 Annex E). */
struct pattern_color {
    enum AVColorPrimaries primaries;
    enum AVColorTransferCharacteristic transfer;
    enum AVColorSpace matrix;
};

struct pattern;

/**
 * Opens the pattern that @p preset names, in its size and frame rate.
 *
 * @param first frame of the pattern to begin with; those before it cost to be drawn, and no more
 * @param ret_pattern owned by the caller, freed by pattern_free()
 * @return 0 or a negative AVERROR
 */
int pattern_new(const struct preset *preset, int64_t first, struct pattern **ret_pattern);

/** Draws the next frame into @p frame, whose references the caller drops. @return 0 or an AVERROR
 */
int pattern_draw(struct pattern *pattern, AVFrame *frame);

/** Accepts NULL. Always NULL. */
struct pattern *pattern_free(struct pattern *pattern);

struct pattern_color pattern_color_of(const struct preset *preset);

/** Segments after which the picture repeats: 1 for a still one. */
int64_t pattern_cycle(const struct preset *preset);

#endif

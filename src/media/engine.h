/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exact engine in a rendition: the pattern that libavfilter draws once, the clock over it, and
 * the access units that media/exact/exact.h writes of both.
 */
#ifndef HLSGEN_MEDIA_ENGINE_H
#define HLSGEN_MEDIA_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "media/rendition.h"
#include "media/video.h"
#include "preset/preset.h"
#include "timeline/timeline.h"

struct engine;

/**
 * @param preset, line borrowed for the engine's life
 * @param ret owned by the caller, freed by engine_free()
 * @return 0; a negative AVERROR with @p err filled
 */
int engine_new(const struct preset *preset, const struct timeline *line, struct engine **ret,
               struct error *err);

/** Accepts NULL. Always NULL. */
struct engine *engine_free(struct engine *engine);

/**
 * Makes one cycle of video, filled to the declared bit rate. With a clock over it the access units
 * are those of segment 0, in slots that have room for those of any other.
 *
 * @param ret_video owned by the caller, freed by video_finish()
 * @return 0; a negative AVERROR with @p err filled (EX_DATAERR: the bit rate is too low)
 */
int engine_make_video(struct engine *engine, struct video *ret_video, struct error *err);

/** Begins segment @p index of @p stream: engine_write() then writes its access units in order. */
void engine_begin(struct engine *engine, const struct rendition_stream *stream, int64_t index);

/** Writes the next access unit. @return its bytes, valid until the next call; @p ret_size of them
 */
const uint8_t *engine_write(struct engine *engine, size_t *ret_size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both ways to a segment need: the rendition, and what one is made of from scratch. */
#ifndef HLSGEN_TESTS_UNIT_BENCH_H
#define HLSGEN_TESTS_UNIT_BENCH_H

#include "media/audio.h"
#include "media/engine.h"
#include "media/rendition.h"
#include "media/video.h"

#define BENCH_STREAM 7 /**< whose segments they are */

struct bench {
    const struct preset *preset;
    struct engine *engine; /**< of an exact one */
    struct timeline *line;
    struct rendition *rendition;
    struct audio audio;
    struct video video;
};

struct bench bench_make(const struct preset *preset);
void bench_finish(struct bench *bench);

/** NULL: there is none. */
const struct audio *bench_audio(const struct bench *bench);
const struct video *bench_video(const struct bench *bench);

/** Puts the pictures of segment @p index into the places of the cycle's, filled up. */
void bench_draw(const struct bench *bench, int64_t index);

/** That the rendition makes. */
const uint8_t *bench_segment(const struct bench *bench, int64_t index);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures for the exact writer to write, and what must come out when they are decoded. */
#ifndef HLSGEN_TESTS_EXACT_SCENE_H
#define HLSGEN_TESTS_EXACT_SCENE_H

#include "media/exact/exact.h"

enum scene_still {
    SCENE_NOISE,  /**< every sample differs: all is I_PCM */
    SCENE_BLOCKS, /**< constant macroblocks, here and there noise */
    SCENE_BARS,   /**< edges off the macroblock grid */
    SCENE_FLAT,
    SCENE_STILLS,
};

struct scene {
    struct exact_format format;
    struct cells_place place; /**< without rows: there is no strip */
    uint8_t *planes[3];       /**< owned; the still picture, without gaps between rows */
    uint64_t random;
    struct cells cells;
};

/** Black cells, unless there is no strip. @p random: the same number, the same scene. */
void scene_init(struct scene *scene, int width, int height, enum scene_still still,
                uint64_t random);

/** A strip of @p rows cells from macroblock row @p first on. */
void scene_place(struct scene *scene, int first, int rows);

void scene_finish(struct scene *scene);

/** The writer for it; no memory ends the program. */
struct exact *scene_exact(const struct scene *scene);

/** Turns over one cell in @p one_in. */
void scene_change(struct scene *scene, int one_in);

/** How much differs between @p before and the scene's cells: as exact_p_max() wants it. */
void scene_count(const struct scene *scene, const struct cells *before, int *ret_cells,
                 int *ret_macroblocks);

/** One sample as it must be decoded. */
uint8_t scene_sample(const struct scene *scene, int plane, int x, int y);

#endif

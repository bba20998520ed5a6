/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the clock's face have in common. */
#ifndef HLSGEN_TESTS_UNIT_FACES_H
#define HLSGEN_TESTS_UNIT_FACES_H

#include <stdbool.h>

#include "media/face.h"

#define NOON INT64_C(1795348800) /* 2026-11-22T12:00:00Z, in seconds */

/** Such sizes as presets have, the larger first. */
extern const int faces_sizes[][2];
enum {
    FACES_SIZES = 8,
    FACES_SIZES_COMPLETE = 5, /* the first of them have room for everything */
};

/** 30 frames per second, segments of 2 s. */
struct preset faces_preset(int width, int height, enum preset_signal signal);

/** A face of it, which the caller frees. */
struct face *faces_make(const struct preset *preset);

struct face_moment faces_random_moment(void);

/** Whether a cell is white. */
bool faces_cell(const struct cells *cells, int column, int row);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/faces.h"

#include "tests/unit/suite.h"

const int faces_sizes[][2] = {
    {3840, 2160}, {1920, 1080}, {1280, 720}, {720, 1280},
    {854, 480},   {640, 360},   {426, 240},  {256, 144},
};

struct preset faces_preset(int width, int height, enum preset_signal signal)
{
    struct preset preset = {
        .name = "720p-clock",
        .stream.segment_duration = 2000,
        .video = {.width = width, .height = height, .rate = {30, 1}},
        .audio.signal = signal,
    };

    return preset;
}

struct face *faces_make(const struct preset *preset)
{
    struct face *face = NULL;

    ck_assert_int_eq(face_new(preset, &face), 0);
    return face;
}

struct face_moment faces_random_moment(void)
{
    struct face_moment moment = {
        .stream = suite_random(0, 1) ? suite_random(0, 9999) : 0,
        .index = suite_random(0, 4294967295),
        .frame = suite_random(0, 276000000000),
        .time = suite_random(0, INT64_MAX - 1),
        .flash = suite_random(0, 1),
    };

    return moment;
}

bool faces_cell(const struct cells *cells, int column, int row)
{
    return cells->rows[row][column / 64] >> column % 64 & 1;
}

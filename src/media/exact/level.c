/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Table A-1. One frame always fits into the decoded picture buffer that comes with its size. */
#include "media/exact/level.h"

static const struct {
    int idc;
    int64_t rate; /* macroblocks a second */
    int64_t size; /* macroblocks */
    int64_t bitrate;
} levels[] = {
    {10, 1485, 99, 64},
    {11, 3000, 396, 192},
    {12, 6000, 396, 384},
    {13, 11880, 396, 768},
    {20, 11880, 396, 2000},
    {21, 19800, 792, 4000},
    {22, 20250, 1620, 4000},
    {30, 40500, 1620, 10000},
    {31, 108000, 3600, 14000},
    {32, 216000, 5120, 20000},
    {40, 245760, 8192, 20000},
    {41, 245760, 8192, 50000},
    {42, 522240, 8704, 50000},
    {50, 589824, 22080, 135000},
    {51, 983040, 36864, 240000},
    {52, 2073600, 36864, 240000},
    {60, 4177920, 139264, 240000},
    {61, 8355840, 139264, 480000},
    {62, 16711680, 139264, 800000},
};

enum {
    LEVELS = sizeof(levels) / sizeof(levels[0]),
    BITRATE_UNIT = 1250, /* cpbBrVclFactor of High profile, Table A-2 */
};

int level_of(const struct exact_format *format)
{
    int64_t columns = (format->width + 15) / 16;
    int64_t rows = (format->height + 15) / 16;
    int i = 0;

    /* No side is longer than the root of eight times the size (A.3.1). */
    while (i < LEVELS - 1 &&
           (columns * rows > levels[i].size || columns * columns > 8 * levels[i].size ||
            rows * rows > 8 * levels[i].size ||
            columns * rows * format->rate_num > levels[i].rate * format->rate_den ||
            format->bitrate > levels[i].bitrate * BITRATE_UNIT))
        i++;
    return levels[i].idc;
}

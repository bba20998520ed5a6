/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A strip of the picture as cells: squares of 8x8 luma samples, each black or white, chroma
 * neutral. Two by two they are a macroblock, the strip is as wide as the picture in whole
 * macroblocks, and its first row lies on a macroblock row. What is shown is written into it by
 * media/face.h, and made H.264 of by media/exact/exact.h or drawn into a picture for libx264.
 */
#ifndef HLSGEN_MEDIA_CELLS_H
#define HLSGEN_MEDIA_CELLS_H

#include <stdint.h>

enum {
    CELL_SIZE = 8,    /* luma samples */
    CELLS_BLACK = 16, /* luma of a cell whose bit is 0 */
    CELLS_WHITE = 224,
    CELLS_CHROMA = 128,
    CELLS_COLUMNS_MAX = 512, /* 4096 samples */
    CELLS_ROWS_MAX = 128,
    CELLS_WORDS = CELLS_COLUMNS_MAX / 64,
};

/** Cell c of row r is bit c % 64 of rows[r][c / 64]. Bits outside of columns and rows are 0. */
struct cells {
    uint64_t rows[CELLS_ROWS_MAX][CELLS_WORDS];
};

/** Where the strip lies; all even numbers, in cells, but for first_line. */
struct cells_place {
    int first_line; /**< luma row of the picture at which it begins, a multiple of 16 */
    int columns;    /**< twice the macroblocks of a picture row; the last may be cropped */
    int rows;
};

/** Makes those of the 64 cells from @p column on white whose bit in @p bits is 1. */
static inline void cells_add(uint64_t row[CELLS_WORDS], int column, uint64_t bits)
{
    int shift = column % 64;
    uint64_t rest = bits >> 1 >> (63 - shift);

    row[column / 64] |= bits << shift;
    if (rest)
        row[column / 64 + 1] |= rest;
}

/**
 * Draws the strip into a 4:2:0 picture, 8 bit: planes Y, Cb, Cr of @p width x @p height luma
 * samples.
 */
void cells_draw(const struct cells *cells, const struct cells_place *place, int width, int height,
                uint8_t *const planes[3], const int strides[3]);

#endif

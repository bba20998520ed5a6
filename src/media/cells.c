/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row of cells is drawn into one row of samples, which is then copied. */
#include "media/cells.h"

#include <stddef.h>
#include <string.h>

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void draw_line(const uint64_t row[CELLS_WORDS], int width, uint8_t *line)
{
    for (int x = 0; x < width; x += CELL_SIZE) {
        int cell = x / CELL_SIZE;
        int white = row[cell / 64] >> cell % 64 & 1;

        memset(line + x, white ? CELLS_WHITE : CELLS_BLACK, (size_t)smaller(CELL_SIZE, width - x));
    }
}

void cells_draw(const struct cells *cells, const struct cells_place *place, int width, int height,
                uint8_t *const planes[3], const int strides[3])
{
    int end = smaller(place->first_line + place->rows * CELL_SIZE, height);
    uint8_t *line = planes[0] + (ptrdiff_t)place->first_line * strides[0];

    for (int y = place->first_line; y < end; y++, line += strides[0]) {
        int within = (y - place->first_line) % CELL_SIZE;

        if (within == 0)
            draw_line(cells->rows[(y - place->first_line) / CELL_SIZE], width, line);
        else
            memcpy(line, line - strides[0], (size_t)width);
    }
    for (int plane = 1; plane < 3; plane++) {
        for (int y = place->first_line / 2; y < end / 2; y++)
            memset(planes[plane] + (ptrdiff_t)y * strides[plane], CELLS_CHROMA, (size_t)width / 2);
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock's code for machines: doc/clock-code.md defines it. Where it lies follows from the size
 * of the picture alone, so that a reader needs to know nothing else.
 */
#ifndef HLSGEN_MEDIA_FACE_CODE_H
#define HLSGEN_MEDIA_FACE_CODE_H

#include <stdint.h>

#include "media/cells.h"
#include "media/face.h"

enum {
    FACE_CODE_BYTES = 22,
    FACE_CODE_BITS = 8 * FACE_CODE_BYTES,
    FACE_CODE_CHECKED = 18, /* bytes before the check */
};

/** Where the code lies. Code cells are squares of scale x scale cells. */
struct face_code {
    int scale;
    int columns;        /**< code cells in a row, the reference at its left included */
    int rows;           /**< of code cells */
    int left;           /**< cells to the left of it */
    int bottom;         /**< luma row of the picture below the code and the black row under it */
    uint64_t wide[256]; /**< for each byte its bits as cells, the most significant at the left */
    uint32_t check;     /**< of bytes that are all 0 */
    uint32_t changes[2 * FACE_CODE_CHECKED][16]; /**< of it by each half of a byte, high ones first
                                                  */
};

/** The code of a picture of at least FACE_WIDTH_MIN x FACE_HEIGHT_MIN luma samples. */
struct face_code face_code_make(int width, int height);

/** Cells of the code from top to bottom, the black row under it included. */
int face_code_height(const struct face_code *code);

/** What @p moment is in bytes; cells hold them from the left, most significant bit first. */
void face_code_pack(const struct face_code *code, const struct face_moment *moment,
                    uint8_t ret_bytes[FACE_CODE_BYTES]);

/** Draws what is the same in all frames, or the rest; @p top is the code's first row of cells. */
void face_code_draw_references(const struct face_code *code, int top, struct cells *cells);
void face_code_draw(const struct face_code *code, int top, const struct face_moment *moment,
                    struct cells *cells);

/**
 * Code cells that differ between a frame and the next at most.
 *
 * @param step_ms milliseconds from one to the next at most
 */
int face_code_change_max(int64_t step_ms);

#endif

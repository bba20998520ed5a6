/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_MEDIA_FACE_FONT_H
#define HLSGEN_MEDIA_FACE_FONT_H

#include <stdint.h>

enum {
    FACE_FONT_HEIGHT_MAX = 7,
};

/** Glyphs of one size, in dots, for the digits, A to Z and some signs. */
struct face_font {
    int width;
    int height;
    int advance;   /**< from one character to the next */
    int line_gap;  /**< dots between two lines */
    int field_gap; /**< at least, between two fields of a line */
    int label_gap; /**< from a label to its number */
    int margin;    /**< to the left and right edge of the picture */
    const struct face_glyph *glyphs;
};

extern const struct face_font face_font_large; /**< 5x7 */
extern const struct face_font face_font_small; /**< 3x5 */

/**
 * Row @p row of @p c, each dot @p dot cells wide; the leftmost cell is bit 0. Lower case looks like
 * upper case, and what there is no glyph for like a question mark.
 */
uint64_t face_font_row(const struct face_font *font, char c, int row, int dot);

#endif

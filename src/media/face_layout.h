/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the text has room in the strip, and where it stands. Fields are dropped in this order:
 * rendition, stream, segment, frame, date, lamp, time.
 */
#ifndef HLSGEN_MEDIA_FACE_LAYOUT_H
#define HLSGEN_MEDIA_FACE_LAYOUT_H

#include <stdbool.h>

#include "media/face_code.h"
#include "media/face_font.h"
#include "preset/preset.h"

/** In the order in which they stand in a line. */
enum face_field_kind {
    FACE_DATE,
    FACE_TIME,
    FACE_FRAME,
    FACE_INDEX,
    FACE_NAME,
    FACE_STREAM,
    FACE_LAMP,
    FACE_FIELDS,
};

/** All in cells of the strip but for length. */
struct face_field {
    bool shown;
    int length; /**< characters of it, without a label */
    int column; /**< of the first of them */
    int row;
};

#define FACE_NAME_SIZE 100

struct face_layout {
    struct cells_place place;
    const struct face_font *font;
    int dot;      /**< cells of a side of a dot */
    int lines;    /**< of text */
    int text_top; /**< rows of cells above the first line */
    int code_top; /**< and above the code */
    struct face_field fields[FACE_FIELDS];
    char name[FACE_NAME_SIZE]; /**< of preset and rendition; of the latter where that is too long */
};

/** Lays out the strip of @p preset, whose code is @p code. */
struct face_layout face_layout_make(const struct preset *preset, const struct face_code *code);

/** The label in front of a field, or 0. */
char face_layout_label(enum face_field_kind kind);

/** Where the label of @p field begins. */
int face_layout_label_column(const struct face_layout *layout, const struct face_field *field);

/** Columns that the characters of @p field take, or the lamp. */
int face_layout_columns(const struct face_layout *layout, const struct face_field *field);

/** Rows from the top of a line to the top of the next. */
int face_layout_line_rows(const struct face_layout *layout);

#endif

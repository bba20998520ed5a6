/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is the same in all frames - labels, signs, the name - is drawn once and copied. Over it come
 * digits, as words of cells made ready, and the code. A line of text is drawn in the first row of
 * each of its dots, which is then copied to the others.
 */
#include "media/face.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "media/face_change.h"
#include "media/face_code.h"
#include "media/face_layout.h"

enum {
    FLASH_NS = 100000000,
    STREAM_DIGITS = 4, /* at least */
    MS_PER_DAY = 86400000,
};

struct face {
    struct face_code code;
    struct face_layout layout;
    bool beep;
    struct face_change change;
    uint64_t digits[10][FACE_FONT_HEIGHT_MAX]; /* each row of dots as cells */
    uint64_t pairs[100][FACE_FONT_HEIGHT_MAX]; /* likewise two digits beside each other */
    uint64_t stream_sign[FACE_FONT_HEIGHT_MAX];
    struct cells still;
};

/* ---- glyphs ------------------------------------------------------------------------------- */

static void make_glyph(const struct face_layout *layout, char c,
                       uint64_t ret_rows[FACE_FONT_HEIGHT_MAX])
{
    for (int i = 0; i < layout->font->height; i++)
        ret_rows[i] = face_font_row(layout->font, c, i, layout->dot);
}

static void draw_glyph(const struct face_layout *layout, const uint64_t rows[FACE_FONT_HEIGHT_MAX],
                       int column, int row, struct cells *cells)
{
    for (int i = 0; i < layout->font->height; i++)
        cells_add(cells->rows[row + i * layout->dot], column, rows[i]);
}

static void draw_lamp(const struct face_layout *layout, struct cells *cells)
{
    const struct face_field *lamp = &layout->fields[FACE_LAMP];
    uint64_t lit = UINT64_MAX >> (64 - face_layout_columns(layout, lamp));

    for (int i = 0; i < layout->font->height; i++)
        cells_add(cells->rows[lamp->row + i * layout->dot], lamp->column, lit);
}

/* Makes rows of dots of what was drawn in the first row of each. */
static void fill_dots(const struct face_layout *layout, struct cells *cells)
{
    int end = layout->text_top + layout->lines * face_layout_line_rows(layout);

    for (int row = layout->text_top; layout->dot > 1 && row < end; row++) {
        if ((row - layout->text_top) % layout->dot)
            memcpy(cells->rows[row], cells->rows[row - 1], sizeof(cells->rows[0]));
    }
}

/* ---- digits ------------------------------------------------------------------------------- */

/* The @p count lowest digits of @p number, the first at character @p at of @p field. */
static void draw_digits(const struct face *face, const struct face_field *field, int at,
                        int64_t number, int count, struct cells *cells)
{
    int advance = face->layout.font->advance * face->layout.dot;
    int column = field->column + (at + count) * advance;

    for (; count >= 2; count -= 2, number /= 100) {
        column -= 2 * advance;
        draw_glyph(&face->layout, face->pairs[number % 100], column, field->row, cells);
    }
    if (count)
        draw_glyph(&face->layout, face->digits[number % 10], column - advance, field->row, cells);
}

/* From the left, with @p least digits at least; what is too long loses its highest digits. */
static void draw_number(const struct face *face, const struct face_field *field, int at,
                        int64_t number, int least, struct cells *cells)
{
    int count = 1;

    for (int64_t power = 10; number >= power && at + count < field->length; power *= 10)
        count++;
    draw_digits(face, field, at, number, count > least ? count : least, cells);
}

/* The proleptic Gregorian calendar; a year begins in March, so that leap days end it. */
static void draw_date(const struct face *face, int64_t days, struct cells *cells)
{
    const struct face_field *field = &face->layout.fields[FACE_DATE];
    int64_t since = days + 719468; /* 0000-03-01 */
    int64_t era = since / 146097;  /* 400 years each */
    int64_t day = since % 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t month;

    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    draw_digits(face, field, 0, era * 400 + year + (month >= 10), 4, cells);
    draw_digits(face, field, 5, month < 10 ? month + 3 : month - 9, 2, cells);
    draw_digits(face, field, 8, day + 1, 2, cells);
}

static void draw_time(const struct face *face, int64_t ms, struct cells *cells)
{
    const struct face_field *field = &face->layout.fields[FACE_TIME];

    draw_digits(face, field, 0, ms / 3600000, 2, cells);
    draw_digits(face, field, 3, ms / 60000 % 60, 2, cells);
    draw_digits(face, field, 6, ms / 1000 % 60, 2, cells);
    draw_digits(face, field, 9, ms % 1000, 3, cells);
}

static void draw_stream(const struct face *face, int64_t stream, struct cells *cells)
{
    const struct face_field *field = &face->layout.fields[FACE_STREAM];

    draw_glyph(&face->layout, face->stream_sign, field->column, field->row, cells);
    draw_number(face, field, 1, stream, STREAM_DIGITS, cells);
}

/* ---- the face ----------------------------------------------------------------------------- */

static void draw_text(const struct face_layout *layout, const struct face_field *field,
                      const char *text, struct cells *cells)
{
    int advance = layout->font->advance * layout->dot;

    for (int i = 0; i < field->length && text[i]; i++) {
        uint64_t rows[FACE_FONT_HEIGHT_MAX];

        make_glyph(layout, text[i], rows);
        draw_glyph(layout, rows, field->column + i * advance, field->row, cells);
    }
}

/* What stands between the digits, in front of them, or without any. */
static void draw_still(const struct face_layout *layout, const struct face_code *code,
                       struct cells *cells)
{
    const char *const texts[FACE_FIELDS] = {
        [FACE_DATE] = "    -  -",   [FACE_TIME] = "  :  :  .", [FACE_FRAME] = "", [FACE_INDEX] = "",
        [FACE_NAME] = layout->name, [FACE_STREAM] = "",        [FACE_LAMP] = "",
    };

    for (enum face_field_kind kind = 0; kind < FACE_FIELDS; kind++) {
        const struct face_field *field = &layout->fields[kind];
        char label = face_layout_label(kind);
        uint64_t rows[FACE_FONT_HEIGHT_MAX];

        if (!field->shown)
            continue;
        draw_text(layout, field, texts[kind], cells);
        if (label) {
            make_glyph(layout, label, rows);
            draw_glyph(layout, rows, face_layout_label_column(layout, field), field->row, cells);
        }
    }
    face_code_draw_references(code, layout->code_top, cells);
}

static void make_digits(struct face *face)
{
    int advance = face->layout.font->advance * face->layout.dot;

    for (int i = 0; i < 10; i++)
        make_glyph(&face->layout, (char)('0' + i), face->digits[i]);
    for (int i = 0; i < 100; i++) {
        for (int row = 0; row < face->layout.font->height; row++)
            face->pairs[i][row] = face->digits[i / 10][row] | face->digits[i % 10][row] << advance;
    }
}

bool face_fits(const struct preset *preset)
{
    return preset->video.width >= FACE_WIDTH_MIN && preset->video.height >= FACE_HEIGHT_MIN;
}

int face_new(const struct preset *preset, struct face **ret)
{
    struct face *face;

    if (!face_fits(preset))
        return -ERANGE;
    face = calloc(1, sizeof(*face));
    if (!face)
        return -ENOMEM;
    face->code = face_code_make(preset->video.width, preset->video.height);
    face->layout = face_layout_make(preset, &face->code);
    face->change = face_change_make(preset, &face->layout, &face->code);
    face->beep = preset->audio.signal == SIGNAL_BEEP;
    make_digits(face);
    make_glyph(&face->layout, 'S', face->stream_sign);
    draw_still(&face->layout, &face->code, &face->still);
    *ret = face;
    return 0;
}

struct face *face_free(struct face *face)
{
    free(face);
    return NULL;
}

struct cells_place face_place(const struct face *face)
{
    return face->layout.place;
}

struct face_change face_change_max(const struct face *face)
{
    return face->change;
}

struct face_moment face_moment_of(const struct face *face, const struct timeline *line,
                                  int64_t stream, int64_t index, int64_t i)
{
    struct timeline frames = *line; /* whose segments are single frames */
    struct face_moment moment = {
        .stream = stream,
        .index = index,
        .frame = index * line->frames + i,
    };

    frames.frames = 1;
    moment.time = timeline_start(&frames, moment.frame);
    moment.flash = face->beep && moment.time % NS_PER_SECOND < FLASH_NS;
    return moment;
}

void face_draw(const struct face *face, const struct face_moment *moment, struct cells *ret)
{
    const struct face_layout *layout = &face->layout;
    const struct face_field *fields = layout->fields;
    int64_t ms = moment->time / NS_PER_MS;

    memcpy(ret->rows, face->still.rows, (size_t)layout->place.rows * sizeof(ret->rows[0]));
    if (fields[FACE_DATE].shown)
        draw_date(face, ms / MS_PER_DAY, ret);
    if (fields[FACE_TIME].shown)
        draw_time(face, ms % MS_PER_DAY, ret);
    if (fields[FACE_FRAME].shown)
        draw_number(face, &fields[FACE_FRAME], 0, moment->frame, 1, ret);
    if (fields[FACE_INDEX].shown)
        draw_number(face, &fields[FACE_INDEX], 0, moment->index, 1, ret);
    if (fields[FACE_STREAM].shown && moment->stream > 0)
        draw_stream(face, moment->stream, ret);
    if (fields[FACE_LAMP].shown && moment->flash)
        draw_lamp(layout, ret);
    fill_dots(layout, ret);
    face_code_draw(&face->code, layout->code_top, moment, ret);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first of these in which everything has room is taken: the large font with dots of as many
 * cells as the picture's size suggests, with smaller dots, the small font likewise. Failing that,
 * the small font with dots of one cell, and what has room of the fields.
 *
 *   2026-11-22 10:02:33.123 (lamp)
 *   F number of the frame   N index of the segment
 *   name of the rendition   S number of the stream
 */
#include "media/face_layout.h"

#include <stdio.h>

#include "base/clock.h"

enum {
    LINES_MAX = FACE_FIELDS,
    DATE_LENGTH = 10,  /* 2026-11-22 */
    TIME_LENGTH = 12,  /* 10:02:33.123 */
    STREAM_LENGTH = 6, /* S and 4 or 5 digits */
    LAMP_LENGTH = 2,   /* the width of two characters */
};

/* The line that a field belongs to; it goes into another where that one is full. */
static const int own_line[FACE_FIELDS] = {
    [FACE_DATE] = 0,  [FACE_TIME] = 0, [FACE_LAMP] = 0,   [FACE_FRAME] = 1,
    [FACE_INDEX] = 1, [FACE_NAME] = 2, [FACE_STREAM] = 2,
};

/* What is placed first cannot be crowded out by what follows. */
static const enum face_field_kind by_priority[FACE_FIELDS] = {
    FACE_TIME, FACE_LAMP, FACE_DATE, FACE_FRAME, FACE_INDEX, FACE_STREAM, FACE_NAME,
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int round_up_even(int number)
{
    return number + (number & 1);
}

char face_layout_label(enum face_field_kind kind)
{
    static const char labels[FACE_FIELDS] = {[FACE_FRAME] = 'F', [FACE_INDEX] = 'N'};

    return labels[kind];
}

int face_layout_line_rows(const struct face_layout *layout)
{
    return (layout->font->height + layout->font->line_gap) * layout->dot;
}

static int label_dots(const struct face_font *font)
{
    return font->advance + font->label_gap;
}

int face_layout_label_column(const struct face_layout *layout, const struct face_field *field)
{
    return field->column - label_dots(layout->font) * layout->dot;
}

/* Dots of a line between its margins. */
static int line_dots(const struct face_layout *layout, int width)
{
    return width / (CELL_SIZE * layout->dot) - 2 * layout->font->margin;
}

static int text_dots(const struct face_font *font, int length)
{
    return length * font->advance - (font->advance - font->width);
}

static int field_dots(const struct face_layout *layout, enum face_field_kind kind)
{
    int label = face_layout_label(kind) ? label_dots(layout->font) : 0;

    return label + text_dots(layout->font, layout->fields[kind].length);
}

int face_layout_columns(const struct face_layout *layout, const struct face_field *field)
{
    return text_dots(layout->font, field->length) * layout->dot;
}

/* Digits of the greatest number that nanoseconds in 64 bits allow for. */
static int digits_of(int64_t per, int64_t seconds)
{
    int64_t number = INT64_MAX / NS_PER_SECOND * per / seconds;
    int digits = 1;

    while (number /= 10)
        digits++;
    return digits;
}

/* @return its length, which may be more than the longest that has room, too */
static int write_name(const struct preset *preset, int longest, char name[FACE_NAME_SIZE])
{
    int length = snprintf(name, FACE_NAME_SIZE, "%s%s%s", preset->name,
                          preset->rendition[0] ? " " : "", preset->rendition);

    if (length > longest && preset->rendition[0])
        length = snprintf(name, FACE_NAME_SIZE, "%s", preset->rendition);
    return length;
}

static void measure_fields(struct face_layout *layout, const struct preset *preset)
{
    int spacing = layout->font->advance - layout->font->width;
    int longest = (line_dots(layout, preset->video.width) + spacing) / layout->font->advance;
    int name = write_name(preset, longest, layout->name);
    const int lengths[FACE_FIELDS] = {
        [FACE_DATE] = DATE_LENGTH,
        [FACE_TIME] = TIME_LENGTH,
        [FACE_FRAME] = digits_of(preset->video.rate.num, preset->video.rate.den),
        [FACE_INDEX] = digits_of(1000, preset->stream.segment_duration),
        [FACE_NAME] = smaller(name, longest),
        [FACE_STREAM] = STREAM_LENGTH,
        [FACE_LAMP] = preset->audio.signal == SIGNAL_BEEP ? LAMP_LENGTH : 0,
    };

    for (enum face_field_kind kind = 0; kind < FACE_FIELDS; kind++)
        layout->fields[kind] = (struct face_field){.length = lengths[kind]};
}

/* Puts the field into the first line, from its own on, that has room; @p used: dots taken of each.
 */
static void place_field(struct face_layout *layout, enum face_field_kind kind, int room,
                        int used[LINES_MAX])
{
    struct face_field *field = &layout->fields[kind];
    int dots = field_dots(layout, kind);

    for (int i = 0; i < layout->lines && !field->shown; i++) {
        int line = (own_line[kind] + i) % layout->lines;
        int end = used[line] + (used[line] > 0 ? layout->font->field_gap : 0) + dots;

        if (end <= room) {
            used[line] = end;
            field->row = line;
            field->shown = true;
        }
    }
}

/* Of a ladder what tells its renditions apart, when there is no room for more. */
static void place_rendition(struct face_layout *layout, const struct preset *preset, int room,
                            int used[LINES_MAX])
{
    struct face_field *field = &layout->fields[FACE_NAME];

    if (field->shown || !preset->rendition[0])
        return;
    field->length = snprintf(layout->name, sizeof(layout->name), "%s", preset->rendition);
    place_field(layout, FACE_NAME, room, used);
}

/* Columns within a line that is the @p row th of those in which something stands. */
static bool arrange_line(struct face_layout *layout, int line, int row)
{
    int at = layout->font->margin;
    bool any = false;

    for (enum face_field_kind kind = 0; kind < FACE_FIELDS; kind++) {
        struct face_field *field = &layout->fields[kind];
        int end = at + field_dots(layout, kind);

        if (!field->shown || field->row != line)
            continue;
        field->column = (end - text_dots(layout->font, field->length)) * layout->dot;
        field->row = row;
        at = end + layout->font->field_gap;
        any = true;
    }
    return any;
}

static void arrange_lines(struct face_layout *layout)
{
    int rows = 0;

    for (int line = 0; line < layout->lines; line++)
        rows += arrange_line(layout, line, rows);
    layout->lines = rows;
}

/* From the top: a gap, the lines, a gap, the code. */
static void stack_rows(struct face_layout *layout, const struct face_code *code)
{
    int gap = layout->font->line_gap * layout->dot;
    int code_rows = face_code_height(code);
    int text = layout->lines * face_layout_line_rows(layout);

    layout->place.rows = round_up_even(gap + text + code_rows);
    layout->place.first_line = code->bottom - layout->place.rows * CELL_SIZE;
    layout->code_top = layout->place.rows - code_rows;
    layout->text_top = (layout->code_top - text + gap) / 2;
    for (enum face_field_kind kind = 0; kind < FACE_FIELDS; kind++)
        layout->fields[kind].row =
            layout->text_top + layout->fields[kind].row * face_layout_line_rows(layout);
}

/* Half of the picture, in whole macroblock rows. */
static int rows_at_most(const struct preset *preset, const struct face_code *code)
{
    int half = 2 * ((preset->video.height + 31) / 32);

    return smaller(smaller(half, code->bottom / CELL_SIZE), CELLS_ROWS_MAX);
}

/* @return whether all fields have room */
static bool try_font(struct face_layout *layout, const struct preset *preset,
                     const struct face_code *code)
{
    int gap = layout->font->line_gap * layout->dot;
    int rows = rows_at_most(preset, code) - face_code_height(code) - gap;
    int lines = rows / face_layout_line_rows(layout);
    int used[LINES_MAX] = {0};
    bool complete = true;

    layout->lines = lines < 0 ? 0 : smaller(lines, LINES_MAX);
    measure_fields(layout, preset);
    for (int i = 0; i < FACE_FIELDS; i++) {
        struct face_field *field = &layout->fields[by_priority[i]];

        if (field->length == 0)
            continue;
        place_field(layout, by_priority[i], line_dots(layout, preset->video.width), used);
        complete &= field->shown;
    }
    place_rendition(layout, preset, line_dots(layout, preset->video.width), used);
    return complete;
}

static void choose_font(struct face_layout *layout, const struct preset *preset,
                        const struct face_code *code)
{
    static const struct face_font *const fonts[] = {&face_font_large, &face_font_small};
    int dot = (smaller(preset->video.width, preset->video.height) + 719) / 720;

    for (int i = 0; i < 2; i++) {
        layout->font = fonts[i];
        for (layout->dot = dot; layout->dot >= 1; layout->dot--) {
            if (try_font(layout, preset, code))
                return;
        }
    }
    layout->dot = 1;
}

struct face_layout face_layout_make(const struct preset *preset, const struct face_code *code)
{
    struct face_layout layout = {.place.columns = (preset->video.width + 15) / 16 * 2};

    choose_font(&layout, preset, code);
    arrange_lines(&layout);
    stack_rows(&layout, code);
    return layout;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of each digit that is shown it is known which may follow which: seconds count to 59, after the
 * 28th comes the 29th or the 1st. The sum over all digits of the most that one can change is a
 * bound of what all change, and a macroblock that no pair of digits differs in is not touched.
 */
#include "media/face_change.h"

#include <stddef.h>

/* For each digit, pairs of those that follow each other, in any order. */
#define COUNT "01 12 23 34 45 56 67 78 89 90 "

static const char any[] =
    "01 02 03 04 05 06 07 08 09 12 13 14 15 16 17 18 19 23 24 25 26 27 28 "
    "29 34 35 36 37 38 39 45 46 47 48 49 56 57 58 59 67 68 69 78 79 89";
static const char decimal[] = COUNT;
static const char counter[] = COUNT " 0 91"; /* a number that gets one digit more */
static const char sixty_tens[] = "01 12 23 34 45 50";
static const char hour_tens[] = "01 12 20";
static const char hour_units[] = COUNT "30";
static const char month_tens[] = "01 10";
static const char month_units[] = COUNT "21";
static const char day_tens[] = "01 12 23 20 30";
static const char day_units[] = COUNT "81";

static const char *const date[] = {
    decimal, decimal, decimal, decimal, NULL, month_tens, month_units, NULL, day_tens, day_units,
};
static const char *const time_of_day[] = {
    hour_tens,  hour_units, NULL, sixty_tens, decimal, NULL,
    sixty_tens, decimal,    NULL, any,        any,     any,
};

struct sum {
    const struct face_layout *layout;
    int cells;
    struct cells touched; /* all that can change */
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* @return the cells that differ between two characters at one place */
static int touch_pair(struct sum *sum, const char pair[2], int column, int row)
{
    const struct face_font *font = sum->layout->font;
    int dot = sum->layout->dot;
    int cells = 0;

    for (int y = 0; y < font->height * dot; y++) {
        uint64_t changed =
            face_font_row(font, pair[0], y / dot, dot) ^ face_font_row(font, pair[1], y / dot, dot);

        cells += __builtin_popcountll(changed);
        cells_add(sum->touched.rows[row + y], column, changed);
    }
    return cells;
}

static void add_digit(struct sum *sum, const char *pairs, int column, int row)
{
    int most = 0;

    for (; *pairs; pairs += pairs[2] ? 3 : 2)
        most = larger(most, touch_pair(sum, pairs, column, row));
    sum->cells += most;
}

static void add_field(struct sum *sum, enum face_field_kind kind, const char *const *digits)
{
    const struct face_field *field = &sum->layout->fields[kind];
    int advance = sum->layout->font->advance * sum->layout->dot;

    for (int i = 0; field->shown && i < field->length; i++) {
        if (digits[i])
            add_digit(sum, digits[i], field->column + i * advance, field->row);
    }
}

static void add_counter(struct sum *sum, enum face_field_kind kind)
{
    const char *digits[20];

    for (int i = 0; i < 20; i++)
        digits[i] = counter;
    add_field(sum, kind, digits);
}

static void add_lamp(struct sum *sum)
{
    const struct face_field *lamp = &sum->layout->fields[FACE_LAMP];
    int columns = face_layout_columns(sum->layout, lamp);
    int rows = sum->layout->font->height * sum->layout->dot;

    if (!lamp->shown)
        return;
    for (int y = 0; y < rows; y++)
        cells_add(sum->touched.rows[lamp->row + y], lamp->column, UINT64_MAX >> (64 - columns));
    sum->cells += columns * rows;
}

static int count_macroblocks(const struct cells *cells)
{
    int count = 0;

    for (int row = 0; row < CELLS_ROWS_MAX; row += 2) {
        for (int i = 0; i < CELLS_WORDS; i++) {
            uint64_t both = cells->rows[row][i] | cells->rows[row + 1][i];

            count += __builtin_popcountll((both | both >> 1) & UINT64_C(0x5555555555555555));
        }
    }
    return count;
}

static int64_t divide_up(int64_t num, int64_t den)
{
    return (num + den - 1) / den;
}

struct face_change face_change_make(const struct preset *preset, const struct face_layout *layout,
                                    const struct face_code *code)
{
    struct sum sum = {.layout = layout};
    int64_t step = divide_up(INT64_C(1000) * preset->video.rate.den, preset->video.rate.num);
    int code_cells = face_code_change_max(step + 1); /* both instants are rounded */
    int area = code->scale * code->scale;

    add_field(&sum, FACE_DATE, date);
    add_field(&sum, FACE_TIME, time_of_day);
    add_counter(&sum, FACE_FRAME);
    add_counter(&sum, FACE_INDEX);
    add_lamp(&sum);
    return (struct face_change){
        .cells = sum.cells + code_cells * area,
        .macroblocks =
            smaller(sum.cells, count_macroblocks(&sum.touched)) + code_cells * larger(1, area / 4),
    };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of each digit it is known how it goes on: by one, or back to the first with a carry to the digit
 * before it. So the most that a row of digits changes is, from its first digit on, the larger of
 * what one step changes, and what a carry does together with the digits before.
 */
#include "media/face_change.h"

#include <stdint.h>

/* Pairs of characters that follow each other at one place. */
struct turn {
    const char *step;
    const char *carry;
};

#define STEPS "01 12 23 34 45 56 67 78 89"
#define ANY                                                                                        \
    "01 02 03 04 05 06 07 08 09 12 13 14 15 16 17 18 19 23 24 25 26 27 28 29 34 35 36 37 38 39 "   \
    "45 46 47 48 49 56 57 58 59 67 68 69 78 79 89"

enum {
    DIGITS_MAX = 20, /* of a number in 64 bits */
};

static const struct face_change nothing = {0};

static const struct turn date[] = {
    {STEPS, "90"}, {STEPS, "90"},    {STEPS, "90"}, {STEPS, "90"},         {"", ""},
    {"01", "10"},  {STEPS, "90 21"}, {"", ""},      {"01 12 23", "20 30"}, {STEPS, "90 81 91 01"},
};

static const struct turn time_of_day[] = {
    {"01 12", "20"},
    {STEPS, "90 30"},
    {"", ""},
    {"01 12 23 34 45", "50"},
    {STEPS, "90"},
    {"", ""},
    {"01 12 23 34 45", "50"},
    {STEPS, "90"},
    {"", ""},
    {ANY, ANY},
    {ANY, ANY},
    {ANY, ANY},
};

static struct face_change plus(struct face_change a, struct face_change b)
{
    return (struct face_change){a.cells + b.cells, a.macroblocks + b.macroblocks};
}

static struct face_change larger(struct face_change a, struct face_change b)
{
    return (struct face_change){
        .cells = a.cells > b.cells ? a.cells : b.cells,
        .macroblocks = a.macroblocks > b.macroblocks ? a.macroblocks : b.macroblocks,
    };
}

/* The white cells of a line of text from @p top on, and the macroblocks that have some. */
static struct face_change count(const struct face_layout *layout, const struct cells *cells,
                                int top)
{
    struct face_change change = nothing;
    int end = top + layout->font->height * layout->dot;

    for (int row = top / 2 * 2; row < end; row += 2) {
        for (int i = 0; i < CELLS_WORDS; i++) {
            uint64_t upper = cells->rows[row][i];
            uint64_t lower = cells->rows[row + 1][i];
            uint64_t both = upper | lower;

            change.cells += __builtin_popcountll(upper) + __builtin_popcountll(lower);
            change.macroblocks +=
                __builtin_popcountll((both | both >> 1) & UINT64_C(0x5555555555555555));
        }
    }
    return change;
}

/* ---- digits ------------------------------------------------------------------------------- */

/* What changes when one character of @p pair takes the place of the other. */
static struct face_change pair_change(const struct face_layout *layout, const char pair[2],
                                      int column, int row)
{
    struct cells changed = {0};

    for (int y = 0; y < layout->font->height * layout->dot; y++) {
        uint64_t one = face_font_row(layout->font, pair[0], y / layout->dot, layout->dot);
        uint64_t other = face_font_row(layout->font, pair[1], y / layout->dot, layout->dot);

        cells_add(changed.rows[row + y], column, one ^ other);
    }
    return count(layout, &changed, row);
}

static struct face_change most_of_pairs(const struct face_layout *layout, const char *pairs,
                                        int column, int row)
{
    struct face_change most = nothing;

    for (; *pairs; pairs += pairs[2] ? 3 : 2)
        most = larger(most, pair_change(layout, pairs, column, row));
    return most;
}

static int column_of(const struct face_layout *layout, const struct face_field *field, int i)
{
    return field->column + i * layout->font->advance * layout->dot;
}

/* @p before: what changes in the digits before these, when they carry */
static struct face_change row_change(const struct face_layout *layout, enum face_field_kind kind,
                                     const struct turn *turns, struct face_change before)
{
    const struct face_field *field = &layout->fields[kind];
    struct face_change most = before;

    for (int i = 0; field->shown && i < field->length; i++) {
        int column = column_of(layout, field, i);
        struct face_change step = most_of_pairs(layout, turns[i].step, column, field->row);
        struct face_change carry = most_of_pairs(layout, turns[i].carry, column, field->row);

        most = larger(step, plus(carry, most));
    }
    return most;
}

/* Of a number that counts up, and now and then becomes longer by a digit: 999, 1000. */
static struct face_change number_change(const struct face_layout *layout, enum face_field_kind kind)
{
    struct turn counts[DIGITS_MAX];
    struct turn grows[DIGITS_MAX];
    int last = layout->fields[kind].length - 1;

    for (int i = 0; i <= last; i++) {
        counts[i] = (struct turn){STEPS, "90"};
        grows[i] = (struct turn){"90", "90"};
    }
    grows[0] = (struct turn){"91", "91"};
    grows[last] = (struct turn){" 0", " 0"};
    return larger(row_change(layout, kind, counts, nothing),
                  row_change(layout, kind, grows, nothing));
}

/* ---- the rest ----------------------------------------------------------------------------- */

static struct face_change lamp_change(const struct face_layout *layout)
{
    const struct face_field *lamp = &layout->fields[FACE_LAMP];
    int columns = face_layout_columns(layout, lamp);
    struct cells changed = {0};

    for (int y = 0; lamp->shown && y < layout->font->height * layout->dot; y++)
        cells_add(changed.rows[lamp->row + y], lamp->column, UINT64_MAX >> (64 - columns));
    return count(layout, &changed, lamp->row);
}

static struct face_change code_change(const struct face_code *code, struct rational rate)
{
    /* From an instant to the next, both rounded. */
    int64_t step_ms = (INT64_C(1000) * rate.den + rate.num - 1) / rate.num + 1;
    int bits = face_code_change_max(step_ms);
    int area = code->scale * code->scale;

    return (struct face_change){bits * area, area < 4 ? bits : bits * area / 4};
}

struct face_change face_change_make(const struct preset *preset, const struct face_layout *layout,
                                    const struct face_code *code)
{
    struct face_change sum = row_change(layout, FACE_DATE, date, nothing);

    sum = row_change(layout, FACE_TIME, time_of_day, sum);
    sum = plus(sum, number_change(layout, FACE_FRAME));
    sum = plus(sum, number_change(layout, FACE_INDEX));
    sum = plus(sum, lamp_change(layout));
    return plus(sum, code_change(code, preset->video.rate));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only called to make tables and still pictures. All but the first level of a strip's macroblock
 * are multiples of 13, so the last of several is never +-1, and there are no trailing ones (9.2.1)
 * but a lone level of +-1.
 */
#include "media/exact/cavlc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

/* Table 9-5, columns 0 <= nC < 2 and nC == -1, of 0 to 4 levels without a trailing one. */
static const struct code few[] = {{1, 1}, {5, 6}, {7, 8}, {7, 9}, {7, 10}};
static const struct code chroma_dc[] = {{1, 2}, {7, 6}};

static void add_count(struct code *code, enum cavlc_context context, unsigned count, bool one)
{
    switch (context) {
    case CAVLC_FEW:
        code_append(code, one ? (struct code){1, 2} : few[count]);
        break;
    case CAVLC_MANY:
        code_add(code, count == 0 ? 3 : (count - 1) << 2 | one, 6);
        break;
    case CAVLC_CHROMA_DC:
        code_append(code, one ? (struct code){1, 1} : chroma_dc[count]);
        break;
    }
}

/* level_prefix and level_suffix, 9.2.2.1. */
static void add_level_code(struct code *code, unsigned level_code, unsigned suffix_length)
{
    unsigned escape = suffix_length == 0 ? 30 : 15U << suffix_length;

    if (level_code >= escape) {
        code_add(code, 1, 16);
        code_add(code, level_code - escape, 12);
    } else if (suffix_length > 0) {
        code_add(code, 1, (level_code >> suffix_length) + 1);
        code_add(code, level_code & ((1U << suffix_length) - 1), suffix_length);
    } else if (level_code < 14) {
        code_add(code, 1, level_code + 1);
    } else {
        code_add(code, 1, 15);
        code_add(code, level_code - 14, 4);
    }
}

static unsigned code_of_level(int level)
{
    return 2 * (unsigned)abs(level) - (level > 0 ? 2 : 1);
}

/* From the highest frequency to the lowest, 9.2.2. */
static void add_levels(struct code *code, const int levels[CAVLC_LENGTH])
{
    unsigned suffix_length = 0;
    bool first = true;

    for (int i = CAVLC_LENGTH - 1; i >= 0; i--) {
        unsigned size = (unsigned)abs(levels[i]);

        if (size == 0)
            continue;
        /* Without trailing ones the first is not +-1: codes begin with that of 2. */
        add_level_code(code, code_of_level(levels[i]) - (first ? 2 : 0), suffix_length);
        if (first)
            suffix_length = 1;
        if (size > 3U << (suffix_length - 1))
            suffix_length++;
        first = false;
    }
}

/* Table 9-7, by the number of levels less 1 and of zeros before the last of them. */
static const struct code total_zeros[CAVLC_LEVELS_MAX][CAVLC_LENGTH] = {
    {{1, 1}, {3, 3}, {2, 3}, {3, 4}, {2, 4}},
    {{7, 3}, {6, 3}, {5, 3}, {4, 3}},
    {{5, 4}, {7, 3}, {6, 3}},
    {{3, 5}, {7, 3}},
};

/* Table 9-10, by zeros left less 1 and run. */
static const struct code run_before[3][4] = {
    {{1, 1}, {0, 1}},
    {{1, 1}, {1, 2}, {0, 2}},
    {{3, 2}, {2, 2}, {1, 2}, {0, 2}},
};

/* Where the zeros lie, 9.2.3; @p last is the place of the last level, @p count their number. */
static void add_zeros(struct code *code, const int levels[CAVLC_LENGTH], int last, int count)
{
    int left = last + 1 - count;
    int run = 0;

    code_append(code, total_zeros[count - 1][left]);
    for (int i = last - 1; i >= 0 && left > 0; i--) {
        if (levels[i] == 0) {
            run++;
            continue;
        }
        code_append(code, run_before[left - 1][run]);
        left -= run;
        run = 0;
    }
}

void cavlc_add(struct code *code, enum cavlc_context context, const int levels[CAVLC_LENGTH])
{
    int count = 0;
    int last = 0;
    bool one;

    for (int i = 0; i < CAVLC_LENGTH; i++) {
        if (levels[i] != 0) {
            count++;
            last = i;
        }
    }
    one = count == 1 && abs(levels[last]) == 1;
    assert(count <= CAVLC_LEVELS_MAX && (one || abs(levels[last]) != 1));
    add_count(code, context, (unsigned)count, one);
    if (count == 0)
        return;
    if (one)
        code_add(code, levels[last] < 0, 1);
    else
        add_levels(code, levels);
    add_zeros(code, levels, last, count);
}

void cavlc_add_first(struct code *code, enum cavlc_context context, int level)
{
    cavlc_add(code, context, (const int[CAVLC_LENGTH]){level});
}

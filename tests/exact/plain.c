/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slow, and nothing in common with what it is compared with: bits are characters, codes are text.
 */
#include "tests/exact/plain.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = 16,
};

/* '0' and '1'. */
struct text {
    char *bits;
    size_t size;
    size_t room;
};

static void ensure(bool holds)
{
    if (!holds)
        abort();
}

static void put(struct text *text, const char *bits)
{
    size_t more = strlen(bits);

    if (text->size + more >= text->room) {
        text->room = 2 * (text->size + more) + 64;
        text->bits = realloc(text->bits, text->room);
        ensure(text->bits);
    }
    memcpy(text->bits + text->size, bits, more + 1);
    text->size += more;
}

static void put_u(struct text *text, unsigned value, int bits)
{
    while (bits-- > 0)
        put(text, value >> bits & 1 ? "1" : "0");
}

static void put_ue(struct text *text, unsigned value)
{
    int zeros = 0;

    while ((value + 1) >> (zeros + 1))
        zeros++;
    put_u(text, 0, zeros);
    put_u(text, value + 1, zeros + 1);
}

static void put_se(struct text *text, int value)
{
    put_ue(text, value > 0 ? 2 * (unsigned)value - 1 : 2 * (unsigned)-value);
}

/* 7.3.1: from text to bytes; frees the text. */
static size_t finish(struct text *text, uint8_t header, uint8_t *to, size_t room)
{
    size_t size = 0;
    int zeros = 0;

    put(text, "1");
    while (text->size % 8)
        put(text, "0");
    ensure(room >= 5 + text->size / 8 * 3 / 2);
    memcpy(to, (const uint8_t[]){0, 0, 0, 1, header}, 5);
    size = 5;
    for (size_t i = 0; i < text->size; i += 8) {
        char digits[9] = {0};
        uint8_t byte;

        memcpy(digits, text->bits + i, 8);
        byte = (uint8_t)strtoul(digits, NULL, 2);
        if (zeros == 2 && byte <= 3) {
            to[size++] = 3;
            zeros = 0;
        }
        to[size++] = byte;
        zeros = byte == 0 ? zeros + 1 : 0;
    }
    free(text->bits);
    return size;
}

/* ---- residual_block_cavlc(), 7.3.5.3.3 and 9.2, of up to four levels, nC below 2 ------------- */

/* Tables 9-5, 9-7 and 9-10. */
static const char *const coeff_token[5][4] = {
    {"1"},
    {"000101", "01"},
    {"00000111", "000100", "001"},
    {"000000111", "00000110", "0000101", "00011"},
    {"0000000111", "000000110", "00000101", "000011"},
};
static const char *const total_zeros[4][13] = {
    {"1", "011", "010", "0011", "0010", "00011", "00010", "000011", "000010"},
    {"111", "110", "101", "100", "011", "0101", "0100", "0011", "0010"},
    {"0101", "111", "110", "101", "0100", "0011", "100", "011", "0010"},
    {"00011", "111", "0101", "0100", "110", "101", "100", "0011", "011"},
};
static const char *const run_before[3][4] = {
    {"1", "0"},
    {"1", "01", "00"},
    {"11", "10", "01", "00"},
};

/* 9.2.2.1 read backwards: the level_prefix and suffix that make levelCode. */
static void put_level(struct text *text, int level_code, int suffix_length)
{
    int prefix = 0;

    for (;; prefix++) {
        int size = prefix == 14 && suffix_length == 0 ? 4
                   : prefix >= 15                     ? prefix - 3
                                                      : suffix_length;
        int base = (prefix < 15 ? prefix : 15) << suffix_length;

        if (prefix >= 15 && suffix_length == 0)
            base += 15;
        if (level_code >= base && level_code < base + (1 << size)) {
            put_u(text, 1, prefix + 1);
            put_u(text, (unsigned)(level_code - base), size);
            return;
        }
        ensure(prefix <= 15);
    }
}

static void put_levels(struct text *text, const int *level, int count, int ones)
{
    int suffix_length = 0;

    for (int i = 0; i < count; i++) {
        int level_code = level[i] > 0 ? 2 * level[i] - 2 : -2 * level[i] - 1;

        if (i < ones) {
            put(text, level[i] < 0 ? "1" : "0");
            continue;
        }
        if (i == ones && ones < 3)
            level_code -= 2;
        put_level(text, level_code, suffix_length);
        if (suffix_length == 0)
            suffix_length = 1;
        if (abs(level[i]) > 3 << (suffix_length - 1) && suffix_length < 6)
            suffix_length++;
    }
}

static void put_block(struct text *text, const int coefficients[16])
{
    int level[16];
    int run[16];
    int count = 0;
    int ones = 0;
    int zeros = 0;

    for (int i = 15; i >= 0; i--) {
        if (coefficients[i] != 0) {
            level[count] = coefficients[i];
            run[count++] = 0;
        } else if (count > 0) {
            run[count - 1]++;
            zeros++;
        }
    }
    while (ones < count && ones < 3 && abs(level[ones]) == 1)
        ones++;
    ensure(count <= 4 && zeros <= 8);
    put(text, coeff_token[count][ones]);
    if (count == 0)
        return;
    put_levels(text, level, count, ones);
    put(text, total_zeros[count - 1][zeros]);
    for (int i = 0; i < count - 1 && zeros > 0; i++) {
        ensure(zeros <= 3);
        put(text, run_before[zeros - 1][run[i]]);
        zeros -= run[i];
    }
}

/* ---- the strip ------------------------------------------------------------------------------- */

static int bit_of(const struct cells *cells, int column, int row)
{
    return (int)(cells->rows[row][column / 64] >> column % 64 & 1);
}

static int sample(const struct cells *cells, int x, int y)
{
    return bit_of(cells, x / CELL_SIZE, y / CELL_SIZE) ? CELLS_WHITE : CELLS_BLACK;
}

enum mode {
    VERTICAL,
    HORIZONTAL,
    DC,
};

/* Of what lies beside and above, as far as there is something: 128 if there is not. */
static int mean_of_borders(const struct cells *cells, int left, int top)
{
    int sum = 0;
    int count = (left > 0 ? SIZE : 0) + (top > 0 ? SIZE : 0);

    for (int i = 0; i < SIZE; i++) {
        sum += left > 0 ? sample(cells, left - 1, top + i) : 0;
        sum += top > 0 ? sample(cells, left + i, top - 1) : 0;
    }
    return count > 0 ? (sum + count / 2) / count : 128;
}

/* The DC levels in the order of the zigzag scan: a level is four samples. */
static void transform(const int mean[4][4], int ret_levels[16])
{
    static const int hadamard[4][4] = {
        {1, 1, 1, 1}, {1, 1, -1, -1}, {1, -1, -1, 1}, {1, -1, 1, -1}};
    static const int zigzag[16] = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};

    for (int i = 0; i < 16; i++) {
        const int *down = hadamard[zigzag[i] / 4];
        const int *across = hadamard[zigzag[i] % 4];
        int sum = 0;

        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 4; x++)
                sum += mean[y][x] * down[y] * across[x];
        }
        ensure(sum % (16 * 4) == 0);
        ret_levels[i] = sum / (16 * 4);
    }
}

/* Text of a macroblock by @p mode. */
static struct text encode(const struct cells *cells, enum mode mode, int left, int top)
{
    struct text text = {0};
    int border = mean_of_borders(cells, left, top);
    int mean[4][4];
    int levels[16];

    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            int rest = sample(cells, left + x, top + y);

            if (mode == VERTICAL)
                rest -= sample(cells, left + x, top - 1);
            else
                rest -= mode == HORIZONTAL ? sample(cells, left - 1, top + y) : border;

            if (x % 4 == 0 && y % 4 == 0)
                mean[y / 4][x / 4] = rest;
            ensure(mean[y / 4][x / 4] == rest);
        }
    }
    transform((const int(*)[4])mean, levels);
    put_ue(&text, 1 + (unsigned)mode); /* mb_type I_16x16_<mode>_0_0 */
    put_ue(&text, 0);                  /* intra_chroma_pred_mode DC: of 128 or nothing, 128 */
    put_se(&text, 0);                  /* mb_qp_delta */
    put_block(&text, levels);
    return text;
}

/* The shortest; of equally long ones DC, vertical, horizontal in this order. */
static void put_macroblock(struct text *text, const struct cells *cells, int left, int top)
{
    struct text best = encode(cells, DC, left, top);

    for (enum mode mode = VERTICAL; mode < DC; mode++) {
        struct text other;

        if (mode == VERTICAL ? top == 0 : left == 0)
            continue;
        other = encode(cells, mode, left, top);
        if (other.size < best.size) {
            struct text longer = best;

            best = other;
            other = longer;
        }
        free(other.bits);
    }
    put(text, best.bits);
    free(best.bits);
}

size_t plain_write_strip(const struct cells_place *place, const struct cells *cells, uint8_t *to,
                         size_t room)
{
    struct text text = {0};

    put_ue(&text, (unsigned)(place->first_line / SIZE * place->columns / 2));
    put_ue(&text, 7);   /* slice_type I, as all of the picture */
    put_ue(&text, 0);   /* pic_parameter_set_id */
    put_u(&text, 0, 8); /* frame_num */
    put_ue(&text, 0);   /* idr_pic_id */
    put_u(&text, 0, 2); /* dec_ref_pic_marking() */
    put_se(&text, -6);  /* slice_qp_delta: QP 40 */
    put_ue(&text, 1);   /* disable_deblocking_filter_idc */
    for (int row = 0; row < place->rows; row += 2) {
        for (int column = 0; column < place->columns; column += 2)
            put_macroblock(&text, cells, column * CELL_SIZE, row * CELL_SIZE);
    }
    return finish(&text, 0x65, to, room);
}

/* ---- the P picture --------------------------------------------------------------------------- */

/* Table 9-4, Inter: coded_block_pattern of each codeNum. */
static const int patterns[] = {0, 16, 1, 2, 4, 8, 32, 3, 5, 10, 12, 15, 47, 7, 11, 13, 14, 6, 9};

static unsigned code_of_pattern(int pattern)
{
    unsigned code = 0;

    while (patterns[code] != pattern)
        code++;
    return code;
}

/* Steps of the four cells at a macroblock: 0, or +-1. Returns which do. */
static int steps_of(const struct cells *before, const struct cells *cells, int column, int row,
                    int ret_steps[4])
{
    int pattern = 0;

    for (int i = 0; i < 4; i++) {
        int x = column + i % 2;
        int y = row + i / 2;

        ret_steps[i] = bit_of(cells, x, y) - bit_of(before, x, y);
        pattern |= ret_steps[i] != 0 ? 1 << i : 0;
    }
    return pattern;
}

static void put_changed(struct text *text, int pattern, const int steps[4])
{
    put_ue(text, 0); /* mb_type P_L0_16x16 */
    put_se(text, 0); /* mvd_l0 */
    put_se(text, 0);
    put_ue(text, code_of_pattern(pattern));
    put_u(text, 1, 1); /* transform_size_8x8_flag */
    put_se(text, 0);   /* mb_qp_delta */
    for (int i = 0; i < 4; i++) {
        for (int part = 0; part < 4 && steps[i] != 0; part++)
            put_block(text, (const int[16]){part == 0 ? steps[i] : 0});
    }
}

size_t plain_write_p(const struct cells_place *place, int macroblocks, int64_t number,
                     const struct cells *before, const struct cells *cells, uint8_t *to,
                     size_t room)
{
    struct text text = {0};
    int first = place->first_line / SIZE * place->columns / 2;
    int skipped = 0;

    put_ue(&text, 0);                          /* first_mb_in_slice */
    put_ue(&text, 5);                          /* slice_type P, as all of the picture */
    put_ue(&text, 0);                          /* pic_parameter_set_id */
    put_u(&text, (unsigned)(number % 256), 8); /* frame_num */
    put_u(&text, 0, 3); /* num_ref_idx_active_override_flag, ref_pic_list_modification(),
                           dec_ref_pic_marking() */
    put_se(&text, 0);   /* slice_qp_delta */
    put_ue(&text, 1);   /* disable_deblocking_filter_idc */
    for (int i = 0; i < macroblocks; i++) {
        int at = (i - first) * 2;
        int steps[4];
        int pattern = 0;

        if (place->rows > 0 && i >= first && at / place->columns * 2 < place->rows)
            pattern = steps_of(before, cells, at % place->columns, at / place->columns * 2, steps);
        if (pattern == 0) {
            skipped++;
            continue;
        }
        put_ue(&text, (unsigned)skipped); /* mb_skip_run */
        skipped = 0;
        put_changed(&text, pattern, steps);
    }
    if (skipped > 0)
        put_ue(&text, (unsigned)skipped);
    return finish(&text, 0x41, to, room);
}

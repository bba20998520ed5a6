/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A macroblock in which cells change is P_L0_16x16 with the transform of 8x8 blocks: no motion, and
 * in each block that changes one level of +-1, which the scaling list makes the step from black to
 * white. By CAVLC an 8x8 block is four interleaved blocks (7.3.5.3.2), of which the first has the
 * level. No block of 4x4 samples so counts more than one, and nC is always below 2.
 */
#include "media/exact/change.h"

#include "media/exact/cavlc.h"

enum {
    CELLS = 4,       /* of a macroblock */
    INTERLEAVED = 4, /* blocks of an 8x8 block */
    /* Bits of a macroblock whose coded_block_pattern takes the fewest, 3 or 5, besides its run and
     * cells; what the longest one takes more; and bits of a cell. */
    MACROBLOCK_BITS = 1 + 2 + 5 + 2,
    PATTERN_MORE_BITS = 4,
    CELL_BITS = 7,
};

/* codeNum of coded_block_pattern, Table 9-4, Inter, chroma 0. */
static const uint32_t patterns[1 << CELLS] = {0, 2,  3, 7,  4,  8,  17, 13,
                                              5, 18, 9, 14, 10, 15, 16, 11};

static struct code encode(unsigned changed, unsigned now)
{
    struct code code = {0};

    code_append(&code, code_of(0));        /* mb_type P_L0_16x16 */
    code_append(&code, code_of_signed(0)); /* mvd_l0, across */
    code_append(&code, code_of_signed(0)); /* down */
    code_append(&code, code_of(patterns[changed]));
    code_add(&code, 1, 1);                 /* transform_size_8x8_flag */
    code_append(&code, code_of_signed(0)); /* mb_qp_delta */
    for (unsigned cell = 0; cell < CELLS; cell++) {
        if (!(changed >> cell & 1))
            continue;
        cavlc_add_first(&code, CAVLC_FEW, now >> cell & 1 ? 1 : -1);
        for (int i = 1; i < INTERLEAVED; i++)
            cavlc_add_first(&code, CAVLC_FEW, 0);
    }
    return code;
}

void change_init(struct change *change)
{
    for (unsigned i = 0; i < CHANGE_CODES; i++)
        change->codes[i] = encode(i & 15, i >> CELLS);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * Bits of @p count runs, each mb_skip_run being ue(x - 1), the sum of all x being @p sum. For any j
 * and x >= 1, floor(log2 x) <= j - 1 + x / 2^j: the line through the logarithm at 2^j and 2^(j + 1)
 * is above it outside of these two, and at j or more between them. Summed up, with the j that
 * belongs to the mean.
 */
static uint64_t runs_max(uint64_t count, uint64_t sum)
{
    unsigned j = 0;

    while (count << (j + 1) <= sum)
        j++;
    return count + 2 * (count * j + (sum >> j) - count);
}

uint64_t change_max(uint64_t picture, uint64_t cells, uint64_t macroblocks)
{
    uint64_t several;

    macroblocks = least(least(macroblocks, cells), picture);
    cells = least(cells, macroblocks * CELLS);
    several = least(macroblocks, cells - macroblocks); /* macroblocks in which two or more change */
    return runs_max(macroblocks + 1, picture + 1) + macroblocks * MACROBLOCK_BITS +
           several * PATTERN_MORE_BITS + cells * CELL_BITS;
}

/* Where cells change: a bit for each pair of columns, at that of the left one. */
static uint64_t changed_pairs(uint64_t upper, uint64_t lower)
{
    uint64_t either = upper | lower;

    return (either | either >> 1) & UINT64_C(0x5555555555555555);
}

/* A macroblock's cells: two of each row. */
static unsigned four_cells(uint64_t upper, uint64_t lower, int shift)
{
    return (unsigned)((upper >> shift & 3) | (lower >> shift & 3) << 2);
}

/*
 * A word of each of two rows of cells. @p first: the macroblock at its left end; @p next: of all in
 * the picture the first that is not yet written. Returns the new @p next.
 */
static uint32_t put_word(const struct change *change, uint64_t upper_before, uint64_t upper,
                         uint64_t lower_before, uint64_t lower, uint32_t first, uint32_t next,
                         struct bits *bits)
{
    uint64_t upper_changed = upper_before ^ upper;
    uint64_t lower_changed = lower_before ^ lower;
    uint64_t pairs = changed_pairs(upper_changed, lower_changed);

    for (; pairs != 0; pairs &= pairs - 1) {
        int shift = __builtin_ctzll(pairs);
        unsigned changed = four_cells(upper_changed, lower_changed, shift);
        unsigned now = four_cells(upper, lower, shift);
        uint32_t at = first + (uint32_t)shift / 2;

        bits_put_ue(bits, at - next); /* mb_skip_run */
        bits_put_code(bits, change->codes[changed | now << CELLS]);
        next = at + 1;
    }
    return next;
}

void change_put(const struct change *change, const struct cells_place *place, uint32_t columns,
                uint32_t picture, const struct cells *before, const struct cells *cells,
                struct bits *bits)
{
    uint32_t first = (uint32_t)place->first_line / 16 * columns; /* of the macroblock row */
    uint32_t next = 0;

    for (int row = 0; row < place->rows; row += 2, first += columns) {
        for (int word = 0; word * 64 < place->columns; word++)
            next = put_word(change, before->rows[row][word], cells->rows[row][word],
                            before->rows[row + 1][word], cells->rows[row + 1][word],
                            first + (uint32_t)word * 32, next, bits);
    }
    if (next < picture)
        bits_put_ue(bits, picture - next);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A macroblock is two by two cells, predicted from the ones beside or above it. What is left is
 * constant in each cell, so that it has levels at the four lowest frequencies only, and these are
 * whole numbers: of 208 samples between black and white, four a level, a quarter of each cell's.
 */
#include "media/exact/strip.h"

#include <stdbool.h>
#include <stddef.h>

#include "media/exact/cavlc.h"
#include "media/exact/intra.h"

enum {
    CELLS = 4,            /* of a macroblock */
    SAMPLES_OF_LEVEL = 4, /* at PARAMETERS_QP_STRIP */
};

static unsigned bit_of(unsigned bits, unsigned place)
{
    return bits >> place & 1;
}

static int luma_of(unsigned bit)
{
    return bit ? CELLS_WHITE : CELLS_BLACK;
}

/* The mean of the neighbours' borders that there are, 8.3.3.3. */
static int predict_dc(unsigned index)
{
    int sum = 0;
    int count = 0;

    for (unsigned i = 0; i < 2; i++) {
        if (bit_of(index, STRIP_HAS_LEFT)) {
            sum += luma_of(bit_of(index, STRIP_LEFT + i));
            count++;
        }
        if (bit_of(index, STRIP_HAS_ABOVE)) {
            sum += luma_of(bit_of(index, STRIP_ABOVE + i));
            count++;
        }
    }
    return count > 0 ? sum / count : INTRA_NEUTRAL;
}

static int predict(enum intra_mode mode, unsigned index, unsigned cell)
{
    if (mode == INTRA_VERTICAL)
        return luma_of(bit_of(index, STRIP_ABOVE + cell % 2));
    if (mode == INTRA_HORIZONTAL)
        return luma_of(bit_of(index, STRIP_LEFT + cell / 2));
    return predict_dc(index);
}

static bool is_possible(enum intra_mode mode, unsigned index)
{
    return mode == INTRA_DC ||
           bit_of(index, mode == INTRA_VERTICAL ? STRIP_HAS_ABOVE : STRIP_HAS_LEFT);
}

/* The transform of 8.5.10, forward: of the four by four block means, each cell being four alike. */
static struct code encode(enum intra_mode mode, unsigned index)
{
    struct code code = {0};
    int rest[CELLS];

    for (unsigned i = 0; i < CELLS; i++)
        rest[i] =
            (luma_of(bit_of(index, STRIP_OWN + i)) - predict(mode, index, i)) / SAMPLES_OF_LEVEL;
    intra_add_head(&code, mode, INTRA_DC, false);
    cavlc_add(&code, CAVLC_FEW,
              (const int[CAVLC_LENGTH]){
                  (rest[0] + rest[1] + rest[2] + rest[3]) / CELLS,
                  (rest[0] - rest[1] + rest[2] - rest[3]) / CELLS,
                  (rest[0] + rest[1] - rest[2] - rest[3]) / CELLS,
                  0,
                  (rest[0] - rest[1] - rest[2] + rest[3]) / CELLS,
              });
    return code;
}

static struct code encode_shortest(unsigned index)
{
    struct code shortest = encode(INTRA_DC, index);

    for (enum intra_mode mode = INTRA_VERTICAL; mode < INTRA_DC; mode++) {
        if (is_possible(mode, index)) {
            struct code code = encode(mode, index);

            if (code.length < shortest.length)
                shortest = code;
        }
    }
    return shortest;
}

void strip_init(struct strip *strip)
{
    for (unsigned i = 0; i < STRIP_CODES; i++)
        strip->codes[i] = encode_shortest(i);
}

unsigned strip_macroblock_max(const struct strip *strip)
{
    unsigned longest = 0;

    for (unsigned i = 0; i < STRIP_CODES; i++) {
        if (strip->codes[i].length > longest)
            longest = strip->codes[i].length;
    }
    return longest;
}

/* Two rows of cells; @p above: the row above them, NULL if there is none. */
static void put_row(const struct strip *strip, int columns, const uint64_t *above,
                    const uint64_t *upper, const uint64_t *lower, struct bits *bits)
{
    uint64_t left = 0; /* STRIP_LEFT and STRIP_HAS_LEFT */
    uint64_t has_above = above ? 1U << STRIP_HAS_ABOVE : 0;

    for (int column = 0; column < columns; column += 2) {
        int word = column / 64;
        int shift = column % 64;
        uint64_t own = (upper[word] >> shift & 3) | (lower[word] >> shift & 3) << 2;
        uint64_t row = above ? above[word] >> shift & 3 : 0;

        bits_put_code(bits, strip->codes[own << STRIP_OWN | left | row << STRIP_ABOVE | has_above]);
        left = (own >> 1 & 1) << STRIP_LEFT | (own >> 3) << (STRIP_LEFT + 1) | 1U << STRIP_HAS_LEFT;
    }
}

void strip_put(const struct strip *strip, const struct cells_place *place,
               const struct cells *cells, struct bits *bits)
{
    for (int row = 0; row < place->rows; row += 2)
        put_row(strip, place->columns, row > 0 ? cells->rows[row - 1] : NULL, cells->rows[row],
                cells->rows[row + 1], bits);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Macroblocks of which prediction leaves a constant, in luma and in each of chroma, are Intra16x16
 * with one level each; others are I_PCM. Since all is lossless, what is decoded of the neighbours
 * is the picture itself. Intra prediction does not cross a slice: the first row has nothing above
 * it.
 */
#include "media/exact/still.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/exact/cavlc.h"
#include "media/exact/intra.h"
#include "media/exact/nal.h"
#include "media/exact/parameters.h"
#include "media/exact/slice.h"

enum {
    PLANES = 3,
    LUMA_SIZE = 16, /* of a macroblock, samples each way */
    CHROMA_SIZE = 8,
    CHROMA_DC_SIZE = 4,                        /* of what has one mean in chroma */
    TYPE_PCM = 25,                             /* mb_type, Table 7-11 */
    SLICE_MORE = SLICE_IDR_HEADER_MAX / 8 + 1, /* bytes besides: header and trailing bits */
    MACROBLOCK_MAX =
        LUMA_SIZE * LUMA_SIZE + 2 * CHROMA_SIZE * CHROMA_SIZE + 4, /* bytes, of I_PCM */
};

/* What a macroblock covers of a plane, and whether there is something to predict it from. */
struct area {
    const uint8_t *samples;
    ptrdiff_t stride;
    int size;
    int dc_size;
    bool has_left;
    bool has_above;
};

/* How a macroblock is coded. */
struct choice {
    enum intra_mode luma;
    enum intra_mode chroma;
    int levels[PLANES];
};

static int size_of(int plane)
{
    return plane == 0 ? LUMA_SIZE : CHROMA_SIZE;
}

static void copy_plane(const uint8_t *from, int stride, int width, int height, uint8_t *to,
                       int to_width, int to_height)
{
    for (int y = 0; y < to_height; y++, to += to_width) {
        const uint8_t *row = from + (ptrdiff_t)stride * (y < height ? y : height - 1);

        memcpy(to, row, (size_t)width);
        memset(to + width, row[width - 1], (size_t)(to_width - width));
    }
}

int still_init(const struct exact_picture *picture, int width, int height, struct still *ret)
{
    struct still still = {
        .columns = (width + LUMA_SIZE - 1) / LUMA_SIZE,
        .rows = (height + LUMA_SIZE - 1) / LUMA_SIZE,
    };

    for (int i = 0; i < PLANES; i++) {
        int columns = still.columns * size_of(i);
        int rows = still.rows * size_of(i);
        int scale = LUMA_SIZE / size_of(i);

        still.planes[i] = malloc((size_t)columns * (size_t)rows);
        if (!still.planes[i]) {
            still_finish(&still);
            return -ENOMEM;
        }
        copy_plane(picture->planes[i], picture->strides[i], width / scale, height / scale,
                   still.planes[i], columns, rows);
    }
    *ret = still;
    return 0;
}

void still_finish(struct still *still)
{
    for (int i = 0; i < PLANES; i++)
        free(still->planes[i]);
}

/* @p first: the first macroblock row of the slice. */
static struct area area_of(const struct still *still, int plane, int column, int row, int first)
{
    int size = size_of(plane);
    ptrdiff_t stride = (ptrdiff_t)still->columns * size;

    return (struct area){
        .samples = still->planes[plane] + (row * stride + column) * size,
        .stride = stride,
        .size = size,
        .dc_size = plane == 0 ? LUMA_SIZE : CHROMA_DC_SIZE,
        .has_left = column > 0,
        .has_above = row > first,
    };
}

static int sum(const uint8_t *samples, ptrdiff_t step, int count)
{
    int result = 0;

    for (int i = 0; i < count; i++)
        result += samples[i * step];
    return result;
}

/*
 * DC prediction of the block at @p x, @p y: the mean of what it touches (8.3.3.3, 8.3.4.1 to 3).
 * A block that touches one side only has that, if it is there, or else the other.
 */
static int mean(const struct area *area, int x, int y)
{
    bool above = area->has_above && (x > 0 || y == 0 || !area->has_left);
    bool left = area->has_left && (x == 0 || y > 0 || !area->has_above);
    int count = area->dc_size * (above + left);
    int total = 0;

    if (above)
        total += sum(area->samples - area->stride + x, 1, area->dc_size);
    if (left)
        total += sum(area->samples + area->stride * y - 1, area->stride, area->dc_size);
    return count > 0 ? (total + count / 2) / count : INTRA_NEUTRAL;
}

static void predict(const struct area *area, enum intra_mode mode, uint8_t *to)
{
    for (int y = 0; y < area->size; y++, to += area->size) {
        const uint8_t *row = area->samples + area->stride * y;

        if (mode == INTRA_VERTICAL)
            memcpy(to, area->samples - area->stride, (size_t)area->size);
        else if (mode == INTRA_HORIZONTAL)
            memset(to, row[-1], (size_t)area->size);
        else if (y % area->dc_size > 0)
            memcpy(to, to - area->size, (size_t)area->size);
        else
            for (int x = 0; x < area->size; x += area->dc_size)
                memset(to + x, mean(area, x, y), (size_t)area->dc_size);
    }
}

static bool is_possible(const struct area *area, enum intra_mode mode)
{
    return (mode != INTRA_VERTICAL || area->has_above) &&
           (mode != INTRA_HORIZONTAL || area->has_left);
}

/* Whether what prediction leaves is the same everywhere, and then what it is. */
static bool leaves_constant(const struct area *area, enum intra_mode mode, int *ret_level)
{
    uint8_t prediction[LUMA_SIZE * LUMA_SIZE] = {0};
    int level;

    if (!is_possible(area, mode))
        return false;
    predict(area, mode, prediction);
    level = area->samples[0] - prediction[0];
    for (int y = 0; y < area->size; y++) {
        for (int x = 0; x < area->size; x++) {
            if (area->samples[y * area->stride + x] - prediction[y * area->size + x] != level)
                return false;
        }
    }
    *ret_level = level;
    return true;
}

/* The mode that leaves the least in @p count planes. False: none leaves constants. */
static bool choose_mode(const struct area *areas, int count, enum intra_mode *ret_mode,
                        int *ret_levels)
{
    int least = INT_MAX;

    for (enum intra_mode mode = 0; mode < INTRA_MODES && least > 0; mode++) {
        int levels[2];
        int size = 0;
        int i = 0;

        while (i < count && leaves_constant(&areas[i], mode, &levels[i])) {
            size += abs(levels[i]);
            i++;
        }
        if (i == count && size < least) {
            least = size;
            *ret_mode = mode;
            memcpy(ret_levels, levels, (size_t)count * sizeof(levels[0]));
        }
    }
    return least < INT_MAX;
}

static void put_levels(struct bits *bits, const struct choice *choice, enum cavlc_context context)
{
    bool chroma = choice->levels[1] != 0 || choice->levels[2] != 0;
    struct code code = {0};

    intra_add_head(&code, choice->luma, choice->chroma, chroma);
    cavlc_add_first(&code, context, choice->levels[0]);
    bits_put_code(bits, code);
    for (int i = 1; chroma && i < PLANES; i++) {
        code = (struct code){0};
        cavlc_add_first(&code, CAVLC_CHROMA_DC, choice->levels[i]);
        bits_put_code(bits, code);
    }
}

static void put_pcm(struct bits *bits, const struct area areas[PLANES])
{
    bits_put_ue(bits, TYPE_PCM);
    bits_align(bits);
    for (int i = 0; i < PLANES; i++) {
        for (int y = 0; y < areas[i].size; y++) {
            for (int x = 0; x < areas[i].size; x++)
                bits_put(bits, areas[i].samples[y * areas[i].stride + x], 8);
        }
    }
}

/* @p pcm: a neighbour of the slice is I_PCM. Returns whether this one is. */
static bool put_macroblock(struct bits *bits, const struct area areas[PLANES], bool pcm)
{
    struct choice choice;

    if (!choose_mode(&areas[0], 1, &choice.luma, &choice.levels[0]) ||
        !choose_mode(&areas[1], 2, &choice.chroma, &choice.levels[1])) {
        put_pcm(bits, areas);
        return true;
    }
    put_levels(bits, &choice, pcm ? CAVLC_MANY : CAVLC_FEW);
    return false;
}

/* @p pcm: for each column, whether the macroblock above is I_PCM; afterwards, whether this one is.
 */
static void put_row(const struct still *still, int row, int first, bool *pcm, struct bits *bits)
{
    for (int column = 0; column < still->columns; column++) {
        struct area areas[PLANES];

        for (int i = 0; i < PLANES; i++)
            areas[i] = area_of(still, i, column, row, first);
        pcm[column] = put_macroblock(bits, areas, pcm[column] || (column > 0 && pcm[column - 1]));
    }
}

static int append_slice(const struct still *still, int first, int end, bool *pcm, uint8_t *rbsp,
                        struct buffer *buffer)
{
    struct bits bits = bits_make(rbsp);

    slice_put_idr_header(&bits, (uint32_t)(first * still->columns), PARAMETERS_QP_STILL);
    for (int row = first; row < end; row++)
        put_row(still, row, first, pcm, &bits);
    return nal_append(buffer, NAL_SLICE_IDR, rbsp, (size_t)(bits_finish(&bits) - rbsp));
}

int still_append_slice(const struct still *still, int first, int end, struct buffer *buffer)
{
    size_t macroblocks = (size_t)(end - first) * (size_t)still->columns;
    int result = -ENOMEM;
    bool *pcm;
    uint8_t *rbsp;

    if (macroblocks == 0)
        return 0;
    pcm = calloc((size_t)still->columns, sizeof(*pcm));
    rbsp = malloc(macroblocks * MACROBLOCK_MAX + SLICE_MORE);
    if (pcm && rbsp)
        result = append_slice(still, first, end, pcm, rbsp, buffer);
    free(pcm);
    free(rbsp);
    return result;
}

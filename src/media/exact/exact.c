/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access units: an IDR picture is what was written once, with the strip's slice in between; a P
 * picture is one slice.
 *
 * Slices that are written for each frame need no emulation prevention (7.4.1): the bytes in
 * question have 22 zero bits in a row, and here 20 is the most, in the header of a strip far down.
 * Runs of P_Skip have 17 at either end, before and behind them is a 1; codes of the strip have 15,
 * begin with 2 and end in 2 at most.
 */
#include "media/exact/exact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "media/exact/change.h"
#include "media/exact/nal.h"
#include "media/exact/parameters.h"
#include "media/exact/slice.h"
#include "media/exact/still.h"
#include "media/exact/strip.h"

/* Access unit delimiter: primary_pic_type, I slices only or P slices too, and the stop bit. */
static const uint8_t delimiter_i[] = {0, 0, 0, 1, NAL_DELIMITER, 0x10};
static const uint8_t delimiter_p[] = {0, 0, 0, 1, NAL_DELIMITER, 0x30};

struct exact {
    struct cells_place place; /* no rows: there is no strip */
    uint32_t columns;         /* macroblocks of the picture */
    uint32_t macroblocks;
    struct buffer before; /* an IDR access unit up to the strip's slice */
    struct buffer behind;
    struct strip strip;
    struct change change;
};

static int write_still(struct exact *exact, const struct exact_format *format,
                       const struct still *still)
{
    int first = exact->place.first_line / 16;
    int end = first + exact->place.rows / 2;
    int result = buffer_append(&exact->before, delimiter_i, sizeof(delimiter_i));

    if (result == 0)
        result = parameters_append(format, &exact->before);
    if (result == 0)
        result = still_append_slice(still, 0, first, &exact->before);
    if (result == 0)
        result = still_append_slice(still, end, still->rows, &exact->behind);
    return result;
}

int exact_new(const struct exact_format *format, const struct exact_picture *still_picture,
              const struct cells_place *place, struct exact **ret)
{
    struct exact *exact = calloc(1, sizeof(*exact));
    struct still still;
    int result;

    if (!exact)
        return -ENOMEM;
    result = still_init(still_picture, format->width, format->height, &still);
    if (result < 0) {
        free(exact);
        return result;
    }
    if (place)
        exact->place = *place;
    exact->columns = (uint32_t)still.columns;
    exact->macroblocks = (uint32_t)(still.columns * still.rows);
    strip_init(&exact->strip);
    change_init(&exact->change);
    result = write_still(exact, format, &still);
    still_finish(&still);
    if (result < 0)
        (void)exact_free(exact);
    else
        *ret = exact;
    return result;
}

struct exact *exact_free(struct exact *exact)
{
    if (!exact)
        return NULL;
    buffer_finish(&exact->before);
    buffer_finish(&exact->behind);
    free(exact);
    return NULL;
}

static size_t slice_max(uint64_t bits)
{
    return NAL_HEAD_SIZE + (size_t)((bits + 1 + 7) / 8); /* the stop bit */
}

size_t exact_idr_max(const struct exact *exact)
{
    uint64_t macroblocks = (uint64_t)exact->columns * (uint64_t)exact->place.rows / 2;

    return exact->before.size + exact->behind.size +
           slice_max(SLICE_IDR_HEADER_MAX + macroblocks * strip_macroblock_max(&exact->strip));
}

size_t exact_p_max(const struct exact *exact, int cells, int macroblocks)
{
    return sizeof(delimiter_p) +
           slice_max(SLICE_P_HEADER_MAX +
                     change_max(exact->macroblocks, (uint64_t)cells, (uint64_t)macroblocks));
}

static uint8_t *write_strip(const struct exact *exact, const struct cells *cells, uint8_t *to)
{
    uint32_t first = (uint32_t)exact->place.first_line / 16 * exact->columns;
    struct bits bits = bits_make(nal_write_head(NAL_SLICE_IDR, to));

    slice_put_idr_header(&bits, first, PARAMETERS_QP_STRIP);
    strip_put(&exact->strip, &exact->place, cells, &bits);
    return bits_finish(&bits);
}

size_t exact_write_idr(const struct exact *exact, const struct cells *cells, uint8_t *to)
{
    uint8_t *at = mempcpy(to, exact->before.data, exact->before.size);

    if (exact->place.rows > 0)
        at = write_strip(exact, cells, at);
    if (exact->behind.size > 0)
        at = mempcpy(at, exact->behind.data, exact->behind.size);
    return (size_t)(at - to);
}

size_t exact_write_p(const struct exact *exact, int64_t number, const struct cells *before,
                     const struct cells *cells, uint8_t *to)
{
    uint8_t *at = mempcpy(to, delimiter_p, sizeof(delimiter_p));
    struct bits bits = bits_make(nal_write_head(NAL_SLICE, at));

    slice_put_p_header(&bits, (uint64_t)number);
    change_put(&exact->change, &exact->place, exact->columns, exact->macroblocks, before, cells,
               &bits);
    return (size_t)(bits_finish(&bits) - to);
}

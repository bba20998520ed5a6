/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slices of an IDR picture that are written once. */
#ifndef HLSGEN_MEDIA_EXACT_STILL_H
#define HLSGEN_MEDIA_EXACT_STILL_H

#include "base/buffer.h"
#include "media/exact/exact.h"

/** A picture in whole macroblocks. */
struct still {
    int columns; /**< macroblocks */
    int rows;
    uint8_t *planes[3]; /**< owned; without gaps between rows */
};

/**
 * @param picture of @p width x @p height luma samples; its edge is repeated in what is cropped
 * @param ret     unchanged on failure; finished by still_finish()
 * @return 0 or -ENOMEM
 */
int still_init(const struct exact_picture *picture, int width, int height, struct still *ret);

void still_finish(struct still *still);

/**
 * Appends a slice of the macroblock rows from @p first up to @p end; nothing if there are none.
 *
 * @return 0 or -ENOMEM
 */
int still_append_slice(const struct still *still, int first, int end, struct buffer *buffer);

#endif

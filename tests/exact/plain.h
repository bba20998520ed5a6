/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slices of src/media/exact that are written for each frame, as the standard describes them:
 * from samples, transform and prediction, without tables made ahead of time.
 */
#ifndef HLSGEN_TESTS_EXACT_PLAIN_H
#define HLSGEN_TESTS_EXACT_PLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "media/cells.h"

/** NAL units with start code and emulation prevention. @return bytes at @p to, at most @p room */
size_t plain_write_strip(const struct cells_place *place, const struct cells *cells, uint8_t *to,
                         size_t room);

/** @p macroblocks: of the picture */
size_t plain_write_p(const struct cells_place *place, int macroblocks, int64_t number,
                     const struct cells *before, const struct cells *cells, uint8_t *to,
                     size_t room);

#endif

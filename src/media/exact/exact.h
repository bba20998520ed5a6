/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * H.264 without an encoder: a still picture and, over it, a strip of cells that changes from frame
 * to frame, written losslessly as High profile, CAVLC (ITU-T H.264 7.3, 9.2). Every decoded sample
 * equals the one that was given.
 *
 *   IDR picture   slices: above the strip, the strip, below it. The still ones are written once;
 *                 macroblocks are Intra16x16 with a constant residual, or I_PCM. The strip is a
 *                 table look-up for each macroblock.
 *   P picture     one slice: runs of P_Skip up to each changed macroblock, in which every changed
 *                 cell is an 8x8 block with one coefficient.
 *
 * Nothing is kept from picture to picture: a P picture is the difference of two strips.
 */
#ifndef HLSGEN_MEDIA_EXACT_H
#define HLSGEN_MEDIA_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/cells.h"

/** What the sequence parameter set says (7.4.2.1, Annex E). */
struct exact_format {
    int width; /**< luma samples, even */
    int height;
    int rate_num; /**< frames per second */
    int rate_den;
    int64_t bitrate; /**< bit/s, for the level (Table A-1) */
    int primaries;   /**< Tables E-3 to E-5 */
    int transfer;
    int matrix;
};

/** 4:2:0, 8 bit: planes Y, Cb, Cr. */
struct exact_picture {
    const uint8_t *planes[3];
    int strides[3];
};

struct exact;

/**
 * @param still the picture; what lies under the strip is not looked at
 * @param place where the strip lies; NULL: there is none, and P pictures change nothing
 * @param ret   owned by the caller, freed by exact_free(); everything is copied
 * @return 0; -ENOMEM
 */
int exact_new(const struct exact_format *format, const struct exact_picture *still,
              const struct cells_place *place, struct exact **ret);

/** Accepts NULL. Always NULL. */
struct exact *exact_free(struct exact *exact);

/** Bytes of an IDR access unit at most, and of a P access unit in which so much changes at most. */
size_t exact_idr_max(const struct exact *exact);
size_t exact_p_max(const struct exact *exact, int cells, int macroblocks);

/**
 * Writes access units as a byte stream (Annex B): access unit delimiter first; the IDR picture with
 * SPS and PPS. Thread-safe; allocate nothing.
 *
 * @param cells  the strip; NULL when there is none
 * @param before of the frame before
 * @param number of the frame in its segment, from 1 for the one behind the IDR picture
 * @param to     room for the most that it can be
 * @return bytes written
 */
size_t exact_write_idr(const struct exact *exact, const struct cells *cells, uint8_t *to);
size_t exact_write_p(const struct exact *exact, int64_t number, const struct cells *before,
                     const struct cells *cells, uint8_t *to);

#endif

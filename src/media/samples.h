/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The places of the pictures in a segment of fragmented MPEG-4 that are written anew into each
 * segment. They stand one behind the other, as long as they are; their sizes are written into the
 * trun, that of the mdat into its head, and what is left becomes free space. The IDR picture has
 * free space of its own, and all others are the last in the segment: so nothing else moves, and
 * what is written is as much as the pictures are, whatever the bit rate.
 */
#ifndef HLSGEN_MEDIA_SAMPLES_H
#define HLSGEN_MEDIA_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
    int64_t count;         /**< pictures of a segment */
    struct samples_place { /* offsets in the segment: */
        size_t sizes;      /**< of the first sample's size in trun */
        size_t mdat;
        size_t start; /**< of the first sample */
        size_t at;    /**< of the next one */
        size_t used;  /**< what is behind this is 0, up to the end */
        size_t end;   /**< of the free space behind them */
    } places[2];      /**< of the IDR picture, and of all others */
};

/**
 * Finds them in a segment that mux_fmp4() made and that has its size.
 *
 * @return 0; -EINVAL: it has not @p count pictures whose sizes can be written
 */
int samples_init(struct samples *ret, const uint8_t *bytes, size_t size, int64_t count);

/**
 * Writes picture @p unit, an access unit in the byte stream format. Those of a segment are written
 * in order, and it is whole when the last one is there.
 */
void samples_write(struct samples *samples, uint8_t *bytes, int64_t unit, const uint8_t *data,
                   size_t size);

#endif

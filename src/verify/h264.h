/* SPDX-License-Identifier: GPL-2.0-or-later */
/* H.264 as far as a validator looks into it: sequence parameter sets, the heads of slices. */
#ifndef HLSGEN_VERIFY_H264_H
#define HLSGEN_VERIFY_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/grid.h"
#include "verify/segment.h"

enum {
    H264_SLICE = 1,
    H264_PARTITION_A = 2,
    H264_SLICE_IDR = 5,
    H264_SEI = 6,
    H264_SPS = 7,
    H264_PPS = 8,
    H264_AUD = 9,
    H264_PREFIX = 14, /* of a NAL unit of an extension; up to 18 they begin an access unit */
    H264_RESERVED_18 = 18,
};

/** A sequence parameter set (7.3.2.1.1). */
struct h264_sps {
    struct segment_video picture;
    struct grid_step frame; /**< 90 kHz ticks, by the timing information of the VUI (E.1.1) */
};

/**
 * Whether the first slice of a picture is one of an I picture (7.4.3: slice_type I or SI).
 *
 * @param byte of the slice, behind the header of the NAL unit
 */
bool h264_is_intra(uint8_t byte);

/**
 * Reads a sequence parameter set.
 *
 * @param sps NAL unit with its header byte, emulation prevention in it, without start code
 * @return 0; -EBADMSG: it ends too early, or its values make no picture
 */
int h264_read_sps(const uint8_t *sps, size_t size, struct h264_sps *ret);

#endif

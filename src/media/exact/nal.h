/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAL units of a byte stream: start code, header, emulation prevention (7.3.1, 7.4.1, Annex B). */
#ifndef HLSGEN_MEDIA_EXACT_NAL_H
#define HLSGEN_MEDIA_EXACT_NAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/** nal_ref_idc and nal_unit_type as they stand in the header. */
enum nal {
    NAL_SLICE = 2 << 5 | 1,
    NAL_SLICE_IDR = 3 << 5 | 5,
    NAL_SPS = 3 << 5 | 7,
    NAL_PPS = 3 << 5 | 8,
    NAL_DELIMITER = 9,
};

/** What a NAL unit begins with: zero_byte, start code prefix, header. */
#define NAL_HEAD_SIZE 5

/** @return where the payload goes */
uint8_t *nal_write_head(enum nal nal, uint8_t *to);

/**
 * Appends a NAL unit with emulation prevention bytes.
 *
 * @param rbsp ends with the trailing bits
 * @return 0 or -ENOMEM
 */
int nal_append(struct buffer *buffer, enum nal nal, const uint8_t *rbsp, size_t size);

#endif

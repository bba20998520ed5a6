/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access units as byte streams of H.264 Annex B: what is done to them between encoder and muxer. */
#ifndef HLSGEN_MEDIA_H264_H
#define HLSGEN_MEDIA_H264_H

#include <stddef.h>
#include <stdint.h>

/** The smallest filler NAL unit: start code, header, rbsp_trailing_bits. */
#define H264_FILLER_MIN 6

/**
 * Copies an access unit without its unregistered user data (SEI payload type 5): the encoder's
 * name and settings, which it writes into the first access unit only.
 *
 * @param to   room for @p size bytes
 * @return how many bytes were written
 */
size_t h264_copy_without_user_data(uint8_t *to, const uint8_t *from, size_t size);

/**
 * Copies the parameter sets of an access unit (7.3.2.1, 7.3.2.2), start codes included.
 *
 * @param to room for @p size bytes
 * @return how many bytes were written
 */
size_t h264_copy_parameter_sets(uint8_t *to, const uint8_t *from, size_t size);

/**
 * Writes an access unit as a sample (ISO 14496-15, clause 5): each NAL unit with its length before
 * it, in four bytes. Access unit delimiter, parameter sets and filler data are left out, and so are
 * zeros behind a NAL unit.
 *
 * @param to room for @p size bytes, and one more for each slice; of a unit that begins with a
 *           delimiter the sample is smaller
 * @return how many bytes were written
 */
size_t h264_write_sample(uint8_t *to, const uint8_t *from, size_t size);

/**
 * Raises level_idc in the sequence parameter sets of an access unit to @p level, where it is lower;
 * what keeps to a level keeps to all above it (A.3).
 */
void h264_raise_level(uint8_t *unit, size_t size, int level);

/** profile_idc, the constraint flags, level_idc: by them RFC 6381 names a stream. */
#define H264_PROFILE_SIZE 3

/** Reads them from the first sequence parameter set. @return 0; -EINVAL: there is none */
int h264_read_profile(const uint8_t *unit, size_t size, uint8_t ret[H264_PROFILE_SIZE]);

/**
 * Writes a filler data NAL unit (7.3.2.7), start code included, of exactly @p size bytes. It goes
 * behind the last slice of an access unit (7.4.1.2.3).
 *
 * @param size at least H264_FILLER_MIN
 */
void h264_write_filler(uint8_t *to, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AAC raw data blocks (ISO 14496-3 4.4.2.1): bringing one to an exact size; and what they are. */
#ifndef HLSGEN_MEDIA_AAC_H
#define HLSGEN_MEDIA_AAC_H

#include <stddef.h>
#include <stdint.h>

/**
 * Lengthens a raw data block to exactly @p target bytes with fill elements (ID_FIL) in front of
 * its ID_END.
 *
 * @param block  the block, with room for @p target bytes
 * @param size   its length now, at most @p target
 * @return 0, or -EINVAL when the block has no ID_END
 */
int aac_fill(uint8_t *block, size_t size, size_t target);

/** The audio object type of an AudioSpecificConfig (1.6.2.1), of two bytes or more: 2 for AAC-LC.
 */
int aac_object_type(const uint8_t *config);

#endif

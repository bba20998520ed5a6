/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_BASE_CRC32_H
#define HLSGEN_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/** The CRC-32 of ISO 3309, as in gzip: finds damage by accident, not by intent. */
uint32_t crc32_of(const void *data, size_t size);

/** That of ISO 13818-1 Annex A, first bit first; 0 over a section with its own CRC_32. */
uint32_t crc32_of_section(const void *data, size_t size);

#endif

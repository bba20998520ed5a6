/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/crc32.h"

#define POLYNOMIAL          UINT32_C(0x04c11db7)
#define POLYNOMIAL_REVERSED UINT32_C(0xedb88320)

uint32_t crc32_of(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL_REVERSED : 0);
    }
    return ~crc;
}

uint32_t crc32_of_section(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        crc ^= (uint32_t)bytes[i] << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc >> 31 ? POLYNOMIAL : 0);
    }
    return crc;
}

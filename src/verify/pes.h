/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a PES packet of sound or video (ISO 13818-1 2.4.3.6). */
#ifndef HLSGEN_VERIFY_PES_H
#define HLSGEN_VERIFY_PES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PES_FIXED = 9,              /* bytes up to and with PES_header_data_length */
    PES_HEAD = PES_FIXED + 255, /* the longest header */
    PES_BEFORE_LENGTH = 6,      /* bytes that PES_packet_length does not count */
};

struct pes_header {
    size_t length; /**< PES_packet_length; 0: up to the next PES packet */
    bool stamped;
    int64_t pts; /**< modulo 2^33 */
    int64_t dts; /**< that of pts when there is none */
};

/** Bytes of the header that begins at @p head, of which there are PES_FIXED. */
size_t pes_header_size(const uint8_t *head);

/**
 * Reads a header, all of which is at @p head.
 *
 * @return NULL; else what is wrong with it, and @p ret is what could be read
 */
const char *pes_read_header(const uint8_t *head, struct pes_header *ret);

#endif

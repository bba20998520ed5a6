/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MPEG-2 transport stream packet (ISO 13818-1 2.4.3): reading and writing of its fields. */
#ifndef HLSGEN_MEDIA_TS_H
#define HLSGEN_MEDIA_TS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TS_PACKET = 188,
    TS_SYNC = 0x47,
    TS_PID_PAT = 0,
    TS_PID_SDT = 0x11,
    TS_PID_PMT = 0x1000,
    TS_PID_VIDEO = 0x100,
    TS_PID_AUDIO = 0x101,
    TS_PID_NULL = 0x1fff,
    TS_SPLIT_MIN = 48, /* a PES header, which is read from one packet, has less than half of it */
};

int ts_pid(const uint8_t *packet);

/** payload_unit_start_indicator. */
bool ts_starts_unit(const uint8_t *packet);

/** The low bit of adaptation_field_control: the packet has a payload, and its counter counts. */
bool ts_has_payload(const uint8_t *packet);

/** Offset of the payload in the packet, at most TS_PACKET. */
size_t ts_payload_offset(const uint8_t *packet);

/** Offset of program_clock_reference_base in the packet, or 0 when there is none. */
size_t ts_pcr_offset(const uint8_t *packet);

/**
 * Finds the first picture of a segment, or of the beginning of one: from its first packet on,
 * behind PAT and PMT, to the last one with a part of it.
 *
 * @param ret_start offset of it
 * @return its bytes; 0: there is none that lies whole in it, since no second one begins
 */
size_t ts_find_picture(const uint8_t *packets, size_t size, size_t *ret_start);

/** Writes continuity_counter, modulo 16. */
void ts_write_counter(uint8_t *packet, int64_t counter);

/** Writes a PCR of 27 MHz ticks, modulo 2^33 * 300, into its 6 bytes (2.4.3.5). */
void ts_write_pcr(uint8_t *field, int64_t ticks);

/** Writes a PTS or DTS of 90 kHz ticks, modulo 2^33, into its 5 bytes; their prefix stays. */
void ts_write_timestamp(uint8_t *field, int64_t ticks);

/**
 * Splits a packet in two that carry its payload between them, stuffed by their adaptation fields
 * (2.4.3.5). The first keeps what the packet has of an adaptation field.
 *
 * @param packet with at least TS_SPLIT_MIN bytes of payload
 */
void ts_split(const uint8_t *packet, uint8_t first[TS_PACKET], uint8_t second[TS_PACKET]);

/** Fills in a null packet (2.4.1). */
void ts_make_null(uint8_t *packet);

/** Fills in a packet of @p pid that carries a PCR, to be written, and no payload. */
void ts_make_pcr_only(uint8_t *packet, int pid);

#endif

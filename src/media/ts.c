/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/ts.h"

#include <string.h>

#include "timeline/timeline.h"

enum {
    CONTROL_PAYLOAD = 0x10,
    CONTROL_ADAPTATION = 0x20,
    ADAPTATION_PCR = 0x10,
    ADAPTATION_LENGTH = 4, /* offsets in a packet */
    ADAPTATION_FLAGS = 5,
    ADAPTATION_FIRST = 6,
    PCR_BYTES = 6,
    STARTS_UNIT = 0x40, /* in the second byte */
};

int ts_pid(const uint8_t *packet)
{
    return (packet[1] & 0x1f) << 8 | packet[2];
}

bool ts_starts_unit(const uint8_t *packet)
{
    return packet[1] & STARTS_UNIT;
}

bool ts_has_payload(const uint8_t *packet)
{
    return packet[3] & CONTROL_PAYLOAD;
}

size_t ts_payload_offset(const uint8_t *packet)
{
    size_t offset = ADAPTATION_LENGTH;

    if (packet[3] & CONTROL_ADAPTATION)
        offset += 1 + (size_t)packet[ADAPTATION_LENGTH];
    return offset < TS_PACKET ? offset : TS_PACKET;
}

size_t ts_pcr_offset(const uint8_t *packet)
{
    if (!(packet[3] & CONTROL_ADAPTATION) || packet[ADAPTATION_LENGTH] < 1 + PCR_BYTES ||
        !(packet[ADAPTATION_FLAGS] & ADAPTATION_PCR))
        return 0;
    return ADAPTATION_FIRST;
}

size_t ts_find_picture(const uint8_t *packets, size_t size, size_t *ret_start)
{
    size_t start = size;
    size_t end = 0;
    int64_t units = 0;

    for (size_t at = 0; at + TS_PACKET <= size; at += TS_PACKET) {
        const uint8_t *packet = packets + at;

        if (ts_pid(packet) != TS_PID_VIDEO)
            continue;
        if (start == size)
            start = at; /* it may have a PCR alone */
        if (!ts_has_payload(packet))
            continue;
        units += ts_starts_unit(packet);
        if (units > 1) {
            *ret_start = start;
            return end - start;
        }
        end = at + TS_PACKET;
    }
    return 0;
}

void ts_write_counter(uint8_t *packet, int64_t counter)
{
    packet[3] = (uint8_t)((packet[3] & 0xf0) | (counter & 0x0f));
}

void ts_write_pcr(uint8_t *field, int64_t ticks)
{
    int64_t wrapped = ticks % TIMELINE_PCR_MODULUS;
    uint64_t clock = (uint64_t)(wrapped < 0 ? wrapped + TIMELINE_PCR_MODULUS : wrapped);
    uint64_t base = clock / 300;
    uint64_t extension = clock % 300;

    field[0] = (uint8_t)(base >> 25);
    field[1] = (uint8_t)(base >> 17);
    field[2] = (uint8_t)(base >> 9);
    field[3] = (uint8_t)(base >> 1);
    field[4] = (uint8_t)((base & 1) << 7 | 0x7e | extension >> 8); /* six reserved bits, all 1 */
    field[5] = (uint8_t)extension;
}

void ts_write_timestamp(uint8_t *field, int64_t ticks)
{
    uint64_t stamp = (uint64_t)ticks & (TIMELINE_PTS_MODULUS - 1);

    field[0] = (uint8_t)((field[0] & 0xf0) | (stamp >> 29 & 0x0e) | 1); /* three marker bits */
    field[1] = (uint8_t)(stamp >> 22);
    field[2] = (uint8_t)((stamp >> 14 & 0xfe) | 1);
    field[3] = (uint8_t)(stamp >> 7);
    field[4] = (uint8_t)((stamp << 1 & 0xfe) | 1);
}

static void make_header(uint8_t *packet, int pid, uint8_t control)
{
    memset(packet, 0xff, TS_PACKET);
    packet[0] = TS_SYNC;
    packet[1] = (uint8_t)(pid >> 8);
    packet[2] = (uint8_t)pid;
    packet[3] = control;
}

void ts_make_null(uint8_t *packet)
{
    make_header(packet, TS_PID_NULL, CONTROL_PAYLOAD);
}

void ts_make_pcr_only(uint8_t *packet, int pid)
{
    make_header(packet, pid, CONTROL_ADAPTATION);
    packet[ADAPTATION_LENGTH] = TS_PACKET - ADAPTATION_FLAGS;
    packet[ADAPTATION_FLAGS] = ADAPTATION_PCR;
}

/* Lengthens the adaptation field so that @p size bytes of payload are left, and writes these. */
static void put_payload(uint8_t *packet, const uint8_t *payload, size_t size)
{
    size_t start = TS_PACKET - size;
    size_t used = ts_payload_offset(packet);

    if (start > ADAPTATION_LENGTH) {
        packet[3] |= CONTROL_ADAPTATION;
        packet[ADAPTATION_LENGTH] = (uint8_t)(start - ADAPTATION_FLAGS);
    }
    for (; used < start; used++) {
        if (used > ADAPTATION_LENGTH)
            packet[used] = used == ADAPTATION_FLAGS ? 0 : 0xff;
    }
    memcpy(packet + start, payload, size);
}

void ts_split(const uint8_t *packet, uint8_t first[TS_PACKET], uint8_t second[TS_PACKET])
{
    size_t start = ts_payload_offset(packet);
    size_t half = (TS_PACKET - start) / 2;

    memcpy(first, packet, start);
    put_payload(first, packet + start, half);
    memcpy(second, packet, ADAPTATION_LENGTH);
    second[1] &= (uint8_t)~STARTS_UNIT;
    second[3] &= (uint8_t)~CONTROL_ADAPTATION;
    put_payload(second, packet + start + half, TS_PACKET - start - half);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/packets.h"

#include <check.h>
#include <string.h>

#include "base/crc32.h"

struct packets packets;

void packets_begin(void)
{
    memset(&packets, 0, sizeof(packets));
    packets.per_pes = packets.pes_per_unit = packets.sounds = 1;
    packets.video_type = 0x1b;
    packets.audio_type = 0x0f;
}

static void put_packet(int pid, bool starts, const uint8_t *payload, size_t length, int64_t pcr)
{
    uint8_t *packet = packets.data + packets.size;
    size_t field = PACKET - 4 - length; /* of the adaptation field, with its length */

    ck_assert_uint_le(packets.size + 2 * PACKET, sizeof(packets.data));
    packet[0] = 0x47;
    packet[1] = (uint8_t)((starts ? 0x40 : 0) | pid >> 8);
    packet[2] = (uint8_t)pid;
    packet[3] = (uint8_t)((field > 0 ? 0x20 : 0) | (length > 0 ? 0x10 : 0));
    packets.counters[pid] = (uint8_t)((packets.counters[pid] + (length > 0)) & 15);
    packet[3] |= packets.counters[pid];
    memset(packet + 4, 0xff, field);
    if (field > 0)
        packet[4] = (uint8_t)(field - 1);
    if (field > 1)
        packet[5] = pcr >= 0 ? 0x10 : 0;
    if (pcr >= 0) {
        packet[6] = (uint8_t)(pcr >> 25);
        packet[7] = (uint8_t)(pcr >> 17);
        packet[8] = (uint8_t)(pcr >> 9);
        packet[9] = (uint8_t)(pcr >> 1);
        packet[10] = (uint8_t)((pcr & 1) << 7 | 0x7e);
        packet[11] = 0;
    }
    memcpy(packet + PACKET - length, payload, length);
    packets.size += PACKET;
    if (packets.repeats && pcr < 0 && packets.size / PACKET % 10 == 0) {
        memcpy(packets.data + packets.size, packet, PACKET);
        packets.size += PACKET;
    }
}

static void put_payload(int pid, const uint8_t *payload, size_t length, size_t room)
{
    for (size_t at = 0; at < length; at += room)
        put_packet(pid, at == 0, payload + at, length - at < room ? length - at : room, -1);
}

static void put_section(int pid, uint8_t *section, size_t length)
{
    uint32_t crc;

    section[0] = 0; /* pointer_field */
    section[2] = (uint8_t)(0xb0 | length >> 8);
    section[3] = (uint8_t)length;
    crc = crc32_of_section(section + 1, length - 1);
    for (int i = 0; i < 4; i++)
        section[length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
    memset(section + length + 4, 0xff, PACKET);
    put_payload(pid, section, (length + 4 + 183) / 184 * 184, 184);
}

static void put_stream(uint8_t *section, size_t *at, int type, int pid)
{
    const uint8_t entry[] = {(uint8_t)type, (uint8_t)(0xe0 | pid >> 8), (uint8_t)pid, 0xf0, 0};

    memcpy(section + *at, entry, sizeof(entry));
    *at += sizeof(entry);
}

void packets_put_tables(void)
{
    uint8_t pat[400] = {0, 0, 0, 0, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | PMT >> 8, PMT & 0xff};
    uint8_t pmt[1400] = {0, 2, 0, 0, 0, 1, 0xc1, 0, 0, 0xe0 | VIDEO >> 8, VIDEO & 0xff, 0xf0, 0};
    size_t at = 13;

    put_section(0, pat, at);
    pmt[6] |= (uint8_t)(packets.version << 1 & 0x3e);
    pmt[11] = (uint8_t)(0xf0 | packets.descriptors >> 8);
    pmt[12] = (uint8_t)packets.descriptors;
    at += (size_t)packets.descriptors;
    put_stream(pmt, &at, packets.video_type, VIDEO);
    for (int i = 0; i < packets.sounds; i++)
        put_stream(pmt, &at, packets.audio_type, AUDIO + i);
    put_stream(pmt, &at, 0x15, OTHER); /* ID3 */
    put_section(PMT, pmt, at);
}

static void write_stamp(uint8_t *to, int prefix, int64_t stamp)
{
    to[0] = (uint8_t)(prefix << 4 | (stamp >> 29 & 14) | 1);
    to[1] = (uint8_t)(stamp >> 22);
    to[2] = (uint8_t)(stamp >> 14 | 1);
    to[3] = (uint8_t)(stamp >> 7);
    to[4] = (uint8_t)(stamp << 1 | 1);
}

/* @param stamp modulo 2^33; -1: none */
static void put_pes(int pid, int stream_id, const uint8_t *es, size_t length, int64_t stamp)
{
    static uint8_t pes[1 << 16];
    size_t head = stamp >= 0 ? 14 : 9;
    size_t counted = pid == VIDEO && !packets.has_length ? 0 : head - 6 + length;

    memcpy(pes, (const uint8_t[]){0, 0, 1}, 3);
    pes[3] = (uint8_t)stream_id;
    pes[4] = (uint8_t)(counted >> 8);
    pes[5] = (uint8_t)counted;
    pes[6] = 0x80;
    pes[7] = stamp >= 0 ? 0x80 : 0;
    pes[8] = stamp >= 0 ? 5 : 0;
    if (stamp >= 0)
        write_stamp(pes + 9, 2, stamp);
    memcpy(pes + head, es, length);
    put_payload(pid, pes, head + length, (size_t)(184 - (pid == VIDEO ? packets.stuffing : 0)));
}

/* Appends an access unit of about 600 bytes. */
static size_t write_unit(uint8_t *to, bool idr)
{
    static const uint8_t head[] = {
        0,    0,    0,    1,    0x09, 0xf0, 0,    0,    0,    1,    0x67, 0x42, 0xc0,
        0x2a, 0xda, 0x01, 0xe0, 0x08, 0x9f, 0x97, 0x01, 0x10, 0x00, 0x00, 0x3e, 0x90,
        0x00, 0x1d, 0x4c, 0x00, 0xf1, 0x83, 0x2a, 0,    0,    0,    1,    0x68, 0xce,
    };
    size_t used = idr ? sizeof(head) : 6;

    memcpy(to, head, used);
    for (int slice = 0; slice < 3; slice++) {
        const uint8_t begin[] = {0, 0, 1, idr ? 0x65 : 0x41, slice == 0 ? 0x88 : 0x08};

        memcpy(to + used, begin, sizeof(begin));
        memset(to + used + sizeof(begin), 0x55, 190);
        to[used + 100] = 0; /* zeros and ones that are no start code */
        to[used + 101] = 1;
        used += sizeof(begin) + 190;
    }
    return used;
}

static void put_video(int first, int64_t dts)
{
    uint8_t es[8192];
    size_t length = 0;

    for (int i = 0; i < packets.per_pes; i++)
        length += write_unit(es + length, first + i == 0);
    for (int i = 0; i < packets.pes_per_unit; i++) {
        size_t begin = length * (size_t)i / (size_t)packets.pes_per_unit;
        size_t end = length * (size_t)(i + 1) / (size_t)packets.pes_per_unit;

        put_pes(VIDEO, 0xe0, es + begin, end - begin, i == 0 ? dts & (WRAP - 1) : -1);
    }
}

static void put_audio(int64_t pts)
{
    uint8_t es[AAC_FRAMES * AAC_SIZE];

    memset(es, 0x21, sizeof(es));
    for (int i = 0; i < AAC_FRAMES; i++)
        memcpy(es + i * AAC_SIZE,
               (const uint8_t[]){0xff, 0xf1, 0x4c, 0x80, AAC_SIZE >> 3, AAC_SIZE << 5 & 0xff, 0xfc},
               7);
    put_pes(AUDIO, packets.audio_type == 0x81 ? 0xbd : 0xc0, es, sizeof(es), pts & (WRAP - 1));
}

void packets_write_segment(int64_t begin)
{
    int64_t sound = begin + (AAC_PES - begin % AAC_PES) % AAC_PES;

    packets.size = 0;
    packets_put_tables();
    for (int i = 0; i < PICTURES; i++) {
        int64_t dts = begin + i * FRAME;

        for (int k = 0; k < 3; k++) /* every third of a picture */
            put_packet(VIDEO, false, packets.data, 0,
                       (dts - DELAY + packets.late + k * FRAME / 3) & (WRAP - 1));
        if (i % packets.per_pes == 0)
            put_video(i, dts);
        put_packet(OTHER, true, packets.data, 100, -1);
        for (; sound < dts + FRAME; sound += AAC_PES)
            put_audio(sound);
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets split so that the counters of the video begin anew with each segment. */
#include <string.h>

#include "media/align.h"
#include "media/ts.h"
#include "tests/unit/suite.h"

enum {
    RUNS = 2000,
    PACKETS_MAX = 100,
};

static uint8_t packets[PACKETS_MAX * TS_PACKET];

/* A packet with so many bytes of payload, every one of them random. */
static void make_packet(uint8_t *packet, int pid, bool starts, bool has_pcr, size_t payload)
{
    size_t start = TS_PACKET - payload;

    ts_make_null(packet);
    if (has_pcr)
        ts_make_pcr_only(packet, pid);
    packet[1] = (uint8_t)((starts ? 0x40 : 0) | pid >> 8);
    packet[2] = (uint8_t)pid;
    packet[3] = start > 4 ? 0x30 : 0x10;
    if (start > 4)
        packet[4] = (uint8_t)(start - 5);
    if (start > 5 && !has_pcr)
        packet[5] = 0;
    for (size_t i = start; i < TS_PACKET; i++)
        packet[i] = (uint8_t)suite_random(0, 255);
}

static size_t make_packets(void)
{
    size_t count = (size_t)suite_random(1, PACKETS_MAX);

    for (size_t i = 0; i < count; i++) {
        bool video = suite_random(0, 3) > 0;
        bool has_pcr = video && suite_random(0, 3) == 0;
        size_t most = has_pcr ? TS_PACKET - 12 : TS_PACKET - 4;

        make_packet(packets + i * TS_PACKET, video ? TS_PID_VIDEO : TS_PID_AUDIO,
                    suite_random(0, 1) > 0, has_pcr,
                    suite_random(0, 1) > 0 ? most : (size_t)suite_random(1, (int64_t)most));
    }
    return count;
}

/* The payload of a PID, one after the other. */
static size_t gather(const uint8_t *from, size_t size, int pid, uint8_t *to)
{
    size_t gathered = 0;

    for (size_t at = 0; at < size; at += TS_PACKET) {
        size_t start = ts_payload_offset(from + at);

        if (ts_pid(from + at) != pid)
            continue;
        memcpy(to + gathered, from + at + start, TS_PACKET - start);
        gathered += TS_PACKET - start;
    }
    return gathered;
}

static size_t count(const uint8_t *from, size_t size, int pid, bool starting)
{
    size_t found = 0;

    for (size_t at = 0; at < size; at += TS_PACKET)
        found += ts_pid(from + at) == pid && (!starting || ts_starts_unit(from + at));
    return found;
}

static bool can_be_even(size_t size)
{
    size_t video = count(packets, size, TS_PID_VIDEO, false);
    size_t able = 0;

    for (size_t at = 0; at < size; at += TS_PACKET)
        able += ts_pid(packets + at) == TS_PID_VIDEO &&
                TS_PACKET - ts_payload_offset(packets + at) >= TS_SPLIT_MIN;
    return able >= (ALIGN_PACKETS - video % ALIGN_PACKETS) % ALIGN_PACKETS;
}

START_TEST(the_payload_stays_and_the_packets_are_even)
{
    static uint8_t before[PACKETS_MAX * TS_PACKET];
    static uint8_t after[PACKETS_MAX * TS_PACKET];
    const int pids[] = {TS_PID_VIDEO, TS_PID_AUDIO};

    for (int run = 0; run < RUNS; run++) {
        size_t size = make_packets() * TS_PACKET;
        struct buffer to = {0};

        ck_assert_int_eq(align_append(&to, packets, size), 0);
        for (int i = 0; i < LENGTH(pids); i++) {
            size_t payload = gather(packets, size, pids[i], before);

            ck_assert_uint_eq(gather(to.data, to.size, pids[i], after), payload);
            ck_assert_mem_eq(before, after, payload);
            ck_assert_uint_eq(count(to.data, to.size, pids[i], true),
                              count(packets, size, pids[i], true));
        }
        if (can_be_even(size))
            ck_assert_uint_eq(count(to.data, to.size, TS_PID_VIDEO, false) % ALIGN_PACKETS, 0);
        buffer_finish(&to);
    }
}
END_TEST

START_TEST(halves_are_packets)
{
    for (int run = 0; run < RUNS; run++) {
        bool has_pcr = suite_random(0, 1) > 0;
        uint8_t whole[TS_PACKET];
        uint8_t halves[2][TS_PACKET];

        make_packet(whole, TS_PID_VIDEO, true, has_pcr,
                    (size_t)suite_random(TS_SPLIT_MIN, TS_PACKET - (has_pcr ? 12 : 4)));
        ts_split(whole, halves[0], halves[1]);
        ck_assert_uint_eq(ts_pcr_offset(halves[0]), ts_pcr_offset(whole));
        ck_assert_uint_eq(ts_pcr_offset(halves[1]), 0);
        ck_assert(ts_starts_unit(halves[0]) && !ts_starts_unit(halves[1]));
        for (int i = 0; i < 2; i++) {
            ck_assert_uint_eq(halves[i][0], TS_SYNC);
            ck_assert_int_eq(ts_pid(halves[i]), TS_PID_VIDEO);
            ck_assert(ts_has_payload(halves[i]));
            ck_assert_uint_ge(TS_PACKET - ts_payload_offset(halves[i]), TS_SPLIT_MIN / 2);
        }
        if (has_pcr)
            ck_assert_mem_eq(halves[0] + 5, whole + 5, 7);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("align");
    TCase *tcase = suite_add(suite, "align");

    tcase_add_test(tcase, the_payload_stays_and_the_packets_are_even);
    tcase_add_test(tcase, halves_are_packets);
    suite_seed();
    return suite_run(suite);
}

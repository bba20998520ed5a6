/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of transport stream packets: every bit in its place, at both ends of their ranges. */
#include <stdbool.h>
#include <string.h>

#include "media/ts.h"
#include "tests/unit/suite.h"
#include "timeline/timeline.h"

static const struct {
    int64_t ticks;
    int64_t stamp; /* what the field holds */
} stamps[] = {
    {0, 0},
    {1, 1},
    {0x1fffffff, 0x1fffffff},
    {INT64_C(0x155555555), INT64_C(0x155555555)},
    {INT64_C(0xaaaaaaaa), INT64_C(0xaaaaaaaa)},
    {TIMELINE_PTS_MODULUS - 1, TIMELINE_PTS_MODULUS - 1},
    {TIMELINE_PTS_MODULUS, 0},
    {TIMELINE_PTS_MODULUS + 180000, 180000},
    {19000 * TIMELINE_PTS_MODULUS + 5, 5},
    {-1, TIMELINE_PTS_MODULUS - 1},
    {-TIMELINE_PTS_MODULUS, 0},
};

/* As 2.4.3.7 draws it: prefix, 3 bits, marker, 15 bits, marker, 15 bits, marker. */
static int64_t read_timestamp(const uint8_t field[5])
{
    ck_assert_uint_eq(field[0] & 1, 1);
    ck_assert_uint_eq(field[2] & 1, 1);
    ck_assert_uint_eq(field[4] & 1, 1);
    return (int64_t)(field[0] >> 1 & 7) << 30 | (int64_t)field[1] << 22 |
           (int64_t)(field[2] >> 1) << 15 | (int64_t)field[3] << 7 | field[4] >> 1;
}

START_TEST(a_timestamp_is_written_modulo_2_33)
{
    static const uint8_t prefixes[] = {0x21, 0x31, 0x11, 0x3f};

    for (int i = 0; i < LENGTH(prefixes); i++) {
        uint8_t field[6] = {prefixes[i], 0xff, 0x55, 0xff, 0xaa, 0x77};

        ts_write_timestamp(field, stamps[_i].ticks);
        ck_assert_int_eq(read_timestamp(field), stamps[_i].stamp);
        ck_assert_uint_eq(field[0] & 0xf0, prefixes[i] & 0xf0);
        ck_assert_uint_eq(field[5], 0x77);
    }
}
END_TEST

static const struct {
    int64_t ticks;
    int64_t base;
    int extension;
} clocks[] = {
    {0, 0, 0},
    {299, 0, 299},
    {300, 1, 0},
    {256, 0, 256},
    {INT64_C(0x155555555) * 300 + 170, INT64_C(0x155555555), 170},
    {TIMELINE_PCR_MODULUS - 1, TIMELINE_PTS_MODULUS - 1, 299},
    {TIMELINE_PCR_MODULUS, 0, 0},
    {19000 * TIMELINE_PCR_MODULUS + 301, 1, 1},
    {-1, TIMELINE_PTS_MODULUS - 1, 299},
    {-TIMELINE_PCR_MODULUS, 0, 0},
    {-13500000, TIMELINE_PTS_MODULUS - 45000, 0},
};

START_TEST(a_pcr_is_written_modulo_2_33_times_300)
{
    uint8_t field[7] = {0, 0, 0, 0, 0, 0, 0x77};

    ts_write_pcr(field, clocks[_i].ticks);
    ck_assert_int_eq((int64_t)field[0] << 25 | (int64_t)field[1] << 17 | (int64_t)field[2] << 9 |
                         (int64_t)field[3] << 1 | field[4] >> 7,
                     clocks[_i].base);
    ck_assert_int_eq((field[4] & 1) << 8 | field[5], clocks[_i].extension);
    ck_assert_uint_eq(field[4] & 0x7e, 0x7e);
    ck_assert_uint_eq(field[6], 0x77);
}
END_TEST

START_TEST(a_counter_is_written_modulo_16)
{
    uint8_t packet[TS_PACKET] = {0x47, 0x41, 0x00, 0x3c};

    for (int64_t counter = 0; counter < 40; counter++) {
        ts_write_counter(packet, counter);
        ck_assert_uint_eq(packet[3], 0x30 | (counter & 15));
    }
    ts_write_counter(packet, (INT64_C(1) << 40) + 3);
    ck_assert_uint_eq(packet[3], 0x33);
}
END_TEST

static const struct {
    uint8_t head[8];
    int pid;
    bool starts_unit;
    bool has_payload;
    size_t payload;
    size_t pcr;
} packets[] = {
    {{0x47, 0x40, 0x00, 0x10}, TS_PID_PAT, true, true, 4, 0},
    {{0x47, 0x50, 0x00, 0x1f}, TS_PID_PMT, true, true, 4, 0},
    {{0x47, 0x01, 0x00, 0x15}, TS_PID_VIDEO, false, true, 4, 0},
    {{0x47, 0x41, 0x00, 0x30, 7, 0x50}, TS_PID_VIDEO, true, true, 12, 6},
    {{0x47, 0x41, 0x01, 0x30, 1, 0x40}, TS_PID_AUDIO, true, true, 6, 0},
    {{0x47, 0x01, 0x01, 0x30, 0}, TS_PID_AUDIO, false, true, 5, 0}, /* no flags: one byte of it */
    {{0x47, 0x01, 0x00, 0x30, 7, 0x40}, TS_PID_VIDEO, false, true, 12, 0},
    {{0x47, 0x01, 0x00, 0x30, 6, 0x10}, TS_PID_VIDEO, false, true, 11, 0}, /* too short for a PCR */
    {{0x47, 0x01, 0x00, 0x20, 183, 0x10}, TS_PID_VIDEO, false, false, TS_PACKET, 6},
    {{0x47, 0x01, 0x00, 0x30, 255, 0x00}, TS_PID_VIDEO, false, true, TS_PACKET, 0},
    {{0x47, 0x1f, 0xff, 0x10}, TS_PID_NULL, false, true, 4, 0},
};

START_TEST(a_packet_is_read)
{
    uint8_t packet[TS_PACKET] = {0};

    memcpy(packet, packets[_i].head, sizeof(packets[_i].head));
    ck_assert_int_eq(ts_pid(packet), packets[_i].pid);
    ck_assert_int_eq(ts_starts_unit(packet), packets[_i].starts_unit);
    ck_assert_int_eq(ts_has_payload(packet), packets[_i].has_payload);
    ck_assert_uint_eq(ts_payload_offset(packet), packets[_i].payload);
    ck_assert_uint_eq(ts_pcr_offset(packet), packets[_i].pcr);
}
END_TEST

START_TEST(a_null_packet_is_nothing_but_stuffing)
{
    uint8_t packet[TS_PACKET];

    ts_make_null(packet);
    ck_assert_mem_eq(packet, "\x47\x1f\xff\x10", 4);
    for (size_t i = 4; i < TS_PACKET; i++)
        ck_assert_uint_eq(packet[i], 0xff);
}
END_TEST

START_TEST(a_pcr_only_packet_has_no_payload)
{
    uint8_t packet[TS_PACKET];

    ts_make_pcr_only(packet, TS_PID_VIDEO);
    ck_assert_mem_eq(packet, "\x47\x01\x00\x20\xb7\x10", 6);
    ck_assert(!ts_has_payload(packet));
    ck_assert_uint_eq(ts_pcr_offset(packet), 6);
    for (size_t i = 12; i < TS_PACKET; i++)
        ck_assert_uint_eq(packet[i], 0xff);
}
END_TEST

/* ---- the first picture ----------------------------------------------------------------------- */

/* A packet each: PAT, PMT; a new picture, more of it; a PCR alone; of sound; none. */
static const char *const kinds = "apVvcsn";

static void make_packet(char kind, uint8_t packet[TS_PACKET])
{
    static const uint8_t heads[][4] = {
        {0x47, 0x40, 0x00, 0x10}, {0x47, 0x50, 0x00, 0x10}, {0x47, 0x41, 0x00, 0x10},
        {0x47, 0x01, 0x00, 0x10}, {0x47, 0x01, 0x00, 0x20}, {0x47, 0x41, 0x01, 0x10},
        {0x47, 0x1f, 0xff, 0x10},
    };

    memset(packet, 0xff, TS_PACKET);
    memcpy(packet, heads[strchr(kinds, kind) - kinds], 4);
}

static const struct {
    const char *packets;
    size_t start;
    size_t end;
} segments[] = {
    {"apVvvVvv", 2, 5},
    {"apcVvcvcnsVv", 2, 7}, /* what belongs to the next picture is left out */
    {"apVvsvVv", 2, 6},     /* and what is between is in it */
    /* Of none that is cut off, or may be. */
    {"apVvv", 0, 0},
    {"apV", 0, 0},
    {"aps", 0, 0},
    {"apc", 0, 0},
    {"", 0, 0},
};

START_TEST(the_first_picture_of_a_segment_is_found)
{
    size_t count = strlen(segments[_i].packets);
    uint8_t bytes[16 * TS_PACKET];
    size_t start = 0;
    size_t size;

    for (size_t i = 0; i < count; i++)
        make_packet(segments[_i].packets[i], bytes + i * TS_PACKET);
    size = ts_find_picture(bytes, count * TS_PACKET, &start);
    ck_assert_uint_eq(start, segments[_i].start * TS_PACKET);
    ck_assert_uint_eq(start + size, segments[_i].end * TS_PACKET);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ts");
    TCase *tcase = suite_add(suite, "ts");

    tcase_add_loop_test(tcase, a_timestamp_is_written_modulo_2_33, 0, LENGTH(stamps));
    tcase_add_loop_test(tcase, a_pcr_is_written_modulo_2_33_times_300, 0, LENGTH(clocks));
    tcase_add_test(tcase, a_counter_is_written_modulo_16);
    tcase_add_loop_test(tcase, a_packet_is_read, 0, LENGTH(packets));
    tcase_add_test(tcase, a_null_packet_is_nothing_but_stuffing);
    tcase_add_test(tcase, a_pcr_only_packet_has_no_payload);
    tcase_add_loop_test(tcase, the_first_picture_of_a_segment_is_found, 0, LENGTH(segments));
    return suite_run(suite);
}

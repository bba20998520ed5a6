/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access units in slots: read back as they were written, whatever was there before. */
#include <stdlib.h>
#include <string.h>

#include "media/h264.h"
#include "media/slot.h"
#include "media/ts.h"
#include "tests/unit/suite.h"

enum {
    PACKETS = 64,
    UNITS = 5,
    HEADER = 14, /* PES, with a PTS */
};

static uint8_t segment[PACKETS * TS_PACKET];

/* Pictures over random packets, among those of the sound, null packets, and some without payload.
 */
static void make_segment(void)
{
    int units = 0;

    for (int i = 0; i < PACKETS; i++) {
        uint8_t *packet = segment + (ptrdiff_t)i * TS_PACKET;
        bool starts = units < UNITS && i >= units * (PACKETS / UNITS);
        int kind = starts ? 0 : (int)suite_random(0, 3);

        ts_make_null(packet);
        if (kind == 3)
            ts_make_pcr_only(packet, TS_PID_VIDEO);
        if (kind > 1)
            continue;
        packet[1] = (uint8_t)((starts ? 0x40 : 0) | TS_PID_VIDEO >> 8);
        packet[2] = (uint8_t)(kind == 1 ? TS_PID_AUDIO : TS_PID_VIDEO & 0xff);
        memset(packet + 4, 0xaa, TS_PACKET - 4);
        if (starts && suite_random(0, 1) > 0) {
            packet[3] = 0x30; /* an adaptation field */
            packet[4] = 7;
        }
        if (starts)
            packet[ts_payload_offset(packet) + 8] = HEADER - 9;
        units += starts;
    }
    ck_assert_int_eq(units, UNITS);
}

/* The elementary stream of slot @p unit. */
static size_t read_slot(int unit, uint8_t *to)
{
    size_t size = 0;
    int units = 0;

    for (int i = 0; i < PACKETS; i++) {
        const uint8_t *packet = segment + (ptrdiff_t)i * TS_PACKET;
        size_t start = ts_payload_offset(packet) + (ts_starts_unit(packet) ? HEADER : 0);

        if (ts_pid(packet) != TS_PID_VIDEO || !ts_has_payload(packet))
            continue;
        units += ts_starts_unit(packet);
        if (units != unit + 1)
            continue;
        memcpy(to + size, packet + start, TS_PACKET - start);
        size += TS_PACKET - start;
    }
    return size;
}

static void check_slot(int unit, const uint8_t *written, size_t size, enum preset_stuffing stuffing)
{
    uint8_t read[PACKETS * TS_PACKET];
    uint8_t rest[PACKETS * TS_PACKET] = {0};
    size_t whole = read_slot(unit, read);

    ck_assert_uint_le(size, slots_room(whole, stuffing));
    ck_assert_mem_eq(read, written, size);
    if (stuffing == STUFFING_FILLER)
        h264_write_filler(rest, whole - size);
    ck_assert_mem_eq(read + size, rest, whole - size);
}

static void write_at_random(enum preset_stuffing stuffing)
{
    uint8_t units[UNITS][PACKETS * TS_PACKET];
    size_t sizes[UNITS] = {0};
    struct slots slots;

    make_segment();
    ck_assert_int_eq(slots_init(&slots, segment, PACKETS, UNITS, stuffing), 0);
    for (int turn = 0; turn < 200; turn++) {
        int unit = (int)suite_random(0, UNITS - 1);
        size_t room = slots_room(slots.units[unit].size, stuffing);

        sizes[unit] = (size_t)suite_random(1, (int64_t)room);
        for (size_t i = 0; i < sizes[unit]; i++)
            units[unit][i] = (uint8_t)suite_random(0, 255);
        slots_write(&slots, segment, unit, units[unit], sizes[unit]);
        for (int other = 0; other < UNITS; other++) {
            if (sizes[other] > 0)
                check_slot(other, units[other], sizes[other], stuffing);
        }
    }
    slots_finish(&slots);
}

START_TEST(what_is_written_is_read_and_the_rest_is_stuffing)
{
    for (int run = 0; run < 20; run++)
        write_at_random((enum preset_stuffing)_i);
}
END_TEST

START_TEST(nothing_else_is_touched)
{
    static uint8_t before[sizeof(segment)];
    uint8_t unit[TS_PACKET];
    struct slots slots;

    make_segment();
    memcpy(before, segment, sizeof(segment));
    memset(unit, 0x55, sizeof(unit));
    ck_assert_int_eq(slots_init(&slots, segment, PACKETS, UNITS, STUFFING_NULL), 0);
    for (int i = 0; i < UNITS; i++)
        slots_write(&slots, segment, i, unit, 100);
    for (int i = 0; i < PACKETS; i++) {
        const uint8_t *packet = segment + (ptrdiff_t)i * TS_PACKET;
        bool video = ts_pid(packet) == TS_PID_VIDEO && ts_has_payload(packet);
        size_t kept = ts_payload_offset(packet) + (ts_starts_unit(packet) ? HEADER : 0);

        ck_assert_mem_eq(packet, before + (ptrdiff_t)i * TS_PACKET, video ? kept : TS_PACKET);
    }
    slots_finish(&slots);
}
END_TEST

START_TEST(another_number_of_pictures_is_an_error)
{
    struct slots slots;

    make_segment();
    ck_assert_int_lt(slots_init(&slots, segment, PACKETS, UNITS - 1, STUFFING_FILLER), 0);
    ck_assert_int_lt(slots_init(&slots, segment, PACKETS, UNITS + 1, STUFFING_FILLER), 0);
    ck_assert_int_lt(slots_init(&slots, segment, 1, 0, STUFFING_FILLER), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slot");
    TCase *tcase = suite_add(suite, "slot");

    tcase_add_loop_test(tcase, what_is_written_is_read_and_the_rest_is_stuffing, STUFFING_FILLER,
                        STUFFING_NULL + 1);
    tcase_add_test(tcase, nothing_else_is_touched);
    tcase_add_test(tcase, another_number_of_pictures_is_an_error);
    suite_seed();
    return suite_run(suite);
}

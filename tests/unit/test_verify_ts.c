/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transport streams, written packet by packet as others write them: what is measured in them, and
 * that what is allowed is not found.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/packets.h"
#include "tests/unit/suite.h"
#include "verify/segment.h"
#include "verify/ts_clock.h"

static struct findings findings;
static struct segment_reader *reader;
static struct segment segment;

/* ---- reading --------------------------------------------------------------------------------- */

static void set_up(void)
{
    memset(&findings, 0, sizeof(findings));
    packets_begin();
    ck_assert_int_eq(segment_reader_new(&findings, true, &reader), 0);
}

static void tear_down(void)
{
    reader = segment_reader_free(reader);
}

static void read_segment(bool breaks, size_t piece)
{
    segment_reader_begin(reader, "seg", breaks);
    for (size_t at = 0; at < packets.size; at += piece)
        segment_reader_feed(reader, packets.data + at,
                            packets.size - at < piece ? packets.size - at : piece);
    segment_reader_end(reader, &segment);
}

/* Nothing but @p rule is broken; RULES: nothing at all. */
static void check_only(enum rule_id rule)
{
    for (unsigned i = 0; i < RULES; i++)
        ck_assert_msg((findings.of[i].count > 0) == (i == rule), "%s at %s: %s", rules[i].name,
                      findings.of[i].kept[0].place, findings.of[i].kept[0].found);
}

/* Three segments that run on, over the wrap of time stamps. */
static void read_three(void)
{
    for (int i = 0; i < 3; i++) {
        packets_write_segment(WRAP - 90000 + i * 90000);
        read_segment(i == 0, 1000);
    }
}

static void check_pictures(void)
{
    ck_assert_int_eq(segment.container, SEGMENT_TS);
    ck_assert_int_eq(segment.video.units, PICTURES);
    ck_assert_int_eq(segment.video.first_pts, WRAP + 90000);
    ck_assert_int_eq(segment.video.end_pts, WRAP + 180000);
}

START_TEST(segments_are_measured)
{
    read_three();
    check_only(RULES);
    check_pictures();
    ck_assert_int_eq(segment.bytes, (int64_t)packets.size);
    ck_assert_int_eq(segment.video.unit_num, FRAME);
    ck_assert_int_eq(segment.picture.height, 1080);
    ck_assert_int_eq(segment.sound.rate, 48000);
    ck_assert_int_eq(segment.audio.unit_num, AAC_TICKS);
    ck_assert_int_eq(segment.audio.end_pts - segment.audio.first_pts,
                     segment.audio.units * AAC_TICKS);
    ck_assert_int_eq(segment.audio.bytes, segment.audio.units * AAC_SIZE);
    ck_assert(segment.starts_with_idr);
    ck_assert_int_eq(segment.iframe.offset, 3 * PACKET + 2 * PACKET);
    ck_assert_int_eq(segment.iframe.size, 4 * PACKET);
}
END_TEST

/* The packet of video that comes after @p skipped others; those before the payload are clocks. */
static uint8_t *find_video(int skipped, bool with_payload)
{
    for (uint8_t *packet = packets.data; packet < packets.data + packets.size; packet += PACKET) {
        int pid = (packet[1] & 0x1f) << 8 | packet[2];

        if (pid == VIDEO && (packet[3] & 0x10 || !with_payload) && skipped-- == 0)
            return packet;
    }
    ck_abort_msg("there is none");
}

/* @return the second of the two */
static uint8_t *send_twice(uint8_t *packet)
{
    size_t rest = (size_t)(packets.data + packets.size - packet);

    ck_assert_uint_le(packets.size + PACKET, SIZE_MAX_TEST);
    memmove(packet + PACKET, packet, rest);
    packets.size += PACKET;
    return packet + PACKET;
}

START_TEST(counters_jump_where_a_discontinuity_is_indicated)
{
    packets.stuffing = 20;
    packets_write_segment(900000);
    read_segment(true, 1000);
    packets.counters[VIDEO] += 5;
    packets_write_segment(990000);
    find_video(0, false)[5] |= 0x80;
    read_segment(false, 1000);
    check_only(RULES);
    packets.counters[VIDEO] += 5;
    packets_write_segment(1080000);
    read_segment(false, 1000);
    check_only(RULE_TS_CC);
}
END_TEST

/* Also if it indicates a discontinuity, or has a PCR, which is another one then (2.4.3.3). */
START_TEST(a_packet_is_sent_twice)
{
    uint8_t *packet, *again;
    int64_t bytes;

    packets.stuffing = 20;
    packets_write_segment(900000);
    read_segment(true, 1000);
    bytes = segment.video.bytes;
    packet = find_video(1, true);
    packet[5] |= _i == 0 ? 0x80 : 0x10;
    memcpy(packet + 6, find_video(2, false) + 6, 5); /* the last PCR, and */
    packet[11] = 1;                                  /* a tick of 27 MHz */
    again = send_twice(packet);
    again[11] = _i == 0 ? 1 : 2;
    read_segment(true, 1000);
    check_only(RULES);
    ck_assert_int_eq(segment.video.bytes, bytes);
    again[PACKET - 1] ^= 1;
    read_segment(true, 1000);
    ck_assert_int_eq(findings.of[RULE_TS_CC].count, _i != 0);
}
END_TEST

START_TEST(start_codes_lie_across_packets)
{
    packets.stuffing = _i;
    read_three();
    check_only(RULES);
    check_pictures();
}
END_TEST

START_TEST(pieces_of_any_size_are_the_same)
{
    struct segment whole;

    packets_write_segment(900000);
    read_segment(true, packets.size);
    whole = segment;
    read_segment(true, (size_t)_i);
    ck_assert_int_eq(segment.video.units, whole.video.units);
    ck_assert_int_eq(segment.audio.end_pts, whole.audio.end_pts);
    ck_assert_int_eq(segment.iframe.size, whole.iframe.size);
    check_only(RULES);
}
END_TEST

START_TEST(a_pes_packet_may_hold_two_pictures)
{
    packets.per_pes = 2;
    read_three();
    check_only(RULES);
    check_pictures();
}
END_TEST

START_TEST(a_picture_may_take_two_pes_packets)
{
    packets.pes_per_unit = 2;
    packets.has_length = true;
    read_three();
    check_only(RULES);
    check_pictures();
}
END_TEST

START_TEST(a_packet_may_be_sent_twice)
{
    packets.repeats = true;
    read_three();
    check_only(RULES);
    check_pictures();
}
END_TEST

START_TEST(a_program_map_may_take_several_packets)
{
    packets.descriptors = 900;
    read_three();
    check_only(RULES);
    check_pictures();
}
END_TEST

START_TEST(other_codecs_are_measured_by_their_times)
{
    packets.video_type = 0x24;
    packets.audio_type = 0x81;
    read_three();
    check_only(RULES);
    check_pictures();
    ck_assert_int_eq(segment.picture.width, 0);
    ck_assert_int_gt(segment.audio.units, 0);
    ck_assert_int_eq(segment.audio.unit_den, 0);
}
END_TEST

START_TEST(tables_may_get_another_version)
{
    for (int i = 0; i < 40; i++) {
        packets.version = i;
        packets_write_segment(i * 90000);
        read_segment(i == 0, packets.size);
        ck_assert_int_eq(segment.video.units, PICTURES);
    }
    check_only(RULES);
}
END_TEST

START_TEST(two_sounds_are_told)
{
    packets.sounds = 2;
    read_three();
    check_only(RULE_AV_ONE_AUDIO);
    ck_assert_int_eq(findings.of[RULE_AV_ONE_AUDIO].count, 3);
}
END_TEST

START_TEST(after_a_discontinuity_nothing_runs_on)
{
    read_three();
    packets.counters[VIDEO] ^= 5;
    packets.descriptors = 10;
    packets_write_segment(1234567);
    read_segment(true, packets.size);
    check_only(RULES);
    ck_assert_int_eq(segment.video.first_pts, 1234567);
}
END_TEST

START_TEST(a_lost_packet_is_told_by_its_counter_alone)
{
    packets_write_segment(900000);
    read_segment(true, packets.size);
    packets_write_segment(990000);
    if (!(packets.data[_i * PACKET + 3] & 0x10))
        return; /* a PCR alone, which is not counted */
    packets.size -= PACKET;
    memmove(packets.data + (size_t)_i * PACKET, packets.data + (size_t)(_i + 1) * PACKET,
            packets.size - (size_t)_i * PACKET);
    read_segment(false, packets.size);
    check_only(RULE_TS_CC);
    ck_assert_int_eq(findings.of[RULE_TS_CC].count, 1);
}
END_TEST

START_TEST(a_segment_that_is_cut_is_not_measured)
{
    packets_write_segment(900000);
    for (size_t whole = packets.size, at = 1; at < whole; at += 97) {
        memset(&findings, 0, sizeof(findings));
        packets.size = at;
        read_segment(true, 4096);
        if (at % PACKET == 0)
            continue;
        ck_assert_int_eq(findings.of[RULE_TS_SYNC].count, 1);
        ck_assert_int_eq(segment.container, SEGMENT_UNKNOWN);
    }
}
END_TEST

START_TEST(tables_may_come_from_an_initialization_section)
{
    packets_put_tables();
    ck_assert_int_eq(segment_reader_map(reader, "map", packets.data, packets.size), 0);
    packets_write_segment(990000);
    segment_reader_begin(reader, "seg", true);
    segment_reader_feed(reader, packets.data + (size_t)2 * PACKET,
                        packets.size - (size_t)2 * PACKET);
    segment_reader_end(reader, &segment);
    check_only(RULES);
    ck_assert_int_eq(segment.video.units, PICTURES);
}
END_TEST

START_TEST(a_text_is_no_medium)
{
    static const char text[] = "\xef\xbb\xbfWEBVTT\n\n";

    segment_reader_begin(reader, "seg", true);
    segment_reader_feed(reader, (const uint8_t *)text, sizeof(text) - 1);
    segment_reader_end(reader, &segment);
    ck_assert_int_eq(segment.container, SEGMENT_UNKNOWN);
    ck_assert_int_eq(segment.bytes, sizeof(text) - 1);
    check_only(RULES);
}
END_TEST

START_TEST(stamps_that_jump_for_ever_end_at_a_bound)
{
    for (int sign = -1; sign <= 1; sign += 2) {
        struct ts_time time = {0};

        for (int64_t i = 0; i < 1 << 23; i++) {
            int64_t now = ts_time_unwrap(&time, (sign * i * (WRAP / 2 - 1)) & (WRAP - 1));

            if (now > TS_TIME_MAX || now < -TS_TIME_MAX)
                ck_abort_msg("%lld", (long long)now);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_ts");
    TCase *tcase = suite_add(suite, "ts");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, segments_are_measured);
    tcase_add_test(tcase, counters_jump_where_a_discontinuity_is_indicated);
    tcase_add_loop_test(tcase, a_packet_is_sent_twice, 0, 2);
    tcase_add_loop_test(tcase, start_codes_lie_across_packets, 1, 160);
    tcase_add_loop_test(tcase, pieces_of_any_size_are_the_same, 1, 200);
    tcase_add_test(tcase, a_pes_packet_may_hold_two_pictures);
    tcase_add_test(tcase, a_picture_may_take_two_pes_packets);
    tcase_add_test(tcase, a_packet_may_be_sent_twice);
    tcase_add_test(tcase, a_program_map_may_take_several_packets);
    tcase_add_test(tcase, other_codecs_are_measured_by_their_times);
    tcase_add_test(tcase, tables_may_get_another_version);
    tcase_add_test(tcase, two_sounds_are_told);
    tcase_add_test(tcase, after_a_discontinuity_nothing_runs_on);
    tcase_add_loop_test(tcase, a_lost_packet_is_told_by_its_counter_alone, 2, 40);
    tcase_add_test(tcase, a_segment_that_is_cut_is_not_measured);
    tcase_add_test(tcase, tables_may_come_from_an_initialization_section);
    tcase_add_test(tcase, a_text_is_no_medium);
    tcase_add_test(tcase, stamps_that_jump_for_ever_end_at_a_bound);
    return suite_run(suite);
}

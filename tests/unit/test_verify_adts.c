/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of AAC in pieces of any size, and where sound should be. */
#include <errno.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "verify/adts.h"

enum {
    FRAME = 20,
    FRAMES = 6,
    INDEX_44100 = 4,
};

static struct findings findings;
static struct audio audio;
static struct adts adts;
static uint8_t stream[FRAME * FRAMES];

static void write_frame(uint8_t *to, int index, size_t size, bool has_crc)
{
    memset(to, 0xff, size); /* of which every second byte could be a syncword */
    to[1] = has_crc ? 0xf0 : 0xf1;
    to[2] = (uint8_t)(1 << 6 | index << 2);
    to[3] = (uint8_t)(2 << 6 | size >> 11);
    to[4] = (uint8_t)(size >> 3);
    to[5] = (uint8_t)(size << 5 | 0x1f);
    to[6] = 0xfc;
}

static void begin(void)
{
    memset(&findings, 0, sizeof(findings));
    memset(&audio, 0, sizeof(audio));
    audio_begin(&audio, &findings, "seg", true);
    adts_begin(&adts, &audio);
    for (size_t i = 0; i < FRAMES; i++)
        write_frame(stream + FRAME * i, INDEX_44100, FRAME, i == 2);
}

static int64_t count(enum rule_id rule)
{
    return findings.of[rule].count;
}

START_TEST(frames_are_told_in_pieces_of_any_size)
{
    struct segment segment = {0};

    begin();
    adts_stamp(&adts, true, 1000);
    for (size_t at = 0; at < sizeof(stream); at += (size_t)_i) {
        size_t left = sizeof(stream) - at;

        ck_assert_int_eq(adts_feed(&adts, stream + at, left < (size_t)_i ? left : (size_t)_i), 0);
    }
    ck_assert(adts_is_whole(&adts));
    audio_end(&audio, &segment);
    ck_assert_int_eq(segment.audio.units, FRAMES);
    ck_assert_int_eq(segment.audio.first_pts, 1000);
    ck_assert_int_eq(segment.audio.end_pts, 1000 + 12539); /* 6144 samples */
    ck_assert_int_eq(segment.audio.unit_num, 102400);
    ck_assert_int_eq(segment.audio.unit_den, 49);
    ck_assert_int_eq(segment.sound.rate, 44100);
    ck_assert_int_eq(segment.sound.channels, 2);
    ck_assert_int_eq(segment.sound.object_type, 2);
}
END_TEST

START_TEST(what_is_cut_is_not_whole)
{
    for (size_t size = 1; size < FRAME; size++) {
        begin();
        ck_assert_int_eq(adts_feed(&adts, stream, size), 0);
        ck_assert(!adts_is_whole(&adts));
    }
}
END_TEST

START_TEST(after_a_gap_frames_are_found_with_the_next_time_stamp)
{
    begin();
    stream[FRAME * 2] = 0;
    ck_assert_int_eq(adts_feed(&adts, stream, FRAME * 4), -EBADMSG);
    ck_assert_int_eq(adts_feed(&adts, stream + FRAME * 4, 7), 0);
    ck_assert_int_eq(audio.track.units, 2);
    adts_stamp(&adts, true, 5);
    ck_assert_int_eq(adts_feed(&adts, stream + FRAME * 4, FRAME * 2), 0);
    ck_assert_int_eq(audio.track.units, 4);
    ck_assert(adts_is_whole(&adts));
}
END_TEST

START_TEST(a_header_that_is_none_is_refused)
{
    static const struct {
        int at;
        uint8_t value;
    } changes[] = {{0, 0xfe}, {1, 0xe1}, {1, 0xf3}, {2, 15 << 2}, {4, 0}};

    begin();
    stream[changes[_i].at] = changes[_i].value;
    stream[5] &= 0x7f;
    ck_assert_int_eq(adts_feed(&adts, stream, FRAME), -EBADMSG);
    ck_assert_int_eq(audio.track.units, 0);
}
END_TEST

START_TEST(a_frame_is_not_shorter_than_its_header)
{
    begin();
    write_frame(stream, INDEX_44100, 8, true);
    ck_assert_int_eq(adts_feed(&adts, stream, 8), -EBADMSG);
    begin();
    write_frame(stream, INDEX_44100, 9, true);
    ck_assert_int_eq(adts_feed(&adts, stream, 9), 0);
    write_frame(stream, INDEX_44100, 7, false);
    ck_assert_int_eq(adts_feed(&adts, stream, 7), 0);
    ck_assert_int_eq(audio.track.units, 2);
}
END_TEST

START_TEST(another_format_is_told_once)
{
    begin();
    stream[FRAME * 3 + 3] ^= 0xc0; /* one channel, in all that follow */
    stream[FRAME * 4 + 3] ^= 0xc0;
    stream[FRAME * 5 + 3] ^= 0xc0;
    ck_assert_int_eq(adts_feed(&adts, stream, sizeof(stream)), 0);
    ck_assert_int_eq(count(RULE_A_ADTS), 1);
}
END_TEST

/* ---- where it should be
 * --------------------------------------------------------------------------
 */

/* Half an hour at 44.1 kHz, every time stamp rounded, in segments of ten seconds. */
static void play(int64_t jump_at, int64_t jump)
{
    struct segment_audio format = {2, 44100, 2};
    struct segment segment;

    begin();
    for (int64_t i = 0; i < 77500; i++) {
        int64_t pts = (i * 1024 * 90000 + 22050) / 44100 + (i >= jump_at ? jump : 0);
        struct audio_frame frame = {i % 3 == 0, pts, 1024};

        if (i % 430 == 0 && i > 0) {
            audio_end(&audio, &segment);
            audio_begin(&audio, &findings, "seg", false);
        }
        audio_take_format(&audio, &format);
        audio_take_frame(&audio, &frame);
    }
}

START_TEST(rounded_time_stamps_do_not_add_up)
{
    play(0, 0);
    ck_assert_int_eq(count(RULE_A_CONT), 0);
    play(50000, 2);
    ck_assert_int_eq(count(RULE_A_CONT), 0);
}
END_TEST

START_TEST(a_gap_and_an_overlap_are_told_once)
{
    play(50000, 4);
    ck_assert_int_eq(count(RULE_A_CONT), 1);
    play(50000, -90000);
    ck_assert_int_eq(count(RULE_A_CONT), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_adts");
    TCase *tcase = suite_add(suite, "adts");

    tcase_add_loop_test(tcase, frames_are_told_in_pieces_of_any_size, 1, FRAME * FRAMES + 1);
    tcase_add_test(tcase, what_is_cut_is_not_whole);
    tcase_add_test(tcase, after_a_gap_frames_are_found_with_the_next_time_stamp);
    tcase_add_loop_test(tcase, a_header_that_is_none_is_refused, 0, 5);
    tcase_add_test(tcase, a_frame_is_not_shorter_than_its_header);
    tcase_add_test(tcase, another_format_is_told_once);
    tcase = suite_add(suite, "continuity");
    tcase_add_test(tcase, rounded_time_stamps_do_not_add_up);
    tcase_add_test(tcase, a_gap_and_an_overlap_are_told_once);
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sequence parameter sets of libx264, whole and cut; access units in a byte stream in pieces. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "verify/annexb.h"
#include "verify/h264.h"

/* 1920x1080, cropped from 1088, 60000/1001 frames a second. */
static const uint8_t baseline[] = {
    0x67, 0x42, 0xc0, 0x2a, 0xda, 0x01, 0xe0, 0x08, 0x9f, 0x97, 0x01, 0x10,
    0x00, 0x00, 0x3e, 0x90, 0x00, 0x1d, 0x4c, 0x00, 0xf1, 0x83, 0x2a,
};
/* 1920x1080 in fields, 25 frames a second; with emulation prevention. */
static const uint8_t interlaced[] = {
    0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x04, 0x4f, 0xde, 0x02, 0x20,
    0x00, 0x00, 0x03, 0x00, 0x20, 0x00, 0x00, 0x06, 0x43, 0xe2, 0xc5, 0xb2, 0xc0,
};
/* 854x480 in 4:4:4, where cropping counts in single samples; 24 frames a second. */
static const uint8_t full_chroma[] = {
    0x67, 0xf4, 0x00, 0x1e, 0x91, 0x9b, 0x28, 0x1b, 0x07, 0xbc, 0x5f, 0x80, 0x88, 0x00,
    0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x01, 0x80, 0x78, 0xb1, 0x6c, 0xb0,
};

/* 320x180 in samples of 4:3, and in those of 91:62, which Table E-1 has not. */
static const uint8_t wide[] = {
    0x67, 0x42, 0xc0, 0x0c, 0xd9, 0x01, 0x41, 0x9f, 0x9f, 0x0e, 0x10, 0x00, 0x00,
    0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0xa4, 0x80,
};
static const uint8_t extended[] = {
    0x67, 0x42, 0xc0, 0x0c, 0xd9, 0x01, 0x41, 0x9f, 0x9f, 0xff, 0x00, 0x5b, 0x00, 0x3e, 0x10,
    0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0xa4, 0x80,
};

static const struct {
    const uint8_t *bytes;
    size_t size;
    struct segment_video picture;
    struct grid_step frame;
} sets[] = {
    {baseline, sizeof(baseline), {66, 0xc0, 42, 1920, 1080, false, 1, 1}, {3003, 2}},
    {interlaced, sizeof(interlaced), {100, 0, 40, 1920, 1080, true, 1, 1}, {3600, 1}},
    {full_chroma, sizeof(full_chroma), {244, 0, 30, 854, 480, false, 1, 1}, {3750, 1}},
    {wide, sizeof(wide), {66, 0xc0, 12, 320, 180, false, 4, 3}, {3600, 1}},
    {extended, sizeof(extended), {66, 0xc0, 12, 320, 180, false, 91, 62}, {3600, 1}},
};

/* In memory of its own, so that a sanitizer sees its end. */
static int read_copy(const uint8_t *bytes, size_t size, struct h264_sps *ret)
{
    uint8_t *copy = malloc(size ? size : 1);
    int result;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    result = h264_read_sps(copy, size, ret);
    free(copy);
    return result;
}

START_TEST(a_parameter_set_is_read)
{
    struct h264_sps sps;

    ck_assert_int_eq(read_copy(sets[_i].bytes, sets[_i].size, &sps), 0);
    ck_assert_int_eq(sps.picture.profile, sets[_i].picture.profile);
    ck_assert_int_eq(sps.picture.constraints, sets[_i].picture.constraints);
    ck_assert_int_eq(sps.picture.level, sets[_i].picture.level);
    ck_assert_int_eq(sps.picture.width, sets[_i].picture.width);
    ck_assert_int_eq(sps.picture.height, sets[_i].picture.height);
    ck_assert_int_eq(sps.picture.interlaced, sets[_i].picture.interlaced);
    ck_assert_int_eq(sps.picture.sar_width, sets[_i].picture.sar_width);
    ck_assert_int_eq(sps.picture.sar_height, sets[_i].picture.sar_height);
    ck_assert_int_eq(sps.frame.num, sets[_i].frame.num);
    ck_assert_int_eq(sps.frame.den, sets[_i].frame.den);
}
END_TEST

START_TEST(a_cut_one_is_refused_or_lacks_its_end)
{
    for (size_t size = 0; size < sets[_i].size; size++) {
        struct h264_sps sps = {.picture.width = -1};
        int result = read_copy(sets[_i].bytes, size, &sps);

        ck_assert(result == 0 || result == -EBADMSG);
        ck_assert_int_eq(sps.picture.width, result == 0 ? sets[_i].picture.width : -1);
        ck_assert(size >= 8 || result == -EBADMSG);
    }
}
END_TEST

START_TEST(any_bits_are_read_to_an_end)
{
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[64] = {0x67, 100};
        struct h264_sps sps;

        for (size_t at = 2; at < sizeof(bytes); at++)
            bytes[at] = (uint8_t)suite_random(0, i % 2 ? 255 : 3);
        if (read_copy(bytes, sizeof(bytes), &sps) == 0)
            ck_assert(sps.picture.width > 0 && sps.picture.height > 0);
    }
}
END_TEST

START_TEST(an_i_picture_is_known_by_its_slice)
{
    ck_assert(h264_is_intra(0x88) && h264_is_intra(0xb0));   /* 7, 2 */
    ck_assert(h264_is_intra(0x8a) && h264_is_intra(0x94));   /* 9, 4 */
    ck_assert(!h264_is_intra(0x9a) && !h264_is_intra(0xc0)); /* 5, 0: P */
    ck_assert(!h264_is_intra(0xa0));                         /* 1: B */
    ck_assert(!h264_is_intra(0x08) && !h264_is_intra(0) && !h264_is_intra(0x80));
}
END_TEST

/* ---- the byte stream ------------------------------------------------------------------------- */

static struct annexb_unit units[8];
static int unit_count;
static size_t sps_size;

static void take_unit(void *context, const struct annexb_unit *unit)
{
    (void)context;
    ck_assert_int_lt(unit_count, LENGTH(units));
    units[unit_count++] = *unit;
}

static void take_sps(void *context, const uint8_t *sps, size_t size)
{
    (void)context;
    ck_assert_uint_ge(size, 4);
    ck_assert_mem_eq(sps, baseline, 4);
    sps_size = size;
}

/* Two access units: AUD SPS PPS SEI, an IDR picture of two slices; AUD, a picture, filler data. */
static const uint8_t stream[] = {
    0, 0,    0,    1, 0x09, 0xf0, 0,    0, 0, 1,    0x67, 0x42, 0xc0, 0x2a, 0,    0,
    0, 1,    0x68, 1, 2,    0,    0,    1, 6, 5,    1,    0,    0,    1,    0x65, 0x88,
    1, 1,    0,    0, 3,    1,    0,    0, 1, 0x65, 8,    8,    0,    0,    0,    1,
    9, 0x30, 0,    0, 1,    0x41, 0x9a, 0, 0, 1,    0x0c, 0xff, 0xff, 0x80,
};
#define SECOND_UNIT 44 /* where it begins */

static void read_pieces(size_t piece)
{
    struct annexb annexb;
    int64_t packet = 0;

    unit_count = 0;
    sps_size = 0;
    annexb_begin(&annexb, (struct annexb_sink){take_unit, take_sps, NULL});
    annexb_stamp(&annexb, true, 9, 7);
    for (size_t at = 0; at < sizeof(stream); at += piece, packet++) {
        size_t left = sizeof(stream) - at;

        annexb_feed(&annexb, stream + at, left < piece ? left : piece, packet);
    }
    annexb_end(&annexb);
}

START_TEST(start_codes_lie_across_pieces)
{
    size_t piece = (size_t)_i;

    read_pieces(piece);
    ck_assert_int_eq(unit_count, 2);
    ck_assert(units[0].intra && !units[1].intra);
    ck_assert(units[0].idr && units[0].parameters && units[0].stamped && units[0].zero_byte);
    ck_assert_int_eq(units[0].pts, 9);
    ck_assert_int_eq(units[0].dts, 7);
    ck_assert_int_eq(units[0].first_packet, 0);
    ck_assert_int_eq(units[0].last_packet, (SECOND_UNIT - 1) / (int)piece);
    ck_assert_int_eq(units[0].picture_packet, (SECOND_UNIT - 1) / (int)piece);
    ck_assert(!units[1].idr && !units[1].stamped && units[1].has_picture && units[1].zero_byte);
    ck_assert_int_eq(units[1].first_packet, SECOND_UNIT / (int)piece);
    ck_assert_int_eq(units[1].last_packet, ((int)sizeof(stream) - 1) / (int)piece);
    ck_assert_int_le(units[1].picture_packet, units[1].last_packet);
    for (int i = 0; i < unit_count; i++) {
        ck_assert_int_eq(units[i].first_nal, H264_AUD);
        ck_assert_int_eq(units[i].delimiters, 1);
    }
    ck_assert_uint_ge(sps_size, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_h264");
    TCase *tcase = suite_add(suite, "parameters");

    tcase_add_loop_test(tcase, a_parameter_set_is_read, 0, LENGTH(sets));
    tcase_add_loop_test(tcase, a_cut_one_is_refused_or_lacks_its_end, 0, LENGTH(sets));
    tcase_add_test(tcase, any_bits_are_read_to_an_end);
    tcase_add_test(tcase, an_i_picture_is_known_by_its_slice);
    tcase = suite_add(suite, "byte stream");
    tcase_add_loop_test(tcase, start_codes_lie_across_pieces, 1, (int)sizeof(stream) + 1);
    suite_seed();
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access units: user data goes and nothing else; filler of every size. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/h264.h"
#include "tests/unit/suite.h"

struct nal {
    const char *bytes;
    size_t size;
};

#define NAL(text)                                                                                  \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static const struct nal user_data[] = {
    NAL("\x06\x05\x04x264\x80"),
    NAL("\x06\x05\x06"
        "\x00\x00\x03\x01"
        "ab\x80"), /* with an emulation prevention byte */
    NAL("\x26\x05\x01z\x80"),
};

/* The other NAL units of an access unit, in order. */
static const struct nal units[] = {
    NAL("\x09\xf0"),                         /* access unit delimiter */
    NAL("\x67\x42\xc0\x1f\x05"),             /* SPS */
    NAL("\x68\xce\x05\x80"),                 /* PPS */
    NAL("\x06\x06\x01\xc4\x80"),             /* SEI, recovery point */
    NAL("\x65\x88\x05\x00\x00\x03\x00\x05"), /* slice of an IDR picture */
    NAL("\x65\x06\x05\x01\x02"),             /* another */
};

struct unit {
    uint8_t bytes[256];
    size_t size;
};

static void add(struct unit *unit, const struct nal *nal, bool four_bytes)
{
    static const uint8_t code[] = {0, 0, 0, 1};
    size_t skipped = four_bytes ? 0 : 1;

    memcpy(unit->bytes + unit->size, code + skipped, sizeof(code) - skipped);
    unit->size += sizeof(code) - skipped;
    memcpy(unit->bytes + unit->size, nal->bytes, nal->size);
    unit->size += nal->size;
}

/*
 * Every combination of 3- and 4-byte start codes (a bit of @p codes each) with one user data SEI
 * at @p place; the same without it is what must come out.
 */
static void check_removal(unsigned codes, int place, const struct nal *sei)
{
    struct unit with = {.size = 0};
    struct unit without = {.size = 0};
    uint8_t copy[sizeof(with.bytes)];
    size_t size;

    for (int i = 0; i <= LENGTH(units); i++) {
        if (i == place)
            add(&with, sei, codes >> LENGTH(units) & 1);
        if (i == LENGTH(units))
            break;
        add(&with, &units[i], codes >> i & 1);
        add(&without, &units[i], codes >> i & 1);
    }
    size = h264_copy_without_user_data(copy, with.bytes, with.size);
    ck_assert_uint_eq(size, without.size);
    ck_assert_mem_eq(copy, without.bytes, size);
}

START_TEST(user_data_goes_wherever_it_stands)
{
    for (unsigned codes = 0; codes < 2U << LENGTH(units); codes++) {
        for (int place = 0; place <= LENGTH(units); place++)
            check_removal(codes, place, &user_data[_i]);
    }
}
END_TEST

START_TEST(without_user_data_nothing_changes)
{
    for (unsigned codes = 0; codes < 1U << LENGTH(units); codes++)
        check_removal(codes, -1, NULL);
}
END_TEST

START_TEST(of_user_data_alone_nothing_stays)
{
    struct unit unit = {.size = 0};
    uint8_t copy[sizeof(unit.bytes)];

    for (int i = 0; i < LENGTH(user_data); i++)
        add(&unit, &user_data[i], i % 2);
    ck_assert_uint_eq(h264_copy_without_user_data(copy, unit.bytes, unit.size), 0);
    ck_assert_uint_eq(h264_copy_without_user_data(copy, unit.bytes, 0), 0);
}
END_TEST

/* With any start codes, with filler data and with zeros behind it. */
START_TEST(a_sample_has_lengths_for_start_codes)
{
    static const struct nal filler = NAL("\x0c\xff\xff\x80");
    static const uint8_t expected[] =
        "\x00\x00\x00\x05\x06\x06\x01\xc4\x80"
        "\x00\x00\x00\x08\x65\x88\x05\x00\x00\x03\x00\x05"
        "\x00\x00\x00\x05\x65\x06\x05\x01\x02";

    for (unsigned codes = 0; codes < 2U << LENGTH(units); codes++) {
        struct unit unit = {.size = 0};
        uint8_t sample[sizeof(unit.bytes)];

        for (int i = 0; i < LENGTH(units); i++)
            add(&unit, &units[i], codes >> i & 1);
        for (size_t zeros = 0; zeros < 4; zeros++) {
            ck_assert_uint_eq(h264_write_sample(sample, unit.bytes, unit.size + zeros),
                              sizeof(expected) - 1);
            ck_assert_mem_eq(sample, expected, sizeof(expected) - 1);
        }
        add(&unit, &filler, codes >> LENGTH(units) & 1);
        ck_assert_uint_eq(h264_write_sample(sample, unit.bytes, unit.size), sizeof(expected) - 1);
        ck_assert_mem_eq(sample, expected, sizeof(expected) - 1);
    }
}
END_TEST

START_TEST(parameter_sets_are_copied_and_nothing_else)
{
    struct unit unit = {.size = 0};
    struct unit sets = {.size = 0};
    uint8_t copy[sizeof(unit.bytes)];

    for (int i = 0; i < LENGTH(units); i++)
        add(&unit, &units[i], i % 2);
    add(&sets, &units[1], true);
    add(&sets, &units[2], false);
    ck_assert_uint_eq(h264_copy_parameter_sets(copy, unit.bytes, unit.size), sets.size);
    ck_assert_mem_eq(copy, sets.bytes, sets.size);
}
END_TEST

/* Of each prefix of it a sample is made of what is whole, and of nothing beside it. */
START_TEST(a_unit_that_is_cut_is_read_to_its_end)
{
    struct unit unit = {.size = 0};

    for (int i = 0; i < LENGTH(units); i++)
        add(&unit, &units[i], true);
    for (size_t size = 0; size <= unit.size; size++) {
        uint8_t *cut = malloc(size + 1);
        uint8_t sample[sizeof(unit.bytes)];

        ck_assert_ptr_nonnull(cut);
        memcpy(cut, unit.bytes, size);
        ck_assert_uint_le(h264_write_sample(sample, cut, size), size);
        free(cut);
    }
}
END_TEST

static const struct {
    uint8_t before[4]; /* of an SPS: its header and the three bytes behind */
    int level;
    uint8_t after[4];
} levels[] = {
    {{0x67, 66, 0xc0, 31}, 40, {0x67, 66, 0xc0, 40}},
    {{0x67, 66, 0xc0, 31}, 31, {0x67, 66, 0xc0, 31}},
    {{0x67, 66, 0xc0, 31}, 30, {0x67, 66, 0xc0, 31}},
    {{0x27, 77, 0x50, 11}, 12, {0x27, 77, 0x40, 12}}, /* 1b */
    {{0x27, 77, 0x50, 11}, 11, {0x27, 77, 0x40, 11}},
    {{0x27, 77, 0x50, 11}, 10, {0x27, 77, 0x50, 11}},
    {{0x67, 100, 0x00, 10}, 52, {0x67, 100, 0x00, 52}},
    {{0x68, 66, 0xc0, 31}, 40, {0x68, 66, 0xc0, 31}}, /* a PPS */
};

START_TEST(a_level_is_raised_and_nothing_else)
{
    static const uint8_t unit[] = {0,    0, 0, 1, 0x09, 0x10, 0,    0,    1, 0x67, 0, 0,    0,   9,
                                   0x95, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0,    1, 0x65, 0x88};
    uint8_t before[sizeof(unit)];
    uint8_t wanted[sizeof(unit)];

    memcpy(before, unit, sizeof(unit));
    memcpy(before + 9, levels[_i].before, 4);
    memcpy(wanted, unit, sizeof(unit));
    memcpy(wanted + 9, levels[_i].after, 4);
    for (size_t size = 0; size <= sizeof(unit); size++) {
        uint8_t cut[sizeof(unit)];

        memcpy(cut, before, sizeof(unit));
        h264_raise_level(cut, size, levels[_i].level);
        ck_assert_mem_eq(cut, size < 13 ? before : wanted, sizeof(unit));
    }
}
END_TEST

START_TEST(the_profile_is_that_of_the_parameter_set)
{
    uint8_t unit[] = {0,   0,    0,  1,    0x09, 0x10, 0, 0,    1,   0x67,
                      100, 0x0c, 31, 0xac, 0,    0,    1, 0x65, 0x88};
    uint8_t profile[H264_PROFILE_SIZE];

    ck_assert_int_eq(h264_read_profile(unit, sizeof(unit), profile), 0);
    ck_assert_mem_eq(profile, unit + 10, sizeof(profile));
    for (size_t size = 0; size < 13; size++)
        ck_assert_int_eq(h264_read_profile(unit, size, profile), -EINVAL);
    unit[9] = 0x68; /* a PPS */
    ck_assert_int_eq(h264_read_profile(unit, sizeof(unit), profile), -EINVAL);
}
END_TEST

START_TEST(filler_has_exactly_its_size)
{
    uint8_t filler[600];

    for (size_t size = H264_FILLER_MIN; size < sizeof(filler); size++) {
        memset(filler, 0xee, sizeof(filler));
        h264_write_filler(filler, size);
        ck_assert_mem_eq(filler, "\x00\x00\x00\x01\x0c", 5);
        for (size_t i = 5; i < size - 1; i++)
            ck_assert_uint_eq(filler[i], 0xff);
        ck_assert_uint_eq(filler[size - 1], 0x80);
        ck_assert_uint_eq(filler[size], 0xee);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("h264");
    TCase *tcase = suite_add(suite, "h264");

    tcase_add_loop_test(tcase, user_data_goes_wherever_it_stands, 0, LENGTH(user_data));
    tcase_add_test(tcase, a_sample_has_lengths_for_start_codes);
    tcase_add_test(tcase, parameter_sets_are_copied_and_nothing_else);
    tcase_add_test(tcase, a_unit_that_is_cut_is_read_to_its_end);
    tcase_add_test(tcase, without_user_data_nothing_changes);
    tcase_add_test(tcase, of_user_data_alone_nothing_stays);
    tcase_add_loop_test(tcase, a_level_is_raised_and_nothing_else, 0, LENGTH(levels));
    tcase_add_test(tcase, the_profile_is_that_of_the_parameter_set);
    tcase_add_test(tcase, filler_has_exactly_its_size);
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grids of time stamps, and the rules of video that no container changes. */
#include <string.h>

#include "tests/unit/suite.h"
#include "verify/video.h"

static struct findings findings;
static struct video video;
static struct segment segment;

static int64_t count(enum rule_id rule)
{
    return findings.of[rule].count;
}

/* Nothing but @p rule is broken; RULES: nothing at all. */
static void check_only(enum rule_id rule)
{
    for (unsigned i = 0; i < RULES; i++)
        ck_assert_msg((findings.of[i].count > 0) == (i == rule), "%s: %s", rules[i].name,
                      findings.of[i].kept[0].found);
}

/* ---- grids ----------------------------------------------------------------------------------- */

static const struct grid_step steps[] = {
    {3000, 1},  {3600, 1}, {1500, 1}, {3003, 1}, {3003, 2},
    {15015, 4}, {3750, 1}, {9000, 1}, {750, 1},
};

START_TEST(a_grid_is_found_from_rounded_stamps)
{
    struct grid_step step = steps[_i], found;
    struct grid grid = {0};
    int64_t origin = INT64_C(8589934592) * 3 - 7;

    for (int64_t i = 0; i < 200000; i++) {
        ck_assert(grid_take(&grid, origin + (i * step.num + step.den / 2) / step.den));
        if (i < 60)
            continue;
        found = grid_step(&grid);
        ck_assert_int_eq(found.num, step.num);
        ck_assert_int_eq(found.den, step.den);
        ck_assert(grid_admits(&grid, step));
        ck_assert(!grid_admits(&grid, (struct grid_step){step.num + 1, step.den}));
    }
}
END_TEST

START_TEST(a_gap_is_told_once_and_the_step_kept)
{
    struct grid grid = {0};
    int off = 0;

    for (int64_t i = 0; i < 1000; i++)
        off += !grid_take(&grid, i * 3003 + (i >= 500 ? 3003 : 0));
    ck_assert_int_eq(off, 1);
    ck_assert_int_eq(grid_step(&grid).num, 3003);
}
END_TEST

START_TEST(another_step_is_learnt)
{
    struct grid grid = {0};
    int off = 0;

    for (int64_t i = 0; i < 100; i++)
        off += !grid_take(&grid, i < 50 ? i * 3000 : 150000 + (i - 50) * 1500);
    ck_assert_int_le(off, 2);
    ck_assert_int_eq(grid_step(&grid).num, 1500);
}
END_TEST

START_TEST(stamps_of_any_distance_do_not_overflow)
{
    struct grid grid = {0};

    for (int i = 0; i < 100000; i++) {
        struct grid_step step;

        (void)grid_take(&grid, suite_random(-1, 1) * (INT64_C(1) << suite_random(0, 60)));
        step = grid_step(&grid);
        ck_assert((step.den > 0 && step.num > 0) || (step.den == 0 && step.num == 0));
    }
}
END_TEST

/* With what a parameter set may say: terms of 32 bits, and more. */
START_TEST(steps_of_any_terms_are_compared_exactly)
{
    const struct grid_step fine = {131072 * INT64_C(4294967291) + 1, INT64_C(4294967291)};
    const struct grid_step coarse = {INT64_C(180000) * UINT32_MAX, 1};
    struct grid grid = {0};

    for (int i = 0; i < 60000; i++)
        ck_assert(grid_take(&grid, INT64_C(131072) * i));
    ck_assert(grid_admits(&grid, fine));
    ck_assert(!grid_admits(&grid, (struct grid_step){fine.num + fine.den, fine.den}));
    ck_assert(!grid_admits(&grid, coarse));
}
END_TEST

/* ---- pictures -------------------------------------------------------------------------------- */

static void begin(bool breaks)
{
    video_begin(&video, &findings, "seg", breaks);
    video.is_independent = true;
}

static void reset(void)
{
    memset(&findings, 0, sizeof(findings));
    memset(&video, 0, sizeof(video));
    begin(true);
    video.longest = 63000;
}

static void take(int64_t pts, int64_t dts, bool idr)
{
    struct video_unit unit = {true, pts, dts, idr, idr};

    video_take_unit(&video, &unit);
}

START_TEST(pictures_are_put_in_order)
{
    static const int shown[] = {0, 4, 2, 1, 3, 8, 6, 5, 7}; /* an IDR picture, P and B pictures */
    int64_t decoded = 0;

    reset();
    for (int i = 0; i < 20; i++) {
        if (i > 0)
            begin(false);
        for (int k = 0; k < LENGTH(shown); k++, decoded++)
            take((i * LENGTH(shown) + shown[k] + 2) * 3003 / 2, decoded * 3003 / 2, k == 0);
        video_end(&video, &segment);
        ck_assert_int_eq(segment.video.first_pts, (i * LENGTH(shown) + 2) * 3003 / 2);
        ck_assert_int_eq(segment.video.units, LENGTH(shown));
    }
    check_only(RULES);
    ck_assert_int_eq(segment.video.unit_num, 3003);
    ck_assert_int_eq(segment.video.unit_den, 2);
    ck_assert_int_ge(findings.of[RULE_V_CFR].checked, 19 * LENGTH(shown));
}
END_TEST

static void play_plain(int segments, int pictures, int64_t num, int64_t den)
{
    int64_t at = 0;

    for (int i = 0; i < segments; i++) {
        if (i > 0)
            begin(false);
        for (int k = 0; k < pictures; k++, at++)
            take(at * num / den, at * num / den, k == 0);
        video_end(&video, &segment);
    }
}

START_TEST(sixty_pictures_of_30000_1001_are_two_seconds)
{
    reset();
    play_plain(4, 60, 3003, 1);
    check_only(RULES);
    ck_assert_int_eq(segment.video.unit_num, 3003);
    ck_assert_int_eq(segment.video.unit_den, 1);
    ck_assert(segment.starts_with_idr);
}
END_TEST

START_TEST(a_key_picture_is_late_after_two_seconds)
{
    reset();
    play_plain(3, 61, 3003, 1);
    check_only(RULE_V_KEYINT);
    ck_assert_int_eq(count(RULE_V_KEYINT), 3);
}
END_TEST

START_TEST(two_pictures_with_one_time_are_told)
{
    reset();
    take(0, 0, true);
    take(3000, 3000, false);
    take(6000, 3000, false);
    take(9000, 9000, false);
    video_end(&video, &segment);
    check_only(RULE_V_DTS);
    ck_assert_int_eq(count(RULE_V_DTS), 1);
}
END_TEST

START_TEST(pts_before_dts_is_told_but_where_offsets_are_signed)
{
    for (int is_signed = 0; is_signed <= 1; is_signed++) {
        reset();
        video.is_signed = is_signed != 0;
        take(9000, 0, true);
        take(12000, 12001, false);
        take(15000, 15001, false);
        video_end(&video, &segment);
        check_only(is_signed ? RULES : RULE_V_PTS_GE_DTS);
    }
}
END_TEST

START_TEST(a_picture_before_the_first_is_told_and_not_measured)
{
    reset();
    take(9000, 3000, true);
    take(6000, 6000, false);
    take(12000, 9000, false);
    video_end(&video, &segment);
    check_only(RULE_V_CLOSED);
    ck_assert_int_eq(segment.video.first_pts, 9000);
}
END_TEST

/* Open groups of pictures; before the eighth of them a picture is missing, which shows. */
START_TEST(pictures_before_the_first_are_put_in_order_where_segments_depend)
{
    static const int shown[] = {3, 1, 2, 6, 4, 5};

    reset();
    for (int i = 0; i < 10; i++) {
        begin(false);
        video.is_independent = false;
        for (int k = 0; k < LENGTH(shown); k++)
            take(18000 + 3000 * (6 * i + shown[k] + (i > 6)), 3000 * (6 * i + k), false);
        video_end(&video, &segment);
    }
    ck_assert_int_eq(count(RULE_V_CFR), 1);
    ck_assert_int_eq(count(RULE_V_DTS), 0);
    ck_assert_int_eq(findings.of[RULE_V_CLOSED].checked, 0);
}
END_TEST

/* @p _i: ticks between pictures */
START_TEST(more_than_sixty_pictures_a_second_are_told)
{
    reset();
    video.picture = (struct segment_video){.profile = 100, .level = 40, .width = 64, .height = 64};
    for (int i = 0; i < 30; i++)
        take((int64_t)i * _i, (int64_t)i * _i, i == 0);
    video_end(&video, &segment);
    check_only(_i < 1500 ? RULE_V_PROFILE : RULES);
}
END_TEST

START_TEST(pictures_without_time_stamps_are_counted_on)
{
    reset();
    for (int i = 0; i < 30; i++) {
        struct video_unit unit = {i % 3 == 0, i * 3000, i * 3000, i == 0, i == 0};

        video_take_unit(&video, &unit);
    }
    video_end(&video, &segment);
    check_only(RULES);
    ck_assert_int_eq(segment.video.units, 30);
    ck_assert_int_eq(segment.video.end_pts, 90000);
}
END_TEST

START_TEST(pictures_without_time_stamps_may_last_for_years)
{
    int64_t dts = 0;

    reset();
    for (int i = 0; i < 200000; i++, dts += UINT32_MAX) {
        struct video_unit unit = {i % 2 == 0, dts, dts, i == 0, i == 0};

        video_take_unit(&video, &unit);
    }
    take(dts + 1, dts + 1, false);
    video_end(&video, &segment);
    ck_assert_int_ge(segment.video.end_pts, dts);
    ck_assert_int_le(segment.video.end_pts, dts + 2 * INT64_C(4294967296));
}
END_TEST

START_TEST(a_gap_of_more_than_700_ms_is_that_of_time_stamps)
{
    reset();
    take(0, 0, true);
    take(3000, 3000, false);
    take(66001, 66001, false); /* and what comes after makes it due */
    take(69001, 69001, true);
    take(72001, 72001, true);
    check_only(RULE_TS_PTS_700);
}
END_TEST

START_TEST(an_opaque_picture_is_judged_by_its_times)
{
    reset();
    video.is_opaque = true;
    take(9000, 3000, false);
    take(6000, 6000, false);
    take(12000, 9000, false);
    video_end(&video, &segment);
    check_only(RULES);
    ck_assert_int_eq(segment.video.units, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_video");
    TCase *tcase = suite_add(suite, "grid");

    tcase_add_loop_test(tcase, a_grid_is_found_from_rounded_stamps, 0, LENGTH(steps));
    tcase_add_test(tcase, a_gap_is_told_once_and_the_step_kept);
    tcase_add_test(tcase, another_step_is_learnt);
    tcase_add_test(tcase, stamps_of_any_distance_do_not_overflow);
    tcase_add_test(tcase, steps_of_any_terms_are_compared_exactly);
    tcase = suite_add(suite, "pictures");
    tcase_add_test(tcase, pictures_are_put_in_order);
    tcase_add_test(tcase, sixty_pictures_of_30000_1001_are_two_seconds);
    tcase_add_test(tcase, a_key_picture_is_late_after_two_seconds);
    tcase_add_test(tcase, two_pictures_with_one_time_are_told);
    tcase_add_test(tcase, pts_before_dts_is_told_but_where_offsets_are_signed);
    tcase_add_test(tcase, a_picture_before_the_first_is_told_and_not_measured);
    tcase_add_test(tcase, pictures_before_the_first_are_put_in_order_where_segments_depend);
    tcase_add_loop_test(tcase, more_than_sixty_pictures_a_second_are_told, 1498, 1502);
    tcase_add_test(tcase, pictures_without_time_stamps_are_counted_on);
    tcase_add_test(tcase, pictures_without_time_stamps_may_last_for_years);
    tcase_add_test(tcase, a_gap_of_more_than_700_ms_is_that_of_time_stamps);
    tcase_add_test(tcase, an_opaque_picture_is_judged_by_its_times);
    suite_seed();
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When segments are published, with each rule about it broken alone. */
#include <check.h>

#include "tests/unit/sliding.h"
#include "tests/unit/suite.h"

/* ---- PB -------------------------------------------------------------------------------------- */

START_TEST(one_version_is_late)
{
    sliding_begin(sliding_good(10));
    sliding_show_good(11, 20);
    (void)sliding_show_at(sliding_good(21), (21 + WINDOW) * DURATION + 600 * MS);
    sliding_show_good(22, 30);
    sliding_expect(RULE_PB_JITTER, 1);
}
END_TEST

/* A hundredth of media time, for as long as it takes; then it goes on in step. */
START_TEST(publication_drifts)
{
    sliding_begin(sliding_good(10));
    for (int64_t i = 1; i < 20; i++)
        (void)sliding_show_at(sliding_good(10 + i), (18 + i) * DURATION + 5 * MS + i * 20 * MS);
    evolution_end(&sliding.evolution, &sliding.newest, 38 * DURATION);
    sliding_expect(RULE_PB_DRIFT, 1);
}
END_TEST

START_TEST(a_short_drift_is_not_told)
{
    sliding_begin(sliding_good(10));
    for (int64_t i = 1; i < 9; i++)
        (void)sliding_show_at(sliding_good(10 + i), (18 + i) * DURATION + 5 * MS + i * 20 * MS);
    evolution_end(&sliding.evolution, &sliding.newest, 27 * DURATION);
    sliding_expect(RULES, 0);
}
END_TEST

START_TEST(segments_are_dated_ahead)
{
    struct sliding_list list = sliding_good(10);

    list.date_off = 10 * SECOND;
    sliding_begin(list);
    for (list.first = 11; list.first < 14; list.first++) {
        list.sequence = list.first;
        sliding_show(list);
    }
    sliding_expect(RULE_PB_FUTURE, 3);
}
END_TEST

/* Dates have milliseconds. */
START_TEST(a_segment_may_be_two_milliseconds_early)
{
    struct sliding_list list = sliding_good(11);

    sliding_begin(sliding_good(10));
    (void)sliding_show_at(list, sliding_due(&list) - 2 * MS);
    sliding_expect(RULES, 0);
    list = sliding_good(12);
    (void)sliding_show_at(list, sliding_due(&list) - 3 * MS);
    sliding_expect(RULE_PB_FUTURE, 1);
}
END_TEST

START_TEST(segments_are_dated_long_ago)
{
    struct sliding_list list = sliding_good(10);

    list.date_off = -10 * SECOND;
    sliding_begin(list);
    for (list.first = 11; list.first < 14; list.first++) {
        list.sequence = list.first;
        sliding_show(list);
    }
    sliding_expect(RULE_PB_FUTURE, 3);
}
END_TEST

/* ---- XV -------------------------------------------------------------------------------------- */

/* Two streams, of which the second one is @p behind. */
static void compare(int64_t behind)
{
    struct publication streams[2] = {
        {.findings = &sliding.run.findings, .place = "a", .first_end = 18, .target_ns = DURATION},
        {.findings = &sliding.run.findings, .place = "b", .first_end = 18, .target_ns = DURATION},
    };

    for (int64_t first = 11; first < 20; first++) {
        struct sliding_list list = sliding_good(first);
        struct version version = sliding_read(&list);

        for (int i = 0; i < 2; i++) {
            int64_t seen = sliding_due(&list) + 5 * MS + (i ? behind : 0);
            const struct sight sight = {{seen - 10 * MS, seen}, EPOCH * SECOND};

            publication_add(&streams[i], &version.playlist, 1, &sight);
            publication_compare(&streams[i], &streams[!i]);
        }
        version_finish(&version);
    }
}

START_TEST(streams_are_in_step)
{
    compare(480 * MS);
    sliding_expect(RULES, 0);
    ck_assert_int_eq(sliding.run.findings.of[RULE_XV_EDGE].checked, 9);
}
END_TEST

START_TEST(one_stream_is_behind_the_other)
{
    compare(700 * MS);
    sliding_expect(RULE_XV_EDGE, 9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_publication");
    TCase *times = suite_add(suite, "PB");
    TCase *streams = suite_add(suite, "XV");

    tcase_add_checked_fixture(times, sliding_set_up, sliding_tear_down);
    tcase_add_test(times, one_version_is_late);
    tcase_add_test(times, publication_drifts);
    tcase_add_test(times, a_short_drift_is_not_told);
    tcase_add_test(times, segments_are_dated_ahead);
    tcase_add_test(times, a_segment_may_be_two_milliseconds_early);
    tcase_add_test(times, segments_are_dated_long_ago);
    tcase_add_checked_fixture(streams, sliding_set_up, sliding_tear_down);
    tcase_add_test(streams, streams_are_in_step);
    tcase_add_test(streams, one_stream_is_behind_the_other);
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a playlist changes: as it should, and with each rule of its evolution broken alone. */
#include <check.h>

#include "tests/unit/sliding.h"
#include "tests/unit/suite.h"

/* ---- as it should be ------------------------------------------------------------------------- */

START_TEST(a_playlist_that_slides_breaks_nothing)
{
    sliding_begin(sliding_good(10));
    sliding_show_good(11, 400);
    evolution_end(
        &sliding.evolution, &sliding.newest,
        sliding_due(&(struct sliding_list){.first = 400, .count = 8, .duration = DURATION}));
    sliding_expect(RULES, 0);
    ck_assert_int_gt(sliding.run.findings.of[RULE_EV_LATE].checked, 300);
    ck_assert_int_gt(sliding.run.findings.of[RULE_EV_LINES].checked, 300);
    ck_assert_int_gt(sliding.run.findings.of[RULE_PB_JITTER].checked, 300);
    ck_assert_int_eq(sliding.run.findings.of[RULE_PB_DRIFT].checked, 1);
}
END_TEST

START_TEST(dates_of_the_first_segment_alone_move_on)
{
    struct sliding_list list = sliding_good(10);

    list.first_date_only = true;
    sliding_begin(list);
    for (list.first = 11; list.first < 20; list.first++) {
        list.sequence = list.first;
        sliding_show(list);
    }
    sliding_expect(RULES, 0);
    ck_assert_int_gt(sliding.run.findings.of[RULE_PL_PDT_STEP].checked, 5);
}
END_TEST

START_TEST(a_discontinuity_wanders_out)
{
    struct sliding_list list = sliding_good(10);

    sliding_begin(list);
    for (list.first = 11; list.first < 30; list.first++) {
        list.sequence = list.first;
        list.broken = list.first > 12 ? 20 : 0;
        list.discontinuities = list.first > 20;
        sliding_show(list);
    }
    sliding_expect(RULES, 0);
}
END_TEST

/* Those of the last two segments are listed (bis 6.2.2). */
START_TEST(parts_leave_their_segments)
{
    struct sliding_list list = sliding_good(10);

    list.parted = list.first + WINDOW - 2;
    sliding_begin(list);
    for (list.first = 11; list.first < 20; list.first++) {
        list.sequence = list.first;
        list.parted = list.first + WINDOW - 2;
        sliding_show(list);
    }
    sliding_expect(RULES, 0);
    ck_assert_int_gt(sliding.run.findings.of[RULE_EV_LINES].checked, 5);
}
END_TEST

START_TEST(an_event_grows_and_ends)
{
    struct sliding_list list = sliding_good(1);

    list.type = "EVENT";
    sliding_begin(list);
    for (list.count = 9; list.count < 30; list.count++)
        sliding_show(list);
    list.count = 29;
    list.ended = true;
    ck_assert_int_eq(sliding_show_at(list, sliding_due(&list) + 100 * MS), EVOLUTION_NEWER);
    evolution_end(&sliding.evolution, &sliding.newest, sliding_due(&list) + 100 * SECOND);
    sliding_expect(RULES, 0);
    ck_assert_int_gt(sliding.run.findings.of[RULE_EV_EVENT].checked, 10);
}
END_TEST

/* ---- EV -------------------------------------------------------------------------------------- */

START_TEST(a_target_duration_changes)
{
    struct sliding_list list = sliding_good(12);

    sliding_begin(sliding_good(10));
    sliding_show_good(11, 11);
    list.target = 3;
    sliding_show(list);
    sliding_expect(RULE_EV_TD_CONST, 1);
}
END_TEST

START_TEST(a_version_number_changes)
{
    struct sliding_list list = sliding_good(12);

    sliding_begin(sliding_good(10));
    sliding_show_good(11, 11);
    list.version = 4;
    sliding_show(list);
    ck_assert_int_eq(sliding.run.findings.of[RULE_EV_TD_CONST].count, 1);
}
END_TEST

/* And the numbers are taken for what they should be from then on. */
START_TEST(a_sequence_number_is_off)
{
    sliding_begin(sliding_good(10));
    for (int64_t first = 11; first < 20; first++) {
        struct sliding_list list = sliding_good(first);

        list.sequence = first < 14 ? first : first + 3;
        sliding_show(list);
        ck_assert_int_eq(sliding.newest.playlist.sequence, first);
        ck_assert_int_eq(sliding.newest.playlist.segments[0].number, first);
    }
    sliding_expect(RULE_EV_MSN, 1);
}
END_TEST

START_TEST(a_sequence_number_begins_again)
{
    sliding_begin(sliding_good(10));
    sliding_show_good(11, 20);
    for (int64_t first = 21; first < 30; first++) {
        struct sliding_list list = sliding_good(first);

        list.sequence = first - 21;
        sliding_show(list);
    }
    sliding_expect(RULE_EV_MSN, 1);
}
END_TEST

START_TEST(lines_of_a_segment_change)
{
    struct sliding_list list = sliding_good(12);

    sliding_begin(sliding_good(10));
    sliding_show_good(11, 11);
    list.titled = 15;
    sliding_show(list);
    sliding_expect(RULE_EV_LINES, 1);
}
END_TEST

START_TEST(a_segment_is_taken_from_the_end)
{
    struct sliding_list list = sliding_good(12);

    sliding_begin(sliding_good(10));
    sliding_show_good(11, 12);
    list.count--;
    ck_assert_int_eq(sliding_show_at(list, sliding_due(&list) + SECOND), EVOLUTION_NEWER);
    sliding_expect(RULE_EV_LINES, 1);
}
END_TEST

START_TEST(a_segment_loses_its_discontinuity_sequence_number)
{
    struct sliding_list list = sliding_good(10);

    list.broken = 12;
    sliding_begin(list);
    for (list.first = 11; list.first < 16; list.first++) {
        list.sequence = list.first;
        sliding_show(list); /* the number stays 0 */
    }
    sliding_expect(RULE_EV_DSN, 1);
}
END_TEST

START_TEST(an_event_loses_a_segment)
{
    struct sliding_list list = sliding_good(10);

    list.type = "EVENT";
    sliding_begin(list);
    list.first = 11;
    list.sequence = 11;
    sliding_show(list);
    sliding_expect(RULE_EV_EVENT, 1);
}
END_TEST

START_TEST(a_vod_changes)
{
    struct sliding_list list = sliding_good(1);

    list.type = "VOD";
    list.ended = true;
    sliding_begin(list);
    list.count++;
    sliding_show(list);
    sliding_expect(RULE_EV_EVENT, 1);
}
END_TEST

START_TEST(a_segment_comes_after_the_end)
{
    struct sliding_list list = sliding_good(10);

    sliding_begin(list);
    list.ended = true;
    ck_assert_int_eq(sliding_show_at(list, sliding_due(&list) + SECOND), EVOLUTION_NEWER);
    list.count++;
    sliding_show(list);
    sliding_expect(RULE_EV_END, 1);
}
END_TEST

START_TEST(an_end_is_taken_back)
{
    struct sliding_list list = sliding_good(10);

    sliding_begin(list);
    list = sliding_good(11);
    list.ended = true;
    sliding_show(list);
    list.ended = false;
    sliding_show(list);
    sliding_expect(RULE_EV_END, 1);
}
END_TEST

/* Twenty segments on, where no segment is left to know the others by; with these numbers. */
static void leap(int64_t sequence, int64_t discontinuities)
{
    struct sliding_list list = sliding_good(10);

    list.discontinuities = 5;
    sliding_begin(list);
    list.first = 30;
    list.sequence = sequence;
    list.discontinuities = discontinuities;
    sliding_show(list);
}

START_TEST(numbers_fall_behind_what_was_removed)
{
    leap(17, 5); /* segment 17 was another one */
    ck_assert_int_eq(sliding.run.findings.of[RULE_EV_MSN].count, 1);
}
END_TEST

START_TEST(discontinuities_are_forgotten)
{
    leap(18, 4);
    ck_assert_int_eq(sliding.run.findings.of[RULE_EV_MSN].count, 0);
    ck_assert_int_eq(sliding.run.findings.of[RULE_EV_DSN].count, 1);
}
END_TEST

START_TEST(a_version_comes_too_late)
{
    sliding_begin(sliding_good(10));
    sliding_show_good(11, 12);
    for (int64_t first = 13; first < 20; first++)
        (void)sliding_show_at(sliding_good(first), (first + WINDOW) * DURATION + 1500 * MS);
    sliding_expect(RULE_EV_LATE, 1);
}
END_TEST

START_TEST(no_version_comes_any_more)
{
    sliding_begin(sliding_good(10));
    sliding_show_good(11, 12);
    evolution_end(&sliding.evolution, &sliding.newest, (12 + WINDOW) * DURATION + 3100 * MS);
    sliding_expect(RULE_EV_LATE, 1);
}
END_TEST

/* Segments are shorter than they may be, by far. */
START_TEST(versions_come_too_early)
{
    struct sliding_list list = sliding_good(10);

    list.target = 5;
    list.count = 16;
    sliding_begin(list);
    for (list.first = 11; list.first < 16; list.first++) {
        list.sequence = list.first;
        sliding_show(list);
    }
    sliding_expect(RULE_EV_EARLY, 4);
}
END_TEST

/* Each for two short segments. */
START_TEST(two_segments_come_at_once)
{
    struct sliding_list list = sliding_good(10);

    list.target = 4;
    sliding_begin(list);
    for (list.first = 12; list.first < 20; list.first += 2) {
        list.sequence = list.first;
        sliding_show(list);
    }
    sliding_expect(RULE_EV_ONE, 4);
}
END_TEST

/* Unless nobody looked in between. */
START_TEST(two_segments_come_at_once_to_a_blind_eye)
{
    const int64_t seen = 20 * DURATION + SECOND;
    const struct sight sight = {{seen - 3 * SECOND, seen}, EPOCH * SECOND};
    struct sliding_list list = sliding_good(12);
    struct version version;

    sliding_begin(sliding_good(10));
    version = sliding_read(&list);
    ck_assert_int_eq(evolution_follow(&sliding.evolution, &sliding.newest, &version, &sight),
                     EVOLUTION_NEWER);
    version_finish(&version);
    sliding_expect(RULES, 0);
}
END_TEST

START_TEST(a_version_adds_nothing)
{
    struct sliding_list list = sliding_good(12);

    sliding_begin(sliding_good(10));
    sliding_show_good(11, 12);
    list.version = 3;
    list.first = 13;
    list.sequence = 13;
    list.count = 7;
    (void)sliding_show_at(list, sliding_due(&list) + SECOND);
    sliding_expect(RULE_EV_ONE, 1);
}
END_TEST

START_TEST(an_older_version_comes_again)
{
    struct sliding_list list = sliding_good(12);

    sliding_begin(sliding_good(10));
    sliding_show_good(11, 14);
    ck_assert_int_eq(sliding_show_at(list, 22 * DURATION + SECOND), EVOLUTION_LEFT_OUT);
    sliding_show_good(15, 20);
    sliding_expect(RULE_EV_STALE, 1);
}
END_TEST

/* ---- PL, across versions --------------------------------------------------------------------- */

START_TEST(a_playlist_that_has_slid_gets_a_type)
{
    struct sliding_list list = sliding_good(13);

    sliding_begin(sliding_good(10));
    sliding_show_good(11, 12);
    list.type = "EVENT";
    sliding_show(list);
    sliding_expect(RULE_PL_LIVE_TYPE, 1);
}
END_TEST

START_TEST(what_has_just_begun_has_not_slid)
{
    struct sliding_list list = sliding_good(1000);

    list.count = 2;
    sliding_begin(list);
    list.count = 3;
    list.type = "EVENT";
    sliding_show(list);
    sliding_expect(RULE_PL_WINDOW_6, 1); /* of the first version alone */
}
END_TEST

START_TEST(a_removal_leaves_too_little)
{
    struct sliding_list list = sliding_good(10);

    list.count = 6;
    list.target = 4;
    list.duration = 3 * SECOND / 2;
    sliding_begin(list);
    list.first = list.sequence = 11;
    sliding_show(list);
    sliding_expect(RULE_PL_WINDOW_3TD, 1);
}
END_TEST

START_TEST(a_uri_is_used_again)
{
    sliding_begin(sliding_good(1));
    for (int64_t first = 2; first < 40; first++) {
        struct sliding_list list = sliding_good(first);

        list.again = 30;
        sliding_show(list);
    }
    sliding_expect(RULE_PL_URI_UNIQUE, 1);
}
END_TEST

START_TEST(a_date_is_not_what_the_version_before_implies)
{
    struct sliding_list list = sliding_good(10);

    list.first_date_only = true;
    sliding_begin(list);
    for (list.first = 11; list.first < 20; list.first++) {
        list.sequence = list.first;
        list.date_off = list.first < 15 ? 0 : -200 * MS;
        sliding_show(list);
    }
    sliding_expect(RULE_PL_PDT_STEP, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_evolution");
    TCase *good_ones = suite_add(suite, "as it should be");
    TCase *changes = suite_add(suite, "EV");
    TCase *texts = suite_add(suite, "PL, across versions");

    tcase_add_checked_fixture(good_ones, sliding_set_up, sliding_tear_down);
    tcase_add_test(good_ones, a_playlist_that_slides_breaks_nothing);
    tcase_add_test(good_ones, dates_of_the_first_segment_alone_move_on);
    tcase_add_test(good_ones, a_discontinuity_wanders_out);
    tcase_add_test(good_ones, parts_leave_their_segments);
    tcase_add_test(good_ones, an_event_grows_and_ends);
    tcase_add_checked_fixture(changes, sliding_set_up, sliding_tear_down);
    tcase_add_test(changes, a_target_duration_changes);
    tcase_add_test(changes, a_version_number_changes);
    tcase_add_test(changes, a_sequence_number_is_off);
    tcase_add_test(changes, a_sequence_number_begins_again);
    tcase_add_test(changes, lines_of_a_segment_change);
    tcase_add_test(changes, a_segment_is_taken_from_the_end);
    tcase_add_test(changes, a_segment_loses_its_discontinuity_sequence_number);
    tcase_add_test(changes, an_event_loses_a_segment);
    tcase_add_test(changes, a_vod_changes);
    tcase_add_test(changes, a_segment_comes_after_the_end);
    tcase_add_test(changes, an_end_is_taken_back);
    tcase_add_test(changes, numbers_fall_behind_what_was_removed);
    tcase_add_test(changes, discontinuities_are_forgotten);
    tcase_add_test(changes, a_version_comes_too_late);
    tcase_add_test(changes, no_version_comes_any_more);
    tcase_add_test(changes, versions_come_too_early);
    tcase_add_test(changes, two_segments_come_at_once);
    tcase_add_test(changes, two_segments_come_at_once_to_a_blind_eye);
    tcase_add_test(changes, a_version_adds_nothing);
    tcase_add_test(changes, an_older_version_comes_again);
    tcase_add_checked_fixture(texts, sliding_set_up, sliding_tear_down);
    tcase_add_test(texts, a_playlist_that_has_slid_gets_a_type);
    tcase_add_test(texts, what_has_just_begun_has_not_slid);
    tcase_add_test(texts, a_removal_leaves_too_little);
    tcase_add_test(texts, a_uri_is_used_again);
    tcase_add_test(texts, a_date_is_not_what_the_version_before_implies);
    return suite_run(suite);
}

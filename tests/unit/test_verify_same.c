/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams of the same content beside each other, on measures that are made up. */
#include <string.h>

#include "tests/unit/measured.h"
#include "tests/unit/suite.h"
#include "verify/rules_media.h"
#include "verify/rules_same.h"

static struct findings findings;

static void set_up(void)
{
    memset(&findings, 0, sizeof(findings));
}

static int64_t count(enum rule_id rule)
{
    return findings.of[rule].count;
}

static void check_none(void)
{
    for (unsigned i = 0; i < RULES; i++)
        ck_assert_msg(count(i) == 0, "%s: %s", rules[i].name, findings.of[i].kept[0].found);
}

START_TEST(variants_agree_over_the_wrap)
{
    struct stream_segment segments[2][MEASURED];
    struct stream streams[2];
    struct presentation presentation = {.streams = streams, .stream_count = 2};

    measured_make(&streams[0], segments[0], (INT64_C(1) << 33) - 400000);
    measured_make(&streams[1], segments[1], -400000);
    rules_same_judge(&presentation, &findings);
    check_none();
    ck_assert_int_eq(findings.of[RULE_XV_PTS].checked, MEASURED);
    ck_assert_int_eq(findings.of[RULE_XV_BORDERS].checked, MEASURED);
    ck_assert_int_eq(findings.of[RULE_XV_PDT].checked, 1);
}
END_TEST

START_TEST(other_numbers_are_no_fault)
{
    struct stream_segment segments[2][MEASURED];
    struct stream streams[2];
    struct presentation presentation = {.streams = streams, .stream_count = 2};

    measured_make(&streams[0], segments[0], 0);
    measured_make(&streams[1], segments[1], 0);
    for (int i = 0; i < MEASURED; i++)
        segments[1][i].number += 10;
    rules_same_judge(&presentation, &findings);
    check_none();
    ck_assert_int_eq(findings.of[RULE_XV_PTS].checked, 0);
    segments[1][4].media.video.first_pts += 900;
    rules_same_judge(&presentation, &findings);
    ck_assert_int_eq(count(RULE_XV_BORDERS), 1);
}
END_TEST

/* As of AC-3, whose frames are not looked into. @p _i: the segments before it */
START_TEST(sound_without_time_stamps_says_nothing)
{
    struct stream_segment segments[2][MEASURED];
    struct stream streams[2];
    struct presentation presentation = {.streams = streams, .stream_count = 2};

    measured_make(&streams[0], segments[0], 0);
    measured_make(&streams[1], segments[1], 0);
    for (int i = _i; i < MEASURED; i++)
        segments[1][i].media.video = (struct segment_track){.end_pts = 900000};
    rules_media_judge(&streams[1], &findings);
    rules_same_judge(&presentation, &findings);
    check_none();
    ck_assert_int_eq(findings.of[RULE_XV_PTS].checked, _i);
    ck_assert_int_eq(findings.of[RULE_PL_TD_05].checked, _i);
}
END_TEST

/* Segment @p number begins at @p ms, and lasts until @p end. */
static void cut(struct stream_segment *segments, int number, int64_t ms, int64_t end)
{
    struct stream_segment *segment = &segments[number];

    segment->duration_ns = (end - ms) * NS_PER_MS;
    segment->decimals = 3;
    segment->date_ns = M3U8_NONE;
    segment->media.video.first_pts = ms * 90;
    segment->media.video.end_pts = end * 90;
}

/* Finite ones, of segments of 2 s and of 1.9 s. The first of the other begins @p late ms late. */
static int64_t judge_cut_differently(int64_t late, bool ended)
{
    struct stream_segment segments[2][MEASURED];
    struct stream streams[2];
    struct presentation presentation = {.streams = streams, .stream_count = 2};

    set_up();
    for (int k = 0; k < 2; k++) {
        measured_make(&streams[k], segments[k], 0);
        streams[k].version.playlist.ended = ended;
        streams[k].version.playlist.segment_count = MEASURED;
    }
    for (int i = 0; i < MEASURED; i++) {
        cut(segments[0], i, INT64_C(2000) * i, INT64_C(2000) * (i + 1));
        cut(segments[1], i, INT64_C(1900) * i + late, INT64_C(1900) * (i + 1) + late);
    }
    segments[0][2].measured = false;
    rules_same_judge(&presentation, &findings);
    return count(RULE_XV_PTS);
}

START_TEST(the_same_content_may_have_other_numbers)
{
    ck_assert_int_eq(judge_cut_differently(0, true), 0);
    ck_assert_int_eq(findings.of[RULE_XV_PTS].checked, MEASURED - 1);
    ck_assert_int_eq(judge_cut_differently(20, true), MEASURED - 1);
    ck_assert_int_eq(judge_cut_differently(20, false), 0);
    ck_assert_int_eq(findings.of[RULE_XV_PTS].checked, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_same");
    TCase *tcase = suite_add(suite, "rules");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, variants_agree_over_the_wrap);
    tcase_add_test(tcase, other_numbers_are_no_fault);
    tcase_add_loop_test(tcase, sound_without_time_stamps_says_nothing, 0, 3);
    tcase_add_test(tcase, the_same_content_may_have_other_numbers);
    return suite_run(suite);
}

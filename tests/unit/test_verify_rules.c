/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that compare playlists with their media, on measures that are made up. */
#include <string.h>

#include "tests/unit/measured.h"
#include "tests/unit/suite.h"
#include "verify/codecs.h"
#include "verify/measure.h"
#include "verify/rules_media.h"
#include "verify/rules_same.h"
#include "verify/rules_variants.h"

static struct findings findings;

static int64_t count(enum rule_id rule)
{
    return findings.of[rule].count;
}

static void set_up(void)
{
    memset(&findings, 0, sizeof(findings));
}

/* ---- measures -------------------------------------------------------------------------------- */

START_TEST(a_clock_of_33_bits_wraps)
{
    int64_t wrap = INT64_C(1) << 33;

    ck_assert_int_eq(measure_difference(5, wrap - 5), 10);
    ck_assert_int_eq(measure_difference(wrap - 5, 5), -10);
    ck_assert_int_eq(measure_difference(3 * wrap + 7, 7), 0);
    ck_assert_int_eq(measure_difference(-wrap, 1), -1);
}
END_TEST

START_TEST(a_peak_is_of_rows_around_a_target_duration)
{
    struct stream_segment segments[MEASURED];
    struct stream stream;

    measured_make(&stream, segments, 0);
    ck_assert_int_eq(measure_peak(&stream), 400000);
    ck_assert_int_eq(measure_average(&stream), 400000);
    segments[2].duration_ns =
        SECOND / 2; /* too short alone: 2.5 s and 200000 bytes with the next */
    ck_assert_int_eq(measure_peak(&stream), 640000);
    segments[3].breaks = true;
    ck_assert_int_eq(measure_peak(&stream), 640000);
    segments[2].breaks = true;
    ck_assert_int_eq(measure_peak(&stream), 400000);
    stream.version.playlist.target = INT64_MAX;
    ck_assert_int_eq(measure_peak(&stream), 0);
}
END_TEST

START_TEST(codecs_are_compared_as_sets)
{
    static const struct {
        const char *said;
        bool agrees;
    } cases[] = {
        {"avc1.64001f,mp4a.40.2", true},   {"mp4a.40.2, AVC1.64001F", true},
        {"avc3.64001f,mp4a.40.2", true},   {"avc1.64001f", false},
        {"avc1.64001f,mp4a.40.5", false},  {"avc1.64001f,mp4a.40.2,ac-3", false},
        {"avc1.64001f0,mp4a.40.2", false}, {"", false},
    };
    struct stream_segment segments[MEASURED];
    struct stream stream;
    struct codecs codecs = {.count = 0};
    char text[CODECS_TEXT_SIZE];

    measured_make(&stream, segments, 0);
    for (int i = 0; i < MEASURED; i++) {
        segments[i].media.picture = (struct segment_video){.profile = 100, .level = 31};
        segments[i].media.audio.units = 1;
        segments[i].media.sound = (struct segment_audio){2, 48000, 2};
    }
    codecs_add(&codecs, &stream);
    codecs_print(&codecs, text);
    ck_assert_str_eq(text, "avc1.64001f,mp4a.40.2");
    for (int i = 0; i < LENGTH(cases); i++)
        ck_assert_msg(
            codecs_agree(&codecs, (struct m3u8_text){cases[i].said, strlen(cases[i].said)}) ==
                cases[i].agrees,
            "%s", cases[i].said);
    segments[0].measured = false; /* it may have what the others have not */
    codecs_add(&codecs, &stream);
    ck_assert(codecs_agree(&codecs, (struct m3u8_text){cases[5].said, strlen(cases[5].said)}));
}
END_TEST

/* ---- a stream -------------------------------------------------------------------------------- */

START_TEST(a_discontinuity_begins_anew)
{
    struct stream_segment segments[MEASURED];
    struct stream stream;

    measured_make(&stream, segments, 0);
    for (int i = 3; i < MEASURED; i++) {
        segments[i].media.video.first_pts += 10 * SEGMENT_CLOCK_HZ;
        segments[i].media.video.end_pts += 10 * SEGMENT_CLOCK_HZ;
    }
    segments[3].breaks = true;
    rules_media_judge(&stream, &findings);
    ck_assert_int_eq(count(RULE_X_EXTINF) + count(RULE_X_PDT_PTS), 0);
    segments[3].breaks = false;
    rules_media_judge(&stream, &findings);
    ck_assert_int_eq(count(RULE_X_EXTINF), 1);
    ck_assert_int_eq(count(RULE_X_PDT_PTS), 1);
}
END_TEST

START_TEST(what_was_not_measured_says_nothing)
{
    struct stream_segment segments[MEASURED];
    struct stream stream;

    measured_make(&stream, segments, 0);
    for (int i = 3; i < MEASURED; i++)
        segments[i].media.video.first_pts = -SEGMENT_CLOCK_HZ * i;
    for (int i = 2; i < MEASURED; i++)
        segments[i].measured = false;
    rules_media_judge(&stream, &findings);
    for (unsigned i = 0; i < RULES; i++)
        ck_assert_int_eq(count(i), 0);
}
END_TEST

START_TEST(durations_as_large_as_numbers_get)
{
    struct stream_segment segments[MEASURED];
    struct stream stream;

    measured_make(&stream, segments, 0);
    for (int i = 0; i < MEASURED; i++) {
        segments[i].duration_ns = INT64_MAX / 2;
        segments[i].date_ns = i % 2 ? INT64_MAX : INT64_MIN + 1;
        segments[i].decimals = 100;
        segments[i].media.bytes = INT64_MAX / 4;
        segments[i].media.video.first_pts = (INT64_C(1) << 60) * (i % 2 ? 1 : -1);
    }
    rules_media_judge(&stream, &findings);
    ck_assert_int_gt(count(RULE_X_EXTINF), 0);
    ck_assert_int_gt(count(RULE_X_PDT_PTS), 0);
    ck_assert_int_gt(measure_average(&stream), 0);
}
END_TEST

START_TEST(what_is_announced_does_not_cease)
{
    struct stream_segment segments[MEASURED];
    struct stream stream;

    for (int pass = 0; pass < 4; pass++) {
        set_up();
        measured_make(&stream, segments, 0);
        for (int i = 0; i < MEASURED; i++) {
            segments[i].media.audio = segments[i].media.video;
            segments[i].media.picture.profile = 100;
            segments[i].media.has_audio_track = segments[i].media.has_video_track = pass < 3;
        }
        for (int i = pass == 2 ? MEASURED - 1 : 3; i < MEASURED; i++)
            *(pass == 1 ? &segments[i].media.video : &segments[i].media.audio) =
                (struct segment_track){0};
        rules_media_judge(&stream, &findings);
        ck_assert_int_eq(count(RULE_A_CONT), pass == 0);
        ck_assert_int_eq(count(RULE_V_IDR), pass == 1);
    }
}
END_TEST

/* ---- tolerances ----------------------------------------------------------------------------- */

/* Two variants that agree; what is said of them is what is measured. */
static struct stream_segment both[2][MEASURED];
static struct stream pair[2];
static struct stream *named[2] = {&pair[0], &pair[1]};
static struct m3u8_variant variants[2];

static void lengthen(int64_t ns)
{
    both[0][1].duration_ns += ns;
}

static void stretch(int64_t ticks)
{
    both[0][1].media.video.end_pts += ticks;
}

static void date(int64_t ns)
{
    both[0][3].date_ns += ns;
}

static void weigh(int64_t bytes)
{
    both[0][1].media.bytes = bytes;
}

static void begin_sound(int64_t ticks)
{
    struct segment *media = &both[0][2].media;

    media->audio = media->video;
    media->audio.first_pts += ticks;
    media->sound.rate = 48000;
}

static void end_sound(int64_t ticks)
{
    begin_sound(0);
    both[0][2].media.audio.end_pts += ticks;
}

static void say_peak(int64_t rate)
{
    variants[0].bandwidth = rate;
}

static void say_average(int64_t rate)
{
    variants[0].average_bandwidth = rate;
}

static void say_frame_rate(int64_t thousandths)
{
    variants[0].frame_rate = thousandths;
}

/* Of pictures that are 320 wide, and displayed 426 2/3. */
static void say_width(int64_t width)
{
    variants[0].width = (int)width;
    variants[0].height = 180;
    both[0][0].media.picture =
        (struct segment_video){.width = 320, .height = 180, .sar_width = 4, .sar_height = 3};
}

static void end_and_say_peak(int64_t rate)
{
    pair[0].version.playlist.ended = true;
    say_peak(rate);
}

static void end_and_say_average(int64_t rate)
{
    pair[0].version.playlist.ended = true;
    say_average(rate);
}

static void date_other(int64_t ns)
{
    both[1][0].date_ns += ns;
}

static void begin_other(int64_t ticks)
{
    both[1][4].media.video.first_pts += ticks;
}

static void number_other(int64_t by)
{
    for (int i = 0; i < MEASURED; i++)
        both[1][i].number += by;
}

static void number_and_begin_other(int64_t ticks)
{
    number_other(10);
    begin_other(ticks);
}

static const struct {
    enum rule_id rule;
    void (*change)(int64_t by);
    int64_t holds, breaks;
} edges[] = {
    {RULE_PL_TD_05, stretch, 45000, 45001},
    {RULE_X_EXTINF, lengthen, 40000000, 40000001},
    {RULE_X_EXTINF, lengthen, -40000000, -40000001},
    {RULE_X_EXTINF_EXACT, lengthen, 11611, 11612}, /* a tick, and half of a millionth */
    {RULE_X_EXTINF_EXACT, lengthen, -11611, -11612},
    {RULE_X_PDT_PTS, date, 40000000, 40000001},
    {RULE_X_PDT_PTS, date, -40000000, -40000001},
    {RULE_AV_ALIGN, begin_sound, 9000, 9001},
    {RULE_AV_ALIGN, begin_sound, -9000, -9001},
    {RULE_AV_ALIGN, end_sound, 9000, 9001},
    {RULE_AV_ALIGN, end_sound, -9000, -9001},
    {RULE_BW_SEGMENT, weigh, 112244, 112245}, /* it is a part of the mean */
    {RULE_BW_SEGMENT, weigh, 88236, 88235},
    {RULE_BW_PEAK, say_peak, 320001, 320000},
    {RULE_BW_TIGHT, say_peak, 440000, 440001},
    {RULE_BW_AVG, say_average, 363637, 363636},
    {RULE_BW_TIGHT, say_average, 440000, 440001},
    {RULE_BW_BOUND, end_and_say_peak, 400000, 399999},
    {RULE_BW_VOD, end_and_say_peak, 444444, 444445},
    {RULE_BW_VOD, end_and_say_average, 444444, 444445},
    {RULE_BW_VOD, end_and_say_average, 363637, 363636},
    {RULE_MV_RESOLUTION, say_width, 320, 321},
    {RULE_MV_RESOLUTION, say_width, 425, 424},
    {RULE_MV_RESOLUTION, say_width, 428, 429},
    {RULE_MV_FRAMERATE, say_frame_rate, 25001, 25002},
    {RULE_MV_FRAMERATE, say_frame_rate, 24999, 24998},
    {RULE_XV_PTS, begin_other, 1, 2},
    {RULE_XV_PTS, begin_other, -1, -2},
    {RULE_XV_PTS, number_other, 2, 1}, /* further apart they are not of the same content */
    {RULE_XV_BORDERS, number_and_begin_other, 1, 2},
    {RULE_XV_PDT, date_other, 2011111, 2011112}, /* less than 181 ticks */
    {RULE_XV_PDT, date_other, -2011111, -2011112},
};

static int64_t judge_with(int i, int64_t by)
{
    char path[] = "master.m3u8";
    struct presentation presentation = {
        .path = path,
        .version.playlist = {.is_multivariant = true, .variants = variants, .variant_count = 2},
        .streams = pair,
        .stream_count = 2,
        .variants = named,
    };

    set_up();
    for (int k = 0; k < 2; k++) {
        measured_make(&pair[k], both[k], 0);
        variants[k] = (struct m3u8_variant){
            .bandwidth = 400000, .average_bandwidth = 400000, .frame_rate = 25000};
    }
    edges[i].change(by);
    rules_media_judge(&pair[0], &findings);
    rules_variants_judge(&presentation, &findings);
    return count(edges[i].rule);
}

START_TEST(a_tolerance_ends_where_it_should)
{
    ck_assert_msg(judge_with(_i, edges[_i].holds) == 0, "%s at %lld", rules[edges[_i].rule].name,
                  (long long)edges[_i].holds);
    ck_assert_msg(judge_with(_i, edges[_i].breaks) > 0, "%s at %lld", rules[edges[_i].rule].name,
                  (long long)edges[_i].breaks);
}
END_TEST

static struct m3u8_text text_of(const char *text)
{
    return (struct m3u8_text){text, strlen(text)};
}

START_TEST(of_a_group_the_largest_rendition_counts)
{
    static struct stream_segment all[3][MEASURED];
    char path[] = "master.m3u8";
    struct stream streams[3];
    struct stream *renditions[] = {&streams[1], &streams[2]}, *variant[] = {&streams[0]};
    struct m3u8_rendition described[] = {
        {.type = text_of("AUDIO"), .group = text_of("g"), .uri = text_of("a")},
        {.type = text_of("AUDIO"), .group = text_of("g"), .uri = text_of("b")},
    };
    struct m3u8_variant said = {.bandwidth = 600000, .frame_rate = -1, .audio = text_of("g")};
    struct presentation presentation = {
        .path = path,
        .version.playlist = {.variants = &said,
                             .variant_count = 1,
                             .renditions = described,
                             .rendition_count = 2},
        .streams = streams,
        .stream_count = 3,
        .variants = variant,
        .renditions = renditions,
    };

    for (int k = 0; k < 3; k++) {
        measured_make(&streams[k], all[k], 0);
        for (int i = 0; i < MEASURED; i++)
            all[k][i].media.bytes = 100000 >> k;
    }
    said.average_bandwidth = said.bandwidth;
    rules_variants_judge(&presentation, &findings);
    ck_assert_int_eq(count(RULE_BW_TIGHT) + count(RULE_BW_PEAK) + count(RULE_BW_AVG), 0);
    ck_assert_int_eq(findings.of[RULE_BW_TIGHT].checked, 2);
    described[1].group = text_of("h"); /* it was not the one that counted */
    said.audio = text_of("h");
    rules_variants_judge(&presentation, &findings);
    ck_assert_int_eq(count(RULE_BW_TIGHT), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_rules");
    TCase *tcase = suite_add(suite, "rules");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, a_clock_of_33_bits_wraps);
    tcase_add_test(tcase, a_peak_is_of_rows_around_a_target_duration);
    tcase_add_test(tcase, codecs_are_compared_as_sets);
    tcase_add_test(tcase, a_discontinuity_begins_anew);
    tcase_add_test(tcase, what_was_not_measured_says_nothing);
    tcase_add_test(tcase, durations_as_large_as_numbers_get);
    tcase_add_test(tcase, what_is_announced_does_not_cease);
    tcase_add_test(tcase, of_a_group_the_largest_rendition_counts);
    tcase_add_loop_test(tcase, a_tolerance_ends_where_it_should, 0, LENGTH(edges));
    return suite_run(suite);
}

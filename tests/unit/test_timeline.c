/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timeline is exact: at every frame rate, for 50 years, and beyond the 2^33 wrap. */
#include "tests/unit/suite.h"
#include "timeline/timeline.h"

__extension__ typedef __int128 wide;

#define NS          INT64_C(1000000000)
#define FIFTY_YEARS (INT64_C(50) * 366 * 86400) /* seconds */

enum {
    TRIES = 10000,
};

static const struct {
    int rate_num;
    int rate_den;
    int duration_ms;
    int frames;
    int duration_us;
} rates[] = {
    {30, 1, 2000, 60, 2000000},        {25, 1, 2000, 50, 2000000},
    {30000, 1001, 2000, 60, 2002000},  {24000, 1001, 2000, 48, 2002000},
    {60, 1, 2000, 120, 2000000},       {60, 1, 1, 1, 16667},
    {30000, 1001, 6000, 180, 6006000},
};

static struct timeline line_of(int row)
{
    return timeline_make(NS * 12345, rates[row].duration_ms, rates[row].rate_num,
                         rates[row].rate_den);
}

static int64_t random_index(int row)
{
    return suite_random(0, FIFTY_YEARS * 1000000 / rates[row].duration_us);
}

START_TEST(a_segment_is_the_nearest_whole_number_of_frames)
{
    struct timeline line = line_of(_i);

    ck_assert_int_eq(line.frames, rates[_i].frames);
    ck_assert_int_eq(timeline_duration_us(&line), rates[_i].duration_us);
}
END_TEST

/* start is the least t with (t - epoch) * rate_num >= index * frames * rate_den * 10^9. */
START_TEST(a_segment_starts_at_the_first_nanosecond_not_before_its_time)
{
    struct timeline line = line_of(_i);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(_i);
        wide exact = (wide)index * line.frames * line.rate_den * NS;
        wide start = timeline_start(&line, index) - line.epoch;

        ck_assert(start * line.rate_num >= exact);
        ck_assert((start - 1) * line.rate_num < exact);
        ck_assert_int_eq(timeline_due(&line, index), timeline_start(&line, index + 1));
    }
}
END_TEST

START_TEST(a_segment_is_due_from_its_instant_on_and_not_before)
{
    struct timeline line = line_of(_i);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(_i);
        int64_t due = timeline_due(&line, index);

        ck_assert_int_eq(timeline_newest_due(&line, due), index);
        ck_assert_int_eq(timeline_newest_due(&line, due - 1), index - 1);
    }
}
END_TEST

START_TEST(nothing_is_due_before_the_first_segment_ends)
{
    struct timeline line = line_of(_i);

    ck_assert_int_eq(timeline_newest_due(&line, line.epoch - NS * FIFTY_YEARS / 10), -1);
    ck_assert_int_eq(timeline_newest_due(&line, line.epoch - 1), -1);
    ck_assert_int_eq(timeline_newest_due(&line, line.epoch), -1);
    ck_assert_int_eq(timeline_newest_due(&line, timeline_due(&line, 0) - 1), -1);
    ck_assert_int_eq(timeline_newest_due(&line, timeline_due(&line, 0)), 0);
}
END_TEST

/* The first AAC frame is the first that does not start before the segment: no gap, no overlap. */
START_TEST(every_aac_frame_lies_in_the_segment_where_it_starts)
{
    struct timeline line = line_of(_i);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(_i);
        int64_t first = timeline_audio_first(&line, index);
        wide start = (wide)index * line.frames * line.rate_den * TIMELINE_SAMPLE_RATE;

        ck_assert((wide)first * TIMELINE_AAC_SAMPLES * line.rate_num >= start);
        ck_assert((wide)(first - 1) * TIMELINE_AAC_SAMPLES * line.rate_num < start);
    }
}
END_TEST

START_TEST(two_seconds_hold_94_94_94_and_93_aac_frames)
{
    static const int frames[] = {94, 94, 94, 93};
    struct timeline line = line_of(0);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(0);

        ck_assert_int_eq(timeline_audio_first(&line, index + 1) -
                             timeline_audio_first(&line, index),
                         frames[index % 4]);
    }
}
END_TEST

static const struct {
    int rate_num;
    int rate_den;
    int duration_ms;
    int period;
    int cycle;
} cycles[] = {
    {30, 1, 2000, 1, 4},
    {30, 1, 2000, 3, 4},
    {30, 1, 2000, 375, 4},
    {30, 1, 2000, 2, 8},
    {25, 1, 2000, 3, 4},
    {60, 1, 1000, 3, 8},
    {30, 1, 4000, 3, 2},
    {30, 1, 8000, 3, 1},
    {30, 1, 8000, 2, 2},
    {30000, 1001, 2000, 1, 32},
    {30000, 1001, 2000, 3, 32},
    {24000, 1001, 2000, 3, 32},
    {30000, 1001, 2000, 375, 4000},
};

START_TEST(after_the_cycle_the_sound_stands_where_it_stood)
{
    struct timeline line =
        timeline_make(0, cycles[_i].duration_ms, cycles[_i].rate_num, cycles[_i].rate_den);
    int64_t cycle = timeline_audio_cycle(&line, cycles[_i].period);
    int64_t moved = timeline_audio_first(&line, cycle);

    ck_assert_int_eq(cycle, cycles[_i].cycle);
    ck_assert_int_eq(moved % cycles[_i].period, 0);
    for (int64_t index = 0; index < 2 * cycle; index++)
        ck_assert_int_eq(
            timeline_audio_first(&line, index + cycle) - timeline_audio_first(&line, index), moved);
}
END_TEST

/* ---- sound alone ----------------------------------------------------------------------------- */

static struct timeline sound_of(int row)
{
    struct timeline line = line_of(row);

    line.sound = true;
    return line;
}

/* Media time of the first AAC frame in thirds of a microsecond: a frame is 64000 of them. */
static wide exact_start(const struct timeline *line, int64_t index)
{
    return (wide)timeline_audio_first(line, index) * 64000;
}

START_TEST(sound_alone_starts_with_its_first_aac_frame)
{
    struct timeline line = sound_of(_i);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(_i);
        wide exact = exact_start(&line, index) * 1000;
        wide start = timeline_start(&line, index) - line.epoch;

        ck_assert(start * 3 >= exact && (start - 1) * 3 < exact);
        ck_assert_int_eq(timeline_due(&line, index), timeline_start(&line, index + 1));
        ck_assert_int_eq(timeline_segment_ticks(&line, index),
                         timeline_audio_ticks(&line, timeline_audio_first(&line, index)));
        ck_assert_int_eq(timeline_pcr_ticks(&line, index, 0, 7),
                         timeline_segment_ticks(&line, index) * 300);
    }
}
END_TEST

START_TEST(sound_alone_is_due_from_its_instant_on_and_not_before)
{
    struct timeline line = sound_of(_i);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(_i);
        int64_t due = timeline_due(&line, index);

        if (due == timeline_start(&line, index)) /* no AAC frame starts in so short a segment */
            continue;
        ck_assert_int_eq(timeline_newest_due(&line, due - 1), index - 1);
        ck_assert_int_ge(timeline_newest_due(&line, due), index);
        ck_assert_int_eq(timeline_start(&line, timeline_index_at(&line, due)), due);
    }
    ck_assert_int_eq(timeline_newest_due(&line, line.epoch - NS * FIFTY_YEARS / 10), -1);
    ck_assert_int_eq(timeline_newest_due(&line, line.epoch - 1), -1);
}
END_TEST

/* By EXTINF a client adds up where a segment is. */
START_TEST(durations_of_sound_alone_never_add_up_to_an_error)
{
    struct timeline line = sound_of(_i);

    for (int i = 0; i < 10; i++) {
        int64_t first = random_index(_i);
        wide sum = 0;

        for (int64_t index = first; index < first + 1000; index++) {
            int64_t us = timeline_segment_us(&line, index);
            wide exact = exact_start(&line, index + 1) - exact_start(&line, index);

            sum += us;
            ck_assert((wide)us * 3 - exact < 3 && exact - (wide)us * 3 < 3);
        }
        sum = sum * 3 - exact_start(&line, first + 1000) + exact_start(&line, first);
        ck_assert(sum < 3 && sum > -3);
    }
}
END_TEST

START_TEST(durations_of_video_are_nominal)
{
    struct timeline line = line_of(_i);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(_i);

        ck_assert_int_eq(timeline_segment_us(&line, index), timeline_duration_us(&line));
        ck_assert_int_eq(timeline_segment_ticks(&line, index),
                         timeline_video_ticks(&line, index * line.frames));
    }
}
END_TEST

START_TEST(segments_of_1920_ms_hold_90_aac_frames)
{
    struct timeline line = timeline_make(0, 1920, 25, 1);

    line.sound = true;
    for (int i = 0; i < TRIES; i++) {
        int64_t index = suite_random(0, FIFTY_YEARS / 2);

        ck_assert_int_eq(timeline_audio_first(&line, index), 90 * index);
        ck_assert_int_eq(timeline_segment_us(&line, index), 1920000);
        ck_assert_int_eq(timeline_start(&line, index), index * 1920000000);
    }
}
END_TEST

START_TEST(the_pcr_of_sound_alone_is_linear_in_the_byte_position)
{
    struct timeline line = sound_of(_i);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(_i);
        int64_t whole = suite_random(1, 20000);
        int64_t part = suite_random(0, whole);
        wide start = (wide)timeline_audio_first(&line, index) * 576000;
        wide end = (wide)timeline_audio_first(&line, index + 1) * 576000;
        wide exact = start * whole + (end - start) * part;
        wide ticks = timeline_pcr_ticks(&line, index, part, whole);

        ck_assert(ticks * whole <= exact && (ticks + 1) * whole > exact);
    }
}
END_TEST

START_TEST(parts_are_those_that_fit)
{
    struct timeline line = _i % 2 ? sound_of(0) : line_of(0);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(0);
        int64_t whole = suite_random(1, 20000);
        int64_t ms = suite_random(1, 1000);
        int64_t parts = timeline_parts(&line, index, whole, ms);
        wide length =
            timeline_pcr_ticks(&line, index + 1, 0, 1) - timeline_pcr_ticks(&line, index, 0, 1);

        ck_assert(parts * length <= (wide)whole * ms * (TIMELINE_PCR_HZ / 1000));
        ck_assert((parts + 1) * length > (wide)whole * ms * (TIMELINE_PCR_HZ / 1000));
    }
}
END_TEST

/* ---- ticks ----------------------------------------------------------------------------------- */

START_TEST(ticks_rise_by_the_frame_duration)
{
    struct timeline line = line_of(_i);
    int64_t shortest = TIMELINE_CLOCK_HZ * line.rate_den / line.rate_num;

    for (int i = 0; i < TRIES; i++) {
        int64_t frame = random_index(_i) * line.frames + suite_random(-2, line.frames);
        int64_t video = timeline_video_ticks(&line, frame + 1) - timeline_video_ticks(&line, frame);

        ck_assert(video == shortest || video == shortest + 1);
        ck_assert_int_eq(
            timeline_audio_ticks(&line, frame + 1) - timeline_audio_ticks(&line, frame), 1920);
    }
}
END_TEST

START_TEST(a_tick_is_never_after_its_frame)
{
    struct timeline line = line_of(_i);

    for (int i = 0; i < TRIES; i++) {
        int64_t frame = random_index(_i) * line.frames + suite_random(-2, line.frames);
        wide exact = (wide)frame * line.rate_den * TIMELINE_CLOCK_HZ;
        wide ticks = timeline_video_ticks(&line, frame);

        ck_assert(ticks * line.rate_num <= exact);
        ck_assert((ticks + 1) * line.rate_num > exact);
    }
}
END_TEST

START_TEST(the_pcr_is_linear_in_the_byte_position)
{
    struct timeline line = line_of(_i);

    for (int i = 0; i < TRIES; i++) {
        int64_t index = random_index(_i);
        int64_t whole = suite_random(1, 20000);
        int64_t part = suite_random(0, whole);
        wide exact = ((wide)index * whole + part) * line.frames * line.rate_den * TIMELINE_PCR_HZ;
        wide ticks = timeline_pcr_ticks(&line, index, part, whole);

        ck_assert(ticks * line.rate_num * whole <= exact);
        ck_assert((ticks + 1) * line.rate_num * whole > exact);
        ck_assert_int_eq(timeline_pcr_ticks(&line, index, whole, whole),
                         timeline_pcr_ticks(&line, index + 1, 0, whole));
    }
}
END_TEST

START_TEST(time_runs_on_where_33_bits_end)
{
    struct timeline line = line_of(0);
    struct timeline ntsc = line_of(2);
    int64_t index = TIMELINE_PTS_MODULUS / 180000; /* the wrap falls into this 2 s segment */

    ck_assert_int_eq(timeline_video_ticks(&line, (index + 1) * 60), (index + 1) * 180000);
    ck_assert_int_gt((index + 1) * 180000, TIMELINE_PTS_MODULUS);
    ck_assert_int_eq(timeline_pcr_ticks(&line, index + 1, 0, 7), (index + 1) * 54000000);
    ck_assert_int_eq(timeline_audio_ticks(&line, 375 * NS), 720000 * NS);
    ck_assert_int_eq(timeline_video_ticks(&ntsc, 30000 * NS), 1001 * TIMELINE_CLOCK_HZ * NS);
}
END_TEST

START_TEST(divisors_and_multiples)
{
    ck_assert_int_eq(timeline_gcd(12, 18), 6);
    ck_assert_int_eq(timeline_gcd(7, 1), 1);
    ck_assert_int_eq(timeline_gcd(5, 5), 5);
    ck_assert_int_eq(timeline_lcm(4, 6), 12);
    ck_assert_int_eq(timeline_lcm(1, 9), 9);
    ck_assert_int_eq(timeline_lcm(INT64_C(1) << 40, INT64_C(3) << 40), INT64_C(3) << 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timeline");
    TCase *wall = suite_add(suite, "wall clock");
    TCase *sound = suite_add(suite, "sound");
    TCase *alone = suite_add(suite, "sound alone");
    TCase *ticks = suite_add(suite, "ticks");
    int count = LENGTH(rates);

    tcase_add_loop_test(wall, a_segment_is_the_nearest_whole_number_of_frames, 0, count);
    tcase_add_loop_test(wall, a_segment_starts_at_the_first_nanosecond_not_before_its_time, 0,
                        count);
    tcase_add_loop_test(wall, a_segment_is_due_from_its_instant_on_and_not_before, 0, count);
    tcase_add_loop_test(wall, nothing_is_due_before_the_first_segment_ends, 0, count);
    tcase_add_loop_test(sound, every_aac_frame_lies_in_the_segment_where_it_starts, 0, count);
    tcase_add_test(sound, two_seconds_hold_94_94_94_and_93_aac_frames);
    tcase_add_loop_test(sound, after_the_cycle_the_sound_stands_where_it_stood, 0, LENGTH(cycles));
    tcase_add_loop_test(alone, sound_alone_starts_with_its_first_aac_frame, 0, count);
    tcase_add_loop_test(alone, sound_alone_is_due_from_its_instant_on_and_not_before, 0, count);
    tcase_add_loop_test(alone, durations_of_sound_alone_never_add_up_to_an_error, 0, count);
    tcase_add_loop_test(alone, durations_of_video_are_nominal, 0, count);
    tcase_add_test(alone, segments_of_1920_ms_hold_90_aac_frames);
    tcase_add_loop_test(alone, the_pcr_of_sound_alone_is_linear_in_the_byte_position, 0, count);
    tcase_add_loop_test(alone, parts_are_those_that_fit, 0, 2);
    tcase_add_loop_test(ticks, ticks_rise_by_the_frame_duration, 0, count);
    tcase_add_loop_test(ticks, a_tick_is_never_after_its_frame, 0, count);
    tcase_add_loop_test(ticks, the_pcr_is_linear_in_the_byte_position, 0, count);
    tcase_add_test(ticks, time_runs_on_where_33_bits_end);
    tcase_add_test(ticks, divisors_and_multiples);
    suite_seed();
    return suite_run(suite);
}

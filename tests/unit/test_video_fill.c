/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bit rates: exact sizes, steady growth, and no access unit after its decode time. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/h264.h"
#include "media/video_fill.h"
#include "tests/unit/suite.h"

enum {
    SEGMENTS = 16, /* of a cycle of any bit rate */
    BITRATE = 2000000,
};

static const struct {
    int rate_num;
    int rate_den;
    int duration_ms;
    int delay;
    int first; /* bytes of an IDR picture */
    int least; /* and of the others */
    int most;
    int last; /* of the last one; 0: like the others */
    int pattern;
    int variation;
} cases[] = {
    {30, 1, 2000, 0, 60000, 20, 400, 0, BITRATE_CONSTANT, 0},
    {30, 1, 2000, 2, 40000, 500, 3000, 0, BITRATE_CONSTANT, 0},
    {30000, 1001, 2000, 0, 60000, 20, 400, 0, BITRATE_CONSTANT, 0},
    {25, 1, 1000, 1, 10000, 1, 9000, 0, BITRATE_CONSTANT, 0},
    {60, 1, 2000, 0, 90000, 20, 3000, 0, BITRATE_CONSTANT, 0},
    {30, 1, 2000, 0, 500, 8333, 8333, 0, BITRATE_CONSTANT, 0},
    {30, 1, 2000, 0, 500, 8327, 8338, 0, BITRATE_CONSTANT, 0},
    {30, 1, 2000, 0, 20000, 20, 400, 60000, BITRATE_CONSTANT, 0},
    {30, 1, 2000, 0, 100, 100, 15000, 9000, BITRATE_CONSTANT, 0},
    {30, 1, 2000, 0, 50000, 20, 400, 0, BITRATE_SAWTOOTH, 50},
    {30000, 1001, 2000, 2, 40000, 500, 3000, 0, BITRATE_SAWTOOTH, 20},
    {25, 1, 1000, 1, 10000, 1, 9000, 0, BITRATE_RANDOM, 7},
};

static struct preset preset_of(int row)
{
    return (struct preset){.video = {.bitrate = BITRATE,
                                     .bitrate_pattern = cases[row].pattern,
                                     .bitrate_variation = cases[row].variation,
                                     .bitrate_seed = row}};
}

static struct timeline line_of(int row)
{
    return timeline_make(0, cases[row].duration_ms, cases[row].rate_num, cases[row].rate_den);
}

static size_t unit_size(int row, int64_t i, int64_t frames)
{
    if (i == 0)
        return (size_t)cases[row].first;
    if (i == frames - 1 && cases[row].last > 0)
        return (size_t)cases[row].last;
    return (size_t)suite_random(cases[row].least, cases[row].most);
}

static uint8_t unit_byte(int64_t i)
{
    return (uint8_t)(1 + i % 255);
}

static bool holds_only(const uint8_t *data, size_t size, uint8_t byte)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] != byte)
            return false;
    }
    return true;
}

/* A cycle of access units of random sizes and bytes. */
static struct video make_video(int row)
{
    struct timeline line = line_of(row);
    struct video video = {
        .count = SEGMENTS * line.frames, .segments = SEGMENTS, .delay = cases[row].delay};

    video.units = calloc((size_t)video.count, sizeof(*video.units));
    ck_assert_ptr_nonnull(video.units);
    for (int64_t i = 0; i < video.count; i++) {
        struct video_unit *unit = &video.units[i];

        unit->offset = video.bytes.size;
        unit->size = unit_size(row, i % line.frames, line.frames);
        unit->pts = i;
        memset(buffer_extend(&video.bytes, unit->size), unit_byte(i), unit->size);
    }
    return video;
}

/* A random cycle that can be sent; its sizes before filling in @p ret_sizes. */
static struct video make_filled(int row, size_t **ret_sizes)
{
    struct timeline line = line_of(row);
    struct preset preset = preset_of(row);
    struct video video = make_video(row);
    int64_t bytes[SEGMENTS];

    for (int64_t segment = 0; segment < SEGMENTS; segment++)
        bytes[segment] = video_segment_bytes(&preset, &line, segment);
    while (video_excess(&video, &line, video_bytes_range_of(&preset, &line).least) > 1000) {
        video_finish(&video);
        video = make_video(row);
    }
    *ret_sizes = calloc((size_t)video.count, sizeof(**ret_sizes));
    ck_assert_ptr_nonnull(*ret_sizes);
    for (int64_t i = 0; i < video.count; i++)
        (*ret_sizes)[i] = video.units[i].size;
    ck_assert_int_eq(video_fill(&video, &line, bytes), 0);
    return video;
}

START_TEST(every_segment_has_its_size)
{
    struct timeline line = line_of(_i);
    struct preset preset = preset_of(_i);
    size_t *sizes;
    struct video video = make_filled(_i, &sizes);
    size_t sum = 0;

    for (int64_t segment = 0; segment < SEGMENTS; segment++) {
        size_t bytes = 0;

        for (int64_t i = 0; i < line.frames; i++)
            bytes += video.units[segment * line.frames + i].size;
        ck_assert_uint_eq(bytes, (size_t)video_segment_bytes(&preset, &line, segment));
        sum += bytes;
    }
    ck_assert_uint_eq(video.bytes.size, sum);
    free(sizes);
    video_finish(&video);
}
END_TEST

START_TEST(filler_stands_behind_its_unit_which_stays)
{
    size_t *sizes;
    struct video video = make_filled(_i, &sizes);
    size_t offset = 0;

    for (int64_t i = 0; i < video.count; i++) {
        const struct video_unit *unit = &video.units[i];
        const uint8_t *data = video.bytes.data + unit->offset;
        size_t filler = unit->size - sizes[i];

        ck_assert_uint_eq(unit->offset, offset);
        ck_assert(holds_only(data, sizes[i], unit_byte(i)));
        ck_assert(filler == 0 || filler >= H264_FILLER_MIN);
        if (filler > 0)
            ck_assert_mem_eq(data + sizes[i], "\x00\x00\x00\x01\x0c", 5);
        offset += unit->size;
    }
    free(sizes);
    video_finish(&video);
}
END_TEST

/* By the time a unit is decoded, its last byte was sent: the channel began VIDEO_LEAD_MS before. */
START_TEST(no_unit_is_sent_after_its_decode_time)
{
    struct timeline line = line_of(_i);
    struct preset preset = preset_of(_i);
    double seconds = (double)timeline_duration_us(&line) / 1e6;
    size_t *sizes;
    struct video video = make_filled(_i, &sizes);
    double sent = 0;

    for (int64_t unit = 0; unit < video.count; unit++) {
        int64_t i = unit % line.frames;
        double segment = (double)video_segment_bytes(&preset, &line, unit / line.frames);
        double lead = segment / seconds * VIDEO_LEAD_MS / 1000;

        sent = (i == 0 ? 0 : sent) + (double)video.units[unit].size;
        ck_assert_double_le(sent, segment * (double)(i - video.delay) / (double)line.frames + lead);
    }
    free(sizes);
    video_finish(&video);
}
END_TEST

/* Units of segments that show the same picture are the same bytes, until they are filled. */
START_TEST(units_may_share_their_bytes)
{
    static const int64_t bytes[] = {250000, 250006, 400000};
    struct timeline line = timeline_make(0, 1000, 25, 1);
    struct video video = {.count = 75, .segments = 3};

    video.units = calloc((size_t)video.count, sizeof(*video.units));
    memset(buffer_extend(&video.bytes, 100), 0x55, 100);
    for (int64_t i = 0; i < video.count; i++)
        video.units[i] = (struct video_unit){.offset = 0, .size = 100, .pts = i};
    ck_assert_int_eq(video_fill(&video, &line, bytes), 0);
    ck_assert_uint_eq(video.bytes.size, 900006);
    ck_assert_uint_eq(video.units[25].offset, 250000);
    ck_assert_uint_eq(video.units[50].offset, 500006);
    for (int64_t i = 0; i < video.count; i++)
        ck_assert(holds_only(video.bytes.data + video.units[i].offset, 100, 0x55));
    video_finish(&video);
}
END_TEST

/* ---- bit rates ------------------------------------------------------------------------------- */

static int64_t constant_bytes(int rate_num, int rate_den, int64_t bitrate)
{
    struct timeline line = timeline_make(0, 2000, rate_num, rate_den);
    struct preset preset = {.video = {.bitrate = bitrate}};

    return video_segment_bytes(&preset, &line, suite_random(0, INT64_C(1) << 40));
}

START_TEST(bytes_are_rounded_down)
{
    ck_assert_int_eq(constant_bytes(30, 1, 2000000), 500000);
    ck_assert_int_eq(constant_bytes(30, 1, 2000003), 500000);
    ck_assert_int_eq(constant_bytes(30000, 1001, 2000000), 500500);
    ck_assert_int_eq(constant_bytes(30000, 1001, 1000001), 250250);
}
END_TEST

static const struct rhythm {
    int pattern;
    int variation;
    int64_t seed;
    int64_t bitrate;
    int64_t cycle;
} rhythms[] = {
    {BITRATE_CONSTANT, 20, 1, 2000000, 1},
    {BITRATE_SAWTOOTH, 20, 1, 2000000, 8},
    {BITRATE_SAWTOOTH, 1, 1, 32000, 8},
    {BITRATE_SAWTOOTH, 50, 1, 59999999, 8},
    {BITRATE_RANDOM, 20, 1, 2000000, 16},
    {BITRATE_RANDOM, 1, 0, 32003, 16},
    {BITRATE_RANDOM, 50, 1000000000, 60000000, 16},
    {BITRATE_RANDOM, 33, 42, 1234567, 16},
};

static struct preset preset_with(const struct rhythm *rhythm)
{
    return (struct preset){.video = {.bitrate = rhythm->bitrate,
                                     .bitrate_pattern = rhythm->pattern,
                                     .bitrate_variation = rhythm->variation,
                                     .bitrate_seed = rhythm->seed}};
}

START_TEST(the_mean_is_the_declared_rate_to_the_byte)
{
    const struct rhythm *rhythm = &rhythms[_i];
    struct timeline line = timeline_make(0, 2000, 30000, 1001);
    struct preset preset = preset_with(rhythm);
    struct preset constant = {.video = {.bitrate = rhythm->bitrate}};
    int64_t mean = video_segment_bytes(&constant, &line, 0);
    int64_t first = suite_random(0, INT64_C(1) << 40);
    struct video_range range = video_bytes_range_of(&preset, &line);
    int64_t sum = 0;

    ck_assert_int_eq(video_bitrate_cycle(&preset), rhythm->cycle);
    for (int64_t i = 0; i < rhythm->cycle; i++) {
        int64_t bytes = video_segment_bytes(&preset, &line, first + i);

        ck_assert_int_eq(bytes, video_segment_bytes(&preset, &line, first + i + rhythm->cycle));
        ck_assert_int_ge(bytes, range.least);
        ck_assert_int_le(bytes, range.most);
        sum += bytes;
    }
    ck_assert_int_eq(sum, rhythm->cycle * mean);
    ck_assert_int_ge(video_bitrate_range_of(&preset).most * 2002 / 8000, range.most);
    ck_assert_int_le(video_bitrate_range_of(&preset).least * 2002 / 8000, range.least);
    if (rhythm->pattern != BITRATE_CONSTANT) {
        ck_assert_int_eq(range.least, mean - mean * rhythm->variation / 100);
        ck_assert_int_eq(range.most, mean + mean * rhythm->variation / 100);
    }
}
END_TEST

START_TEST(a_sawtooth_rises_evenly_and_falls_at_once)
{
    static const int64_t sizes[] = {430000, 450000, 470000, 490000, 510000, 530000, 550000, 570000};
    struct timeline line = timeline_make(0, 2000, 30, 1);
    struct preset preset = preset_with(&(struct rhythm){BITRATE_SAWTOOTH, 14, 0, 2000000, 8});

    for (int64_t i = 0; i < 24; i++)
        ck_assert_int_eq(video_segment_bytes(&preset, &line, i), sizes[i % 8]);
}
END_TEST

/* The order of seed 1, by a program of its own after the generator's publication: it stays. */
START_TEST(the_seed_decides_the_order)
{
    static const int64_t steps[] = {9, 14, 5, 3, 1, 7, 13, 10, 6, 8, 11, 15, 0, 2, 4, 12};
    struct timeline line = timeline_make(0, 2000, 30, 1);
    struct preset preset = preset_with(&(struct rhythm){BITRATE_RANDOM, 15, 1, 2000000, 16});
    struct preset other = preset_with(&(struct rhythm){BITRATE_RANDOM, 15, 2, 2000000, 16});
    int64_t unlike = 0;

    for (int64_t i = 0; i < 16; i++) {
        int64_t bytes = video_segment_bytes(&preset, &line, i);

        ck_assert_int_eq(bytes, 425000 + 10000 * steps[i]);
        unlike += bytes != video_segment_bytes(&other, &line, i);
    }
    ck_assert_int_gt(unlike, 0);
}
END_TEST

/* ---- excess ---------------------------------------------------------------------------------- */

static int64_t excess_with(int64_t place, size_t size)
{
    struct timeline line = line_of(0);
    struct video video = make_video(0);
    int64_t excess;

    for (int64_t i = 0; i < video.count; i++)
        video.units[i].size = 100;
    video.units[line.frames + place].size = size;
    excess = video_excess(&video, &line, 500000);
    video_finish(&video);
    return excess;
}

START_TEST(the_excess_is_that_of_the_worst_unit)
{
    /* 0.5 s at 2 Mbit/s are 125000 bytes, of which a twentieth is kept back: 118750. */
    ck_assert_int_eq(excess_with(0, 118750), 1000);
    ck_assert_int_eq(excess_with(0, 237500), 2000);
    ck_assert_int_gt(excess_with(0, 118751), 1000);
    /* Half a segment later the channel has carried 250000 more; 30 units stand before. */
    ck_assert_int_eq(excess_with(30, 368750 - 3000), 1000);
    /* The last one ends with the segment, with room for the smallest filler. */
    ck_assert_int_eq(excess_with(59, 500000 - 5900 - H264_FILLER_MIN), 1000);
}
END_TEST

START_TEST(a_unit_that_is_decoded_before_anything_is_sent_never_fits)
{
    struct timeline line = line_of(0);
    struct video video = make_video(0);

    video.delay = 15; /* 0.5 s: as long as the lead */
    ck_assert_int_gt(video_excess(&video, &line, INT64_C(1) << 40), 1000);
    video_finish(&video);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("video_fill");
    TCase *fill = suite_add(suite, "fill");
    TCase *rate = suite_add(suite, "rate");
    TCase *excess = suite_add(suite, "excess");

    tcase_add_loop_test(fill, every_segment_has_its_size, 0, LENGTH(cases));
    tcase_add_loop_test(fill, filler_stands_behind_its_unit_which_stays, 0, LENGTH(cases));
    tcase_add_loop_test(fill, no_unit_is_sent_after_its_decode_time, 0, LENGTH(cases));
    tcase_add_test(fill, units_may_share_their_bytes);
    tcase_add_test(rate, bytes_are_rounded_down);
    tcase_add_loop_test(rate, the_mean_is_the_declared_rate_to_the_byte, 0, LENGTH(rhythms));
    tcase_add_test(rate, a_sawtooth_rises_evenly_and_falls_at_once);
    tcase_add_test(rate, the_seed_decides_the_order);
    tcase_add_test(excess, the_excess_is_that_of_the_worst_unit);
    tcase_add_test(excess, a_unit_that_is_decoded_before_anything_is_sent_never_fits);
    suite_seed();
    return suite_run(suite);
}

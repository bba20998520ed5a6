/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments encoded afresh: a pure function, for any number of threads at once, whose segments
 * follow on each other and on those that stand by for them.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/library.h"
#include "media/rendition.h"
#include "media/ts.h"
#include "tests/unit/suite.h"

#define PIDS     0x2000
#define THREADS  4
#define SEGMENTS 5

/* The last segment that begins before the 33-bit time stamps wrap, for segments of 1 s. */
#define WRAP (TIMELINE_PTS_MODULUS / 90000)

static const struct variant {
    enum preset_pattern pattern;
    const char *x264_preset;
    struct rational rate;
    int64_t variation; /* of the bit rate, percent */
} variants[] = {
    {PATTERN_TESTSRC2, "ultrafast", {30, 1}, 0},
    {PATTERN_SMPTEBARS, "ultrafast", {30000, 1001}, 0},
    {PATTERN_TESTSRC, "veryfast", {25, 1}, 0}, /* has B pictures */
    {PATTERN_COLOR, "ultrafast", {25, 1}, 20},
};

struct scene {
    struct preset preset;
    struct timeline line;
    struct rendition *rendition;
    struct rendition_stream stream;
};

static struct preset preset_of(const struct variant *variant)
{
    struct preset preset = {
        .name = "afresh",
        .stream = {.segment_duration = 1000, .window = 10},
        .video = {.overlay = OVERLAY_CLOCK,
                  .pattern = variant->pattern,
                  .width = 320,
                  .height = 180,
                  .rate = variant->rate,
                  .bitrate = 400000,
                  .bitrate_pattern = variant->variation > 0 ? BITRATE_SAWTOOTH : BITRATE_CONSTANT,
                  .bitrate_variation = variant->variation,
                  .cycle = 3000},
        .audio = {.tone = 1000, .bitrate = 96000},
    };

    (void)snprintf(preset.video.x264_preset, sizeof(preset.video.x264_preset), "%s",
                   variant->x264_preset);
    return preset;
}

static void say_nothing(const char *line)
{
    (void)line;
}

static void set_up(struct scene *scene, int i)
{
    const struct preset *preset = &scene->preset;
    struct audio audio;
    struct error err;

    library_init(say_nothing);
    scene->preset = preset_of(&variants[i]);
    scene->line = timeline_make(0, preset->stream.segment_duration, preset->video.rate.num,
                                preset->video.rate.den);
    scene->stream = (struct rendition_stream){.number = 7, .line = &scene->line};
    ck_assert_int_eq(audio_encode(preset, &scene->line, NULL, &audio, &err), 0);
    ck_assert_int_eq(rendition_make(preset, &scene->line, &audio, NULL, &scene->rendition, &err),
                     0);
    audio_finish(&audio);
}

static uint8_t *encode(const struct scene *scene, int64_t index)
{
    uint8_t *bytes = malloc(rendition_segment_max(scene->rendition));

    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(rendition_encode(scene->rendition, &scene->stream, index, NULL, bytes), 0);
    return bytes;
}

/* ---- a pure function ------------------------------------------------------------------------- */

struct task {
    pthread_t thread;
    int number;
    const struct scene *scene;
    uint8_t *bytes[SEGMENTS];
};

/* All the same segments; each thread begins with another. */
static void *encode_all(void *argument)
{
    struct task *task = argument;

    for (int i = 0; i < SEGMENTS; i++) {
        int k = (task->number + i) % SEGMENTS;

        task->bytes[k] = encode(task->scene, WRAP - 1 + k);
    }
    return NULL;
}

START_TEST(bytes_do_not_depend_on_who_encodes_them)
{
    struct task tasks[THREADS] = {0};
    struct scene scene;

    set_up(&scene, _i);
    for (int t = 0; t < THREADS; t++) {
        tasks[t].number = t;
        tasks[t].scene = &scene;
        ck_assert_int_eq(pthread_create(&tasks[t].thread, NULL, encode_all, &tasks[t]), 0);
    }
    for (int t = 0; t < THREADS; t++)
        (void)pthread_join(tasks[t].thread, NULL);
    for (int k = 0; k < SEGMENTS; k++) {
        size_t size = rendition_segment_size(scene.rendition, WRAP - 1 + k);
        uint8_t *alone = encode(&scene, WRAP - 1 + k);

        for (int t = 0; t < THREADS; t++) {
            ck_assert_int_eq(memcmp(tasks[t].bytes[k], alone, size), 0);
            free(tasks[t].bytes[k]);
        }
        free(alone);
    }
    (void)rendition_free(scene.rendition);
}
END_TEST

START_TEST(streams_and_segments_differ)
{
    struct scene scene;
    uint8_t *bytes;
    uint8_t *others;

    set_up(&scene, _i);
    bytes = encode(&scene, 300);
    scene.stream.number++;
    others = encode(&scene, 300);
    ck_assert_int_ne(memcmp(bytes, others, rendition_segment_size(scene.rendition, 300)), 0);
    free(bytes);
    free(others);
    (void)rendition_free(scene.rendition);
}
END_TEST

/* ---- one after the other --------------------------------------------------------------------- */

/* continuity_counter goes on from packet to packet (ISO 13818-1 2.4.3.3). -1: no packet yet. */
static void follow(const uint8_t *bytes, size_t size, int counters[PIDS])
{
    for (const uint8_t *packet = bytes; packet < bytes + size; packet += TS_PACKET) {
        int *counter = &counters[ts_pid(packet)];

        ck_assert_int_eq(packet[0], TS_SYNC);
        if (ts_pid(packet) == TS_PID_NULL || !ts_has_payload(packet))
            continue;
        if (*counter >= 0)
            ck_assert_int_eq(packet[3] & 0xf, (*counter + 1) % 16);
        *counter = packet[3] & 0xf;
    }
}

/* The first packet that starts a unit of the video. */
static const uint8_t *first_unit(const uint8_t *bytes)
{
    while (ts_pid(bytes) != TS_PID_VIDEO || !ts_starts_unit(bytes))
        bytes += TS_PACKET;
    return bytes;
}

/* PES header and time stamps, and so the delay of decoding, are those of the one that stands by. */
static void expect_same_stamps(const uint8_t *one, const uint8_t *other)
{
    const uint8_t *a = first_unit(one);
    const uint8_t *b = first_unit(other);

    ck_assert_int_eq(memcmp(a + ts_payload_offset(a), b + ts_payload_offset(b), 19), 0);
}

START_TEST(segments_follow_on_each_other_and_on_those_that_stand_by)
{
    int counters[PIDS];
    struct scene scene;

    set_up(&scene, _i);
    for (int i = 0; i < PIDS; i++)
        counters[i] = -1;
    for (int64_t index = WRAP - 4; index < WRAP + 4; index++) {
        size_t size = rendition_segment_size(scene.rendition, index);
        const uint8_t *standing_by = rendition_segment(scene.rendition, &scene.stream, index);
        uint8_t *bytes = encode(&scene, index);

        expect_same_stamps(bytes, standing_by);
        follow(index % 3 == 0 ? standing_by : bytes, size, counters);
        free(bytes);
    }
    (void)rendition_free(scene.rendition);
}
END_TEST

/* ---- the first picture ----------------------------------------------------------------------- */

/* What is declared of them holds for any, and no mean is declared. */
START_TEST(no_iframe_is_larger_than_declared)
{
    struct scene scene;
    struct rendition_facts facts;

    set_up(&scene, _i);
    rendition_describe(scene.rendition, &facts);
    ck_assert_int_eq(facts.iframe_average, 0);
    ck_assert_int_lt(facts.iframe_bandwidth, facts.bandwidth);
    for (int64_t index = WRAP; index < WRAP + SEGMENTS; index++) {
        uint8_t *bytes = encode(&scene, index);
        int64_t us = timeline_segment_us(&scene.line, index);
        struct rendition_range range = rendition_iframe(
            scene.rendition, bytes, rendition_segment_size(scene.rendition, index));

        ck_assert_uint_gt(range.size, 0);
        ck_assert_int_le((int64_t)range.size * 8 * 1000000 / us, facts.iframe_bandwidth);
        free(bytes);
    }
    (void)rendition_free(scene.rendition);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("afresh");
    TCase *tcase = suite_add(suite, "afresh");

    tcase_add_loop_test(tcase, bytes_do_not_depend_on_who_encodes_them, 0, LENGTH(variants));
    tcase_add_loop_test(tcase, streams_and_segments_differ, 0, LENGTH(variants));
    tcase_add_loop_test(tcase, segments_follow_on_each_other_and_on_those_that_stand_by, 0,
                        LENGTH(variants));
    tcase_add_loop_test(tcase, no_iframe_is_larger_than_declared, 0, LENGTH(variants));
    return suite_run(suite);
}

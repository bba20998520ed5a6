/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one idea: a patched template has the bytes of a segment that was encoded, muxed with absolute
 * time stamps and laid out at its own place in time.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "media/align.h"
#include "media/audio.h"
#include "media/engine.h"
#include "media/h264.h"
#include "media/layout.h"
#include "media/library.h"
#include "media/mux.h"
#include "media/rendition.h"
#include "media/template.h"
#include "media/ts.h"
#include "media/video.h"
#include "media/video_fill.h"
#include "tests/unit/bench.h"
#include "tests/unit/setups.h"
#include "tests/unit/suite.h"

/* The last segment that begins before the 33-bit time stamps wrap, for segments of 2 s. */
#define WRAP (TIMELINE_PTS_MODULUS / 180000)

/* Of all setups, made once: each test runs in a process of its own, and has a copy. */
static struct bench benches[SETUPS_COUNT];

static void make_benches(void)
{
    for (int i = 0; i < SETUPS_COUNT; i++)
        benches[i] = bench_make(&setups[i].preset);
}

static void finish_benches(void)
{
    for (int i = 0; i < SETUPS_COUNT; i++)
        bench_finish(&benches[i]);
}

struct scratch {
    const struct bench *bench;
    int64_t counters[TEMPLATE_PIDS]; /* packets with a payload so far */
    uint8_t *bytes;
};

static int slot_of(int pid)
{
    const int pids[TEMPLATE_PIDS] = {TS_PID_PAT, TS_PID_PMT, TS_PID_VIDEO, TS_PID_AUDIO};
    int slot = 0;

    while (pids[slot] != pid)
        slot++;
    return slot;
}

/* A packet without payload repeats the counter of the one before it (2.4.3.3). */
static void count_packet(struct scratch *scratch, uint8_t *packet)
{
    int64_t *counter = &scratch->counters[slot_of(ts_pid(packet))];

    *counter += ts_has_payload(packet);
    ts_write_counter(packet, *counter - 1);
}

static int lay_out(void *arg, int64_t index, const uint8_t *packets, size_t size)
{
    struct scratch *scratch = arg;
    const struct bench *bench = scratch->bench;
    bool paced = bench->preset->video.stuffing == STUFFING_NULL;
    int64_t whole = (int64_t)(rendition_segment_size(bench->rendition, index) / TS_PACKET);
    struct buffer even = {0};

    ck_assert_int_eq(align_append(&even, packets, size), 0);
    ck_assert_int_eq(
        layout_place(bench->line, index, even.data, even.size, paced, whole, scratch->bytes), 0);
    buffer_finish(&even);
    for (int64_t position = 0; position < whole; position++) {
        uint8_t *packet = scratch->bytes + position * TS_PACKET;

        if (ts_pid(packet) == TS_PID_NULL)
            continue;
        if (ts_pcr_offset(packet) != 0)
            ts_write_pcr(packet + ts_pcr_offset(packet),
                         layout_pcr(bench->line, index, position, whole));
        count_packet(scratch, packet);
    }
    return 0;
}

/* Segment @p index by libavformat alone, begun where the counters are at 0. Freed by the caller. */
static uint8_t *make_from_scratch(const struct bench *bench, int64_t index)
{
    struct mux_source source = {bench->line, bench_video(bench), bench_audio(bench)};
    struct scratch scratch = {.bench = bench};
    int64_t period = 16 * rendition_cycle(bench->rendition);
    int64_t first = index - index % period;

    if (bench->preset->video.overlay == OVERLAY_CLOCK)
        bench_draw(bench, index);
    scratch.bytes = malloc(rendition_segment_max(bench->rendition));
    ck_assert_ptr_nonnull(scratch.bytes);
    ck_assert_int_eq(mux_ts(&source, first, index - first + 1, lay_out, &scratch), 0);
    return scratch.bytes;
}

static void check_segment(const struct bench *bench, const char *name, int64_t index)
{
    size_t size = rendition_segment_size(bench->rendition, index);
    uint8_t *scratch = make_from_scratch(bench, index);
    const uint8_t *patched = bench_segment(bench, index);
    size_t at = 0;

    while (at < size && scratch[at] == patched[at])
        at++;
    ck_assert_msg(at == size, "%s: segment %lld differs in packet %zu byte %zu", name,
                  (long long)index, at / TS_PACKET, at % TS_PACKET);
    free(scratch);
}

START_TEST(patched_equals_made_from_scratch)
{
    const struct setup *setup = &setups[_i];
    const struct bench *bench = &benches[_i];
    int64_t period = 16 * rendition_cycle(bench->rendition);
    const int64_t indices[] = {
        period, period + 1, 2 * period - 1, WRAP - 1, WRAP, WRAP + 1, 897655409, WRAP * 20000, 2026,
    };

    for (size_t i = 0; i < sizeof(indices) / sizeof(indices[0]); i++)
        check_segment(bench, setup->name, indices[i]);
}
END_TEST

/* The wrap of a time stamp that is inside a segment: some before, some after it. */
START_TEST(stamps_wrap_inside_a_segment)
{
    const struct bench *bench = &benches[0];
    int64_t first = timeline_video_ticks(bench->line, WRAP * bench->line->frames);
    int64_t last = timeline_video_ticks(bench->line, (WRAP + 1) * bench->line->frames - 1);

    ck_assert_int_lt(first, TIMELINE_PTS_MODULUS);
    ck_assert_int_ge(last, TIMELINE_PTS_MODULUS);
    for (int64_t index = WRAP - 2; index < WRAP + 3; index++)
        check_segment(bench, setups[0].name, index);
}
END_TEST

START_TEST(two_makings_are_equal)
{
    const struct setup *setup = &setups[_i];
    const struct bench *one = &benches[_i];
    struct bench two = bench_make(&setup->preset);

    for (int64_t index = 1000; index < 1000 + rendition_cycle(one->rendition); index++) {
        size_t size = rendition_segment_size(one->rendition, index);

        ck_assert_uint_eq(size, rendition_segment_size(two.rendition, index));
        ck_assert_mem_eq(bench_segment(one, index), bench_segment(&two, index), size);
    }
    bench_finish(&two);
}
END_TEST

START_TEST(order_of_patching_does_not_matter)
{
    const struct bench *bench = &benches[_i];
    size_t size = rendition_segment_size(bench->rendition, 897655409);
    uint8_t *kept = malloc(size);

    ck_assert_ptr_nonnull(kept);
    memcpy(kept, bench_segment(bench, 897655409), size);
    for (int64_t index = 0; index < 100; index++)
        (void)bench_segment(bench, index * 977);
    ck_assert_mem_eq(kept, bench_segment(bench, 897655409), size);
    free(kept);
}
END_TEST

/* Other streams in between, which share the templates. */
START_TEST(streams_do_not_mix)
{
    const struct bench *bench = &benches[3];
    struct timeline other_line = *bench->line;
    const struct rendition_stream other = {.number = BENCH_STREAM + 1, .line = &other_line};
    size_t size = rendition_segment_size(bench->rendition, 897655409);
    uint8_t *kept = malloc(size);

    ck_assert_ptr_nonnull(kept);
    other_line.epoch += 1234567;
    memcpy(kept, bench_segment(bench, 897655409), size);
    ck_assert_mem_ne(kept, rendition_segment(bench->rendition, &other, 897655409), size);
    ck_assert_mem_eq(kept, bench_segment(bench, 897655409), size);
    free(kept);
}
END_TEST

/* By the cycle of 4 of the sound; what differs on the way differs by the packets of the sound. */
START_TEST(video_counters_begin_anew_with_each_segment)
{
    const struct bench *bench = &benches[_i];

    for (int64_t index = 1000; index < 1000 + rendition_cycle(bench->rendition); index++) {
        const uint8_t *packet = bench_segment(bench, index);

        while (ts_pid(packet) != TS_PID_VIDEO || !ts_has_payload(packet))
            packet += TS_PACKET;
        ck_assert_uint_eq(packet[3] & 0x0f, 0);
    }
}
END_TEST

START_TEST(video_has_the_declared_bytes)
{
    const struct setup *setup = &setups[_i];
    const struct bench *bench = &benches[_i];

    for (int64_t segment = 0; segment < bench->video.segments; segment++) {
        int64_t declared = video_segment_bytes(&setup->preset, bench->line, segment);
        int64_t sum = 0;

        for (int64_t i = 0; i < bench->line->frames; i++)
            sum += (int64_t)bench->video.units[segment * bench->line->frames + i].size;
        if (setup->preset.video.stuffing == STUFFING_FILLER)
            ck_assert_int_eq(sum, declared);
        else
            ck_assert_int_le(sum, declared);
    }
}
END_TEST

START_TEST(size_stays_under_its_bound)
{
    const struct setup *setup = &setups[_i];
    const struct bench *bench = &benches[_i];

    ck_assert_uint_le(rendition_segment_max(bench->rendition),
                      rendition_segment_bound(&setup->preset, bench->line));
}
END_TEST

/* ---- facts ----------------------------------------------------------------------------------- */

/* Bit rates as a client finds them, any number of cycles long. */
START_TEST(the_facts_are_those_of_the_bytes)
{
    const struct bench *bench = &benches[_i];
    int64_t cycle = rendition_cycle(bench->rendition);
    struct rendition_facts facts;
    double peak = 0;
    double bits = 0;
    double seconds = 0;

    rendition_describe(bench->rendition, &facts);
    ck_assert_str_eq(facts.codecs, setups[_i].codecs);
    for (int64_t i = 900000 * cycle; i < 900006 * cycle; i++) {
        double of_segment = 8 * (double)rendition_segment_size(bench->rendition, i);
        double duration = (double)timeline_segment_us(bench->line, i) / 1e6;

        peak = fmax(peak, of_segment / duration);
        bits += of_segment;
        seconds += duration;
    }
    ck_assert_int_eq(facts.bandwidth, (int64_t)ceil(peak - 1e-6));
    ck_assert_int_eq(facts.average_bandwidth, (int64_t)ceil(bits / seconds - 1e-6));
}
END_TEST

/* ---- the first picture ----------------------------------------------------------------------- */

static int64_t count_pictures(const uint8_t *packets, size_t size)
{
    int64_t count = 0;

    for (size_t at = 0; at < size; at += TS_PACKET)
        count += ts_pid(packets + at) == TS_PID_VIDEO && ts_starts_unit(packets + at);
    return count;
}

/* Behind PAT and PMT, and not a packet of the second picture. */
START_TEST(a_segment_begins_with_its_iframe)
{
    const struct bench *bench = &benches[_i];
    int64_t cycle = rendition_cycle(bench->rendition);

    for (int64_t i = 900000 * cycle; i < 900001 * cycle; i++) {
        const uint8_t *bytes = bench_segment(bench, i);
        size_t size = rendition_segment_size(bench->rendition, i);
        struct rendition_range range = rendition_iframe(bench->rendition, bytes, size);
        const uint8_t *last = bytes + range.start + range.size - TS_PACKET;

        if (_i >= SETUPS_WITH_VIDEO) {
            ck_assert_uint_eq(range.size, 0);
            continue;
        }
        ck_assert_uint_eq(range.start, 2 * (size_t)TS_PACKET);
        ck_assert_int_eq(count_pictures(bytes + range.start, range.size), 1);
        ck_assert(ts_pid(last) == TS_PID_VIDEO && ts_has_payload(last));
        ck_assert_int_eq(count_pictures(last + TS_PACKET, size - range.start - range.size),
                         bench->line->frames - 1);
    }
}
END_TEST

START_TEST(a_beginning_has_its_iframe_whole_or_not_at_all)
{
    const struct bench *bench = &benches[_i];
    const uint8_t *bytes = bench_segment(bench, 900000);
    size_t size = rendition_segment_size(bench->rendition, 900000);
    struct rendition_range whole = rendition_iframe(bench->rendition, bytes, size);

    for (size_t some = 0; some <= size; some += TS_PACKET) {
        struct rendition_range range = rendition_iframe(bench->rendition, bytes, some);
        bool begins = count_pictures(bytes, some) > 1;

        ck_assert_uint_eq(range.size, begins ? whole.size : 0);
        ck_assert_uint_eq(range.start, begins ? whole.start : 0);
    }
}
END_TEST

START_TEST(the_facts_of_iframes_are_those_of_the_bytes)
{
    const struct bench *bench = &benches[_i];
    int64_t cycle = rendition_cycle(bench->rendition);
    struct rendition_facts facts;
    double peak = 0;
    double bits = 0;
    double seconds = 0;

    rendition_describe(bench->rendition, &facts);
    for (int64_t i = 900000 * cycle; i < 900003 * cycle; i++) {
        size_t size = rendition_segment_size(bench->rendition, i);
        double of_picture =
            8 * (double)rendition_iframe(bench->rendition, bench_segment(bench, i), size).size;
        double duration = (double)timeline_segment_us(bench->line, i) / 1e6;

        peak = fmax(peak, of_picture / duration);
        bits += of_picture;
        seconds += duration;
    }
    ck_assert_int_eq(facts.iframe_bandwidth, (int64_t)ceil(peak - 1e-6));
    ck_assert_int_eq(facts.iframe_average, (int64_t)ceil(bits / seconds - 1e-6));
}
END_TEST

/* ---- making ---------------------------------------------------------------------------------- */

static struct preset hard_preset(void)
{
    struct preset preset = setups[0].preset;

    preset.video.pattern = PATTERN_TESTSRC2;
    preset.video.cycle = 2000;
    return preset;
}

START_TEST(pattern_over_its_bitrate_is_encoded_lower)
{
    struct preset preset = hard_preset();
    struct bench bench;

    preset.video.bitrate = 700000; /* libx264's first try is larger */
    bench = bench_make(&preset);
    ck_assert_uint_gt(rendition_segment_max(bench.rendition), 0);
    bench_finish(&bench);
}
END_TEST

START_TEST(hopeless_bitrate_is_refused)
{
    struct preset preset = hard_preset();
    struct timeline line = timeline_make(0, 2000, 30, 1);
    struct rendition *rendition = NULL;
    struct error err = {0};

    preset.video.bitrate = 40000;
    ck_assert_int_lt(rendition_make(&preset, &line, NULL, NULL, &rendition, &err), 0);
    ck_assert_int_eq(err.exit_code, EX_DATAERR);
    ck_assert_ptr_nonnull(strstr(err.text, "raise it"));
    ck_assert_ptr_null(rendition);
}
END_TEST

static void check_step(void *context, int64_t done, int64_t total)
{
    int64_t *last = context;

    ck_assert_int_eq(total, 60);
    ck_assert_int_ge(done, *last == 60 ? 0 : *last);
    ck_assert_int_le(done, *last == -1 ? 0 : *last + 1);
    *last = done;
}

START_TEST(progress_counts_every_frame)
{
    int64_t last = -1;
    struct progress progress = {.step = check_step, .context = &last};
    struct timeline line = timeline_make(0, 2000, 30, 1);
    struct rendition *rendition = NULL;
    struct error err = {0};

    ck_assert_int_eq(rendition_make(&setups[0].preset, &line, NULL, &progress, &rendition, &err),
                     0);
    ck_assert_int_eq(last, 60);
    (void)rendition_free(rendition);
}
END_TEST

static void ignore_line(const char *line)
{
    (void)line;
}

int main(void)
{
    Suite *suite = suite_create("rendition");
    TCase *tests = tcase_create("rendition");
    SRunner *runner;
    int failed;

    library_init(ignore_line);
    tcase_set_timeout(tests, 1200);
    tcase_add_unchecked_fixture(tests, make_benches, finish_benches);
    tcase_add_loop_test(tests, patched_equals_made_from_scratch, 0, SETUPS_COUNT);
    tcase_add_test(tests, stamps_wrap_inside_a_segment);
    tcase_add_loop_test(tests, two_makings_are_equal, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, order_of_patching_does_not_matter, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, video_counters_begin_anew_with_each_segment, 0, SETUPS_WITH_VIDEO);
    tcase_add_test(tests, streams_do_not_mix);
    tcase_add_loop_test(tests, video_has_the_declared_bytes, 0, SETUPS_WITH_VIDEO);
    tcase_add_loop_test(tests, size_stays_under_its_bound, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, the_facts_are_those_of_the_bytes, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, a_segment_begins_with_its_iframe, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, a_beginning_has_its_iframe_whole_or_not_at_all, 0,
                        SETUPS_WITH_VIDEO);
    tcase_add_loop_test(tests, the_facts_of_iframes_are_those_of_the_bytes, 0, SETUPS_COUNT);
    tcase_add_test(tests, pattern_over_its_bitrate_is_encoded_lower);
    tcase_add_test(tests, hopeless_bitrate_is_refused);
    tcase_add_test(tests, progress_counts_every_frame);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

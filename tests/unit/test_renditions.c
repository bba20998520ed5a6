/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ladder is made of the renditions that would be made one by one, whatever the number of threads;
 * its sound is the same in all.
 */
#include "media/renditions.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/library.h"
#include "media/ts.h"
#include "tests/unit/suite.h"

enum {
    CLOCK,
    TWIN,
    ENCODED,
    OTHER_TWIN,
    SILENT,
    SOUND,
    COUNT,
    DISTINCT = COUNT - 1, /* of the twins there is one */
    INDEX = 897655409,
};

#define COMMON                                                                                     \
    .name = "ladder", .stream = {.segment_duration = 2000, .window = 10},                          \
    .audio = {.tone = 1000, .bitrate = 128000}

static const struct preset presets[COUNT] = {
    [CLOCK] = {COMMON, .rendition = "clock",
               .video = {.encoder = ENCODER_EXACT,
                         .overlay = OVERLAY_CLOCK,
                         .width = 640,
                         .height = 360,
                         .rate = {30, 1},
                         .bitrate = 700000}},
    [TWIN] = {COMMON, .rendition = "twin",
              .video = {.encoder = ENCODER_EXACT,
                        .width = 320,
                        .height = 180,
                        .rate = {30, 1},
                        .bitrate = 400000}},
    [ENCODED] = {COMMON, .rendition = "encoded",
                 .video = {.width = 320,
                           .height = 180,
                           .rate = {30, 1},
                           .bitrate = 300000,
                           .x264_preset = "ultrafast"}},
    [OTHER_TWIN] = {COMMON, .rendition = "other-twin",
                    .video = {.encoder = ENCODER_EXACT,
                              .width = 320,
                              .height = 180,
                              .rate = {30, 1},
                              .bitrate = 400000}},
    [SILENT] = {COMMON, .rendition = "silent", .audio.signal = SIGNAL_NONE,
                .video = {.encoder = ENCODER_EXACT,
                          .width = 320,
                          .height = 180,
                          .rate = {30, 1},
                          .bitrate = 400000}},
    [SOUND] = {COMMON, .rendition = LADDER_AUDIO,
               .video = {.encoder = ENCODER_NONE, .rate = {30, 1}}},
};

static struct ladder ladder;
static struct timeline lines[COUNT];

static void ignore_line(const char *line)
{
    (void)line;
}

static void set_up(void)
{
    library_init(ignore_line);
    ladder = (struct ladder){.has_renditions = true, .count = COUNT};
    for (int i = 0; i < COUNT; i++) {
        ladder.renditions[i] = presets[i];
        lines[i] = timeline_make(0, 2000, 30, 1);
        lines[i].sound = i == SOUND;
    }
}

static void make(int threads, struct rendition *ret[COUNT])
{
    const struct renditions_config config = {.ladder = &ladder, .lines = lines, .threads = threads};
    struct error err = {0};

    ck_assert_msg(renditions_make(&config, ret, &err) == 0, "%s", err.text);
}

static const uint8_t *segment_of(struct rendition *rendition, int i)
{
    const struct rendition_stream stream = {.line = &lines[i]};

    return rendition_segment(rendition, &stream, INDEX);
}

/* ---- what is made ---------------------------------------------------------------------------- */

static void check_alone(int i, struct rendition *made)
{
    bool sounds = preset_has_audio(&presets[i]);
    struct rendition *alone = NULL;
    struct audio audio = {0};
    struct error err = {0};
    size_t size = rendition_segment_size(made, INDEX);

    if (sounds)
        ck_assert_int_eq(audio_encode(&presets[i], &lines[i], NULL, &audio, &err), 0);
    ck_assert_int_eq(
        rendition_make(&presets[i], &lines[i], sounds ? &audio : NULL, NULL, &alone, &err), 0);
    ck_assert_uint_eq(rendition_segment_size(alone, INDEX), size);
    ck_assert_mem_eq(segment_of(alone, i), segment_of(made, i), size);
    (void)rendition_free(alone);
    audio_finish(&audio);
}

START_TEST(each_is_as_it_would_be_alone)
{
    struct rendition *made[COUNT] = {0};

    make(_i, made);
    for (int i = 0; i < COUNT; i++)
        check_alone(i, made[i]);
    renditions_free(made, COUNT);
    for (int i = 0; i < COUNT; i++)
        ck_assert_ptr_null(made[i]);
}
END_TEST

START_TEST(equal_ones_are_made_once)
{
    struct rendition *made[COUNT] = {0};

    ck_assert_int_eq(renditions_threads_max(&ladder), DISTINCT);
    make(2, made);
    ck_assert_ptr_eq(made[TWIN], made[OTHER_TWIN]);
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < i; k++)
            ck_assert(made[i] != made[k] || (i == OTHER_TWIN && k == TWIN));
    }
    renditions_free(made, COUNT);
}
END_TEST

/* A clock shows the name of its rendition. */
START_TEST(those_with_a_clock_are_never_equal)
{
    ladder.renditions[TWIN] = presets[CLOCK];
    ck_assert_int_eq(renditions_threads_max(&ladder), COUNT);
}
END_TEST

/* The elementary stream of a PID, PES headers included. */
static size_t extract(const uint8_t *segment, size_t size, int pid, uint8_t *to)
{
    size_t count = 0;

    for (const uint8_t *packet = segment; packet < segment + size; packet += TS_PACKET) {
        size_t offset = ts_payload_offset(packet);

        if (ts_pid(packet) != pid || !ts_has_payload(packet))
            continue;
        memcpy(to + count, packet + offset, TS_PACKET - offset);
        count += TS_PACKET - offset;
    }
    return count;
}

START_TEST(the_sound_is_the_same_in_all)
{
    struct rendition *made[COUNT] = {0};
    uint8_t *expected;
    uint8_t *found;
    size_t size;

    make(3, made);
    expected = malloc(rendition_segment_max(made[CLOCK]));
    found = malloc(rendition_segment_max(made[CLOCK]));
    ck_assert(expected && found);
    size = extract(segment_of(made[CLOCK], CLOCK), rendition_segment_size(made[CLOCK], INDEX),
                   TS_PID_AUDIO, expected);
    for (int i = 0; i < COUNT; i++) {
        size_t other = extract(segment_of(made[i], i), rendition_segment_size(made[i], INDEX),
                               TS_PID_AUDIO, found);

        ck_assert_uint_eq(other, i == SILENT ? 0 : size);
        ck_assert_mem_eq(found, expected, other);
    }
    free(expected);
    free(found);
    renditions_free(made, COUNT);
}
END_TEST

/* ---- errors ---------------------------------------------------------------------------------- */

START_TEST(an_error_ends_it_and_is_told)
{
    const struct renditions_config config = {.ladder = &ladder, .lines = lines, .threads = _i};
    struct rendition *made[COUNT] = {0};
    struct error err = {0};

    ladder.renditions[CLOCK].video.bitrate = 9000;
    ck_assert_int_lt(renditions_make(&config, made, &err), 0);
    ck_assert_int_eq(err.exit_code, EX_DATAERR);
    ck_assert_ptr_nonnull(strstr(err.text, "rendition clock: [video] bitrate"));
    for (int i = 0; i < COUNT; i++)
        ck_assert_ptr_null(made[i]);
}
END_TEST

struct entries {
    pthread_t caller;
    int count;
    int fails_at; /* -1: none */
};

static int enter(void *context, int worker)
{
    struct entries *entries = context;

    ck_assert(!pthread_equal(pthread_self(), entries->caller));
    ck_assert_int_eq(worker, entries->count);
    entries->count++;
    return worker == entries->fails_at ? -EPERM : 0;
}

static int make_entering(struct entries *entries, int threads, struct rendition *made[COUNT])
{
    const struct renditions_config config = {
        .ladder = &ladder,
        .lines = lines,
        .threads = threads,
        .enter = enter,
        .context = entries,
    };
    struct error err = {0};

    entries->caller = pthread_self();
    return renditions_make(&config, made, &err);
}

START_TEST(threads_enter_one_after_the_other)
{
    struct entries entries = {.fails_at = -1};
    struct rendition *made[COUNT] = {0};
    int most = _i < DISTINCT ? _i : DISTINCT;

    ck_assert_int_eq(make_entering(&entries, _i, made), 0);
    ck_assert_int_eq(entries.count, most - 1);
    renditions_free(made, COUNT);
}
END_TEST

START_TEST(a_thread_that_cannot_enter_ends_it)
{
    struct entries entries = {.fails_at = 1};
    struct rendition *made[COUNT] = {0};

    ck_assert_int_eq(make_entering(&entries, 4, made), -EPERM);
    ck_assert_int_eq(entries.count, 2);
    ck_assert_ptr_null(made[0]);
}
END_TEST

/* ---- progress -------------------------------------------------------------------------------- */

struct steps {
    int inside;
    int64_t done;
    int64_t total;
};

static void step(void *context, int64_t done, int64_t total)
{
    struct steps *steps = context;

    ck_assert_int_eq(__atomic_fetch_add(&steps->inside, 1, __ATOMIC_SEQ_CST), 0);
    ck_assert(steps->total == 0 || total == steps->total);
    ck_assert_int_ge(done, steps->done); /* nothing is encoded twice here */
    ck_assert_int_le(done, total);
    steps->done = done;
    steps->total = total;
    (void)__atomic_fetch_sub(&steps->inside, 1, __ATOMIC_SEQ_CST);
}

START_TEST(progress_is_of_all_together)
{
    struct steps steps = {0};
    const struct renditions_config config = {
        .ladder = &ladder,
        .lines = lines,
        .threads = _i,
        .progress = {.step = step, .context = &steps},
    };
    struct rendition *made[COUNT] = {0};
    struct error err = {0};

    ck_assert_int_eq(renditions_make(&config, made, &err), 0);
    ck_assert_int_gt(steps.total, 0);
    ck_assert_int_eq(steps.done, steps.total);
    renditions_free(made, COUNT);
}
END_TEST

/* ---- what it takes --------------------------------------------------------------------------- */

START_TEST(more_threads_take_more_memory_and_equal_ones_none)
{
    int64_t all = renditions_memory(&ladder, lines, 2);
    int64_t one = renditions_memory(&ladder, lines, 1);

    ck_assert_int_lt(one, all);
    ck_assert_int_eq(renditions_memory(&ladder, lines, DISTINCT + 1) -
                         renditions_memory(&ladder, lines, DISTINCT),
                     (int64_t)0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("renditions");
    TCase *tcase = suite_add(suite, "renditions");

    tcase_set_timeout(tcase, 1200);
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, each_is_as_it_would_be_alone, 1, COUNT + 2);
    tcase_add_test(tcase, equal_ones_are_made_once);
    tcase_add_test(tcase, those_with_a_clock_are_never_equal);
    tcase_add_test(tcase, the_sound_is_the_same_in_all);
    tcase_add_loop_test(tcase, an_error_ends_it_and_is_told, 1, 4);
    tcase_add_loop_test(tcase, threads_enter_one_after_the_other, 1, COUNT + 2);
    tcase_add_test(tcase, a_thread_that_cannot_enter_ends_it);
    tcase_add_loop_test(tcase, progress_is_of_all_together, 1, 4);
    tcase_add_test(tcase, more_threads_take_more_memory_and_equal_ones_none);
    return suite_run(suite);
}

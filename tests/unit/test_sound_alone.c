/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments of sound alone: equal where they hold equally much, and one stream across their borders.
 */
#include "media/audio.h"
#include "media/layout.h"
#include "media/library.h"
#include "media/rendition.h"
#include "media/ts.h"
#include "tests/unit/suite.h"

static const struct {
    int64_t signal;
    int64_t bitrate;
    int64_t duration_ms;
    struct rational rate;
} sounds[] = {
    {SIGNAL_TONE, 32000, 2000, {30, 1}},        {SIGNAL_TONE, 64000, 2000, {30, 1}},
    {SIGNAL_TONE, 96000, 6000, {30000, 1001}},  {SIGNAL_TONE, 128000, 1920, {25, 1}},
    {SIGNAL_TONE, 128000, 2000, {30, 1}},       {SIGNAL_TONE, 192000, 1000, {25, 1}},
    {SIGNAL_TONE, 320000, 2000, {24000, 1001}}, {SIGNAL_BEEP, 128000, 2000, {30, 1}},
    {SIGNAL_BEEP, 32000, 1000, {30, 1}},        {SIGNAL_TONE, 48000, 500, {24, 1}},
};

static struct preset sound_preset(int row)
{
    return (struct preset){
        .name = "sound",
        .stream = {.segment_duration = sounds[row].duration_ms, .window = 10},
        .video = {.encoder = ENCODER_NONE, .rate = sounds[row].rate},
        .audio = {.signal = sounds[row].signal, .tone = 1000, .bitrate = sounds[row].bitrate},
    };
}

struct bench {
    struct preset preset;
    struct timeline line;
    struct rendition *rendition;
};

static void bench_init(struct bench *bench, int row)
{
    const struct preset *preset = &bench->preset;
    struct audio audio;
    struct error err;

    bench->preset = sound_preset(row);
    bench->line = timeline_make(0, preset->stream.segment_duration, preset->video.rate.num,
                                preset->video.rate.den);
    bench->line.sound = true;
    ck_assert_int_eq(audio_encode(preset, &bench->line, NULL, &audio, &err), 0);
    ck_assert_int_eq(rendition_make(preset, &bench->line, &audio, NULL, &bench->rendition, &err),
                     0);
    audio_finish(&audio);
}

static int64_t frames_of(const struct timeline *line, int64_t index)
{
    return timeline_audio_first(line, index + 1) - timeline_audio_first(line, index);
}

START_TEST(segments_with_equally_many_frames_are_equal_in_size)
{
    struct bench bench;
    size_t sizes[2] = {0};
    int64_t most;

    bench_init(&bench, _i);
    most = frames_of(&bench.line, 0);

    for (int64_t i = 0; i < 2 * rendition_cycle(bench.rendition); i++) {
        size_t *size = &sizes[most - frames_of(&bench.line, i)];

        ck_assert(*size == 0 || *size == rendition_segment_size(bench.rendition, i));
        *size = rendition_segment_size(bench.rendition, i);
    }
    ck_assert_uint_le(sizes[0], rendition_segment_bound(&bench.preset, &bench.line));
    (void)rendition_free(bench.rendition);
}
END_TEST

/* What a reader of the packets sees of PCR, PTS and counters of a PID. */
struct reading {
    int64_t pcr; /* -1: none yet */
    int64_t pts;
    int counter;
};

static int64_t read_pcr(const uint8_t *field)
{
    int64_t base =
        (int64_t)field[0] << 25 | field[1] << 17 | field[2] << 9 | field[3] << 1 | field[4] >> 7;

    return base * 300 + ((field[4] & 1) << 8 | field[5]);
}

static int64_t read_stamp(const uint8_t *field)
{
    return (int64_t)(field[0] >> 1 & 7) << 30 | field[1] << 22 | (field[2] >> 1) << 15 |
           field[3] << 7 | field[4] >> 1;
}

static void read_packet(struct reading *reading, const uint8_t *packet)
{
    size_t pcr = ts_pcr_offset(packet);
    int counter = packet[3] & 0x0f;

    if (pcr != 0) {
        int64_t now = read_pcr(packet + pcr);

        if (reading->pcr >= 0)
            ck_assert_int_le(now - reading->pcr, TIMELINE_PCR_HZ * LAYOUT_PCR_INTERVAL_MS / 1000);
        ck_assert_int_gt(now, reading->pcr);
        reading->pcr = now;
    }
    if (reading->counter >= 0)
        ck_assert_int_eq(counter, (reading->counter + ts_has_payload(packet)) % 16);
    reading->counter = counter;
    if (ts_has_payload(packet) && ts_starts_unit(packet)) {
        int64_t pts = read_stamp(packet + ts_payload_offset(packet) + 9);

        if (reading->pts >= 0)
            ck_assert_int_eq(pts - reading->pts, 1920);
        ck_assert_int_gt(pts * 300, reading->pcr);
        reading->pts = pts;
    }
}

START_TEST(sound_alone_runs_on_across_borders)
{
    struct bench bench;
    const struct rendition_stream stream = {.line = &bench.line};
    struct reading reading = {-1, -1, -1};

    bench_init(&bench, _i);
    for (int64_t i = 1000; i < 1040; i++) {
        const uint8_t *segment = rendition_segment(bench.rendition, &stream, i);
        size_t size = rendition_segment_size(bench.rendition, i);

        ck_assert_int_eq(ts_pid(segment), TS_PID_PAT);
        ck_assert_int_eq(ts_pid(segment + TS_PACKET), TS_PID_PMT);
        for (size_t at = 2 * TS_PACKET; at < size; at += TS_PACKET) {
            int pid = ts_pid(segment + at);

            ck_assert(pid == TS_PID_AUDIO || pid == TS_PID_NULL);
            if (pid == TS_PID_AUDIO)
                read_packet(&reading, segment + at);
        }
    }
    ck_assert_int_eq(reading.pts, timeline_segment_ticks(&bench.line, 1040) - 1920);
    (void)rendition_free(bench.rendition);
}
END_TEST

static void ignore_line(const char *line)
{
    (void)line;
}

int main(void)
{
    Suite *suite = suite_create("sound alone");
    TCase *tcase = suite_add(suite, "sound alone");

    library_init(ignore_line);
    tcase_add_loop_test(tcase, segments_with_equally_many_frames_are_equal_in_size, 0,
                        LENGTH(sounds));
    tcase_add_loop_test(tcase, sound_alone_runs_on_across_borders, 0, LENGTH(sounds));
    return suite_run(suite);
}

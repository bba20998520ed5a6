/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments as fragmented MPEG-4: a patched template has the bytes of a segment that was muxed at
 * its own place in time; boxes lie as fragments.h says; and libavformat, which has no part in
 * making them, finds each sample at its time.
 */
#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>

#include "media/box.h"
#include "media/fragments.h"
#include "media/h264.h"
#include "media/library.h"
#include "media/mux.h"
#include "tests/unit/bench.h"
#include "tests/unit/setups.h"
#include "tests/unit/suite.h"

/* The last segment whose sequence numbers have not wrapped: of 4 s each, in the year 2242. */
#define WRAP ((INT64_C(1) << 31) - 1)

static struct preset preset_of(int i)
{
    struct preset preset = setups[i].preset;

    preset.stream.container = CONTAINER_FMP4;
    return preset;
}

/* Of all setups, made once: each test runs in a process of its own, and has a copy. */
static struct preset presets[SETUPS_COUNT];
static struct bench benches[SETUPS_COUNT];

static void make_benches(void)
{
    for (int i = 0; i < SETUPS_COUNT; i++) {
        presets[i] = preset_of(i);
        benches[i] = bench_make(&presets[i]);
    }
}

static void finish_benches(void)
{
    for (int i = 0; i < SETUPS_COUNT; i++)
        bench_finish(&benches[i]);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static int keep(void *arg, int64_t index, const uint8_t *bytes, size_t size)
{
    (void)index;
    return buffer_append(arg, bytes, size);
}

/* Segment @p index alone, in @p size bytes. */
static struct buffer make_from_scratch(const struct bench *bench, int64_t index, size_t size)
{
    const struct mux_source source = {bench->line, bench_video(bench), bench_audio(bench)};
    struct buffer segment = {0};
    uint8_t *room;

    if (bench->preset->video.overlay == OVERLAY_CLOCK)
        bench_draw(bench, index);
    ck_assert_int_eq(mux_fmp4(&source, index, 1, keep, &segment), 0);
    ck_assert_uint_le(segment.size + BOX_HEAD, size);
    size -= segment.size;
    room = buffer_extend(&segment, size);
    ck_assert_ptr_nonnull(room);
    memset(box_begin(room, "free"), 0, size - BOX_HEAD);
    box_end(room, room + size);
    return segment;
}

static void check_segment(const struct bench *bench, const char *name, int64_t index)
{
    size_t size = rendition_segment_size(bench->rendition, index);
    struct buffer scratch = make_from_scratch(bench, index, size);
    const uint8_t *patched = bench_segment(bench, index);
    size_t at = 0;

    while (at < size && scratch.data[at] == patched[at])
        at++;
    ck_assert_msg(at == size, "%s: segment %lld differs in byte %zu of %zu", name, (long long)index,
                  at, size);
    buffer_finish(&scratch);
}

/* More than a cycle one by one, which is 32 segments at most, and anywhere else. */
START_TEST(patched_equals_made_from_scratch)
{
    const struct bench *bench = &benches[_i];
    const int64_t others[] = {
        WRAP - 1, WRAP, WRAP + 1, 897655409, 2026, 0,
    };

    for (int64_t index = 0; index < 36; index++)
        check_segment(bench, setups[_i].name, index);
    for (int i = 0; i < LENGTH(others); i++)
        check_segment(bench, setups[_i].name, others[i]);
}
END_TEST

/* Other streams in between, which share the templates. */
START_TEST(order_of_patching_does_not_matter)
{
    const struct bench *bench = &benches[_i];
    size_t size = rendition_segment_size(bench->rendition, 897655409);
    struct timeline other_line = *bench->line;
    const struct rendition_stream other = {.number = BENCH_STREAM + 1, .line = &other_line};
    uint8_t *kept = malloc(size);

    ck_assert_ptr_nonnull(kept);
    other_line.epoch += 1234567;
    memcpy(kept, bench_segment(bench, 897655409), size);
    for (int64_t index = 0; index < 100; index++)
        (void)rendition_segment(bench->rendition, &other, index * 977);
    ck_assert_mem_eq(kept, bench_segment(bench, 897655409), size);
    free(kept);
}
END_TEST

START_TEST(two_makings_are_equal)
{
    const struct bench *one = &benches[_i];
    struct bench two = bench_make(one->preset);
    size_t size;
    size_t other_size;
    const uint8_t *section = rendition_init_section(one->rendition, &size);
    const uint8_t *other = rendition_init_section(two.rendition, &other_size);

    ck_assert_uint_eq(size, other_size);
    ck_assert_mem_eq(section, other, size);
    for (int64_t index = 1000; index < 1000 + rendition_cycle(one->rendition); index++) {
        size = rendition_segment_size(one->rendition, index);
        ck_assert_uint_eq(size, rendition_segment_size(two.rendition, index));
        ck_assert_mem_eq(bench_segment(one, index), bench_segment(&two, index), size);
    }
    bench_finish(&two);
}
END_TEST

/* ---- boxes ----------------------------------------------------------------------------------- */

static void name_boxes(const uint8_t *at, const uint8_t *end, char *names)
{
    while (at < end) {
        uint32_t size = box_read32(at);

        ck_assert_uint_ge(size, BOX_HEAD);
        ck_assert_uint_le(size, (size_t)(end - at));
        memcpy(names, at + 4, 4);
        names[4] = ' ';
        names += 5;
        at += size;
    }
    *names = '\0';
}

START_TEST(boxes_lie_alike)
{
    const struct bench *bench = &benches[_i];
    const char *expected = "styp moof mdat moof mdat free ";

    if (bench->video.anew)
        expected = "styp moof mdat free moof mdat free ";
    if (!preset_has_video(bench->preset))
        expected = "styp moof mdat free ";
    for (int64_t index = 0; index < rendition_cycle(bench->rendition); index++) {
        const uint8_t *bytes = bench_segment(bench, index);
        char names[256];

        name_boxes(bytes, bytes + rendition_segment_size(bench->rendition, index), names);
        ck_assert_str_eq(names, expected);
    }
}
END_TEST

START_TEST(sequence_numbers_rise_and_wrap)
{
    const struct bench *bench = &benches[0];
    uint32_t expected = 0xffffffff - 2;

    for (int64_t index = WRAP - 1; index < WRAP + 3; index++) {
        const uint8_t *bytes = bench_segment(bench, index);
        const uint8_t *end = bytes + rendition_segment_size(bench->rendition, index);

        for (const uint8_t *moof = box_find(bytes, end, "moof"); moof;
             moof = box_find(moof + box_read32(moof), end, "moof"))
            ck_assert_uint_eq(box_read32(box_child(moof, "mfhd") + BOX_FULL_HEAD), expected++);
    }
}
END_TEST

/* ---- sizes and facts ------------------------------------------------------------------------- */

START_TEST(sizes_are_those_of_the_bit_rate)
{
    const struct bench *bench = &benches[_i];
    struct rendition_facts facts;
    int64_t most = 0;

    for (int64_t index = 0; index < 3 * rendition_cycle(bench->rendition); index++) {
        int64_t bits = 8 * (int64_t)rendition_segment_size(bench->rendition, index);
        int64_t us = timeline_segment_us(bench->line, index);
        int64_t rate = (bits * 1000000 + us - 1) / us;

        most = rate > most ? rate : most;
    }
    rendition_describe(bench->rendition, &facts);
    ck_assert_str_eq(facts.codecs, setups[_i].codecs);
    ck_assert_int_eq(facts.bandwidth, most);
    ck_assert_uint_le(rendition_segment_max(bench->rendition),
                      rendition_segment_bound(bench->preset, bench->line));
}
END_TEST

/* ---- what libavformat finds ------------------------------------------------------------------ */

/* A file in memory. */
struct file {
    struct buffer bytes;
    size_t at;
};

static int read_file(void *opaque, uint8_t *to, int size)
{
    struct file *file = opaque;
    size_t left = file->bytes.size - file->at;
    size_t part = left < (size_t)size ? left : (size_t)size;

    if (part == 0)
        return AVERROR_EOF;
    memcpy(to, file->bytes.data + file->at, part);
    file->at += part;
    return (int)part;
}

struct demuxer {
    struct file file;
    AVIOContext *io;
    AVFormatContext *format;
    AVPacket *packet;
};

/* The initialization section, and behind it @p size bytes. */
static void demuxer_init(struct demuxer *demuxer, const struct rendition *rendition,
                         const uint8_t *bytes, size_t size)
{
    const size_t part = 65536;
    size_t section_size;
    const uint8_t *section = rendition_init_section(rendition, &section_size);

    *demuxer = (struct demuxer){.packet = av_packet_alloc()};
    ck_assert_int_eq(buffer_append(&demuxer->file.bytes, section, section_size), 0);
    ck_assert_int_eq(buffer_append(&demuxer->file.bytes, bytes, size), 0);
    demuxer->io =
        avio_alloc_context(av_malloc(part), (int)part, 0, &demuxer->file, read_file, NULL, NULL);
    demuxer->format = avformat_alloc_context();
    demuxer->format->pb = demuxer->io;
    ck_assert_int_eq(avformat_open_input(&demuxer->format, NULL, NULL, NULL), 0);
}

static void demuxer_finish(struct demuxer *demuxer)
{
    avformat_close_input(&demuxer->format);
    av_freep(&demuxer->io->buffer);
    avio_context_free(&demuxer->io);
    av_packet_free(&demuxer->packet);
    buffer_finish(&demuxer->file.bytes);
}

static const AVStream *stream_of(const struct demuxer *demuxer)
{
    return demuxer->format->streams[demuxer->packet->stream_index];
}

static void check_picture(const struct bench *bench, const AVPacket *packet, int64_t index,
                          int64_t i)
{
    int64_t duration = fragments_picture_duration(bench->line);
    int64_t zero = fragments_video_scale(bench->line); /* a second */
    int64_t first = index * bench->line->frames;
    int64_t start = index % bench->video.segments * bench->line->frames;
    const struct video_unit *unit = &bench->video.units[start + i];
    uint8_t *sample = malloc(unit->size + 16);
    size_t size;

    ck_assert_ptr_nonnull(sample);
    size = h264_write_sample(sample, bench->video.bytes.data + unit->offset, unit->size);
    ck_assert_uint_eq((size_t)packet->size, size);
    ck_assert_mem_eq(packet->data, sample, size);
    free(sample);
    ck_assert_int_eq(packet->dts, zero + (first + i - bench->video.delay) * duration);
    ck_assert_int_eq(packet->duration, duration);
    ck_assert_int_eq(packet->flags & AV_PKT_FLAG_KEY, i == 0 ? AV_PKT_FLAG_KEY : 0);
    ck_assert_int_eq(packet->pts, zero + (first + unit->pts - start) * duration);
}

static void check_sound(const struct bench *bench, const AVPacket *packet, int64_t frame)
{
    int64_t k = frame % bench->audio.period;

    ck_assert_uint_eq((size_t)packet->size, bench->audio.frames[k].size);
    ck_assert_mem_eq(packet->data, bench->audio.bytes.data + bench->audio.frames[k].offset,
                     (size_t)packet->size);
    ck_assert_int_eq(packet->dts, TIMELINE_SAMPLE_RATE + frame * TIMELINE_AAC_SAMPLES);
    ck_assert_int_eq(packet->pts, packet->dts);
}

static void check_samples(const struct bench *bench, int64_t index)
{
    int64_t first = timeline_audio_first(bench->line, index);
    int64_t sounds = timeline_audio_first(bench->line, index + 1) - first;
    struct demuxer demuxer;
    int64_t pictures_found = 0;
    int64_t sounds_found = 0;

    if (bench->preset->video.overlay == OVERLAY_CLOCK)
        bench_draw(bench, index);
    demuxer_init(&demuxer, bench->rendition, bench_segment(bench, index),
                 rendition_segment_size(bench->rendition, index));
    while (av_read_frame(demuxer.format, demuxer.packet) >= 0) {
        if (stream_of(&demuxer)->codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
            check_picture(bench, demuxer.packet, index, pictures_found++);
        else
            check_sound(bench, demuxer.packet, first + sounds_found++);
        av_packet_unref(demuxer.packet);
    }
    ck_assert_int_eq(pictures_found, bench_video(bench) ? bench->line->frames : 0);
    ck_assert_int_eq(sounds_found, bench_audio(bench) ? sounds : 0);
    demuxer_finish(&demuxer);
}

START_TEST(libavformat_finds_every_sample_at_its_time)
{
    const struct bench *bench = &benches[_i];

    for (int64_t index = 0; index < 5; index++)
        check_samples(bench, index);
    for (int64_t index = 897655409; index < 897655409 + 5; index++)
        check_samples(bench, index);
}
END_TEST

/* Alone behind the initialization section, and of one size. */
START_TEST(the_first_chunk_is_the_iframe)
{
    const struct bench *bench = &benches[_i];
    struct rendition_facts facts;
    int64_t most = 0;

    for (int64_t index = 1000; index < 1000 + 3 * rendition_cycle(bench->rendition); index++) {
        const uint8_t *segment = bench_segment(bench, index);
        size_t size = rendition_segment_size(bench->rendition, index);
        struct rendition_range range = rendition_iframe(bench->rendition, segment, size);
        int64_t us = timeline_segment_us(bench->line, index);
        int64_t rate = ((int64_t)range.size * 8000000 + us - 1) / us;
        struct demuxer demuxer;

        most = rate > most ? rate : most;
        ck_assert_uint_eq(range.start, 0);
        ck_assert_uint_lt(range.size, size);
        ck_assert_uint_eq(rendition_iframe(bench->rendition, segment, range.size).size, 0);
        demuxer_init(&demuxer, bench->rendition, segment, range.size);
        ck_assert_int_eq(av_read_frame(demuxer.format, demuxer.packet), 0);
        ck_assert(demuxer.packet->flags & AV_PKT_FLAG_KEY);
        av_packet_unref(demuxer.packet);
        ck_assert_int_lt(av_read_frame(demuxer.format, demuxer.packet), 0);
        demuxer_finish(&demuxer);
    }
    rendition_describe(bench->rendition, &facts);
    ck_assert_int_eq(facts.iframe_bandwidth, most);
}
END_TEST

/* ---- encoded afresh, and the digest ---------------------------------------------------------- */

START_TEST(segments_encoded_afresh_have_the_size_of_the_others)
{
    struct preset preset = preset_of(1); /* with B pictures */
    struct bench bench;
    struct rendition_stream stream = {.number = 0};
    uint8_t *bytes;

    preset.video.overlay = OVERLAY_CLOCK;
    preset.video.width = 480;
    preset.video.height = 270;
    preset.video.bitrate = 800000;
    bench = bench_make(&preset);
    stream.line = bench.line;
    bytes = malloc(rendition_segment_max(bench.rendition));
    for (int64_t index = 0; index < 3; index++) {
        size_t size = rendition_segment_size(bench.rendition, index);
        struct demuxer demuxer;
        char names[256];

        ck_assert_int_eq(rendition_encode(bench.rendition, &stream, index, NULL, bytes), 0);
        name_boxes(bytes, bytes + size, names);
        ck_assert_str_eq(names, "styp moof mdat moof mdat free ");
        demuxer_init(&demuxer, bench.rendition, bytes, size);
        ck_assert_int_eq(av_read_frame(demuxer.format, demuxer.packet), 0);
        ck_assert_uint_eq((uint64_t)demuxer.packet->pts,
                          fragments_video_time(bench.line, index, 0));
        demuxer_finish(&demuxer);
    }
    free(bytes);
    bench_finish(&bench);
}
END_TEST

/* Of a copy of its own, beside which a sanitizer sees every step. */
static void look_for_iframe(const struct bench *bench, const uint8_t *segment, size_t size)
{
    uint8_t *copy = malloc(size + !size);
    struct rendition_range range;

    memcpy(copy, segment, size);
    range = rendition_iframe(bench->rendition, copy, size);
    ck_assert_uint_le(range.start + range.size, size);
    free(copy);
}

START_TEST(an_iframe_is_looked_for_in_any_bytes)
{
    static const uint32_t sizes[] = {0, 1, 7, 8, 9, INT32_MAX, UINT32_MAX - 7, UINT32_MAX};
    const struct bench *bench = &benches[_i];
    size_t size = rendition_segment_size(bench->rendition, 0);
    uint8_t *segment = malloc(size);
    const uint8_t *end = segment + size;

    memcpy(segment, bench_segment(bench, 0), size);
    for (size_t shorter = 0; shorter < 400 && shorter < size; shorter++)
        look_for_iframe(bench, segment, shorter);
    for (uint8_t *box = segment; box < end;) {
        uint32_t right = box_read32(box);

        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            (void)box_put32(box, sizes[i]);
            look_for_iframe(bench, segment, size);
        }
        (void)box_put32(box, right);
        box += right;
    }
    free(segment);
}
END_TEST

START_TEST(the_digest_tells_the_container)
{
    const struct preset preset = preset_of(9);
    struct bench ts = bench_make(&setups[9].preset);
    struct bench fmp4 = bench_make(&preset);
    const struct rendition_stream stream = {.line = ts.line};
    uint8_t of_ts[RENDITION_DIGEST_SIZE];
    uint8_t of_fmp4[RENDITION_DIGEST_SIZE];
    size_t size;

    rendition_digest(ts.rendition, &stream, NULL, of_ts);
    rendition_digest(fmp4.rendition, &stream, NULL, of_fmp4);
    ck_assert_mem_ne(of_ts, of_fmp4, sizeof(of_ts));
    ck_assert_ptr_null(rendition_init_section(ts.rendition, &size));
    bench_finish(&ts);
    bench_finish(&fmp4);
}
END_TEST

static void ignore_line(const char *line)
{
    (void)line;
}

int main(void)
{
    Suite *suite = suite_create("fmp4");
    TCase *tests = suite_add(suite, "fmp4");

    library_init(ignore_line);
    tcase_set_timeout(tests, 1200);
    tcase_add_unchecked_fixture(tests, make_benches, finish_benches);
    tcase_add_loop_test(tests, patched_equals_made_from_scratch, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, order_of_patching_does_not_matter, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, two_makings_are_equal, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, boxes_lie_alike, 0, SETUPS_COUNT);
    tcase_add_test(tests, sequence_numbers_rise_and_wrap);
    tcase_add_loop_test(tests, sizes_are_those_of_the_bit_rate, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, libavformat_finds_every_sample_at_its_time, 0, SETUPS_COUNT);
    tcase_add_loop_test(tests, the_first_chunk_is_the_iframe, 0, SETUPS_WITH_VIDEO);
    tcase_add_loop_test(tests, an_iframe_is_looked_for_in_any_bytes, 0, SETUPS_WITH_VIDEO);
    tcase_add_test(tests, segments_encoded_afresh_have_the_size_of_the_others);
    tcase_add_test(tests, the_digest_tells_the_container);
    return suite_run(suite);
}

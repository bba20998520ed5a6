/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libavcodec decodes of it is the picture, sample by sample, without a word of complaint; no
 * access unit is larger than was said; and slices are those of the plain writer, bit by bit.
 */
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
#include <stdlib.h>
#include <string.h>

#include "tests/exact/plain.h"
#include "tests/exact/scene.h"
#include "tests/unit/suite.h"

enum {
    CANARY = 0xa5,
};

static const struct size {
    int width;
    int height;
} sizes[] = {
    {64, 64}, {66, 98}, {128, 96}, {258, 146}, {640, 360}, {854, 480}, {1366, 768},
};

/* ---- decoding -------------------------------------------------------------------------------- */

static int complaints;

static void count_complaint(void *context, int level, const char *format, va_list arguments)
{
    complaints += level <= AV_LOG_WARNING;
    av_log_default_callback(context, level, format, arguments);
}

static AVCodecContext *open_decoder(void)
{
    AVCodecContext *decoder = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));

    ck_assert(decoder);
    av_log_set_callback(count_complaint);
    complaints = 0;
    decoder->thread_count = 1;
    decoder->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
    ck_assert_int_eq(avcodec_open2(decoder, NULL, NULL), 0);
    return decoder;
}

/* One picture comes out of each access unit, at once: there is no reordering to wait for. */
static AVFrame *decode(AVCodecContext *decoder, const uint8_t *unit, size_t size)
{
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();

    ck_assert_int_eq(av_new_packet(packet, (int)size), 0);
    memcpy(packet->data, unit, size);
    ck_assert_int_eq(avcodec_send_packet(decoder, packet), 0);
    ck_assert_int_eq(avcodec_receive_frame(decoder, frame), 0);
    ck_assert_int_eq(complaints, 0);
    av_packet_free(&packet);
    return frame;
}

static void check_frame(const struct scene *scene, const AVFrame *frame)
{
    ck_assert_int_eq(frame->width, scene->format.width);
    ck_assert_int_eq(frame->height, scene->format.height);
    ck_assert_int_eq(frame->format, AV_PIX_FMT_YUV420P);
    for (int plane = 0; plane < 3; plane++) {
        int scale = plane == 0 ? 1 : 2;

        for (int y = 0; y < frame->height / scale; y++) {
            for (int x = 0; x < frame->width / scale; x++)
                ck_assert_msg(frame->data[plane][y * frame->linesize[plane] + x] ==
                                  scene_sample(scene, plane, x, y),
                              "plane %d, %d, %d: %d instead of %d", plane, x, y,
                              frame->data[plane][y * frame->linesize[plane] + x],
                              scene_sample(scene, plane, x, y));
        }
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

struct unit {
    uint8_t *bytes;
    size_t size;
};

static struct unit make_room(size_t room)
{
    struct unit unit = {.bytes = malloc(room + 1), .size = room};

    ck_assert(unit.bytes);
    memset(unit.bytes, CANARY, room + 1);
    return unit;
}

/* Nothing was written behind the last byte. */
static void check_room(struct unit *unit, size_t size)
{
    ck_assert_uint_le(size, unit->size);
    for (size_t i = size; i <= unit->size; i++)
        ck_assert_uint_eq(unit->bytes[i], CANARY);
    unit->size = size;
}

static struct unit write_idr(const struct exact *exact, const struct scene *scene)
{
    struct unit unit = make_room(exact_idr_max(exact));

    check_room(&unit,
               exact_write_idr(exact, scene->place.rows > 0 ? &scene->cells : NULL, unit.bytes));
    return unit;
}

static struct unit write_p(const struct exact *exact, const struct scene *scene,
                           const struct cells *before, int64_t number)
{
    bool strip = scene->place.rows > 0;
    struct unit unit;
    int cells;
    int macroblocks;

    scene_count(scene, before, &cells, &macroblocks);
    unit = make_room(exact_p_max(exact, cells, macroblocks));
    ck_assert_uint_le(unit.size, exact_p_max(exact, cells + 1, macroblocks));
    ck_assert_uint_le(unit.size, exact_p_max(exact, cells, macroblocks + 1));
    check_room(&unit, exact_write_p(exact, number, strip ? before : NULL,
                                    strip ? &scene->cells : NULL, unit.bytes));
    return unit;
}

static void check_unit(AVCodecContext *decoder, const struct scene *scene, struct unit unit)
{
    AVFrame *frame = decode(decoder, unit.bytes, unit.size);

    check_frame(scene, frame);
    av_frame_free(&frame);
    free(unit.bytes);
}

/* @p frames of them, an IDR picture every @p group. */
static void check_stream(struct scene *scene, int frames, int group)
{
    struct exact *exact = scene_exact(scene);
    AVCodecContext *decoder = open_decoder();

    for (int i = 0; i < frames; i++) {
        struct cells before = scene->cells;

        scene_change(scene, (int)suite_random(1, 3) == 1 ? 1 << 20 : (int)suite_random(1, 60));
        check_unit(decoder, scene,
                   i % group == 0 ? write_idr(exact, scene)
                                  : write_p(exact, scene, &before, i % group));
    }
    avcodec_free_context(&decoder);
    (void)exact_free(exact);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void place_somewhere(struct scene *scene)
{
    int rows = (scene->format.height + 15) / 16;
    int first = (int)suite_random(0, rows - 1);
    int count = (int)suite_random(1, rows - first);

    scene_place(scene, first, 2 * (count > CELLS_ROWS_MAX / 2 ? CELLS_ROWS_MAX / 2 : count));
}

START_TEST(pictures_are_decoded_exactly)
{
    const struct size *size = &sizes[_i / SCENE_STILLS];
    struct scene scene;

    scene_init(&scene, size->width, size->height, (enum scene_still)(_i % SCENE_STILLS),
               (uint64_t)suite_random(1, INT64_MAX - 1));
    place_somewhere(&scene);
    check_stream(&scene, 12, 7);
    scene_finish(&scene);
}
END_TEST

START_TEST(strip_may_be_all_there_is_or_nothing)
{
    struct scene scene;

    scene_init(&scene, 258, 146, SCENE_NOISE, 1);
    check_stream(&scene, 5, 3);
    scene_place(&scene, 0, 20);
    check_stream(&scene, 5, 3);
    scene_place(&scene, 0, 2);
    check_stream(&scene, 5, 3);
    scene_place(&scene, 9, 2);
    check_stream(&scene, 5, 3);
    scene_finish(&scene);
}
END_TEST

/* Samples of a block, or those beside it if @p dx, @p dy say so, summed up. */
static int sum_of(const uint8_t *plane, int stride, int x, int y, int dx, int dy, int count)
{
    int sum = 0;

    for (int i = 0; i < count; i++)
        sum += plane[(y + dy * i) * stride + x + dx * i];
    return sum;
}

/* 8.3.4.1 to 8.3.4.3, in words: corners on the diagonal take the mean of both sides, the others of
 * the one that they touch; each of the other if that is missing. */
static int predict_block(const uint8_t *plane, int stride, int x, int y)
{
    bool right = x % 8 != 0;
    bool lower = y % 8 != 0;
    bool has_left = x >= 8;
    bool has_above = y >= 8;
    int above = has_above ? sum_of(plane, stride, x, y - (lower ? 5 : 1), 1, 0, 4) : 0;
    int left = has_left ? sum_of(plane, stride, x - (right ? 5 : 1), y, 0, 1, 4) : 0;

    if (!has_above && !has_left)
        return 128;
    if (has_above && has_left && right == lower)
        return (above + left + 4) / 8;
    return ((has_above && (right || !has_left) ? above : left) + 2) / 4;
}

/* Chroma that only DC prediction foretells: of four blocks each macroblock, and a step. */
static void fill_by_prediction(uint8_t *plane, int width, int height)
{
    for (int i = 0; i < width / 8 * (height / 8) * 4; i++) {
        int x = i / 4 % (width / 8) * 8 + i % 2 * 4;
        int y = i / 4 / (width / 8) * 8 + i % 4 / 2 * 4;
        int value = predict_block(plane, width, x, y) + (i / 4 % 3 - 1) * (i / 4 % 7) * 4;

        for (int j = 0; j < 16; j++)
            plane[(y + j / 4) * width + x + j % 4] = (uint8_t)value;
    }
}

START_TEST(chroma_is_predicted_as_the_standard_says)
{
    enum {
        WIDTH = 160,
        HEIGHT = 96,
        MACROBLOCK_MAX = 16, /* bytes, unless it is I_PCM */
        PARAMETERS_MAX = 100,
    };
    struct scene scene;
    struct exact *exact;

    scene_init(&scene, WIDTH, HEIGHT, SCENE_FLAT, 1);
    fill_by_prediction(scene.planes[1], WIDTH / 2, HEIGHT / 2);
    fill_by_prediction(scene.planes[2], WIDTH / 2, HEIGHT / 2);
    check_stream(&scene, 1, 1);
    exact = scene_exact(&scene);
    ck_assert_uint_lt(exact_idr_max(exact),
                      WIDTH / 16 * HEIGHT / 16 * MACROBLOCK_MAX + PARAMETERS_MAX);
    (void)exact_free(exact);
    scene_finish(&scene);
}
END_TEST

/* In every @p step th macroblock the cells of @p pattern change. */
static void change_pattern(struct scene *scene, unsigned pattern, int step)
{
    for (int i = 0; i < scene->place.rows * scene->place.columns / 4; i += step) {
        int column = i * 2 % scene->place.columns;
        int row = i * 2 / scene->place.columns * 2;

        scene->cells.rows[row][column / 64] ^= (uint64_t)(pattern & 3) << column % 64;
        scene->cells.rows[row + 1][column / 64] ^= (uint64_t)(pattern >> 2) << column % 64;
    }
}

/* The longest coded_block_pattern, cells alone, runs of all lengths: write_p() looks at the size.
 */
START_TEST(bounds_hold_where_they_are_tight)
{
    struct scene scene;
    struct exact *exact;

    scene_init(&scene, 640, 360, SCENE_FLAT, 1);
    scene_place(&scene, 0, 46);
    exact = scene_exact(&scene);
    for (unsigned pattern = 1; pattern < 16; pattern++) {
        for (int step = 1; step < 40; step++) {
            struct cells before = scene.cells;
            struct unit unit;

            change_pattern(&scene, pattern, step);
            unit = write_p(exact, &scene, &before, 1);
            free(unit.bytes);
        }
    }
    (void)exact_free(exact);
    scene_finish(&scene);
}
END_TEST

START_TEST(frame_number_comes_round)
{
    struct scene scene;

    scene_init(&scene, 64, 64, SCENE_BARS, 1);
    scene_place(&scene, 1, 4);
    check_stream(&scene, 1300, 600);
    scene_finish(&scene);
}
END_TEST

START_TEST(widest_strip)
{
    struct scene scene;

    scene_init(&scene, CELLS_COLUMNS_MAX * CELL_SIZE, 1024, SCENE_FLAT, 1);
    scene_place(&scene, 0, CELLS_ROWS_MAX);
    check_stream(&scene, 4, 2);
    scene_finish(&scene);
}
END_TEST

/* The slice of the strip is one of the NAL units of the access unit. */
static void check_plain_idr(const struct exact *exact, const struct scene *scene, uint8_t *plain,
                            size_t room)
{
    struct unit unit = write_idr(exact, scene);
    size_t size = plain_write_strip(&scene->place, &scene->cells, plain, room);
    const uint8_t *at = memmem(unit.bytes, unit.size, plain, size);

    ck_assert(at);
    at += size;
    ck_assert(at == unit.bytes + unit.size || memcmp(at, "\0\0\0\1", 4) == 0);
    free(unit.bytes);
}

static void check_plain_p(const struct exact *exact, const struct scene *scene,
                          const struct cells *before, int64_t number, uint8_t *plain, size_t room)
{
    static const uint8_t delimiter[] = {0, 0, 0, 1, 9, 0x30};
    int macroblocks = (scene->format.width + 15) / 16 * ((scene->format.height + 15) / 16);
    struct unit unit = write_p(exact, scene, before, number);
    size_t size =
        plain_write_p(&scene->place, macroblocks, number, before, &scene->cells, plain, room);

    ck_assert_uint_eq(unit.size, sizeof(delimiter) + size);
    ck_assert_mem_eq(unit.bytes, delimiter, sizeof(delimiter));
    ck_assert_mem_eq(unit.bytes + sizeof(delimiter), plain, size);
    free(unit.bytes);
}

START_TEST(tables_write_what_the_standard_says)
{
    enum {
        ROOM = 1 << 18,
    };
    uint8_t *plain = malloc(ROOM);
    struct scene scene;
    struct exact *exact;

    ck_assert(plain);
    scene_init(&scene, sizes[_i].width, sizes[_i].height, SCENE_FLAT,
               (uint64_t)suite_random(1, INT64_MAX - 1));
    place_somewhere(&scene);
    exact = scene_exact(&scene);
    for (int i = 0; i < 20; i++) {
        struct cells before = scene.cells;

        scene_change(&scene, (int)suite_random(1, 50));
        check_plain_idr(exact, &scene, plain, ROOM);
        check_plain_p(exact, &scene, &before, suite_random(1, 10000), plain, ROOM);
    }
    (void)exact_free(exact);
    scene_finish(&scene);
    free(plain);
}
END_TEST

START_TEST(parameters_say_what_it_is)
{
    static const struct {
        struct exact_format format;
        int level;
    } rows[] = {
        {{640, 360, 30, 1, 500000, 6, 6, 6}, 30},
        {{1280, 720, 30, 1, 2000000, 1, 1, 1}, 31},
        {{1280, 720, 30, 1, 17500000, 1, 1, 1}, 31},
        {{1280, 720, 30, 1, 17500001, 1, 1, 1}, 32},
        {{1280, 720, 50, 1, 2000000, 5, 1, 5}, 32},
        {{1920, 1080, 30000, 1001, 5000000, 1, 1, 1}, 40},
        {{3840, 2160, 60, 1, 16000000, 1, 1, 1}, 52},
        {{64, 64, 25, 1, 64000, 5, 6, 5}, 10},
    };
    struct scene scene;
    struct exact *exact;
    struct unit unit;
    AVCodecContext *decoder = open_decoder();
    AVFrame *frame;

    scene_init(&scene, rows[_i].format.width, rows[_i].format.height, SCENE_FLAT, 1);
    scene.format = rows[_i].format;
    exact = scene_exact(&scene);
    unit = write_idr(exact, &scene);
    frame = decode(decoder, unit.bytes, unit.size);
    ck_assert_int_eq(decoder->profile, FF_PROFILE_H264_HIGH);
    ck_assert_int_eq(decoder->level, rows[_i].level);
    ck_assert_int_eq(decoder->has_b_frames, 0);
    ck_assert_int_eq(decoder->framerate.num, scene.format.rate_num);
    ck_assert_int_eq(decoder->framerate.den, scene.format.rate_den);
    ck_assert_int_eq(frame->color_primaries, scene.format.primaries);
    ck_assert_int_eq(frame->color_trc, scene.format.transfer);
    ck_assert_int_eq(frame->colorspace, scene.format.matrix);
    ck_assert_int_eq(frame->color_range, AVCOL_RANGE_MPEG);
    ck_assert_int_eq(frame->sample_aspect_ratio.num, 1);
    ck_assert_int_eq(frame->key_frame, 1);
    av_frame_free(&frame);
    avcodec_free_context(&decoder);
    free(unit.bytes);
    (void)exact_free(exact);
    scene_finish(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exact");
    TCase *tcase = suite_add(suite, "exact");

    suite_seed();
    tcase_add_loop_test(tcase, pictures_are_decoded_exactly, 0, LENGTH(sizes) * SCENE_STILLS);
    tcase_add_test(tcase, strip_may_be_all_there_is_or_nothing);
    tcase_add_test(tcase, chroma_is_predicted_as_the_standard_says);
    tcase_add_test(tcase, bounds_hold_where_they_are_tight);
    tcase_add_test(tcase, frame_number_comes_round);
    tcase_add_test(tcase, widest_strip);
    tcase_add_loop_test(tcase, tables_write_what_the_standard_says, 0, LENGTH(sizes));
    tcase_add_loop_test(tcase, parameters_say_what_it_is, 0, 8);
    return suite_run(suite);
}

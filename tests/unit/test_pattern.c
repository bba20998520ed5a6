/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns: every one draws, in the size asked, 4:2:0, and moves or not as it is said to. */
#include <stdbool.h>
#include <string.h>

#include "media/pattern.h"
#include "tests/unit/suite.h"

static const struct {
    enum preset_pattern pattern;
    bool animated;
    enum AVColorSpace matrix;
} rows[] = {
    {PATTERN_SMPTEBARS, false, AVCOL_SPC_SMPTE170M}, {PATTERN_SMPTEHDBARS, false, AVCOL_SPC_BT709},
    {PATTERN_PAL75BARS, false, AVCOL_SPC_BT470BG},   {PATTERN_TESTSRC, true, AVCOL_SPC_SMPTE170M},
    {PATTERN_TESTSRC2, true, AVCOL_SPC_SMPTE170M},   {PATTERN_COLOR, false, AVCOL_SPC_SMPTE170M},
};

static struct preset preset_of(int row, int width, int height)
{
    struct preset preset = {
        .stream = {.segment_duration = 2000},
        .video = {.pattern = rows[row].pattern,
                  .color = 0xff0000,
                  .width = width,
                  .height = height,
                  .rate = {30, 1},
                  .cycle = 10000},
    };

    return preset;
}

static void draw(struct pattern *pattern, const struct preset *preset, AVFrame *frame)
{
    ck_assert_int_eq(pattern_draw(pattern, frame), 0);
    ck_assert_int_eq(frame->format, AV_PIX_FMT_YUV420P);
    ck_assert_int_eq(frame->width, preset->video.width);
    ck_assert_int_eq(frame->height, preset->video.height);
}

static bool same_plane(const AVFrame *a, const AVFrame *b, int plane)
{
    int shift = plane > 0;

    for (int y = 0; y < a->height >> shift; y++) {
        if (memcmp(a->data[plane] + (ptrdiff_t)y * a->linesize[plane],
                   b->data[plane] + (ptrdiff_t)y * b->linesize[plane],
                   (size_t)(a->width >> shift)) != 0)
            return false;
    }
    return true;
}

static bool same_picture(const AVFrame *a, const AVFrame *b)
{
    return same_plane(a, b, 0) && same_plane(a, b, 1) && same_plane(a, b, 2);
}

/* Frames 0 and 31: a pattern that counts seconds has moved on by then. */
static void check_drawing(int row, int width, int height)
{
    struct preset preset = preset_of(row, width, height);
    struct pattern *pattern = NULL;
    AVFrame *first = av_frame_alloc();
    AVFrame *frame = av_frame_alloc();

    ck_assert(first && frame);
    ck_assert_int_eq(pattern_new(&preset, 0, &pattern), 0);
    draw(pattern, &preset, first);
    for (int i = 1; i <= 31; i++) {
        av_frame_unref(frame);
        draw(pattern, &preset, frame);
    }
    ck_assert_int_eq(same_picture(first, frame), !rows[row].animated);
    ck_assert_ptr_null(pattern_free(pattern));
    av_frame_free(&frame);
    av_frame_free(&first);
}

START_TEST(every_pattern_draws_frames_of_the_size_asked)
{
    check_drawing(_i, 1280, 720);
    check_drawing(_i, 426, 240);
    check_drawing(_i, 64, 64);
}
END_TEST

START_TEST(it_begins_with_the_frame_asked)
{
    struct preset preset = preset_of(_i, 320, 180);
    struct pattern *pattern = NULL;
    struct pattern *later = NULL;
    AVFrame *expected = av_frame_alloc();
    AVFrame *frame = av_frame_alloc();

    ck_assert_int_eq(pattern_new(&preset, 0, &pattern), 0);
    ck_assert_int_eq(pattern_new(&preset, 47, &later), 0);
    for (int i = 0; i <= 47; i++) {
        av_frame_unref(expected);
        draw(pattern, &preset, expected);
    }
    for (int i = 47; i < 50; i++) {
        draw(later, &preset, frame);
        ck_assert(same_picture(expected, frame));
        av_frame_unref(expected);
        av_frame_unref(frame);
        draw(pattern, &preset, expected);
    }
    (void)pattern_free(pattern);
    (void)pattern_free(later);
    av_frame_free(&expected);
    av_frame_free(&frame);
}
END_TEST

START_TEST(a_still_picture_repeats_at_once_an_animated_one_after_its_cycle)
{
    struct preset preset = preset_of(_i, 1280, 720);

    ck_assert_int_eq(pattern_cycle(&preset), rows[_i].animated ? 5 : 1);
    ck_assert_int_eq((int)pattern_color_of(&preset).matrix, (int)rows[_i].matrix);
}
END_TEST

/* Red by BT.601: 81, 90, 240. What the values are must be what the VUI says. */
START_TEST(a_color_has_its_values)
{
    struct preset preset = preset_of(LENGTH(rows) - 1, 64, 64);
    struct pattern *pattern = NULL;
    AVFrame *frame = av_frame_alloc();

    ck_assert_int_eq(pattern_new(&preset, 0, &pattern), 0);
    draw(pattern, &preset, frame);
    ck_assert_int_eq(frame->data[0][0], 81);
    ck_assert_int_eq(frame->data[1][0], 90);
    ck_assert_int_eq(frame->data[2][0], 240);
    (void)pattern_free(pattern);
    av_frame_free(&frame);
    ck_assert_ptr_null(pattern_free(NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pattern");
    TCase *tcase = suite_add(suite, "pattern");

    tcase_add_loop_test(tcase, every_pattern_draws_frames_of_the_size_asked, 0, LENGTH(rows));
    tcase_add_loop_test(tcase, it_begins_with_the_frame_asked, 0, LENGTH(rows));
    tcase_add_loop_test(tcase, a_still_picture_repeats_at_once_an_animated_one_after_its_cycle, 0,
                        LENGTH(rows));
    tcase_add_test(tcase, a_color_has_its_values);
    return suite_run(suite);
}

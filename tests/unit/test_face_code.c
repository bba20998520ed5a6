/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock's code, read back from the picture that its strip is drawn into. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crc32.h"
#include "media/face_code.h"
#include "tests/unit/faces.h"
#include "tests/unit/suite.h"

static uint64_t get(const uint8_t *from, int size)
{
    uint64_t number = 0;

    for (int i = 0; i < size; i++)
        number = number << 8 | from[i];
    return number;
}

static int64_t get_gray(const uint8_t *from, int size)
{
    uint64_t number = get(from, size);

    for (int shift = 32; shift; shift /= 2)
        number ^= number >> shift;
    return (int64_t)number;
}

/* Reads the middle of each code cell, in a picture of luma samples. */
static void scan(const uint8_t *luma, int width, int height, uint8_t bytes[FACE_CODE_BYTES])
{
    struct face_code code = face_code_make(width, height);
    int side = code.scale * CELL_SIZE;
    int top = code.bottom - face_code_height(&code) * CELL_SIZE;

    memset(bytes, 0, FACE_CODE_BYTES);
    for (int bit = 0; bit < FACE_CODE_BITS; bit++) {
        int column = 1 + bit % (code.columns - 1);
        int row = bit / (code.columns - 1);
        int x = code.left * CELL_SIZE + column * side + side / 2;
        int y = top + row * side + side / 2;

        if (luma[y * width + x] > 128)
            bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    }
    for (int row = 0; row < code.rows; row++) {
        int x = code.left * CELL_SIZE + side / 2;
        int y = top + row * side + side / 2;

        ck_assert_int_eq(luma[y * width + x], row % 2 ? CELLS_BLACK : CELLS_WHITE);
    }
}

static void check_code(const uint8_t bytes[FACE_CODE_BYTES], const struct face_moment *moment)
{
    ck_assert_uint_eq(get(bytes + 18, 4), crc32_of(bytes, 18));
    ck_assert_uint_eq(bytes[0], 0x10U | moment->flash);
    ck_assert_int_eq((int64_t)get(bytes + 1, 2), moment->stream);
    ck_assert_int_eq(get_gray(bytes + 3, 4), moment->index);
    ck_assert_int_eq(get_gray(bytes + 7, 5), moment->frame);
    ck_assert_int_eq(get_gray(bytes + 12, 6), moment->time / NS_PER_MS);
}

struct picture {
    int width, height;
    uint8_t *planes[3];
    int strides[3];
};

static struct picture picture_new(int width, int height, int value)
{
    struct picture picture = {
        .width = width, .height = height, .strides = {width, width / 2, width / 2}};

    for (int i = 0; i < 3; i++) {
        size_t size = (size_t)(width * height / (i ? 4 : 1));

        picture.planes[i] = malloc(size);
        ck_assert_ptr_nonnull(picture.planes[i]);
        memset(picture.planes[i], value, size);
    }
    return picture;
}

static void picture_free(struct picture *picture)
{
    for (int i = 0; i < 3; i++)
        free(picture->planes[i]);
}

START_TEST(the_code_is_read_back_from_the_picture)
{
    struct preset preset = faces_preset(faces_sizes[_i][0], faces_sizes[_i][1], SIGNAL_BEEP);
    struct picture picture = picture_new(preset.video.width, preset.video.height, 99);
    struct face *face = faces_make(&preset);
    struct cells_place place = face_place(face);
    struct cells cells = {0};

    for (int i = 0; i < 20; i++) {
        struct face_moment moment = faces_random_moment();
        uint8_t bytes[FACE_CODE_BYTES];

        face_draw(face, &moment, &cells);
        cells_draw(&cells, &place, picture.width, picture.height, picture.planes, picture.strides);
        scan(picture.planes[0], picture.width, picture.height, bytes);
        check_code(bytes, &moment);
    }
    face_free(face);
    picture_free(&picture);
}
END_TEST

/* As in doc/clock-code.md. */
START_TEST(the_worked_example_is_right)
{
    static const uint8_t wanted[FACE_CODE_BYTES] = {0x10, 0x00, 0x0c, 0x2f, 0x41, 0xda, 0xf0, 0x0a,
                                                    0xcf, 0x7f, 0xcf, 0x40, 0x01, 0x73, 0x02, 0xb0,
                                                    0xf3, 0x00, 0xbf, 0x37, 0xdd, 0x5c};
    struct face_moment moment = {
        .stream = 12,
        .index = NOON / 2,
        .frame = NOON * 30,
        .time = NOON * NS_PER_SECOND,
    };
    struct face_code code = face_code_make(1280, 720);
    uint8_t bytes[FACE_CODE_BYTES];

    face_code_pack(&code, &moment, bytes);
    ck_assert_mem_eq(bytes, wanted, sizeof(bytes));
}
END_TEST
/* ---- drawing ------------------------------------------------------------------------------ */

static int sample_at(const struct picture *picture, int plane, int x, int y)
{
    return picture->planes[plane][y * picture->strides[plane] + x];
}

/* All samples: cells within the strip, what was there outside of it. */
static void check_picture(const struct picture *picture, const struct cells *cells,
                          const struct cells_place *place)
{
    int end = place->first_line + place->rows * CELL_SIZE;

    for (int y = 0; y < picture->height; y++) {
        bool inside = y >= place->first_line && y < end;

        for (int x = 0; x < picture->width; x++) {
            int row = (y - place->first_line) / CELL_SIZE;
            int wanted = 99;

            if (inside)
                wanted = faces_cell(cells, x / CELL_SIZE, row) ? CELLS_WHITE : CELLS_BLACK;
            ck_assert_int_eq(sample_at(picture, 0, x, y), wanted);
            for (int plane = 1; plane < 3; plane++)
                ck_assert_int_eq(sample_at(picture, plane, x / 2, y / 2),
                                 inside ? CELLS_CHROMA : 99);
        }
    }
}

START_TEST(a_strip_is_drawn_to_the_sample)
{
    static const int widths[] = {FACE_WIDTH_MIN, 258, 426, 854, 1366};
    struct preset preset = faces_preset(widths[_i], widths[_i] * 9 / 32 * 2, SIGNAL_BEEP);
    struct picture picture = picture_new(preset.video.width, preset.video.height, 99);
    struct face *face = faces_make(&preset);
    struct cells_place place = face_place(face);
    struct cells cells = {0};
    struct face_moment moment = faces_random_moment();

    face_draw(face, &moment, &cells);
    cells_draw(&cells, &place, picture.width, picture.height, picture.planes, picture.strides);
    check_picture(&picture, &cells, &place);
    face_free(face);
    picture_free(&picture);
}
END_TEST
int main(void)
{
    Suite *suite = suite_create("face_code");
    TCase *code = suite_add(suite, "code");

    suite_seed();
    tcase_add_loop_test(code, the_code_is_read_back_from_the_picture, 0, FACES_SIZES);
    tcase_add_test(code, the_worked_example_is_right);
    tcase_add_loop_test(code, a_strip_is_drawn_to_the_sample, 0, 5);
    return suite_run(suite);
}

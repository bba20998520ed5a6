/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock's face: where everything stands at any size, what the text and the code say, how much
 * changes from frame to frame. Text and code are read back from the cells.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crc32.h"
#include "base/utc.h"
#include "media/face.h"
#include "media/face_code.h"
#include "media/face_font.h"
#include "media/face_layout.h"
#include "tests/unit/suite.h"

#define NOON INT64_C(1795348800) /* 2026-11-22T12:00:00Z, in seconds */

static struct preset make_preset(int width, int height, enum preset_signal signal)
{
    struct preset preset = {
        .name = "720p-clock",
        .stream.segment_duration = 2000,
        .video = {.width = width, .height = height, .rate = {30, 1}},
        .audio.signal = signal,
    };

    return preset;
}

static struct face *make_face(const struct preset *preset)
{
    struct face *face = NULL;

    ck_assert_int_eq(face_new(preset, &face), 0);
    return face;
}

static struct face_layout layout_of(const struct preset *preset)
{
    struct face_code code = face_code_make(preset->video.width, preset->video.height);

    return face_layout_make(preset, &code);
}

/* ---- layout ------------------------------------------------------------------------------- */

/* In cells of the strip; the ends are outside. */
struct box {
    int left, top, right, bottom;
};

static struct box field_box(const struct face_layout *layout, enum face_field_kind kind)
{
    const struct face_field *field = &layout->fields[kind];
    struct box box = {
        .left = face_layout_label(kind) ? face_layout_label_column(layout, field) : field->column,
        .top = field->row,
        .right = field->column + face_layout_columns(layout, field),
        .bottom = field->row + layout->font->height * layout->dot,
    };

    return box;
}

static struct box code_box(const struct face_layout *layout, const struct face_code *code)
{
    struct box box = {
        .left = code->left,
        .top = layout->code_top,
        .right = code->left + code->columns * code->scale,
        .bottom = layout->code_top + code->rows * code->scale,
    };

    return box;
}

static bool overlap(const struct box *a, const struct box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static void check_place(const struct preset *preset, const struct face_layout *layout,
                        const struct face_code *code)
{
    const struct cells_place *place = &layout->place;
    int height = preset->video.height;
    int alone = face_code_height(code) + 2;

    ck_assert_int_ge(place->first_line, 0);
    ck_assert_int_eq(place->first_line % 16, 0);
    ck_assert_int_le(place->first_line + place->rows * CELL_SIZE, height);
    ck_assert_int_eq(place->columns, (preset->video.width + 15) / 16 * 2);
    ck_assert_int_eq(place->rows % 2, 0);
    ck_assert_int_le(place->rows, CELLS_ROWS_MAX);
    ck_assert(place->rows * CELL_SIZE < height / 2 + 16 || place->rows <= alone);
    ck_assert_int_eq(place->first_line + place->rows * CELL_SIZE, code->bottom);
}

/* Everything stands inside of picture and strip, and nothing on anything else. */
static void check_layout(const struct preset *preset)
{
    struct face_code code = face_code_make(preset->video.width, preset->video.height);
    struct face_layout layout = face_layout_make(preset, &code);
    struct box boxes[FACE_FIELDS + 1];
    int count = 0;

    check_place(preset, &layout, &code);
    for (enum face_field_kind kind = 0; kind < FACE_FIELDS; kind++) {
        if (layout.fields[kind].shown)
            boxes[count++] = field_box(&layout, kind);
    }
    boxes[count++] = code_box(&layout, &code);
    for (int i = 0; i < count; i++) {
        ck_assert_int_ge(boxes[i].left, 0);
        ck_assert_int_ge(boxes[i].top, i < count - 1 ? 1 : 0);
        ck_assert_int_le(boxes[i].right * CELL_SIZE, preset->video.width);
        ck_assert_int_le(boxes[i].bottom, layout.place.rows);
        for (int j = 0; j < i; j++)
            ck_assert(!overlap(&boxes[i], &boxes[j]));
    }
}

static struct preset random_preset(void)
{
    static const struct rational rates[] = {{10, 1}, {24000, 1001}, {30, 1}, {60, 1}, {120, 1}};
    struct preset preset;

    do {
        int width = 2 * (int)suite_random(FACE_WIDTH_MIN / 2, 2048);
        int height = 2 * (int)suite_random(FACE_HEIGHT_MIN / 2, 2048);

        preset = make_preset(width, height, suite_random(0, 1) ? SIGNAL_BEEP : SIGNAL_TONE);
    } while ((int64_t)preset.video.width * preset.video.height > 4096 * 2304);
    preset.video.rate = rates[suite_random(0, LENGTH(rates) - 1)];
    preset.stream.segment_duration = suite_random(1, 10) * 1000;
    memset(preset.name, 0, sizeof(preset.name));
    memset(preset.name, 'x', (size_t)suite_random(1, sizeof(preset.name) - 1));
    return preset;
}

START_TEST(nothing_overlaps_at_any_size)
{
    for (int i = 0; i < 20000; i++) {
        struct preset preset = random_preset();

        check_layout(&preset);
    }
}
END_TEST

START_TEST(nothing_overlaps_at_the_smallest_sizes)
{
    for (int width = FACE_WIDTH_MIN; width <= 480; width += 2) {
        for (int height = FACE_HEIGHT_MIN; height <= 400; height += 2) {
            struct preset preset = make_preset(width, height, SIGNAL_BEEP);

            check_layout(&preset);
        }
    }
}
END_TEST

START_TEST(a_picture_without_room_for_the_code_is_refused)
{
    struct face *face = NULL;
    struct preset narrow = make_preset(FACE_WIDTH_MIN - 2, 4096, SIGNAL_TONE);
    struct preset low = make_preset(4096, FACE_HEIGHT_MIN - 2, SIGNAL_TONE);

    ck_assert_int_eq(face_new(&narrow, &face), -ERANGE);
    ck_assert_int_eq(face_new(&low, &face), -ERANGE);
    ck_assert_ptr_null(face);
    ck_assert_ptr_null(face_free(NULL));
}
END_TEST

#define SHOWN(kind) (1U << (kind))
#define SHOWN_ALL                                                                                  \
    (SHOWN(FACE_DATE) | SHOWN(FACE_TIME) | SHOWN(FACE_FRAME) | SHOWN(FACE_INDEX) |                 \
     SHOWN(FACE_NAME) | SHOWN(FACE_STREAM))

static const struct {
    int width, height;
    enum preset_signal signal;
    const struct face_font *font;
    int dot;
    unsigned shown;
} sizes[] = {
    {3840, 2160, SIGNAL_BEEP, &face_font_large, 3, SHOWN_ALL | SHOWN(FACE_LAMP)},
    {1920, 1080, SIGNAL_BEEP, &face_font_large, 1, SHOWN_ALL | SHOWN(FACE_LAMP)},
    {1280, 720, SIGNAL_BEEP, &face_font_large, 1, SHOWN_ALL | SHOWN(FACE_LAMP)},
    {1280, 720, SIGNAL_TONE, &face_font_large, 1, SHOWN_ALL},
    {720, 1280, SIGNAL_BEEP, &face_font_large, 1, SHOWN_ALL | SHOWN(FACE_LAMP)},
    {854, 480, SIGNAL_BEEP, &face_font_small, 1, SHOWN_ALL | SHOWN(FACE_LAMP)},
    {640, 360, SIGNAL_TONE, &face_font_small, 1,
     SHOWN(FACE_TIME) | SHOWN(FACE_DATE) | SHOWN(FACE_FRAME) | SHOWN(FACE_STREAM)},
    {640, 360, SIGNAL_BEEP, &face_font_small, 1,
     SHOWN(FACE_TIME) | SHOWN(FACE_LAMP) | SHOWN(FACE_DATE) | SHOWN(FACE_FRAME) |
         SHOWN(FACE_STREAM)},
    {426, 240, SIGNAL_BEEP, &face_font_small, 1, SHOWN(FACE_TIME)},
    {256, 144, SIGNAL_BEEP, &face_font_small, 1, 0},
};

START_TEST(what_has_no_room_is_left_out)
{
    struct preset preset = make_preset(sizes[_i].width, sizes[_i].height, sizes[_i].signal);
    struct face_layout layout = layout_of(&preset);
    unsigned shown = 0;

    for (enum face_field_kind kind = 0; kind < FACE_FIELDS; kind++)
        shown |= layout.fields[kind].shown ? SHOWN(kind) : 0;
    ck_assert_uint_eq(shown, sizes[_i].shown);
    ck_assert_ptr_eq(layout.font, sizes[_i].font);
    ck_assert_int_eq(layout.dot, sizes[_i].dot);
}
END_TEST

/* ---- text --------------------------------------------------------------------------------- */

static bool cell_at(const struct cells *cells, int column, int row)
{
    return cells->rows[row][column / 64] >> column % 64 & 1;
}

/* The character whose glyph stands there, every cell of it; 0 if none. */
static char read_glyph(const struct face_layout *layout, const struct cells *cells, int column,
                       int row)
{
    const char *known = "0123456789-:. S";

    for (; *known; known++) {
        bool same = true;

        for (int y = 0; y < layout->font->height * layout->dot; y++) {
            uint64_t glyph = face_font_row(layout->font, *known, y / layout->dot, layout->dot);

            for (int x = 0; x < layout->font->width * layout->dot; x++)
                same &= (glyph >> x & 1) == cell_at(cells, column + x, row + y);
        }
        if (same)
            return *known;
    }
    return 0;
}

static void read_field(const struct face_layout *layout, const struct cells *cells,
                       enum face_field_kind kind, char text[32])
{
    const struct face_field *field = &layout->fields[kind];
    int advance = layout->font->advance * layout->dot;

    for (int i = 0; i < field->length; i++)
        text[i] = read_glyph(layout, cells, field->column + i * advance, field->row);
    text[field->length] = '\0';
}

static void check_text(const struct face_layout *layout, const struct cells *cells,
                       const struct face_moment *moment)
{
    char wanted[UTC_TEXT_SIZE];
    char found[32];

    utc_format(moment->time, wanted);
    read_field(layout, cells, FACE_DATE, found);
    ck_assert_int_eq(strncmp(found, wanted, 10), 0);
    read_field(layout, cells, FACE_TIME, found);
    ck_assert_int_eq(strncmp(found, wanted + 11, 12), 0);
    (void)snprintf(wanted, sizeof(wanted), "%-*jd", layout->fields[FACE_FRAME].length,
                   (intmax_t)moment->frame);
    read_field(layout, cells, FACE_FRAME, found);
    ck_assert_str_eq(found, wanted);
    (void)snprintf(wanted, sizeof(wanted), "%-*jd", layout->fields[FACE_INDEX].length,
                   (intmax_t)moment->index);
    read_field(layout, cells, FACE_INDEX, found);
    ck_assert_str_eq(found, wanted);
    (void)snprintf(wanted, sizeof(wanted), "S%04jd", (intmax_t)moment->stream);
    read_field(layout, cells, FACE_STREAM, found);
    ck_assert_int_eq(strncmp(found, moment->stream ? wanted : "     ", 5), 0);
}

static struct face_moment random_moment(void)
{
    struct face_moment moment = {
        .stream = suite_random(0, 1) ? suite_random(0, 9999) : 0,
        .index = suite_random(0, 4294967295),
        .frame = suite_random(0, 276000000000),
        .time = suite_random(0, INT64_MAX - 1),
        .flash = suite_random(0, 1),
    };

    return moment;
}

START_TEST(the_text_says_what_the_moment_is)
{
    struct preset preset = make_preset(sizes[_i].width, sizes[_i].height, SIGNAL_BEEP);
    struct face_layout layout = layout_of(&preset);
    struct face *face = make_face(&preset);
    struct cells cells = {0};

    for (int i = 0; i < 2000; i++) {
        struct face_moment moment = random_moment();

        face_draw(face, &moment, &cells);
        check_text(&layout, &cells, &moment);
    }
    face_free(face);
}
END_TEST

START_TEST(every_day_has_its_date)
{
    struct preset preset = make_preset(1280, 720, SIGNAL_TONE);
    struct face_layout layout = layout_of(&preset);
    struct face *face = make_face(&preset);
    struct cells cells = {0};

    for (int64_t day = 0; day < INT64_C(106650); day++) { /* to 2261 */
        struct face_moment moment = {.time = day * 86400 * NS_PER_SECOND};

        face_draw(face, &moment, &cells);
        check_text(&layout, &cells, &moment);
    }
    face_free(face);
}
END_TEST

/* ---- code --------------------------------------------------------------------------------- */

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
    struct preset preset = make_preset(sizes[_i].width, sizes[_i].height, SIGNAL_BEEP);
    struct picture picture = picture_new(preset.video.width, preset.video.height, 99);
    struct face *face = make_face(&preset);
    struct cells_place place = face_place(face);
    struct cells cells = {0};

    for (int i = 0; i < 20; i++) {
        struct face_moment moment = random_moment();
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
    uint8_t bytes[FACE_CODE_BYTES];

    face_code_pack(&moment, bytes);
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
                wanted = cell_at(cells, x / CELL_SIZE, row) ? CELLS_WHITE : CELLS_BLACK;
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
    struct preset preset = make_preset(widths[_i], widths[_i] * 9 / 32 * 2, SIGNAL_BEEP);
    struct picture picture = picture_new(preset.video.width, preset.video.height, 99);
    struct face *face = make_face(&preset);
    struct cells_place place = face_place(face);
    struct cells cells = {0};
    struct face_moment moment = random_moment();

    face_draw(face, &moment, &cells);
    cells_draw(&cells, &place, picture.width, picture.height, picture.planes, picture.strides);
    check_picture(&picture, &cells, &place);
    face_free(face);
    picture_free(&picture);
}
END_TEST

START_TEST(drawing_depends_on_the_moment_alone)
{
    struct preset preset = make_preset(sizes[_i].width, sizes[_i].height, SIGNAL_BEEP);
    struct face *face = make_face(&preset);
    struct face *other = make_face(&preset);
    struct cells cells = {0};
    struct cells again = {0};

    for (int i = 0; i < 200; i++) {
        struct face_moment moment = random_moment();
        struct face_moment between = random_moment();

        face_draw(face, &moment, &cells);
        face_draw(other, &between, &again);
        face_draw(other, &moment, &again);
        ck_assert_mem_eq(&cells, &again, sizeof(cells));
    }
    face_free(face);
    face_free(other);
}
END_TEST

/* ---- what changes ------------------------------------------------------------------------- */

/* Now and then the one before everything changes: 999, the end of a day, a month, a year. */
static int64_t before_carry(void)
{
    int64_t power = 1;

    for (int64_t i = suite_random(0, 10); i > 0; i--)
        power *= 10;
    return suite_random(0, 2) ? power * suite_random(1, 9) - 1 : suite_random(0, 10 * power);
}

static int64_t before_midnight(int64_t step)
{
    static const int64_t turns[] = {
        946684800,  /* 2000-01-01 */
        951868800,  /* 2000-03-01 */
        1798761600, /* 2027-01-01 */
        1861920000, /* 2029-01-01 */
        3155760000, /* 2070-01-01 */
    };
    int64_t midnight = suite_random(0, 1) ? turns[suite_random(0, LENGTH(turns) - 1)]
                                          : suite_random(1, 100000) * 86400;

    return midnight * NS_PER_SECOND - suite_random(1, step);
}

static void next_pair(const struct preset *preset, struct face_moment *one,
                      struct face_moment *next)
{
    int64_t step = NS_PER_SECOND * preset->video.rate.den / preset->video.rate.num;

    *one = (struct face_moment){
        .stream = suite_random(0, 9999),
        .index = suite_random(0, 1) ? before_carry() % 4294967296 : suite_random(0, 4294967294),
        .frame = before_carry(),
        .time = suite_random(0, 2) ? suite_random(0, INT64_MAX / 2) : before_midnight(step),
        .flash = suite_random(0, 1),
    };
    *next = (struct face_moment){
        .stream = one->stream,
        .index = one->index + suite_random(0, 1),
        .frame = one->frame + 1,
        .time = one->time + step + suite_random(0, 1),
        .flash = suite_random(0, 1),
    };
}

static struct face_change change_of(const struct cells *one, const struct cells *next)
{
    struct face_change change = {0};

    for (int row = 0; row < CELLS_ROWS_MAX; row += 2) {
        for (int i = 0; i < CELLS_WORDS; i++) {
            uint64_t upper = one->rows[row][i] ^ next->rows[row][i];
            uint64_t lower = one->rows[row + 1][i] ^ next->rows[row + 1][i];

            if (!(upper | lower))
                continue;
            change.cells += __builtin_popcountll(upper) + __builtin_popcountll(lower);
            for (int bit = 0; bit < 64; bit += 2)
                change.macroblocks += ((upper | lower) >> bit & 3) != 0;
        }
    }
    return change;
}

static const int bounded[][3] = {
    {3840, 2160, 60}, {1920, 1080, 30}, {1280, 720, 10}, {1280, 720, 30},
    {854, 480, 30},   {640, 360, 30},   {256, 144, 120},
};

START_TEST(no_frame_changes_more_than_the_bound)
{
    struct preset preset = make_preset(bounded[_i][0], bounded[_i][1], SIGNAL_BEEP);
    struct face_change most = {0};
    struct face_change bound;
    struct face *face;
    struct cells one = {0};
    struct cells next = {0};

    preset.video.rate.num = bounded[_i][2];
    face = make_face(&preset);
    bound = face_change_max(face);
    for (int i = 0; i < 150000; i++) {
        struct face_moment moments[2];
        struct face_change change;

        next_pair(&preset, &moments[0], &moments[1]);
        face_draw(face, &moments[0], &one);
        face_draw(face, &moments[1], &next);
        change = change_of(&one, &next);
        most.cells = change.cells > most.cells ? change.cells : most.cells;
        most.macroblocks =
            change.macroblocks > most.macroblocks ? change.macroblocks : most.macroblocks;
    }
    printf("# %dx%d: at most %d cells in %d macroblocks changed, the bound is %d in %d\n",
           preset.video.width, preset.video.height, most.cells, most.macroblocks, bound.cells,
           bound.macroblocks);
    ck_assert_int_le(most.cells, bound.cells);
    ck_assert_int_le(most.macroblocks, bound.macroblocks);
    face_free(face);
}
END_TEST

/* ---- moments ------------------------------------------------------------------------------ */

static const struct rational rates[] = {{10, 1}, {24000, 1001}, {25, 1}, {30000, 1001},
                                        {30, 1}, {60000, 1001}, {60, 1}, {120, 1}};

START_TEST(a_moment_is_where_the_timeline_has_it)
{
    struct preset preset = make_preset(1280, 720, SIGNAL_TONE);
    struct timeline line = timeline_make(123456789, 2000, rates[_i].num, rates[_i].den);
    struct face *face = make_face(&preset);
    int64_t index = timeline_index_at(&line, NOON * NS_PER_SECOND);
    struct face_moment first = face_moment_of(face, &line, 7, index, 0);
    struct face_moment beyond = face_moment_of(face, &line, 7, index, line.frames);

    ck_assert_int_eq(first.stream, 7);
    ck_assert_int_eq(first.index, index);
    ck_assert_int_eq(first.frame, index * line.frames);
    ck_assert_int_eq(first.time, timeline_start(&line, index));
    ck_assert_int_eq(beyond.time, timeline_due(&line, index));
    ck_assert(!first.flash);
    face_free(face);
}
END_TEST

/* The first frame that starts in the second is lit, and all that start in its first 100 ms. */
START_TEST(the_lamp_is_lit_from_each_second_on)
{
    struct preset preset = make_preset(1280, 720, SIGNAL_BEEP);
    struct timeline line = timeline_make(123456789, 2000, rates[_i].num, rates[_i].den);
    struct face *face = make_face(&preset);
    int64_t index = timeline_index_at(&line, NOON * NS_PER_SECOND);
    int64_t second = 0;

    for (int64_t i = 1; i < 1000; i++) {
        struct face_moment moment = face_moment_of(face, &line, 0, index, i);
        struct face_moment before = face_moment_of(face, &line, 0, index, i - 1);

        second = moment.time / NS_PER_SECOND * NS_PER_SECOND;
        ck_assert_int_eq(moment.flash, moment.time < second + 100 * NS_PER_MS);
        if (before.time < second)
            ck_assert(moment.flash);
    }
    face_free(face);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("face");
    TCase *layout = suite_add(suite, "layout");
    TCase *text = suite_add(suite, "text");
    TCase *code = suite_add(suite, "code");
    TCase *drawing = suite_add(suite, "drawing");
    TCase *change = suite_add(suite, "change");
    TCase *moments = suite_add(suite, "moments");

    suite_seed();
    tcase_add_test(layout, nothing_overlaps_at_any_size);
    tcase_add_test(layout, nothing_overlaps_at_the_smallest_sizes);
    tcase_add_test(layout, a_picture_without_room_for_the_code_is_refused);
    tcase_add_loop_test(layout, what_has_no_room_is_left_out, 0, LENGTH(sizes));
    tcase_add_loop_test(text, the_text_says_what_the_moment_is, 0, 5); /* those with all of it */
    tcase_add_test(text, every_day_has_its_date);
    tcase_add_loop_test(code, the_code_is_read_back_from_the_picture, 0, LENGTH(sizes));
    tcase_add_test(code, the_worked_example_is_right);
    tcase_add_loop_test(drawing, a_strip_is_drawn_to_the_sample, 0, 5);
    tcase_add_loop_test(drawing, drawing_depends_on_the_moment_alone, 0, LENGTH(sizes));
    tcase_add_loop_test(change, no_frame_changes_more_than_the_bound, 0, LENGTH(bounded));
    tcase_add_loop_test(moments, a_moment_is_where_the_timeline_has_it, 0, LENGTH(rates));
    tcase_add_loop_test(moments, the_lamp_is_lit_from_each_second_on, 0, LENGTH(rates));
    return suite_run(suite);
}

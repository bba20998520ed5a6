/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock's face: where everything stands at any size, and what the text says, read back from the
 * cells.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utc.h"
#include "media/face.h"
#include "media/face_code.h"
#include "media/face_font.h"
#include "media/face_layout.h"
#include "tests/unit/faces.h"
#include "tests/unit/suite.h"

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

        preset = faces_preset(width, height, suite_random(0, 1) ? SIGNAL_BEEP : SIGNAL_TONE);
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
            struct preset preset = faces_preset(width, height, SIGNAL_BEEP);

            check_layout(&preset);
        }
    }
}
END_TEST

START_TEST(a_picture_without_room_for_the_code_is_refused)
{
    struct face *face = NULL;
    struct preset narrow = faces_preset(FACE_WIDTH_MIN - 2, 4096, SIGNAL_TONE);
    struct preset low = faces_preset(4096, FACE_HEIGHT_MIN - 2, SIGNAL_TONE);

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
    struct preset preset = faces_preset(sizes[_i].width, sizes[_i].height, sizes[_i].signal);
    struct face_layout layout = layout_of(&preset);
    unsigned shown = 0;

    for (enum face_field_kind kind = 0; kind < FACE_FIELDS; kind++)
        shown |= layout.fields[kind].shown ? SHOWN(kind) : 0;
    ck_assert_uint_eq(shown, sizes[_i].shown);
    ck_assert_ptr_eq(layout.font, sizes[_i].font);
    ck_assert_int_eq(layout.dot, sizes[_i].dot);
}
END_TEST

static const struct {
    const char *preset;
    const char *rendition;
    int width;
    int height;
    const char *shown;
} names[] = {
    {"720p-clock", "", 1280, 720, "720p-clock"},
    {"4k-abr", "720p", 1280, 720, "4k-abr 720p"},
    {"4k-abr", "2160p", 3840, 2160, "4k-abr 2160p"},
    {"4k-abr", "360p", 640, 360, "360p"},
    {"a-name-that-fills-a-line-all-alone-and-all-by-itself", "480p", 854, 480, "480p"},
};

START_TEST(the_name_tells_a_rendition_of_a_ladder)
{
    struct preset preset = faces_preset(names[_i].width, names[_i].height, SIGNAL_TONE);
    struct face_layout layout;

    (void)snprintf(preset.name, sizeof(preset.name), "%s", names[_i].preset);
    (void)snprintf(preset.rendition, sizeof(preset.rendition), "%s", names[_i].rendition);
    layout = layout_of(&preset);
    ck_assert_str_eq(layout.name, names[_i].shown);
    ck_assert(layout.fields[FACE_NAME].shown);
    ck_assert_int_eq(layout.fields[FACE_NAME].length, (int)strlen(names[_i].shown));
}
END_TEST

/* ---- text --------------------------------------------------------------------------------- */
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
                same &= (glyph >> x & 1) == faces_cell(cells, column + x, row + y);
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

START_TEST(the_text_says_what_the_moment_is)
{
    struct preset preset = faces_preset(faces_sizes[_i][0], faces_sizes[_i][1], SIGNAL_BEEP);
    struct face_layout layout = layout_of(&preset);
    struct face *face = faces_make(&preset);
    struct cells cells = {0};

    for (int i = 0; i < 2000; i++) {
        struct face_moment moment = faces_random_moment();

        face_draw(face, &moment, &cells);
        check_text(&layout, &cells, &moment);
    }
    face_free(face);
}
END_TEST

START_TEST(every_day_has_its_date)
{
    struct preset preset = faces_preset(1280, 720, SIGNAL_TONE);
    struct face_layout layout = layout_of(&preset);
    struct face *face = faces_make(&preset);
    struct cells cells = {0};
    char wanted[UTC_TEXT_SIZE];
    char found[32];

    for (int64_t day = 0; day < INT64_C(106650); day++) { /* to 2261 */
        struct face_moment moment = {.time = day * 86400 * NS_PER_SECOND};

        face_draw(face, &moment, &cells);
        read_field(&layout, &cells, FACE_DATE, found);
        utc_format(moment.time, wanted);
        ck_assert_int_eq(strncmp(found, wanted, 10), 0);
    }
    face_free(face);
}
END_TEST
START_TEST(drawing_depends_on_the_moment_alone)
{
    struct preset preset = faces_preset(faces_sizes[_i][0], faces_sizes[_i][1], SIGNAL_BEEP);
    struct face *face = faces_make(&preset);
    struct face *other = faces_make(&preset);
    struct cells cells = {0};
    struct cells again = {0};

    for (int i = 0; i < 200; i++) {
        struct face_moment moment = faces_random_moment();
        struct face_moment between = faces_random_moment();

        face_draw(face, &moment, &cells);
        face_draw(other, &between, &again);
        face_draw(other, &moment, &again);
        ck_assert_mem_eq(&cells, &again, sizeof(cells));
    }
    face_free(face);
    face_free(other);
}
END_TEST

/* ---- moments ------------------------------------------------------------------------------ */

static const struct rational rates[] = {{10, 1}, {24000, 1001}, {25, 1}, {30000, 1001},
                                        {30, 1}, {60000, 1001}, {60, 1}, {120, 1}};

START_TEST(a_moment_is_where_the_timeline_has_it)
{
    struct preset preset = faces_preset(1280, 720, SIGNAL_TONE);
    struct timeline line = timeline_make(123456789, 2000, rates[_i].num, rates[_i].den);
    struct face *face = faces_make(&preset);
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
    struct preset preset = faces_preset(1280, 720, SIGNAL_BEEP);
    struct timeline line = timeline_make(123456789, 2000, rates[_i].num, rates[_i].den);
    struct face *face = faces_make(&preset);
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
    TCase *drawing = suite_add(suite, "drawing");
    TCase *moments = suite_add(suite, "moments");

    suite_seed();
    tcase_add_test(layout, nothing_overlaps_at_any_size);
    tcase_add_test(layout, nothing_overlaps_at_the_smallest_sizes);
    tcase_add_test(layout, a_picture_without_room_for_the_code_is_refused);
    tcase_add_loop_test(layout, what_has_no_room_is_left_out, 0, LENGTH(sizes));
    tcase_add_loop_test(layout, the_name_tells_a_rendition_of_a_ladder, 0, LENGTH(names));
    tcase_add_loop_test(drawing, the_text_says_what_the_moment_is, 0, FACES_SIZES_COMPLETE);
    tcase_add_test(drawing, every_day_has_its_date);
    tcase_add_loop_test(drawing, drawing_depends_on_the_moment_alone, 0, FACES_SIZES);
    tcase_add_loop_test(moments, a_moment_is_where_the_timeline_has_it, 0, LENGTH(rates));
    tcase_add_loop_test(moments, the_lamp_is_lit_from_each_second_on, 0, LENGTH(rates));
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two frames of a strip: the exact writer's tables make of them what the plain writer makes, bit by
 * bit, and no more bytes than it promised. The input is text: size and place of the strip, a letter
 * each, and then the cells, six a letter; what lacks is black.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/exact/plain.h"
#include "tests/exact/scene.h"
#include "tests/fuzz/fuzz.h"

enum {
    CELLS_OF_LETTER = 6,
    ROOM = 1 << 16,
    SIDE_MAX = 12, /* macroblocks */
    WIDE = 64,     /* or so many, and then one row */
};

struct text {
    const uint8_t *at;
    const uint8_t *end;
};

static unsigned take(struct text *text)
{
    return text->at < text->end ? *text->at++ : '@';
}

static int take_below(struct text *text, int limit)
{
    return (int)take(text) % limit;
}

/* Reads from left to right and from top to bottom. */
static void take_cells(struct text *text, const struct cells_place *place, struct cells *ret)
{
    int count = place->rows * place->columns;
    unsigned letter = 0;

    memset(ret, 0, sizeof(*ret));
    for (int i = 0; i < count; i++) {
        int column = i % place->columns;

        if (i % CELLS_OF_LETTER == 0)
            letter = take(text);
        ret->rows[i / place->columns][column / 64] |= (uint64_t)(letter >> i % CELLS_OF_LETTER & 1)
                                                      << column % 64;
    }
}

static void take_scene(struct text *text, struct scene *ret)
{
    int columns = 1 + take_below(text, 2 * SIDE_MAX);
    int rows = columns > SIDE_MAX ? 1 : 1 + take_below(text, SIDE_MAX);
    int first = take_below(text, rows);

    if (columns == 2 * SIDE_MAX)
        columns = WIDE;
    scene_init(ret, columns * 16, rows * 16, SCENE_FLAT, 1);
    scene_place(ret, first, 2 * (1 + take_below(text, rows - first)));
}

static void check_idr(const struct exact *exact, const struct scene *scene)
{
    uint8_t *unit = malloc(exact_idr_max(exact));
    uint8_t *plain = malloc(ROOM);
    size_t size;
    size_t plain_size;

    FUZZ_CHECK(unit && plain);
    size = exact_write_idr(exact, &scene->cells, unit);
    plain_size = plain_write_strip(&scene->place, &scene->cells, plain, ROOM);
    FUZZ_CHECK(size <= exact_idr_max(exact));
    FUZZ_CHECK(memmem(unit, size, plain, plain_size));
    free(unit);
    free(plain);
}

static void check_p(const struct exact *exact, const struct scene *scene,
                    const struct cells *before, int64_t number)
{
    static const uint8_t delimiter[] = {0, 0, 0, 1, 9, 0x30};
    int macroblocks = scene->format.width / 16 * (scene->format.height / 16);
    uint8_t *plain = malloc(ROOM);
    uint8_t *unit;
    size_t size;
    size_t plain_size;
    size_t room;
    int changed_cells;
    int changed_macroblocks;

    scene_count(scene, before, &changed_cells, &changed_macroblocks);
    room = exact_p_max(exact, changed_cells, changed_macroblocks);
    unit = malloc(room);
    FUZZ_CHECK(unit && plain);
    size = exact_write_p(exact, number, before, &scene->cells, unit);
    FUZZ_CHECK(size <= room);
    plain_size =
        plain_write_p(&scene->place, macroblocks, number, before, &scene->cells, plain, ROOM);
    FUZZ_CHECK(size == sizeof(delimiter) + plain_size);
    FUZZ_CHECK(memcmp(unit, delimiter, sizeof(delimiter)) == 0);
    FUZZ_CHECK(memcmp(unit + sizeof(delimiter), plain, plain_size) == 0);
    free(unit);
    free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {.at = data, .end = data + size};
    int64_t number = (int64_t)take(&text) * 5;
    struct scene scene;
    struct cells before;
    struct exact *exact;

    take_scene(&text, &scene);
    take_cells(&text, &scene.place, &before);
    take_cells(&text, &scene.place, &scene.cells);
    exact = scene_exact(&scene);
    check_idr(exact, &scene);
    check_p(exact, &scene, &before, number);
    (void)exact_free(exact);
    scene_finish(&scene);
    return 0;
}

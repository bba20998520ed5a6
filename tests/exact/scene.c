/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/exact/scene.h"

#include <stdlib.h>

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory)
        abort();
    return memory;
}

/* Xorshift: short, and good enough for pictures. */
static uint32_t next(struct scene *scene)
{
    scene->random ^= scene->random << 13;
    scene->random ^= scene->random >> 7;
    scene->random ^= scene->random << 17;
    return (uint32_t)(scene->random >> 32);
}

static int side(int luma, int plane)
{
    return plane == 0 ? luma : luma / 2;
}

static uint8_t draw(struct scene *scene, enum scene_still still, int plane, int x, int y)
{
    int size = plane == 0 ? 16 : 8;
    int width = side(scene->format.width, plane);
    int height = side(scene->format.height, plane);

    switch (still) {
    case SCENE_NOISE:
        return next(scene) % 4 == 0 ? 0 : (uint8_t)next(scene);
    case SCENE_BLOCKS:
        if ((x / size * 7 + y / size * 5) % 11 == 0)
            return (uint8_t)next(scene);
        return (uint8_t)(x / size * 77 + y / size * 31 + plane * 50);
    case SCENE_BARS:
        return (uint8_t)((x * 7 / width + plane) * 31 + (y > height * 2 / 3 ? 90 : 0));
    case SCENE_FLAT:
    case SCENE_STILLS:
        break;
    }
    return (uint8_t)(60 + plane * 70);
}

void scene_init(struct scene *scene, int width, int height, enum scene_still still, uint64_t random)
{
    *scene = (struct scene){
        .format = {.width = width,
                   .height = height,
                   .rate_num = 30000,
                   .rate_den = 1001,
                   .bitrate = 2000000,
                   .primaries = 6,
                   .transfer = 6,
                   .matrix = 6},
        .random = random | 1,
    };
    for (int i = 0; i < 3; i++) {
        uint8_t *sample = allocate((size_t)(side(width, i) * side(height, i)));

        scene->planes[i] = sample;
        for (int y = 0; y < side(height, i); y++) {
            for (int x = 0; x < side(width, i); x++)
                *sample++ = draw(scene, still, i, x, y);
        }
    }
}

void scene_place(struct scene *scene, int first, int rows)
{
    scene->place = (struct cells_place){
        .first_line = first * 16,
        .columns = (scene->format.width + 15) / 16 * 2,
        .rows = rows,
    };
}

void scene_finish(struct scene *scene)
{
    for (int i = 0; i < 3; i++)
        free(scene->planes[i]);
}

struct exact *scene_exact(const struct scene *scene)
{
    struct exact_picture picture;
    struct exact *exact;

    for (int i = 0; i < 3; i++) {
        picture.planes[i] = scene->planes[i];
        picture.strides[i] = side(scene->format.width, i);
    }
    if (exact_new(&scene->format, &picture, scene->place.rows > 0 ? &scene->place : NULL, &exact))
        abort();
    return exact;
}

static int cell(const struct cells *cells, int column, int row)
{
    return (int)(cells->rows[row][column / 64] >> column % 64 & 1);
}

void scene_change(struct scene *scene, int one_in)
{
    for (int row = 0; row < scene->place.rows; row++) {
        for (int column = 0; column < scene->place.columns; column++) {
            if (next(scene) % (uint32_t)one_in == 0)
                scene->cells.rows[row][column / 64] ^= UINT64_C(1) << column % 64;
        }
    }
}

void scene_count(const struct scene *scene, const struct cells *before, int *ret_cells,
                 int *ret_macroblocks)
{
    *ret_cells = *ret_macroblocks = 0;
    for (int row = 0; row < scene->place.rows; row += 2) {
        for (int column = 0; column < scene->place.columns; column += 2) {
            int changed = 0;

            for (int i = 0; i < 4; i++)
                changed += cell(before, column + i % 2, row + i / 2) !=
                           cell(&scene->cells, column + i % 2, row + i / 2);
            *ret_cells += changed;
            *ret_macroblocks += changed > 0;
        }
    }
}

uint8_t scene_sample(const struct scene *scene, int plane, int x, int y)
{
    int size = plane == 0 ? CELL_SIZE : CELL_SIZE / 2;
    int first = side(scene->place.first_line, plane);

    if (y < first || y >= first + scene->place.rows * size)
        return scene->planes[plane][y * side(scene->format.width, plane) + x];
    if (plane > 0)
        return CELLS_CHROMA;
    return cell(&scene->cells, x / size, (y - first) / size) ? CELLS_WHITE : CELLS_BLACK;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exact_raw WIDTH HEIGHT FIRST ROWS FRAMES STREAM PICTURES: writes a stream of three groups of
 * FRAMES pictures, with a strip of ROWS rows of cells from macroblock row FIRST on; and what it
 * must be decoded to, planes of 4:2:0.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/exact/scene.h"

enum {
    GROUPS = 3,
};

static size_t write_unit(const struct exact *exact, struct scene *scene, int number, uint8_t *to)
{
    struct cells before = scene->cells;

    /* Now and then nothing changes, and everything. */
    scene_change(scene, number % 50 == 49 ? 1 : number % 7 == 6 ? 1 << 30 : 1 + number % 40);
    return number == 0 ? exact_write_idr(exact, &scene->cells, to)
                       : exact_write_p(exact, number, &before, &scene->cells, to);
}

static void write_picture(const struct scene *scene, FILE *file)
{
    for (int plane = 0; plane < 3; plane++) {
        int scale = plane == 0 ? 1 : 2;

        for (int y = 0; y < scene->format.height / scale; y++) {
            for (int x = 0; x < scene->format.width / scale; x++)
                (void)putc(scene_sample(scene, plane, x, y), file);
        }
    }
}

static size_t unit_max(const struct exact *exact, const struct scene *scene)
{
    int cells = scene->place.rows * scene->place.columns;
    size_t idr = exact_idr_max(exact);
    size_t p = exact_p_max(exact, cells, cells / 4);

    return idr > p ? idr : p;
}

static int run(struct scene *scene, int frames, FILE *stream, FILE *pictures)
{
    struct exact *exact = scene_exact(scene);
    uint8_t *unit = malloc(unit_max(exact, scene));
    int result = unit && stream && pictures ? EXIT_SUCCESS : EXIT_FAILURE;

    for (int i = 0; result == EXIT_SUCCESS && i < GROUPS * frames; i++) {
        size_t size = write_unit(exact, scene, i % frames, unit);

        write_picture(scene, pictures);
        if (fwrite(unit, 1, size, stream) != size)
            result = EXIT_FAILURE;
    }
    if (stream && fclose(stream) != 0)
        result = EXIT_FAILURE;
    if (pictures && fclose(pictures) != 0)
        result = EXIT_FAILURE;
    free(unit);
    (void)exact_free(exact);
    return result;
}

int main(int argc, char **argv)
{
    struct scene scene;
    int result;

    if (argc != 8) {
        (void)fprintf(stderr, "usage: %s WIDTH HEIGHT FIRST ROWS FRAMES STREAM PICTURES\n",
                      argv[0]);
        return EXIT_FAILURE;
    }
    scene_init(&scene, atoi(argv[1]), atoi(argv[2]), SCENE_BLOCKS, 1);
    scene_place(&scene, atoi(argv[3]), atoi(argv[4]));
    result = run(&scene, atoi(argv[5]), fopen(argv[6], "wb"), fopen(argv[7], "wb"));
    scene_finish(&scene);
    return result;
}

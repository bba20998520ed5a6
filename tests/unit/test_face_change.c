/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the clock's face changes from frame to frame, against the bound that it names. */
#include <stdio.h>

#include "base/clock.h"
#include "media/face.h"
#include "tests/unit/faces.h"
#include "tests/unit/suite.h"

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
    struct preset preset = faces_preset(bounded[_i][0], bounded[_i][1], SIGNAL_BEEP);
    struct face_change most = {0};
    struct face_change bound;
    struct face *face;
    struct cells one = {0};
    struct cells next = {0};

    preset.video.rate.num = bounded[_i][2];
    face = faces_make(&preset);
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
int main(void)
{
    Suite *suite = suite_create("face_change");
    TCase *change = suite_add(suite, "change");

    suite_seed();
    tcase_add_loop_test(change, no_frame_changes_more_than_the_bound, 0, LENGTH(bounded));
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which playlist comes next, of a stream that begins beside others. */
#include "origin/window.h"

#include "suite.h"

enum {
    LENGTH = 4,
    FROM = 12, /* the discontinuity that the others have */
    AHEAD = 3,
};

static struct timeline line;
static struct playlist_entry entries[LENGTH];
static struct playlist next = {.entries = entries};
static struct window window;

static void setup(void)
{
    line = timeline_make(0, 2000, 30, 1);
    window = (struct window){
        .line = &line,
        .length = LENGTH,
        .state = {.from = FROM, .discontinuities = 2, .target = 2},
        .ahead = AHEAD,
    };
}

static void check(int64_t newest, int64_t sequence, int64_t count, int64_t discontinuities)
{
    window_plan(&window, newest, &next);
    ck_assert_int_eq(next.sequence, sequence);
    ck_assert_int_eq(next.count, count);
    ck_assert_int_eq(next.discontinuities, discontinuities);
    for (int64_t i = 0; i < count; i++)
        ck_assert_int_eq(next.entries[i].discontinuity, sequence + i == FROM);
}

START_TEST(what_comes_before_has_the_number_before)
{
    check(FROM - AHEAD - 1, FROM - AHEAD, 0, 1);
    check(FROM - 1, FROM - AHEAD, AHEAD, 1);
    check(FROM, FROM - AHEAD, LENGTH, 1);
    check(FROM + LENGTH - 1, FROM, LENGTH, 1);
    check(FROM + LENGTH, FROM + 1, LENGTH, 2);
}
END_TEST

START_TEST(without_others_nothing_comes_before)
{
    window.ahead = 0;
    check(FROM - 1, FROM, 0, 1);
    check(FROM, FROM, 1, 1);
    check(FROM + LENGTH, FROM + 1, LENGTH, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("window");
    TCase *tcase = suite_add(suite, "window");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, what_comes_before_has_the_number_before);
    tcase_add_test(tcase, without_others_nothing_comes_before);
    return suite_run(suite);
}

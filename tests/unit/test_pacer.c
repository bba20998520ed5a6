/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The share of processor time, on a machine in memory: what is used is drawn as a line over time,
 * and every window of it is measured.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/pacer.h"
#include "tests/unit/suite.h"

enum {
    POINTS_MAX = 400000,
};

/* The clocks, and a corner of the line wherever its slope changes. */
static struct {
    int64_t now;
    int64_t cpu;
    int64_t slept;
    int64_t longest_sleep;
    int signal_at_sleep; /* counted from 1; 0: none */
    int signal;
    int sleeps;
    int64_t at[POINTS_MAX];
    int64_t used[POINTS_MAX];
    int points;
} machine;

static struct pacer pacer;
static int told;

static void mark(void)
{
    ck_assert_int_lt(machine.points, POINTS_MAX);
    machine.at[machine.points] = machine.now;
    machine.used[machine.points++] = machine.cpu;
}

static int64_t read_monotonic(void *context)
{
    (void)context;
    return machine.now;
}

static int64_t read_cpu(void *context)
{
    (void)context;
    return machine.cpu;
}

static int sleep_until(void *context, int64_t deadline)
{
    (void)context;
    machine.sleeps++;
    if (machine.sleeps == machine.signal_at_sleep)
        return machine.signal;
    ck_assert_int_gt(deadline, machine.now);
    machine.slept += deadline - machine.now;
    if (deadline - machine.now > machine.longest_sleep)
        machine.longest_sleep = deadline - machine.now;
    machine.now = deadline;
    mark();
    return 0;
}

static const struct clock fake = {
    .monotonic = read_monotonic,
    .cpu = read_cpu,
    .sleep_until = sleep_until,
};

static void tell(void *context)
{
    (void)context;
    told++;
}

static const struct pacer_listener listener = {.waits = tell};

/* Uses @p cpu in @p stretch times as long: others want the processor, too. */
static void work(int64_t cpu, int64_t stretch)
{
    machine.cpu += cpu;
    machine.now += cpu * stretch;
    mark();
}

static void begin(int64_t percent, int64_t used_before)
{
    machine.now = INT64_C(5000) * NS_PER_SECOND;
    machine.cpu = 0;
    machine.points = 0;
    mark();
    work(used_before, 1);
    pacer_init(&pacer, &fake, percent);
}

/* The line at an instant, @p from being a corner not behind it. */
static int64_t used_at(int64_t instant, int *from)
{
    int i = *from;

    if (instant <= machine.at[0])
        return 0;
    while (i + 1 < machine.points && machine.at[i + 1] <= instant)
        i++;
    *from = i;
    if (i + 1 == machine.points)
        return machine.used[i];
    return machine.used[i] + (machine.used[i + 1] - machine.used[i]) * (instant - machine.at[i]) /
                                 (machine.at[i + 1] - machine.at[i]);
}

/* The most used in any window: one that is the most has an end in a corner. */
static int64_t fullest_window(void)
{
    int64_t most = 0;
    int before = 0;
    int behind = 0;

    for (int i = 0; i < machine.points; i++) {
        int64_t ends = machine.used[i] - used_at(machine.at[i] - PACER_WINDOW, &before);
        int64_t begins = used_at(machine.at[i] + PACER_WINDOW, &behind) - machine.used[i];

        most = ends > most ? ends : most;
        most = begins > most ? begins : most;
    }
    return most;
}

static const struct {
    int64_t percent;
    int64_t cheapest; /* steps, microseconds */
    int64_t dearest;
    int64_t stretch;
} loads[] = {
    {1, 100, 500, 1},    {1, 1000, 3000, 1}, {1, 1000, 3000, 3},      {50, 1000, 9000, 1},
    {50, 100, 50000, 1}, {50, 100, 900, 3},  {50, 1000, 9000, 2},     {80, 2000, 4000, 1},
    {99, 500, 30000, 1}, {100, 500, 900, 1}, {50, 300000, 400000, 1},
};

START_TEST(no_window_holds_more_than_the_budget)
{
    int64_t percent = loads[_i].percent;
    int64_t budget = PACER_WINDOW / 100 * percent;
    int64_t end;
    int64_t expected;

    begin(percent, 30 * NS_PER_MS);
    end = machine.now + 12 * PACER_WINDOW;
    while (machine.now < end) {
        ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
        work(1000 * suite_random(loads[_i].cheapest, loads[_i].dearest), loads[_i].stretch);
    }
    /* There was room for a step as dear as those of late: one may be dearer. */
    ck_assert_int_le(fullest_window(), budget + PACER_WINDOW / 1000 + 1000 * loads[_i].dearest);

    /* And it is used: of what there is to use, nine tenths. */
    expected = percent * loads[_i].stretch < 100 ? budget : PACER_WINDOW / loads[_i].stretch;
    ck_assert_int_ge(machine.cpu, 12 * expected / 10 * 9);
}
END_TEST

START_TEST(what_the_budget_allows_is_not_held_up)
{
    begin(200, NS_PER_SECOND);
    for (int i = 0; i < 10000; i++) {
        ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
        work(10 * NS_PER_MS, 1);
    }
    ck_assert_int_eq(machine.slept, 0);
}
END_TEST

START_TEST(a_short_burst_is_not_held_up)
{
    begin(50, 100 * NS_PER_MS);
    while (machine.cpu < 48 * PACER_WINDOW / 100) {
        ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
        work(NS_PER_MS, 1);
    }
    ck_assert_int_eq(machine.slept, 0);
}
END_TEST

START_TEST(what_was_used_before_counts)
{
    begin(1, 90 * NS_PER_MS);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
        work(NS_PER_MS, 1);
    }
    ck_assert_int_ge(machine.slept, PACER_WINDOW - 100 * NS_PER_MS);
    ck_assert_int_le(fullest_window(), PACER_WINDOW / 100 + NS_PER_MS);
}
END_TEST

/* 300 ms, where 100 ms are allowed in 10 s: it stands alone in its window. */
START_TEST(a_step_dearer_than_the_budget_stands_alone)
{
    begin(1, 0);
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
        work(300 * NS_PER_MS, 1);
    }
    ck_assert_int_le(fullest_window(), 300 * NS_PER_MS);
    ck_assert_int_le(machine.slept, 9 * PACER_WINDOW);
}
END_TEST

/* After a dear one, cheap ones are soon given all of the budget again. */
START_TEST(a_dear_step_is_forgotten)
{
    int64_t end;
    int64_t used;

    begin(50, 0);
    ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
    work(3 * NS_PER_SECOND, 1);
    while (machine.now < INT64_C(5000) * NS_PER_SECOND + 3 * PACER_WINDOW) {
        ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
        work(5 * NS_PER_MS, 1);
    }
    used = machine.cpu;
    end = machine.now + PACER_WINDOW;
    while (machine.now < end) {
        ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
        work(5 * NS_PER_MS, 1);
    }
    ck_assert_int_ge(machine.cpu - used, 48 * PACER_WINDOW / 100);
}
END_TEST

START_TEST(who_waits_is_told_every_second)
{
    told = 0;
    begin(1, PACER_WINDOW / 100);
    ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
    ck_assert_int_eq(machine.slept, 0); /* a step that costs nothing has room */
    work(NS_PER_MS, 1);
    ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
    ck_assert_int_ge(told, 9);
    ck_assert_int_le(machine.longest_sleep, NS_PER_SECOND);
}
END_TEST

START_TEST(a_signal_ends_the_wait)
{
    begin(1, PACER_WINDOW / 100);
    work(NS_PER_MS, 1);
    machine.sleeps = 0;
    machine.signal_at_sleep = 3;
    machine.signal = SIGTERM;
    ck_assert_int_eq(pacer_next(&pacer, &listener), SIGTERM);
    machine.sleeps = 0;
    machine.signal = SIGUSR1; /* is not for now */
    ck_assert_int_eq(pacer_next(&pacer, &listener), 0);
}
END_TEST

START_TEST(the_share_is_that_of_the_last_window)
{
    begin(100, 0);
    ck_assert_int_eq(pacer_share(&pacer), 0);
    work(NS_PER_SECOND, 2);
    ck_assert_int_eq(pacer_share(&pacer), 500); /* there has been no whole window */
    for (int i = 0; i < 100; i++) {
        pacer_note(&pacer);
        work(20 * NS_PER_MS, 100);
    }
    ck_assert_int_eq(pacer_share(&pacer), 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pacer");
    TCase *tcase = suite_add(suite, "pacer");

    suite_seed();
    tcase_add_loop_test(tcase, no_window_holds_more_than_the_budget, 0, LENGTH(loads));
    tcase_add_test(tcase, what_the_budget_allows_is_not_held_up);
    tcase_add_test(tcase, a_short_burst_is_not_held_up);
    tcase_add_test(tcase, what_was_used_before_counts);
    tcase_add_test(tcase, a_step_dearer_than_the_budget_stands_alone);
    tcase_add_test(tcase, a_dear_step_is_forgotten);
    tcase_add_test(tcase, who_waits_is_told_every_second);
    tcase_add_test(tcase, a_signal_ends_the_wait);
    tcase_add_test(tcase, the_share_is_that_of_the_last_window);
    return suite_run(suite);
}

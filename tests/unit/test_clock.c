/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system's clocks: a sleep ends at its deadline or with a signal, and no signal is lost. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/unit/suite.h"

static struct clock system_clock;

static void init(void)
{
    system_clock = clock_system_init();
}

static int64_t now(void)
{
    return system_clock.monotonic(system_clock.context);
}

static int sleep_until(int64_t deadline)
{
    return system_clock.sleep_until(system_clock.context, deadline);
}

START_TEST(a_sleep_ends_at_its_deadline_not_before)
{
    int64_t deadline = now() + 20 * NS_PER_MS;

    ck_assert_int_eq(sleep_until(deadline), 0);
    ck_assert_int_ge(now(), deadline);
}
END_TEST

START_TEST(a_deadline_in_the_past_only_looks)
{
    ck_assert_int_eq(sleep_until(now() - NS_PER_SECOND), 0);
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(sleep_until(now() - NS_PER_SECOND), SIGTERM);
    ck_assert_int_eq(sleep_until(now() - NS_PER_SECOND), 0);
}
END_TEST

static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

START_TEST(a_signal_ends_a_sleep)
{
    int64_t deadline = now() + 1000 * NS_PER_SECOND; /* beyond the time that Check gives a test */

    ck_assert_int_eq(raise(taken[_i]), 0);
    ck_assert_int_eq(sleep_until(deadline), taken[_i]);
}
END_TEST

START_TEST(a_signal_from_another_process_interrupts_a_sleep)
{
    pid_t parent = getpid();
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)sleep_until(now() + 20 * NS_PER_MS);
        (void)kill(parent, SIGHUP);
        _exit(0);
    }
    ck_assert_int_eq(sleep_until(now() + 1000 * NS_PER_SECOND), SIGHUP);
}
END_TEST

/* What SIGCONT interrupts (signal(7)) is no signal of ours. */
START_TEST(a_process_that_was_stopped_sleeps_on_to_its_deadline)
{
    int64_t deadline = now() + 100 * NS_PER_MS;
    pid_t parent = getpid();
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)sleep_until(now() + 20 * NS_PER_MS);
        (void)kill(parent, SIGSTOP);
        (void)sleep_until(now() + 20 * NS_PER_MS);
        (void)kill(parent, SIGCONT);
        _exit(0);
    }
    ck_assert_int_eq(sleep_until(deadline), 0);
    ck_assert_int_ge(now(), deadline);
}
END_TEST

START_TEST(a_closed_pipe_is_an_error_and_no_signal)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    (void)close(ends[0]);
    ck_assert_int_lt(write(ends[1], "x", 1), 0);
    ck_assert_int_eq(errno, EPIPE);
    (void)close(ends[1]);
}
END_TEST

START_TEST(the_wall_clock_counts_from_1970_and_both_run)
{
    int64_t wall = system_clock.realtime(system_clock.context);
    int64_t monotonic = now();

    ck_assert_int_gt(wall, INT64_C(1700000000) * NS_PER_SECOND);
    ck_assert_int_eq(sleep_until(monotonic + NS_PER_MS), 0);
    ck_assert_int_gt(now(), monotonic);
    ck_assert_int_ne(system_clock.realtime(system_clock.context), wall);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock");
    TCase *tcase = suite_add(suite, "clock");

    tcase_add_checked_fixture(tcase, init, NULL);
    tcase_add_test(tcase, a_sleep_ends_at_its_deadline_not_before);
    tcase_add_test(tcase, a_deadline_in_the_past_only_looks);
    tcase_add_loop_test(tcase, a_signal_ends_a_sleep, 0, LENGTH(taken));
    tcase_add_test(tcase, a_signal_from_another_process_interrupts_a_sleep);
    tcase_add_test(tcase, a_process_that_was_stopped_sleeps_on_to_its_deadline);
    tcase_add_test(tcase, a_closed_pipe_is_an_error_and_no_signal);
    tcase_add_test(tcase, the_wall_clock_counts_from_1970_and_both_run);
    return suite_run(suite);
}

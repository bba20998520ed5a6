/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test needs beside Check: its main, and numbers that differ from run to run. */
#ifndef HLSGEN_TESTS_UNIT_SUITE_H
#define HLSGEN_TESTS_UNIT_SUITE_H

#include <check.h>
#include <stdint.h>

/*
 * Check writes down where each assertion that holds stands, one system call each, to say after a
 * crash which was the last. Millions of them take longer than all else.
 */
#undef ck_assert
#undef ck_assert_msg
#define ck_assert(expr)          ck_assert_msg(expr, "Assertion '%s' failed", #expr)
#define ck_assert_msg(expr, ...) ((expr) ? (void)0 : ck_abort_msg(__VA_ARGS__))

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

/** Adds a test case without fixtures to @p suite. */
TCase *suite_add(Suite *suite, const char *name);

/** Runs and frees @p suite. @return what main() returns */
int suite_run(Suite *suite);

/**
 * Seeds suite_random() with HLSGEN_TEST_SEED, or else with the clock, and prints the seed. Before
 * suite_run().
 */
void suite_seed(void);

/** A number from @p low to @p high, both included. */
int64_t suite_random(int64_t low, int64_t high);

#endif

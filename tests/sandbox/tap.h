/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results of test programs, written as TAP. */
#ifndef HLSGEN_TESTS_SANDBOX_TAP_H
#define HLSGEN_TESTS_SANDBOX_TAP_H

#include <stdbool.h>

/**
 * Call first. Ends the test program as skipped, with the reason, if a strict sandbox cannot be had
 * here. A regular file as stderr is replaced by /dev/null, since it raises the file-size limit.
 */
void tap_start(void);

void tap_result(bool passed, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tap_skip(const char *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Prints the plan. @return the exit code of the test program */
int tap_finish(void);

#endif

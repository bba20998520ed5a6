/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attempts as rows: what is tried, and what must become of it in each stage.
 */
#ifndef HLSGEN_TESTS_SANDBOX_ATTEMPTS_H
#define HLSGEN_TESTS_SANDBOX_ATTEMPTS_H

#include "tests/sandbox/trial.h"

/** What must become of an attempt: one of these, or the positive errno of a refusal. */
enum {
    MUST_WORK = 0,
    MUST_KILL = -1,
    DEPENDS = -2, /**< on the kernel's settings: not tried */
};

struct attempt {
    const char *name;
    attempt_fn *run;
    int setup;
    int steady;
    int unfiltered;    /**< with every layer but the filters */
    long landlock_abi; /**< that the unfiltered outcome needs, 0 if none */
};

struct attempts {
    const struct attempt *rows;
    size_t count;
};

extern const struct attempts attempts_publishing; /**< what the program does */
extern const struct attempts attempts_paths;      /**< around the output directory */
extern const struct attempts attempts_process;    /**< memory, processes, rights, network */

#endif

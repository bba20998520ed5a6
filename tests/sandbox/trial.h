/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trials: one attempt in one forked child that has confined itself first, and what became of it.
 * Results are written as TAP.
 */
#ifndef HLSGEN_TESTS_SANDBOX_TRIAL_H
#define HLSGEN_TESTS_SANDBOX_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/sandbox.h"
#include "tests/sandbox/tap.h"

#define TRIAL_USER      65534     /**< who a child becomes when the test runs as root */
#define TRIAL_FILE_SIZE 4096      /**< RLIMIT_FSIZE in a child */
#define TRIAL_MEMORY    (1 << 30) /**< RLIMIT_DATA in a child */

enum identity {
    AS_ROOT, /**< root enters the sandbox, which changes the user */
    AS_USER, /**< an unprivileged user enters it */
};

/**
 * A temporary folder: hls/ is given to the sandbox and holds "file", the empty folder "folder" and
 * "link", a symbolic link to a file that is not there in outside/, which holds "file".
 */
struct scene {
    enum identity identity; /**< of the children */
    char path[64];          /**< absolute */
    int directory;          /**< open on hls/ */
    int outside;            /**< open on outside/ */
};

/** How a child confines itself; returns 0 or a negative errno. */
struct stage {
    const char *name;
    int (*enter)(const struct sandbox_config *config);
};

extern const struct stage stage_none;          /**< nothing: the attempt enters the sandbox */
extern const struct stage stage_setup;         /**< sandbox_enter() */
extern const struct stage stage_steady;        /**< and sandbox_tighten() */
extern const struct stage stage_unfiltered;    /**< all layers but the filters */
extern const struct stage stage_setup_filter;  /**< the filter of the set-up phase alone */
extern const struct stage stage_steady_filter; /**< that of the steady state alone */
extern const struct stage stage_worker_filter; /**< that of a thread that encodes alone */

enum verdict {
    WORKS,
    REFUSED, /**< with an errno */
    TRAPPED, /**< by a filter, and reported */
    KILLED,  /**< by SIGSYS */
    BROKEN,  /**< the stage could not be entered, or the child died otherwise */
};

struct outcome {
    enum verdict verdict;
    int error; /**< REFUSED: positive errno; BROKEN: wait status */
};

/** Returns 0 or a negative errno. */
typedef int attempt_fn(const struct scene *scene);

void scene_make(enum identity identity, struct scene *ret_scene);
void scene_remove(struct scene *scene);

/** In a child: becomes TRIAL_USER if @p identity is AS_USER and the test runs as root. */
void trial_assume(enum identity identity);

/** What the sandbox is given in a child. */
struct sandbox_config trial_config(const struct scene *scene);

/** sandbox_isolate(), then sandbox_enter(). */
int trial_enter_setup(const struct sandbox_config *config, struct sandbox_failure *failure);

/** Runs @p attempt in a child that has entered @p stage. */
struct outcome trial_run(const struct scene *scene, const struct stage *stage, attempt_fn *attempt);

/** trial_run() as a test: the attempt must work. */
void trial_expect_work(const struct scene *scene, const struct stage *stage, const char *name,
                       attempt_fn *attempt);

/** "root" or "user": what the children begin as. */
const char *scene_identity(const struct scene *scene);

/** Outcome in words, in a buffer that the next call overwrites. */
const char *outcome_text(struct outcome outcome);

/**
 * From here on @p call fails with @p error in this process; if @p first is not negative, only with
 * this first argument. It makes a kernel, or a container around, that lacks something.
 */
int deny_call(int call, int64_t first, int error);

/**
 * A whole test program: all of @p try_as as a plain user, and again as root, or one skip that calls
 * them @p what. @return its exit code
 */
int tap_run(void (*try_as)(enum identity identity), const char *what);

#endif

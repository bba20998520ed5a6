/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Confinement: what this process gives up, as layers that are entered in one order and never left.
 *
 *   sandbox_prepare()   first thing in main: descriptors, umask, refusal of set-user-ID starts
 *   sandbox_enter()     after the output directory is open, before any media library runs:
 *                       rlimits, user, capabilities, not dumpable, no_new_privs, MDWE, Landlock,
 *                       and the system-call filter of the set-up phase
 *   sandbox_tighten()   after the last encoder is freed: the far smaller filter of the steady state
 *
 * From sandbox_tighten() on no memory can be taken or given back, and the process must end by
 * _exit(2): exit(3) runs destructors of libraries, which make calls that the filter kills for.
 *
 * Landlock, no_new_privs and capabilities belong to a thread: there must be one thread only until
 * sandbox_enter() has returned. This folder depends on libc, libseccomp and libcap-ng alone.
 */
#ifndef HLSGEN_SANDBOX_SANDBOX_H
#define HLSGEN_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum sandbox_mode {
    SANDBOX_STRICT,      /**< a layer that cannot be entered is a failure; but see sandbox_gaps() */
    SANDBOX_BEST_EFFORT, /**< such a layer is left out and reported as a gap */
    SANDBOX_OFF,         /**< no layer, but the user is changed, as in every mode */
};

struct sandbox_config {
    enum sandbox_mode mode;
    int directory;    /**< the only thing on disk that stays reachable; borrowed */
    bool change_user; /**< started as root: become uid and gid, with no supplementary groups */
    uid_t uid;
    gid_t gid;
    size_t file_size; /**< largest file to be written, bytes (RLIMIT_FSIZE), but for a log */
};

/** What failed, why, and what to do about it; each one line or part of one, no newline. */
struct sandbox_failure {
    const char *layer;  /**< the layer's name, as in sandbox_layers() */
    int error;          /**< positive errno */
    const char *advice; /**< which option or setting resolves it */
};

/**
 * Closes every descriptor above stderr, opens /dev/null for a missing standard one, sets umask
 * 0022 and refuses to go on when started with raised rights (AT_SECURE).
 *
 * @return 0, or a negative errno with @p failure filled
 */
int sandbox_prepare(struct sandbox_failure *failure);

/** Enters every layer up to the first filter. @return 0 or a negative errno, @p failure filled. */
int sandbox_enter(const struct sandbox_config *config, struct sandbox_failure *failure);

/** Enters the steady filter. @return 0 or a negative errno, @p failure filled. */
int sandbox_tighten(const struct sandbox_config *config, struct sandbox_failure *failure);

/**
 * What is in force: the names of the layers entered so far, in order, separated by commas
 * ("rlimits,user,capabilities,..."), or "none". Valid until the next sandbox call.
 */
const char *sandbox_layers(void);

/**
 * The layers that could not be entered, likewise; "" when there are none. Strict leaves out at most
 * MDWE, where the kernel does not know it: the filter, which is then in force, refuses the same.
 */
const char *sandbox_gaps(void);

#endif

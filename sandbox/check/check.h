/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The check behind --check-sandbox: what a process that was taken over would try is tried, each
 * attack in a process of its own that has entered the sandbox by the same verbs as the program, in
 * the set-up phase and in the steady one; without confinement, to see whether the attack means
 * anything here; and, if it does, with each layer alone, to see which of them stop it.
 *
 *   attacks_*.c   the attacks, as tables        scene.c    what there is to be reached
 *   probe.c       one attack in one process     report.c   the table for people, and JSON
 */
#ifndef HLSGEN_SANDBOX_CHECK_CHECK_H
#define HLSGEN_SANDBOX_CHECK_CHECK_H

#include <stdio.h>

#include "sandbox/sandbox.h"

struct check_config {
    enum sandbox_mode mode;
    bool change_user; /**< as struct sandbox_config */
    uid_t uid;
    gid_t gid;
    const char *folder; /**< where a temporary folder is made for the scenes */
    bool json;
};

struct check_sums {
    size_t attacks;
    size_t stopped;
    size_t through; /**< in one phase at least */
    size_t broken;  /**< not known: the probe failed otherwise */
    size_t anyway;  /**< of all, those that are refused without confinement, too */
};

/**
 * Makes every attack and writes the result to @p out. For a process that has called
 * sandbox_prepare() and nothing more, and has one thread.
 *
 * @return 0 when all attacks have been made, whatever became of them; else a negative errno:
 *         with @p failure filled if the sandbox cannot be entered, or with failure->layer NULL if
 *         the check itself failed; -EINTR: a signal that the caller has blocked is pending
 */
int check_run(const struct check_config *config, FILE *out, struct check_sums *ret_sums,
              struct sandbox_failure *failure);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe: a process that makes a scene, enters a stage of the sandbox, tries one attack, and ends.
 * Its exit status and its last line on stderr say what became of it.
 */
#ifndef HLSGEN_SANDBOX_CHECK_PROBE_H
#define HLSGEN_SANDBOX_CHECK_PROBE_H

#include "sandbox/check/attacks.h"
#include "sandbox/layers.h"

#define PROBE_FILE_SIZE ((size_t)1 << 20)   /**< RLIMIT_FSIZE in a probe */
#define PROBE_MEMORY    ((size_t)256 << 20) /**< RLIMIT_DATA in a probe */

enum stage_kind {
    STAGE_UNCONFINED,
    STAGE_SETUP,
    STAGE_ENCODING, /**< of a thread that encodes */
    STAGE_STEADY,
    STAGE_ALONE, /**< one layer, and what it needs */
};

/** How far a probe is confined. */
struct stage {
    enum stage_kind kind;
    enum sandbox_mode mode;
    size_t layer; /**< of STAGE_ALONE: an index into layers[] */
    bool reads;   /**< as a program that only reads the directory does */
};

enum outcome_kind {
    OUTCOME_UNTRIED,
    OUTCOME_NEEDED, /**< not tried: in this phase it is no attack */
    OUTCOME_THROUGH,
    OUTCOME_REFUSED,     /**< with an errno */
    OUTCOME_TRAPPED,     /**< by the filter, and reported by the handler */
    OUTCOME_KILLED,      /**< by the filter, outright */
    OUTCOME_NOT_ENTERED, /**< there was no way into the stage */
    OUTCOME_BROKEN,      /**< the probe ended otherwise */
};

struct outcome {
    enum outcome_kind kind;
    int error;     /**< positive errno: of the refusal, or why the stage was not entered */
    char call[24]; /**< TRAPPED: the name of the system call, or "" */
};

/**
 * Starts a probe. @p ret_report is the end of a pipe that is its stderr; for probe_read() once the
 * process has ended. @return its process, or a negative errno
 */
pid_t probe_start(const struct site *site, const struct stage *stage, const struct attack *attack,
                  bool from_outside, int *ret_report);

/** What became of a probe that ended with @p status; closes @p report. */
struct outcome probe_read(int status, int report);

/** What is in force once everything has been entered. */
struct probe_force {
    struct sandbox_status status;
    int status_error; /**< negative errno if it could not be read */
    char layers[256]; /**< as sandbox_layers() */
    char gaps[256];   /**< as sandbox_gaps() */

    int error;          /**< positive errno: there is no way in, or nothing to try it with */
    const char *failed; /**< the layer, or NULL; the texts are constants */
    const char *advice;
};

/** Enters everything in a process of its own, and asks there. @return 0 or a negative errno */
int probe_ask(const struct site *site, enum sandbox_mode mode, struct probe_force *ret_force);

#endif

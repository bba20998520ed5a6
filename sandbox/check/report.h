/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of a check, and how they are written. */
#ifndef HLSGEN_SANDBOX_CHECK_REPORT_H
#define HLSGEN_SANDBOX_CHECK_REPORT_H

#include "sandbox/check/check.h"
#include "sandbox/check/probe.h"

#define REPORT_LAYERS_MAX 32

/** What is to be said of an attack. */
enum verdict {
    VERDICT_STOPPED, /**< in both phases, but where it is needed */
    VERDICT_THROUGH, /**< in one at least */
    VERDICT_BROKEN,  /**< not known */
};

struct report_row {
    const struct attack_group *group;
    const struct attack *attack;
    struct outcome unconfined;
    struct outcome setup;
    struct outcome encoding;
    struct outcome steady;
    struct outcome alone[REPORT_LAYERS_MAX]; /**< in the order of layers[] */
};

struct report {
    const struct check_config *config;
    struct probe_force force;
    struct report_row *rows;
    size_t count;
    int layer_errors[REPORT_LAYERS_MAX]; /**< positive errno: cannot be entered alone here */
};

enum verdict report_verdict(const struct report_row *row);

struct check_sums report_sums(const struct report *report);

void report_write_table(const struct report *report, FILE *out);
void report_write_json(const struct report *report, FILE *out);

#endif

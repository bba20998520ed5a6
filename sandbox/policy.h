/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system-call policy as data. What no rule names kills the process (SIGSYS, and a line in the
 * audit log); a rule with checks holds only if all of them do, and several rules for one call are
 * alternatives.
 */
#ifndef HLSGEN_SANDBOX_POLICY_H
#define HLSGEN_SANDBOX_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_CHECKS 4

/** (argument & mask) == value; a mask of 0 ends the list. */
struct policy_check {
    unsigned int argument;
    uint64_t mask;
    uint64_t value;
    bool directory; /**< value is the output directory's descriptor, known at run time */
};

struct policy_rule {
    int call; /**< SCMP_SYS() */
    struct policy_check checks[POLICY_CHECKS];
};

struct policy_group {
    const struct policy_rule *rules;
    size_t count;
    int refusal; /**< 0: the calls are allowed; else they fail with this errno and do nothing */
};

struct policy {
    const struct policy_group *groups;
    size_t count;
};

/** From sandbox_enter() on: everything is encoded, and the first playlist published. */
extern const struct policy policy_setup;

/** From sandbox_tighten() on: segments are written, renamed and removed, and nothing else. */
extern const struct policy policy_steady;

#endif

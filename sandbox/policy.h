/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system-call policy as data. What no rule names is trapped: SIGSYS, which incident.c reports
 * before it ends the process. A rule with checks holds only if all of them do, and several rules
 * for one call are alternatives.
 */
#ifndef HLSGEN_SANDBOX_POLICY_H
#define HLSGEN_SANDBOX_POLICY_H

#include <stddef.h>
#include <stdint.h>

#define POLICY_CHECKS 4

/** Where the value of a check comes from: most are known at run time only. */
enum policy_source {
    POLICY_CONSTANT,  /**< the check itself */
    POLICY_DIRECTORY, /**< descriptor of the directory, or of folders in it */
    POLICY_FILE,      /**< the one file that is open at a time: the lowest number that is free */
    POLICY_NOTIFY,    /**< descriptor of the service manager's socket */
    POLICY_STATUS,    /**< descriptor of /proc/self/status */
    POLICY_RULESET,   /**< descriptor of the Landlock ruleset of the steady state */
    POLICY_PROCESS,   /**< ID of this process */
    POLICY_WATCH,     /**< inotify descriptor of a reader */
    POLICY_SOURCES,
};

/** (argument & mask) == value; a mask of 0 ends the list. */
struct policy_check {
    unsigned int argument;
    uint64_t mask;
    uint64_t value; /**< of a POLICY_CONSTANT */
    enum policy_source source;
};

struct policy_rule {
    int call; /**< SCMP_SYS(): negative for a call that this architecture does not have */
    struct policy_check checks[POLICY_CHECKS];
};

enum policy_action {
    POLICY_ALLOW,
    POLICY_REFUSE, /**< fails with EPERM and does nothing */
    POLICY_LACK,   /**< fails with ENOSYS, as on a kernel that does not have it */
    POLICY_KILL,   /**< kills the process at once: no handler runs */
};

struct policy_group {
    const char *name;
    const struct policy_rule *rules;
    size_t count;
    enum policy_action action;
};

struct policy {
    const struct policy_group *groups;
    size_t count;
};

/** From sandbox_enter() on: everything is encoded, what an earlier run left is read, and the first
 * playlist published. */
extern const struct policy policy_setup;

/**
 * From sandbox_tighten() on: segments are written, looked at, renamed and removed, and nothing
 * else. Filters add up, and the strictest answer counts: what policy_setup kills is killed still.
 */
extern const struct policy policy_steady;

/**
 * The same where threads encode: they can be started in the set-up phase, and waited for in both.
 * What no thread can be started with any more is killed from sandbox_tighten() on.
 */
extern const struct policy policy_setup_threads;
extern const struct policy policy_steady_threads;

/** Of such a thread, from sandbox_enter_worker() on: to encode, and nothing else. */
extern const struct policy policy_worker;

/** Of a program that reads the directory, from sandbox_enter() on. */
extern const struct policy policy_reader;

/** By enum policy_source; -1 for what there is not: a call with such a descriptor fails anyway. */
struct policy_values {
    int numbers[POLICY_SOURCES];
    uint32_t directories; /**< mask that a POLICY_DIRECTORY is compared under: UINT32_MAX for one
                               directory; for many, the bits in which their numbers agree */
};

/** The value that @p check asks for, and the mask that counts. */
uint64_t policy_value(const struct policy_check *check, const struct policy_values *values);
uint64_t policy_mask(const struct policy_check *check, const struct policy_values *values);

#endif

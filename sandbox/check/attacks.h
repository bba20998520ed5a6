/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process that was taken over would try, as tables. An attack is one system call with its
 * arguments, or a function where it takes more.
 *
 * Every attack is made without confinement, too, and perhaps by root, to see whether it means
 * anything here. So it must do no harm where it gets through: it touches the probe itself, the
 * scene and the peer alone, or is made with an argument that the kernel refuses only after it has
 * judged the caller's rights.
 */
#ifndef HLSGEN_SANDBOX_CHECK_ATTACKS_H
#define HLSGEN_SANDBOX_CHECK_ATTACKS_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/check/scene.h"

#define ATTACK_ARGUMENTS 6

/** With which hlsgen creates a file. */
#define CREATE_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

/** With which it opens, in the set-up phase, what an earlier run left. */
#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

struct attack {
    const char *name;

    /** 0: it got through; else the negative errno of the refusal. NULL: the call below. */
    int (*run)(const struct scene *scene);

    /** Fetches, before the sandbox is entered, what a fault would find there; may be NULL. */
    void (*prepare)(const struct scene *scene);

    long call;
    uintptr_t arguments[ATTACK_ARGUMENTS];
    int passes; /**< errno for the wrong argument: the call itself was let through */

    /** hlsgen does it itself in the set-up phase, so that it is an attack only afterwards. */
    bool needed;
};

/** One system call as an attack: its number, then one argument at least. */
#define ATTACK_CALL(number, ...) .call = (number), .arguments = {__VA_ARGS__}

/** An argument that is a negative number. */
#define ATTACK_MINUS(number) ((uintptr_t) - (number))

struct attack_group {
    const char *name;
    const struct attack *attacks;
    size_t count;
    bool from_outside; /**< made by an unconfined process of the user on a confined one */
};

extern const struct attack_group attacks_network;
extern const struct attack_group attacks_execution;
extern const struct attack_group attacks_processes;
extern const struct attack_group attacks_paths; /**< to other files */
extern const struct attack_group attacks_files; /**< changes to what is in reach */
extern const struct attack_group attacks_mounts;
extern const struct attack_group attacks_memory;
extern const struct attack_group attacks_kernel;
extern const struct attack_group attacks_rights;
extern const struct attack_group attacks_budgets;
extern const struct attack_group attacks_outside;

/** All of these. */
extern const struct attack_group *const attack_groups[];
extern const size_t attack_groups_count;

/* ---- for several groups: on a process, by its ID, or by a descriptor of it ------------------- */

int attack_trace(pid_t process);
int attack_read_memory(pid_t process);
int attack_open_proc(pid_t process, const char *name, int flags);
int attack_take_descriptor(int process);

/* ---- results --------------------------------------------------------------------------------- */

/** The result of a call, as struct attack wants it. */
static inline int attack_result(long result)
{
    return result < 0 ? -errno : 0;
}

/** Likewise; @p passes is the errno for an argument that was wrong on purpose. */
static inline int attack_reached(long result, int passes)
{
    return result >= 0 || errno == passes ? 0 : -errno;
}

#endif

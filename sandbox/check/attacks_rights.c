/* SPDX-License-Identifier: GPL-2.0-or-later */
/* More rights than the user has, a higher priority, and ways out of the confinement itself. */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

static const gid_t root_group;

static int gain_capability(const struct scene *scene)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = 1U << CAP_DAC_OVERRIDE, .permitted = 1U << CAP_DAC_OVERRIDE}};

    (void)scene;
    return attack_result(syscall(SYS_capset, &header, sets));
}

/* Only what is inheritable can become ambient. */
static void inherit_capability(const struct scene *scene)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    (void)scene;
    if (syscall(SYS_capget, &header, sets) < 0)
        return;
    sets[0].inheritable |= 1U << CAP_CHOWN;
    (void)syscall(SYS_capset, &header, sets);
}

/* setfsuid(2) tells of no failure: the ID of before is asked for by a change to none. */
static int become_root_for_files(const struct scene *scene)
{
    (void)scene;
    (void)syscall(SYS_setfsuid, 0);
    return syscall(SYS_setfsuid, -1) == 0 ? 0 : -EPERM;
}

static const struct sched_param lowest_realtime = {.sched_priority = 1};

/* ---- the confinement itself ------------------------------------------------------------------ */

/* The kernel's structure, which the C library's is not: no handler, so that a trap would pass. */
static int ignore_traps(const struct scene *scene)
{
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        unsigned long mask;
    } ignore = {0};

    (void)scene;
    return attack_result(syscall(SYS_rt_sigaction, SIGSYS, &ignore, NULL, sizeof(ignore.mask)));
}

static int replace_signal_stack(const struct scene *scene)
{
    static char stack[1 << 16];
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};

    (void)scene;
    return attack_result(sigaltstack(&other, NULL));
}

static const struct attack attacks[] = {
    {"become root", ATTACK_CALL(SYS_setuid, 0)},
    {"become root in every way", ATTACK_CALL(SYS_setresuid, 0, 0, 0)},
    {"join root's group", ATTACK_CALL(SYS_setgid, 0)},
    {"take root's group along", ATTACK_CALL(SYS_setgroups, 1, (uintptr_t)&root_group)},
    {"take root's rights on files", .run = become_root_for_files},
    {"gain a capability", .run = gain_capability},
    {"gain an ambient capability",
     ATTACK_CALL(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0),
     .prepare = inherit_capability},
    {"change the securebits", ATTACK_CALL(SYS_prctl, PR_SET_SECUREBITS, SECBIT_KEEP_CAPS)},
    {"keep capabilities", ATTACK_CALL(SYS_prctl, PR_SET_KEEPCAPS, 1)},
    {"move the process's memory map", ATTACK_CALL(SYS_prctl, PR_SET_MM, PR_SET_MM_BRK, 0, 0, 0),
     .passes = EINVAL},

    {"raise its own priority", ATTACK_CALL(SYS_setpriority, PRIO_PROCESS, 0, ATTACK_MINUS(20))},
    {"become a real-time process",
     ATTACK_CALL(SYS_sched_setscheduler, 0, SCHED_FIFO, (uintptr_t)&lowest_realtime)},
    {"raise its own I/O priority",
     ATTACK_CALL(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_RT << IOPRIO_CLASS_SHIFT)},

    {"become dumpable", ATTACK_CALL(SYS_prctl, PR_SET_DUMPABLE, 1)},
    {"let another trace it", ATTACK_CALL(SYS_prctl, PR_SET_PTRACER, -1UL)},
    {"disarm the handler of SIGSYS", .run = ignore_traps},
    {"replace the signal stack", .run = replace_signal_stack},
    {"put itself behind a filter", ATTACK_CALL(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0),
     .passes = EFAULT},
    {"answer system calls itself",
     ATTACK_CALL(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0),
     .passes = EFAULT},
};

const struct attack_group attacks_rights = {"rights", attacks, sizeof(attacks) / sizeof(attacks[0]),
                                            false};

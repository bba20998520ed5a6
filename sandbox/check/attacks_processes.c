/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting processes and threads, and reaching others. The other is the peer, a process of the same
 * user; signals are the number 0, which is judged as any other and does nothing.
 */
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

/* ---- new ones -------------------------------------------------------------------------------- */

static int wait_for(pid_t child)
{
    if (child == 0)
        _exit(0);
    return child < 0 || waitpid(child, NULL, 0) < 0 ? -errno : 0;
}

/* The call itself: the C library's fork() is a clone. With a stack of 0 the child has a copy. */
static int clone_with(unsigned long flags)
{
    return wait_for((pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0));
}

static int clone_process(const struct scene *scene)
{
    (void)scene;
    return clone_with(0);
}

static int clone_into_user_namespace(const struct scene *scene)
{
    (void)scene;
    return clone_with(CLONE_NEWUSER);
}

#ifdef SYS_fork
static int fork_process(const struct scene *scene)
{
    (void)scene;
    return wait_for((pid_t)syscall(SYS_fork));
}

static int vfork_process(const struct scene *scene)
{
    pid_t child = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): to be tried */

    (void)scene;
    if (child == 0)
        _exit(0);
    return wait_for(child);
}
#endif

static int end_thread(void *argument)
{
    (void)argument;
    return 0;
}

static int clone_thread(const struct scene *scene)
{
    static char stack[16384] __attribute__((aligned(16)));

    (void)scene;
    return attack_result(clone(
        end_thread, stack + sizeof(stack),
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL));
}

/* ---- others ---------------------------------------------------------------------------------- */

static int peer_pidfd = -1;
static int peer_namespace = -1;

static void open_peer(const struct scene *scene)
{
    peer_pidfd = (int)syscall(SYS_pidfd_open, scene->site->peer, 0);
}

static void open_namespace(const struct scene *scene)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)scene->site->peer);
    peer_namespace = open(path, O_RDONLY | O_CLOEXEC);
}

static int enter_namespace(const struct scene *scene)
{
    (void)scene;
    return attack_result(setns(peer_namespace, CLONE_NEWUTS));
}

int attack_trace(pid_t process)
{
    return attack_result(ptrace(PTRACE_SEIZE, process, NULL, NULL));
}

/* The other is a copy of this process, or its origin: what is here is there. */
int attack_read_memory(pid_t process)
{
    static char secret;
    char copy;
    struct iovec to = {&copy, 1}, from = {&secret, 1};

    return attack_result(process_vm_readv(process, &to, 1, &from, 1, 0));
}

int attack_open_proc(pid_t process, const char *name, int flags)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)process, name);
    return attack_result(open(path, flags | O_CLOEXEC));
}

int attack_take_descriptor(int process)
{
    return attack_result(syscall(SYS_pidfd_getfd, process, STDERR_FILENO, 0));
}

static int trace(const struct scene *scene)
{
    return attack_trace(scene->site->peer);
}

static int read_memory(const struct scene *scene)
{
    return attack_read_memory(scene->site->peer);
}

static int write_memory(const struct scene *scene)
{
    char byte = 0;
    struct iovec from = {&byte, 1}, nowhere = {NULL, 1};

    return attack_reached(process_vm_writev(scene->site->peer, &from, 1, &nowhere, 1, 0), EFAULT);
}

static int open_memory_file(const struct scene *scene)
{
    return attack_open_proc(scene->site->peer, "mem", O_RDWR);
}

static int open_pidfd(const struct scene *scene)
{
    return attack_result(syscall(SYS_pidfd_open, scene->site->peer, 0));
}

static int take_descriptor(const struct scene *scene)
{
    (void)scene;
    return attack_take_descriptor(peer_pidfd);
}

static int signal_by_pidfd(const struct scene *scene)
{
    (void)scene;
    return attack_result(syscall(SYS_pidfd_send_signal, peer_pidfd, 0, NULL, 0));
}

static int advise_memory(const struct scene *scene)
{
    (void)scene;
    return attack_reached(syscall(SYS_process_madvise, peer_pidfd, NULL, 0, -1, 0), EINVAL);
}

static int signal_process(const struct scene *scene)
{
    return attack_result(kill(scene->site->peer, 0));
}

static int signal_thread(const struct scene *scene)
{
    return attack_result(syscall(SYS_tgkill, scene->site->peer, scene->site->peer, 0));
}

static int signal_all(const struct scene *scene)
{
    (void)scene;
    return attack_result(kill(-1, 0));
}

static int compare_processes(const struct scene *scene)
{
    return attack_result(syscall(SYS_kcmp, getppid(), scene->site->peer, KCMP_VM, 0, 0));
}

static int slow_process(const struct scene *scene)
{
    return attack_result(setpriority(PRIO_PROCESS, (id_t)scene->site->peer, 1));
}

static int read_limits(const struct scene *scene)
{
    struct rlimit limit;

    return attack_result(prlimit(scene->site->peer, RLIMIT_NOFILE, NULL, &limit));
}

static const struct attack attacks[] = {
#ifdef SYS_fork
    {"fork", .run = fork_process},
    {"vfork", .run = vfork_process},
#endif
    {"clone a process", .run = clone_process},
    {"clone a thread", .run = clone_thread},
    {"clone3", ATTACK_CALL(SYS_clone3, 0, 0), .passes = EINVAL},
    {"clone into a user namespace", .run = clone_into_user_namespace},
    {"unshare the user namespace", ATTACK_CALL(SYS_unshare, CLONE_NEWUSER)},
    {"unshare the mount namespace", ATTACK_CALL(SYS_unshare, CLONE_NEWNS)},
    {"enter another's namespace", .run = enter_namespace, .prepare = open_namespace},
    {"leave the session", ATTACK_CALL(SYS_setsid, 0)},

    {"trace a process", .run = trace},
    {"ask to be traced", ATTACK_CALL(SYS_ptrace, PTRACE_TRACEME)},
    {"read a process's memory", .run = read_memory},
    {"write a process's memory", .run = write_memory},
    {"open a process's memory as a file", .run = open_memory_file},
    {"open a process", .run = open_pidfd},
    {"take a process's descriptor", .run = take_descriptor, .prepare = open_peer},
    {"advise on a process's memory", .run = advise_memory, .prepare = open_peer},
    {"signal a process", .run = signal_process},
    {"signal a thread", .run = signal_thread},
    {"signal an open process", .run = signal_by_pidfd, .prepare = open_peer},
    {"signal all processes", .run = signal_all},
    {"compare processes", .run = compare_processes},
    {"slow a process down", .run = slow_process},
    {"read a process's limits", .run = read_limits},
};

const struct attack_group attacks_processes = {"processes", attacks,
                                               sizeof(attacks) / sizeof(attacks[0]), false};

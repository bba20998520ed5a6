/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other way round: an unconfined process of the same user, the victim's parent moreover, which
 * some systems ask for, looks into the confined one. That it can end it is no finding.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

static int open_proc(const struct scene *scene, const char *name, int flags)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)scene->victim, name);
    return attack_result(open(path, flags | O_CLOEXEC));
}

static int trace(const struct scene *scene)
{
    return attack_result(ptrace(PTRACE_SEIZE, scene->victim, NULL, NULL));
}

static int read_memory(const struct scene *scene)
{
    static char secret;
    char copy;
    struct iovec to = {&copy, 1}, from = {&secret, 1};

    return attack_result(process_vm_readv(scene->victim, &to, 1, &from, 1, 0));
}

static int open_memory_file(const struct scene *scene)
{
    return open_proc(scene, "mem", O_RDWR);
}

static int open_environment(const struct scene *scene)
{
    return open_proc(scene, "environ", O_RDONLY);
}

static int open_root(const struct scene *scene)
{
    return open_proc(scene, "root", O_PATH);
}

static int list_descriptors(const struct scene *scene)
{
    return open_proc(scene, "fd", O_RDONLY | O_DIRECTORY);
}

static int take_descriptor(const struct scene *scene)
{
    int fd = (int)syscall(SYS_pidfd_open, scene->victim, 0);

    return fd < 0 ? -errno : attack_result(syscall(SYS_pidfd_getfd, fd, STDERR_FILENO, 0));
}

/* ---- a core file -------------------------------------------------------------------------------
 */

static bool core_stays_here;

/* Whether a core is a file in the working directory, which is the scene's: if not, none is made. */
static void allow_core(const struct scene *scene)
{
    char pattern[128] = "|";
    int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
    struct rlimit limit;

    (void)scene;
    if (fd >= 0 && read(fd, pattern, sizeof(pattern) - 1) <= 0)
        pattern[0] = '|';
    if (fd >= 0)
        (void)close(fd);
    core_stays_here = strpbrk(pattern, "|/") == NULL;
    if (getrlimit(RLIMIT_CORE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_CORE, &limit);
}

static int make_core(const struct scene *scene)
{
    int status;

    if (!core_stays_here && !scene->confined)
        return -EOPNOTSUPP;
    if (kill(scene->victim, SIGTRAP) < 0 || waitpid(scene->victim, &status, 0) < 0)
        return -errno;
    return WIFSIGNALED(status) && WCOREDUMP(status) ? 0 : -EPERM;
}

static const struct attack attacks[] = {
    {"trace it", .run = trace},
    {"read its memory", .run = read_memory},
    {"open its memory as a file", .run = open_memory_file},
    {"read its environment", .run = open_environment},
    {"enter its root directory", .run = open_root},
    {"list its descriptors", .run = list_descriptors},
    {"take its descriptor", .run = take_descriptor},
    {"make it leave a core file", .run = make_core, .prepare = allow_core},
};

const struct attack_group attacks_outside = {"from outside", attacks,
                                             sizeof(attacks) / sizeof(attacks[0]), true};

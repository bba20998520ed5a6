/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other way round: an unconfined process of the same user, the victim's parent moreover, which
 * some systems ask for, looks into the confined one. That it can end it is no finding.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

static int trace(const struct scene *scene)
{
    return attack_trace(scene->victim);
}

static int read_memory(const struct scene *scene)
{
    return attack_read_memory(scene->victim);
}

static int open_memory_file(const struct scene *scene)
{
    return attack_open_proc(scene->victim, "mem", O_RDWR);
}

static int open_environment(const struct scene *scene)
{
    return attack_open_proc(scene->victim, "environ", O_RDONLY);
}

static int open_root(const struct scene *scene)
{
    return attack_open_proc(scene->victim, "root", O_PATH);
}

static int list_descriptors(const struct scene *scene)
{
    return attack_open_proc(scene->victim, "fd", O_RDONLY | O_DIRECTORY);
}

static int take_descriptor(const struct scene *scene)
{
    int victim = (int)syscall(SYS_pidfd_open, scene->victim, 0);

    return victim < 0 ? -errno : attack_take_descriptor(victim);
}

/* ---- a core file ----------------------------------------------------------------------------- */

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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resource limits: bounds on what a fault could do, not on what the program does. They hold under
 * a supervisor and without one, and a limit that was lowered stays so.
 */
#include "sandbox/layers.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard streams, the directory, the status, the manager's socket or inotify, a ruleset, a file;
 * some to spare. */
#define OPEN_FILES     16
#define OPEN_FILES_MIN 8

#define STACK_SIZE (8 << 20) /* what a process usually has */

/* How far a log that stderr is redirected into may grow, and a reader's report. */
#define LOG_ROOM (64 << 20)

/* Soft and hard limit become @p wanted, or the hard limit that there is, if that will do. */
static int set_limit(__rlimit_resource_t resource, rlim_t wanted, rlim_t needed)
{
    struct rlimit both;

    if (getrlimit(resource, &both) < 0)
        return -errno;
    if (both.rlim_max < needed)
        return -EPERM;
    both.rlim_max = both.rlim_max < wanted ? both.rlim_max : wanted;
    both.rlim_cur = both.rlim_max;
    return setrlimit(resource, &both) < 0 ? -errno : 0;
}

/*
 * RLIMIT_FSIZE counts for every regular file, so also for a log, and for what a reader says on
 * stdout: it must not fall silent.
 */
static rlim_t largest_file(const struct sandbox_config *config)
{
    rlim_t largest = config->file_size;
    struct stat log;

    for (int fd = config->reads ? STDOUT_FILENO : STDERR_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &log) == 0 && S_ISREG(log.st_mode) &&
            largest < (rlim_t)log.st_size + LOG_ROOM)
            largest = (rlim_t)log.st_size + LOG_ROOM;
    return largest;
}

int limits_enter(const struct sandbox_config *config)
{
    rlim_t folders_end = (rlim_t)(config->folders + config->folders_count);
    const struct {
        __rlimit_resource_t resource;
        rlim_t wanted;
        rlim_t needed;
    } limits[] = {
        {RLIMIT_CORE, 0, 0},     /* a core file would be written past every other layer */
        {RLIMIT_MEMLOCK, 0, 0},  /* nothing is locked */
        {RLIMIT_MSGQUEUE, 0, 0}, /* nothing is sent */
        /* Neither process nor thread is started, or none after those that encode. */
        {RLIMIT_NPROC, config->threads > 0 ? RLIM_INFINITY : 0, 0},
        {RLIMIT_NICE, 0, 0}, /* no priority is raised */
        {RLIMIT_RTPRIO, 0, 0},
        {RLIMIT_DATA, config->memory, 0},
        {RLIMIT_STACK, STACK_SIZE, 0},
        {RLIMIT_NOFILE, folders_end > 0 ? folders_end : OPEN_FILES,
         folders_end > 0 ? folders_end : OPEN_FILES_MIN},
        {RLIMIT_FSIZE, largest_file(config), config->file_size},
    };

    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return -errno;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        int result = set_limit(limits[i].resource, limits[i].wanted, limits[i].needed);

        if (result < 0)
            return result;
    }
    return 0;
}

int limits_end_threads(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_NPROC, &none) < 0 ? -errno : 0;
}

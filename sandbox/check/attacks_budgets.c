/* SPDX-License-Identifier: GPL-2.0-or-later */
/* More than its share, by the calls that it may make; and raising the limits. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"
#include "sandbox/check/probe.h"

#define OPEN_FILES 64
#define BLOCK      ((size_t)1 << 16)

static int create(const struct scene *scene, const char *name)
{
    return openat(scene->directory, name, CREATE_FLAGS, 0644);
}

static int write_too_much(const struct scene *scene)
{
    static const char block[BLOCK];
    int fd = create(scene, "new");

    for (size_t size = 0; size < PROBE_FILE_SIZE; size += BLOCK)
        if (fd < 0 || write(fd, block, BLOCK) != (ssize_t)BLOCK)
            return -errno;
    return attack_result(write(fd, block, 1));
}

static int reserve_too_much(const struct scene *scene)
{
    int fd = create(scene, "new");

    return fd < 0 ? -errno : attack_result(fallocate(fd, 0, 0, PROBE_FILE_SIZE + 1));
}

static int open_too_many(const struct scene *scene)
{
    char name[16];

    for (int i = 0; i < OPEN_FILES; i++) {
        (void)snprintf(name, sizeof(name), "new%d", i);
        if (create(scene, name) < 0)
            return -errno;
    }
    return 0;
}

static int lock_memory(const struct scene *scene)
{
    static char page[4096];

    (void)scene;
    return attack_result(mlock(page, sizeof(page)));
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* The soft limit may be raised up to the hard one, so it begins below that. */
static void lower_limits(const struct scene *scene)
{
    static const __rlimit_resource_t resources[] = {RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_DATA};
    struct rlimit limit;

    (void)scene;
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
        if (getrlimit(resources[i], &limit) < 0)
            continue;
        limit.rlim_cur = limit.rlim_max / 2;
        (void)setrlimit(resources[i], &limit);
    }
}

static int raise_limit(__rlimit_resource_t resource)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) < 0)
        return -errno;
    limit.rlim_cur++;
    if (limit.rlim_max < limit.rlim_cur)
        limit.rlim_max = limit.rlim_cur;
    return attack_result(setrlimit(resource, &limit));
}

static int raise_core_limit(const struct scene *scene)
{
    (void)scene;
    return raise_limit(RLIMIT_CORE);
}

static int raise_file_limit(const struct scene *scene)
{
    (void)scene;
    return raise_limit(RLIMIT_NOFILE);
}

static int raise_memory_limit(const struct scene *scene)
{
    (void)scene;
    return raise_limit(RLIMIT_DATA);
}

static const struct attack attacks[] = {
    {"take more memory than its share",
     ATTACK_CALL(SYS_mmap, 0, PROBE_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1UL, 0)},
    {"write a file that is too large", .run = write_too_much},
    {"reserve a file that is too large", .run = reserve_too_much},
    {"open too many files", .run = open_too_many},
    {"lock memory", .run = lock_memory},
    {"raise the limit of core files", .run = raise_core_limit, .prepare = lower_limits},
    {"raise the limit of open files", .run = raise_file_limit, .prepare = lower_limits},
    {"raise the limit of memory", .run = raise_memory_limit, .prepare = lower_limits},
};

const struct attack_group attacks_budgets = {"budgets", attacks,
                                             sizeof(attacks) / sizeof(attacks[0]), false};

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

#define CREATE_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define OPEN_FILES   64

static int create(const struct scene *scene, const char *name)
{
    return openat(scene->directory, name, CREATE_FLAGS, 0644);
}

static int write_too_much(const struct scene *scene)
{
    static const char data[PROBE_FILE_SIZE];
    int fd = create(scene, "new");

    if (fd < 0 || write(fd, data, sizeof(data)) != (ssize_t)sizeof(data))
        return -errno;
    return attack_result(write(fd, data, 1));
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

/* One without a limit has nothing to raise. */
static int raise_limit(__rlimit_resource_t resource)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) < 0)
        return -errno;
    if (limit.rlim_max == RLIM_INFINITY)
        return 0;
    limit.rlim_max++;
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
    {"raise the limit of core files", .run = raise_core_limit},
    {"raise the limit of open files", .run = raise_file_limit},
    {"raise the limit of memory", .run = raise_memory_limit},
};

const struct attack_group attacks_budgets = {"budgets", attacks,
                                             sizeof(attacks) / sizeof(attacks[0]), false};

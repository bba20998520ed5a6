/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock: of the file system only the output directory remains, where new files can be made, or
 * to a reader the directory that it reads. This is the layer that judges paths, which a system-call
 * filter cannot see; it is entered by raw system calls, since the kernel's header of the build
 * machine may be older than the running kernel.
 *
 * What an earlier run of a writer left there can be read until the steady state takes that away,
 * too. Its ruleset is made at once and kept open, so that the filter of the set-up phase need only
 * allow to enter this one, and none to be made or changed.
 *
 * It takes away every right of the running kernel's Landlock ABI, up to 7. An older one has fewer:
 * TCP since ABI 4; signals to others and abstract Unix sockets since ABI 6. The filter has neither.
 */
#include "sandbox/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h */
#define CREATE_RULESET_VERSION (1U << 0)
#define RULE_PATH_BENEATH      1
#define ACCESS_FS_WRITE_FILE   (UINT64_C(1) << 1)
#define ACCESS_FS_READ_FILE    (UINT64_C(1) << 2)
#define ACCESS_FS_READ_DIR     (UINT64_C(1) << 3)
#define ACCESS_FS_REMOVE_FILE  (UINT64_C(1) << 5)
#define ACCESS_FS_MAKE_REG     (UINT64_C(1) << 8)

/* A file is created to be written, replaced by rename(2), and removed. */
#define PUBLISHING (ACCESS_FS_WRITE_FILE | ACCESS_FS_MAKE_REG | ACCESS_FS_REMOVE_FILE)

static bool refusal_seen;
static int steady_ruleset = -1;
static int outside = -1; /* a folder out of reach, O_PATH */

struct ruleset_attr {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* since ABI 4 */
    uint64_t scoped;             /* since ABI 6 */
};

struct path_beneath_attr {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

/* All rights of ABI @p abi, and of those after 7 the same. The kernel takes the longer struct if
 * what it lacks is 0. */
static struct ruleset_attr rights_of_abi(long abi)
{
    struct ruleset_attr all = {0};

    all.handled_access_fs = (UINT64_C(1) << 13) - 1; /* EXECUTE to MAKE_SYM */
    if (abi >= 2)
        all.handled_access_fs |= UINT64_C(1) << 13; /* REFER */
    if (abi >= 3)
        all.handled_access_fs |= UINT64_C(1) << 14; /* TRUNCATE */
    if (abi >= 4)
        all.handled_access_net = UINT64_C(3); /* BIND_TCP, CONNECT_TCP */
    if (abi >= 5)
        all.handled_access_fs |= UINT64_C(1) << 15; /* IOCTL_DEV */
    if (abi >= 6)
        all.scoped = UINT64_C(3); /* ABSTRACT_UNIX_SOCKET, SIGNAL */
    return all;
}

/* Takes away @p rights, but @p allowed beneath @p directory. @return a descriptor */
static int make_ruleset(const struct ruleset_attr *rights, int directory, uint64_t allowed)
{
    struct path_beneath_attr beneath = {.allowed_access = allowed, .parent_fd = directory};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, rights, sizeof(*rights), 0);
    int result;

    if (ruleset < 0)
        return -errno;
    if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &beneath, 0) == 0)
        return ruleset;
    result = -errno;
    (void)close(ruleset);
    return result;
}

static int restrict_by(int ruleset)
{
    return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}

/* ---- the first ruleset ----------------------------------------------------------------------- */

void landlock_keep_outside(void)
{
    if (outside < 0)
        outside = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* /dev/null, which may be opened before, and from inside no more. */
static int open_outside(void)
{
    int fd = openat(outside, "null", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    return close(fd) < 0 ? -errno : 0;
}

static int restrict_reader(const struct ruleset_attr *rights, const struct sandbox_config *config)
{
    int ruleset = make_ruleset(rights, config->directory, ACCESS_FS_READ_FILE | ACCESS_FS_READ_DIR);
    int result;

    if (ruleset < 0)
        return ruleset;
    result = restrict_by(ruleset);
    (void)close(ruleset);
    return result;
}

static int restrict_writer(const struct ruleset_attr *rights, const struct sandbox_config *config)
{
    int ruleset = make_ruleset(rights, config->directory, PUBLISHING | ACCESS_FS_READ_FILE);
    int result;

    if (ruleset < 0)
        return ruleset;
    steady_ruleset = make_ruleset(rights, config->directory, PUBLISHING);
    result = steady_ruleset < 0 ? steady_ruleset : restrict_by(ruleset);
    (void)close(ruleset);
    return result;
}

static int restrict_first(const struct sandbox_config *config)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    struct ruleset_attr rights;

    if (abi < 0)
        return -errno;
    rights = rights_of_abi(abi);
    return config->reads ? restrict_reader(&rights, config) : restrict_writer(&rights, config);
}

int landlock_enter(const struct sandbox_config *config)
{
    int before;
    int result;

    landlock_keep_outside();
    before = open_outside();
    result = restrict_first(config);
    if (result == 0 && open_outside() != -EACCES)
        result = -EPERM;
    if (outside >= 0)
        (void)close(outside);
    outside = -1;
    refusal_seen = result == 0 && before == 0;
    return result;
}

int landlock_enter_steady(const struct sandbox_config *config)
{
    (void)config;
    return restrict_by(steady_ruleset);
}

int landlock_steady_ruleset(void)
{
    return steady_ruleset;
}

bool landlock_is_in_force(void)
{
    return refusal_seen;
}

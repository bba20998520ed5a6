/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock: of the file system only new files in the output directory remain. This is the layer
 * that judges paths, which a system-call filter cannot see; it is entered by raw system calls,
 * since the kernel's header of the build machine may be older than the running kernel.
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
#define ACCESS_FS_REMOVE_FILE  (UINT64_C(1) << 5)
#define ACCESS_FS_MAKE_REG     (UINT64_C(1) << 8)

static bool refusal_seen;

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

/* A file is created to be written, replaced by rename(2), and removed. */
static int restrict_to_directory(int ruleset, int directory)
{
    struct path_beneath_attr beneath = {
        .allowed_access = ACCESS_FS_WRITE_FILE | ACCESS_FS_MAKE_REG | ACCESS_FS_REMOVE_FILE,
        .parent_fd = directory,
    };

    if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &beneath, 0) < 0)
        return -errno;
    return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}

/* The root directory, which may be listed before, and from inside no more. */
static int open_root(void)
{
    int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (root < 0)
        return -errno;
    return close(root) < 0 ? -errno : 0;
}

int landlock_enter(const struct sandbox_config *config)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    int before = open_root();
    struct ruleset_attr rights;
    int ruleset;
    int result;

    if (abi < 0)
        return -errno;
    rights = rights_of_abi(abi);
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0);
    if (ruleset < 0)
        return -errno;
    result = restrict_to_directory(ruleset, config->directory);
    (void)close(ruleset);
    if (result == 0 && open_root() != -EACCES)
        result = -EPERM;
    refusal_seen = result == 0 && before == 0;
    return result;
}

bool landlock_is_in_force(void)
{
    return refusal_seen;
}

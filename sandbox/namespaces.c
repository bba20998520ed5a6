/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the process sees of the system: namespaces of its own, empty but for itself, and a root
 * directory that is the output directory, or the one that it reads. So an absolute path, "..", an
 * abstract socket, a System V key, a mount or a host name leads nowhere, whatever the layers after
 * these let through.
 *
 * Root makes the namespaces at once; an ordinary user makes a user namespace that holds them. A
 * directory opened before is one of the old mount namespace, where ".." still leads to all the
 * rest: the working directory alone is carried over, and the root is opened anew from there.
 *
 * Where a system lets a process make namespaces but not use them, they are left half-made, and the
 * layer counts as missing: that is safe, for they take away and never give.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/layers.h"

static bool has_own_mounts; /* that no other process sees */

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* ---- namespaces ------------------------------------------------------------------------------ */

static int write_once(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int result = 0;

    if (fd < 0)
        return -errno;
    if (write(fd, text, strlen(text)) < 0)
        result = -errno;
    (void)close(fd);
    return result;
}

/* The user and his group stand for themselves, and nobody else is there. */
static int map_ids(uid_t uid, gid_t gid)
{
    char line[64];
    int result = write_once("/proc/self/setgroups", "deny");

    (void)snprintf(line, sizeof(line), "%u %u 1", uid, uid);
    if (result == 0)
        result = write_once("/proc/self/uid_map", line);
    (void)snprintf(line, sizeof(line), "%u %u 1", gid, gid);
    if (result == 0)
        result = write_once("/proc/self/gid_map", line);
    return result;
}

static int unshare_as_user(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    return unshare(CLONE_NEWUSER | NAMESPACES) < 0 ? -errno : map_ids(uid, gid);
}

int namespaces_enter(const struct sandbox_config *config)
{
    int result = 0;

    if (fchdir(config->directory) < 0)
        return -errno;
    if (unshare(NAMESPACES) < 0)
        result = config->change_user ? -errno : unshare_as_user();
    if (result == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        result = -errno;
    has_own_mounts = result == 0;
    return result;
}

/* ---- root ------------------------------------------------------------------------------------ */

/*
 * The working directory as a mount of its own, not yet attached. A reader takes along what is
 * mounted in it. @return an O_PATH descriptor
 */
static int clone_working_directory(bool reads)
{
    struct mount_attr attributes = {
        .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
                    MOUNT_ATTR_NOSYMFOLLOW | (reads ? MOUNT_ATTR_RDONLY : 0),
    };
    unsigned int scope = AT_EMPTY_PATH | (reads ? AT_RECURSIVE : 0);
    int tree = open_tree(AT_FDCWD, "", scope | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    if (tree < 0)
        return -errno;
    if (mount_setattr(tree, "", scope, &attributes, sizeof(attributes)) < 0) {
        int error = errno;

        (void)close(tree);
        return -error;
    }
    return tree;
}

/* pivot_root(2), "pivot_root(".", ".")": the old root lies over the new one, and is taken off. */
static int make_root(int tree)
{
    if (move_mount(tree, "", AT_FDCWD, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ||
        fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
        return -errno;
    return umount2(".", MNT_DETACH) < 0 ? -ENOTRECOVERABLE : 0;
}

static int reopen_directory(int directory)
{
    int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = 0;

    if (root < 0 || dup3(root, directory, O_CLOEXEC) < 0 || chdir("/") < 0)
        result = -ENOTRECOVERABLE;
    if (root >= 0)
        (void)close(root);
    return result;
}

static int mount_root(bool reads)
{
    int tree = clone_working_directory(reads);
    int result;

    if (tree < 0)
        return tree;
    result = make_root(tree);
    (void)close(tree);
    return result;
}

/* In a container that leaves root little more than this; the attributes are the mount's there. */
static int change_root(int directory)
{
    return fchdir(directory) < 0 || chroot(".") < 0 ? -errno : 0;
}

int root_enter(const struct sandbox_config *config)
{
    int result = has_own_mounts ? mount_root(config->reads) : -EPERM;

    if (result < 0 && result != -ENOTRECOVERABLE)
        result = change_root(config->directory);
    return result < 0 ? result : reopen_directory(config->directory);
}

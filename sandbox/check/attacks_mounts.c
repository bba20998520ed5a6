/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another file system, or another root. As root these are real, so they have arguments that cannot
 * be: a mount of a type that there is not, on a place that is not a mount, of a bad descriptor.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

static const char no_type[] = "hlsgen-no-such-type";

static int change_root(const struct scene *scene)
{
    (void)scene;
    return attack_result(chroot("."));
}

static const struct attack attacks[] = {
    {"change the root directory", .run = change_root},
    {"pivot the root", ATTACK_CALL(SYS_pivot_root, 0, 0), .passes = EFAULT},
    {"mount", ATTACK_CALL(SYS_mount, (uintptr_t)no_type, (uintptr_t) "/", (uintptr_t)no_type),
     .passes = ENODEV},
    {"unmount", ATTACK_CALL(SYS_umount2, (uintptr_t) ".", 0), .passes = EINVAL},
    {"open a file-system type", ATTACK_CALL(SYS_fsopen, (uintptr_t)no_type, 0), .passes = ENODEV},
    {"configure a file system", ATTACK_CALL(SYS_fsconfig, ATTACK_MINUS(1), FSCONFIG_CMD_CREATE),
     .passes = EINVAL},
    {"clone a mount", ATTACK_CALL(SYS_open_tree, ATTACK_MINUS(100), (uintptr_t) ".",
                                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)},
    {"move a mount",
     ATTACK_CALL(SYS_move_mount, ATTACK_MINUS(1), (uintptr_t) "", ATTACK_MINUS(1), (uintptr_t) "",
                 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
     .passes = EBADF},
    {"change a mount's attributes",
     ATTACK_CALL(SYS_mount_setattr, ATTACK_MINUS(1), (uintptr_t) "", 0, 0, 0), .passes = EINVAL},
};

const struct attack_group attacks_mounts = {"mounts", attacks, sizeof(attacks) / sizeof(attacks[0]),
                                            false};

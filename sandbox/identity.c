/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the process is: an ordinary user without capabilities, and without a way back. By system
 * calls alone: the libraries for it read /proc, and from the root directory that this process has
 * there is no way to it.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/layers.h"

/*
 * capabilities(7): user ID 0 gives no capability, a change of user neither takes nor gives one,
 * none is kept over it by PR_SET_KEEPCAPS, none can be made ambient; locked for good.
 */
#define LOCKED_BITS                                                                                \
    (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |                               \
     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |       \
     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

int identity_leave_keyring(const struct sandbox_config *config)
{
    (void)config;
    return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ? -errno : 0;
}

int identity_lock_securebits(const struct sandbox_config *config)
{
    (void)config;
    if (prctl(PR_GET_SECUREBITS, 0L, 0L, 0L, 0L) == LOCKED_BITS) /* by the service manager */
        return 0;
    return prctl(PR_SET_SECUREBITS, (long)LOCKED_BITS, 0L, 0L, 0L) < 0 ? -errno : 0;
}

/* ---- capabilities ---------------------------------------------------------------------------- */

static int read_capabilities(struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return syscall(SYS_capget, &header, sets) < 0 ? -errno : 0;
}

/* Without CAP_SETPCAP it stays as it is, but then there is none to gain from it either. */
static int empty_bounding_set(void)
{
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    int result = read_capabilities(sets);

    if (result < 0 || !(sets[0].effective & 1U << CAP_SETPCAP))
        return result;
    for (long cap = 0; prctl(PR_CAPBSET_READ, cap, 0L, 0L, 0L) >= 0; cap++)
        if (prctl(PR_CAPBSET_DROP, cap, 0L, 0L, 0L) < 0)
            return -errno;
    return 0;
}

/*
 * What is neither permitted nor inheritable cannot be effective or ambient. A service manager that
 * left none may refuse capset(2) as well: what counts is what there is afterwards.
 */
static int empty_capability_sets(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    int result;

    if (syscall(SYS_capset, &header, sets) < 0 && errno != EPERM)
        return -errno;
    result = read_capabilities(sets);
    for (size_t i = 0; result == 0 && i < _LINUX_CAPABILITY_U32S_3; i++)
        if (sets[i].permitted || sets[i].inheritable)
            result = -EPERM;
    return result;
}

int identity_drop_capabilities(const struct sandbox_config *config)
{
    int result = empty_bounding_set();

    (void)config;
    return result < 0 ? result : empty_capability_sets();
}

/* ---- user ------------------------------------------------------------------------------------ */

/*
 * The bounding set first: where securebits could not be set, the change takes CAP_SETPCAP along.
 * The capabilities last: where they are set, it leaves them, and with them the way back to root.
 */
static int change_user(uid_t uid, gid_t gid)
{
    int result = empty_bounding_set();

    if (result < 0)
        return result;
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return -errno;
    return empty_capability_sets();
}

/* Real, effective and saved IDs are @p uid, not root; and if root is not refused, it is too late.
 */
static int verify_user(uid_t uid)
{
    uid_t real, effective, saved;

    if (getresuid(&real, &effective, &saved) < 0)
        return -errno;
    if (uid == 0 || real != uid || effective != uid || saved != uid)
        return -EPERM;
    return setresuid(0, 0, 0) == 0 ? -ENOTRECOVERABLE : 0;
}

static int verify_group(gid_t gid)
{
    gid_t real, effective, saved;

    if (getresgid(&real, &effective, &saved) < 0)
        return -errno;
    if (real != gid || effective != gid || saved != gid || getgroups(0, NULL) != 0)
        return -EPERM;
    return 0;
}

int identity_enter_user(const struct sandbox_config *config)
{
    bool stays_root = config->reads && config->uid == 0;
    int result;

    if (!config->change_user)
        return verify_user(getuid());
    result = change_user(config->uid, config->gid);
    if (result == 0)
        result = verify_group(config->gid);
    if (result == 0 && !stays_root)
        result = verify_user(config->uid);
    return result;
}

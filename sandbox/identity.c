/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the process is: an ordinary user without capabilities, and without a way back. libcap-ng's
 * own error numbers end in this file.
 */
#include "sandbox/layers.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <unistd.h>

/* The call behind a failure of libcap-ng has left its errno; where none was made, -EPERM. */
static int from_capng(int result)
{
    if (result >= 0)
        return 0;
    return errno > 0 ? -errno : -EPERM;
}

static bool may_empty_bounding_set(void)
{
    return capng_get_caps_process() == 0 && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
}

static int change_user(uid_t uid, gid_t gid)
{
    int flags = CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_AMBIENT;

    if (may_empty_bounding_set())
        flags |= CAPNG_CLEAR_BOUNDING;
    capng_clear(CAPNG_SELECT_ALL);
    errno = 0;
    return from_capng(capng_change_id((int)uid, (int)gid, (capng_flags_t)flags));
}

/* Real, effective and saved IDs are @p uid, which is not root, and root is refused. */
static int verify_user(uid_t uid)
{
    uid_t real, effective, saved;

    if (getresuid(&real, &effective, &saved) < 0)
        return -errno;
    if (uid == 0 || real != uid || effective != uid || saved != uid)
        return -EPERM;
    return setresuid(0, 0, 0) == 0 ? -EPERM : 0;
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
    int result;

    if (!config->change_user)
        return verify_user(getuid());
    result = change_user(config->uid, config->gid);
    if (result == 0)
        result = verify_group(config->gid);
    if (result == 0)
        result = verify_user(config->uid);
    return result;
}

int identity_drop_capabilities(const struct sandbox_config *config)
{
    bool bounding = may_empty_bounding_set();
    int result;

    (void)config;
    capng_clear(CAPNG_SELECT_ALL);
    errno = 0;
    result = capng_apply(bounding ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS);
    if (result < 0)
        return from_capng(result);
    if (capng_get_caps_process() < 0)
        return -EPERM;
    if (capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE ||
        capng_have_permitted_capabilities() != CAPNG_NONE ||
        capng_have_capabilities(CAPNG_SELECT_AMBIENT) != CAPNG_NONE)
        return -EPERM;
    return 0;
}

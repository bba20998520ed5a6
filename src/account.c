/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "account.h"

#include <errno.h>
#include <pwd.h>
#include <stddef.h>
#include <unistd.h>

static const struct passwd *find_default(void)
{
    const struct passwd *entry = getpwnam("hls");

    return entry ? entry : getpwnam("nobody");
}

int account_resolve(const char *name, struct account *ret, struct error *err)
{
    bool root = geteuid() == 0;
    const struct passwd *entry;

    if (!root && !name) {
        *ret = (struct account){.uid = geteuid(), .gid = getegid()};
        return 0;
    }
    entry = name ? getpwnam(name) : find_default();
    if (!entry)
        return error_set(err, -ENOENT, EX_CONFIG,
                         "user %s does not exist: make it, or name another with --user",
                         name ? name : "hls or nobody");
    if (entry->pw_uid == 0)
        return error_set(err, -EPERM, EX_CONFIG,
                         "--user %s is root: name an ordinary user, such as nobody",
                         entry->pw_name);
    if (!root && entry->pw_uid != geteuid())
        return error_set(err, -EPERM, EX_NOPERM,
                         "only root can become --user %s: leave the option out", name);
    *ret = (struct account){
        .change = root,
        .uid = entry->pw_uid,
        .gid = root ? entry->pw_gid : getegid(),
    };
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "health.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/utc.h"
#include "origin/names.h"

/* @return 1: there is one for @p now; 0; a negative errno */
static int has_lease(const struct fs *fs, int64_t now)
{
    char name[NAMES_LEASE_SIZE];
    struct fs_status status;
    int result;

    names_lease(now - now % NAMES_LEASE_SECONDS, name);
    result = fs->status(fs->context, name, &status);
    if (result == -ENOENT)
        return 0;
    return result < 0 ? result : status.regular;
}

static int find_newest(void *arg, const char *name)
{
    int64_t *newest = arg;
    int64_t time = names_lease_time(name);

    *newest = time > *newest ? time : *newest;
    return 0;
}

static int fail(const char *path, int64_t now, int64_t newest, struct error *err)
{
    int64_t end = newest + NAMES_LEASE_SECONDS;
    char date[UTC_TEXT_SIZE];

    if (newest < 0)
        return error_set(err, -ENOENT, EX_UNAVAILABLE, "no hlsgen has published into %s", path);
    utc_format(end * NS_PER_SECOND, date);
    if (end > now)
        return error_set(err, -ETIME, EX_UNAVAILABLE,
                         "%s is alive until %s, but not now: the clock was stepped back", path,
                         date);
    return error_set(err, -ETIME, EX_UNAVAILABLE,
                     "nothing is published into %s since %s seconds=%" PRId64, path, date,
                     now - end);
}

int health_check(const char *path, int64_t now, struct error *err)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct fs fs = fs_posix(&directory);
    int64_t seconds = now / NS_PER_SECOND;
    int64_t newest = -1;
    int found = directory < 0 ? -errno : has_lease(&fs, seconds);

    if (found == 0)
        found = fs.list(fs.context, find_newest, &newest);
    if (directory >= 0)
        (void)close(directory);
    if (found < 0)
        return error_set_errno(err, found, EX_UNAVAILABLE, "cannot look into %s", path);
    return found > 0 ? 0 : fail(path, seconds, newest, err);
}

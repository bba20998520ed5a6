/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root makes the folders with the user's rights to files, which the kernel keeps apart from others
 * (credentials(7)): so they are his from the start, what he may not do is refused now, and no
 * capability over other users' files is needed.
 */
#include "origin/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "origin/names.h"

enum {
    FIRST_MIN = 64, /* above all other descriptors */
};

const char *folders_name(const struct folders *folders, int64_t i, char text[FOLDERS_NAME_SIZE])
{
    if (folders->names)
        return folders->names[i];
    if (i == 0)
        return "";
    names_stream(i, text);
    return text;
}

int folders_first(int64_t count)
{
    int first = FIRST_MIN;

    while (first < count)
        first *= 2;
    return first;
}

int folders_allow(const struct folders *folders, struct error *err)
{
    rlim_t needed = (rlim_t)(folders_first(folders->count) + folders->count);
    struct rlimit both;

    if (getrlimit(RLIMIT_NOFILE, &both) < 0)
        return error_set_errno(err, -errno, EX_OSERR, "cannot read the limit of open files");
    if (both.rlim_max < needed)
        return error_set(err, -EMFILE, EX_NOPERM,
                         "%" PRId64
                         " directories need %ju open files, the hard limit is %ju: raise it"
                         " (ulimit -Hn, or LimitNOFILE= of the service)%s",
                         folders->count, (uintmax_t)needed, (uintmax_t)both.rlim_max,
                         folders->names ? "" : ", or lower --streams");
    if (both.rlim_cur >= needed)
        return 0;
    both.rlim_cur = needed;
    if (setrlimit(RLIMIT_NOFILE, &both) < 0)
        return error_set_errno(err, -errno, EX_NOPERM, "cannot raise the limit of open files");
    return 0;
}

static int duplicate_as(int fd, int number)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, number);

    return moved < 0 ? -errno : moved != number ? -EBUSY : 0;
}

/* Makes it if need be, and opens it under the descriptor @p number. */
static int open_as(int directory, const char *name, int number)
{
    int fd;
    int result;

    if (mkdirat(directory, name, 0755) < 0 && errno != EEXIST)
        return -errno;
    fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    result = duplicate_as(fd, number);
    (void)close(fd);
    return result;
}

static int fail(const char *path, const char *name, int code, struct error *err)
{
    if (code == -EACCES || code == -EPERM)
        return error_set(err, code, EX_CANTCREAT,
                         "cannot make or open %s/%s: %s; give %s to the user who runs this", path,
                         name, strerror(-code), path);
    if (code == -ENOTDIR || code == -ELOOP)
        return error_set(err, code, EX_CANTCREAT,
                         "%s/%s is no directory: it is to be that of a stream", path, name);
    if (code == -EWOULDBLOCK)
        return error_set(err, code, EX_UNAVAILABLE,
                         "another hlsgen publishes into %s/%s: stop it, or choose another"
                         " directory",
                         path, name);
    return error_set_errno(err, code, EX_CANTCREAT, "cannot make or open %s/%s", path, name);
}

/* A duplicate of the directory's descriptor shares its lock. */
static int open_folder(int directory, const char *path, const char *name, int number,
                       struct error *err)
{
    int result = name[0] ? open_as(directory, name, number) : duplicate_as(directory, number);

    if (result == 0 && flock(number, LOCK_EX | LOCK_NB) < 0)
        result = -errno;
    return result < 0 ? fail(path, name, result, err) : 0;
}

int folders_open(const struct folders *folders, int directory, const char *path, uid_t uid,
                 gid_t gid, struct error *err)
{
    int first = folders_first(folders->count);
    uid_t own_uid = geteuid();
    gid_t own_gid = getegid();
    int result = 0;

    if (uid != own_uid) {
        (void)setfsgid(gid);
        (void)setfsuid(uid);
    }
    for (int64_t i = 0; i < folders->count && result == 0; i++) {
        char text[FOLDERS_NAME_SIZE];
        const char *name = folders_name(folders, i, text);

        result = open_folder(directory, path, name, first + (int)i, err);
    }
    if (uid != own_uid) {
        (void)setfsuid(own_uid);
        (void)setfsgid(own_gid);
    }
    if (result == 0 && fsync(directory) < 0)
        result = error_set_errno(err, -errno, EX_IOERR, "cannot sync %s", path);
    return result;
}

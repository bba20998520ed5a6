/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "hls/playlist.h"
#include "origin/names.h"

enum {
    PATH_SIZE = 4096,
};

/* With "/" or "/." at its end a symbolic link would be followed in spite of O_NOFOLLOW. */
static int copy_without_tail(const char *path, char copy[PATH_SIZE])
{
    size_t length = strlen(path);

    while (length > 1 &&
           (path[length - 1] == '/' || (path[length - 1] == '.' && path[length - 2] == '/')))
        length--;
    if (length >= PATH_SIZE)
        return -ENAMETOOLONG;
    memcpy(copy, path, length);
    copy[length] = '\0';
    return 0;
}

static int open_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

static int fail_open(const char *path, int code, struct error *err)
{
    struct stat status;

    if (code == -ENOENT)
        return error_set(err, code, EX_CANTCREAT,
                         "--out %s: the directory above it does not exist: make it first", path);
    if (code == -EACCES || code == -EPERM)
        return error_set(err, code, EX_CANTCREAT,
                         "cannot make or open --out %s: %s; make it and give it to the user who"
                         " runs this",
                         path, strerror(-code));
    if (code == -ENOTDIR && lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
        return error_set(err, code, EX_CANTCREAT,
                         "--out %s is a symbolic link: name the directory itself", path);
    return error_set_errno(err, code, EX_CANTCREAT, "cannot open --out %s as a directory", path);
}

int outdir_lock(const struct outdir *outdir, const char *path, struct error *err)
{
    if (flock(outdir->fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return error_set(err, -EWOULDBLOCK, EX_UNAVAILABLE,
                         "another hlsgen publishes into %s: stop it, or choose another directory",
                         path);
    return error_set_errno(err, -errno, EX_CANTCREAT, "cannot lock %s", path);
}

int outdir_open(const char *path, uid_t uid, gid_t gid, struct outdir *ret, struct error *err)
{
    struct outdir outdir = {.fd = -1};
    char plain[PATH_SIZE];
    int result = copy_without_tail(path, plain);

    if (result < 0)
        return fail_open(path, result, err);
    outdir.created = mkdir(plain, 0755) == 0;
    if (!outdir.created && errno != EEXIST)
        result = -errno;
    if (result == 0)
        result = outdir.fd = open_directory(plain);
    if (result >= 0 && outdir.created && fchown(outdir.fd, uid, gid) < 0)
        result = -errno;
    result = result < 0 ? fail_open(plain, result, err) : outdir_lock(&outdir, plain, err);
    if (result < 0) {
        outdir_abandon(&outdir, plain);
        return result;
    }
    *ret = outdir;
    return 0;
}

struct room {
    int directory;
    uint64_t ours;
};

static int add_ours(void *arg, const char *name)
{
    struct room *room = arg;
    struct stat status;

    if (names_is_ours(name) && fstatat(room->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode))
        room->ours += (uint64_t)status.st_blocks * 512;
    return 0;
}

static int add_directory(struct room *room, int directory)
{
    struct fs fs = fs_posix(&directory);

    room->directory = directory;
    return fs.list(fs.context, add_ours, room);
}

/* What should be a folder and is none is told of later. */
static int add_folders(struct room *room, int directory, const struct folders *folders)
{
    int result = 0;

    for (int64_t i = 0; i < folders->count && result == 0; i++) {
        char text[FOLDERS_NAME_SIZE];
        const char *name = folders_name(folders, i, text);
        int fd = -1;

        if (name[0])
            fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            continue;
        result = add_directory(room, fd);
        (void)close(fd);
    }
    return result;
}

int outdir_block_size(const struct outdir *outdir, size_t *ret_size)
{
    struct statvfs disk;

    if (fstatvfs(outdir->fd, &disk) < 0)
        return -errno;
    *ret_size = disk.f_frsize;
    return 0;
}

int outdir_check_room(const struct outdir *outdir, const char *path, const struct folders *folders,
                      uint64_t needed, struct error *err)
{
    struct room room = {.ours = 0};
    struct statvfs disk;
    uint64_t available;
    int result = add_directory(&room, outdir->fd);

    if (result == 0)
        result = add_folders(&room, outdir->fd, folders);
    if (result < 0 || fstatvfs(outdir->fd, &disk) < 0)
        return error_set_errno(err, result < 0 ? result : -errno, EX_IOERR, "cannot look into %s",
                               path);
    available = (uint64_t)disk.f_bavail * disk.f_frsize + room.ours;
    if (available >= needed)
        return 0;
    return error_set(err, -ENOSPC, EX_IOERR,
                     "%s has room for %llu kB, %s %llu kB: free some, enlarge the"
                     " file system (tmpfs: size=%lluk), or ask for a smaller stream",
                     path, (unsigned long long)(available / 1024),
                     folders->count > 1 ? "the streams need" : "the stream needs",
                     (unsigned long long)((needed + 1023) / 1024),
                     (unsigned long long)((needed + 1023) / 1024));
}

int outdir_check_access(const struct fs *fs, const char *path, uid_t uid, struct error *err)
{
    int fd = fs_create_anew(fs, NAMES_SEGMENT_TMP);

    if (fd == -EACCES || fd == -EPERM)
        return error_set(err, fd, EX_CANTCREAT,
                         "cannot make files in %s as user %u: %s; let that user write there, or"
                         " choose one with --user",
                         path, (unsigned)uid, strerror(-fd));
    if (fd < 0)
        return error_set_errno(err, fd, EX_CANTCREAT, "cannot make %s/%s", path, NAMES_SEGMENT_TMP);
    (void)fs->close(fs->context, fd);
    (void)fs->unlink(fs->context, NAMES_SEGMENT_TMP);
    return 0;
}

void outdir_abandon(struct outdir *outdir, const char *path)
{
    if (outdir->fd >= 0)
        (void)close(outdir->fd);
    outdir->fd = -1;
    if (outdir->created)
        (void)rmdir(path);
}

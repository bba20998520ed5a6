/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define READABLE 0444U /* by all */

#define YEAR         (INT64_C(366) * 24 * 3600) /* s */
#define SECONDS_MOST (INT64_MAX / NS_PER_SECOND - YEAR)

static int directory_of(const void *context)
{
    return *(const int *)context;
}

static int posix_create(void *context, const char *name)
{
    int fd = openat(directory_of(context), name,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

    return fd < 0 ? -errno : fd;
}

/*
 * All at once, by write(2): on tmpfs and ext4 nothing is faster by a tenth, not preallocation,
 * O_TMPFILE, copy_file_range(2) or a mapping (tests/bench/publish.c). On tmpfs an expired file
 * could be written over in a third of the time, but who still reads it would see other bytes.
 */
static int posix_write(void *context, int fd, const void *data, size_t size)
{
    const uint8_t *from = data;

    (void)context;
    while (size > 0) {
        ssize_t written = write(fd, from, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        if (written == 0)
            return -EIO;
        from += written;
        size -= (size_t)written;
    }
    return 0;
}

static int posix_set_time(void *context, int fd, int64_t time)
{
    struct timespec at = {.tv_sec = time / NS_PER_SECOND, .tv_nsec = time % NS_PER_SECOND};
    struct timespec both[2] = {at, at};

    (void)context;
    return futimens(fd, both) < 0 ? -errno : 0;
}

static int posix_sync(void *context, int fd)
{
    (void)context;
    return fdatasync(fd) < 0 ? -errno : 0;
}

static int posix_close(void *context, int fd)
{
    (void)context;
    return close(fd) < 0 ? -errno : 0;
}

int64_t fs_time_of(const struct timespec *date)
{
    if (date->tv_sec < -YEAR)
        return -YEAR * NS_PER_SECOND;
    if (date->tv_sec > SECONDS_MOST)
        return SECONDS_MOST * NS_PER_SECOND;
    return date->tv_sec * NS_PER_SECOND + date->tv_nsec;
}

static int posix_status(void *context, const char *name, struct fs_status *ret)
{
    struct stat status;

    if (fstatat(directory_of(context), name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    *ret = (struct fs_status){
        .regular = S_ISREG(status.st_mode),
        .mode = status.st_mode & 07777,
        .size = status.st_size,
        .time = fs_time_of(&status.st_mtim),
    };
    return 0;
}

/* Not to be held up by a FIFO that takes the file's place after it was looked at. */
static int64_t posix_read(void *context, const char *name, void *data, size_t size)
{
    struct fs_status status = {0};
    uint8_t *to = data;
    size_t used = 0;
    int64_t got = posix_status(context, name, &status);
    int fd;

    if (got < 0 || !status.regular)
        return got;
    fd = openat(directory_of(context), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    do {
        got = read(fd, to + used, size - used);
        used += got > 0 ? (size_t)got : 0;
    } while (got > 0 && used < size);
    if (got < 0)
        got = -errno;
    (void)close(fd);
    return got < 0 ? got : (int64_t)used;
}

static int posix_sync_directory(void *context)
{
    return fsync(directory_of(context)) < 0 ? -errno : 0;
}

static int posix_rename(void *context, const char *from, const char *to)
{
    int dir = directory_of(context);

    return renameat(dir, from, dir, to) < 0 ? -errno : 0;
}

static int posix_unlink(void *context, const char *name)
{
    return unlinkat(directory_of(context), name, 0) < 0 ? -errno : 0;
}

static bool is_link_to_itself(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Not by readdir(3), which asks for more system calls than a confined process wants to allow. */
static int posix_list(void *context, int (*each)(void *arg, const char *name), void *arg)
{
    _Alignas(struct dirent64) char entries[8192];
    int dir = directory_of(context);
    ssize_t size;

    if (lseek(dir, 0, SEEK_SET) < 0)
        return -errno;
    while ((size = getdents64(dir, entries, sizeof(entries))) > 0) {
        for (ssize_t at = 0; at < size;) {
            const struct dirent64 *entry = (const struct dirent64 *)&entries[at];
            int result = is_link_to_itself(entry->d_name) ? 0 : each(arg, entry->d_name);

            if (result != 0)
                return result;
            at += entry->d_reclen;
        }
    }
    return size < 0 ? -errno : 0;
}

struct fs fs_posix(int *dir)
{
    return (struct fs){
        .context = dir,
        .create = posix_create,
        .write = posix_write,
        .set_time = posix_set_time,
        .sync = posix_sync,
        .close = posix_close,
        .read = posix_read,
        .status = posix_status,
        .sync_directory = posix_sync_directory,
        .rename = posix_rename,
        .unlink = posix_unlink,
        .list = posix_list,
    };
}

bool fs_is_same(const struct fs_status *a, const struct fs_status *b)
{
    return a->regular && b->regular && a->mode == b->mode && a->size == b->size &&
           a->time == b->time;
}

uint64_t fs_whole_blocks(size_t size, size_t block_size)
{
    return (size + block_size - 1) / block_size * block_size;
}

int fs_create_anew(const struct fs *fs, const char *name)
{
    int fd = fs->create(fs->context, name);
    int result;

    if (fd != -EEXIST)
        return fd;
    result = fs->unlink(fs->context, name);
    return result < 0 ? result : fs->create(fs->context, name);
}

/* Whether a file system that rounds times down makes @p kept of @p time. */
static bool is_rounded(int64_t kept, int64_t time)
{
    static const int64_t units[] = {
        1, 100, 1000, NS_PER_MS, 10 * NS_PER_MS, NS_PER_SECOND, 2 * NS_PER_SECOND,
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (kept == time - time % units[i])
            return true;
    }
    return false;
}

bool fs_is_as_written(const struct fs_status *now, size_t size, int64_t time)
{
    return now->regular && now->size == (int64_t)size && (now->mode & READABLE) == READABLE &&
           is_rounded(now->time, time);
}

/* Looks at what was written: it is within reach of others. */
static int look_back(const struct fs *fs, const char *name, size_t size, int64_t time,
                     struct fs_status *ret)
{
    struct fs_status now;
    int result = fs->status(fs->context, name, &now);

    if (result == -ENOENT || (result == 0 && !fs_is_as_written(&now, size, time)))
        return -EAGAIN;
    if (result == 0)
        *ret = now;
    return result;
}

/* @param ret_size counts what was written */
static int write_all(const struct fs *fs, int fd, const struct fs_pieces *pieces, size_t *ret_size)
{
    const void *data;
    size_t size;
    int result = 0;

    while (result == 0 && (size = pieces->next(pieces->context, &data)) > 0) {
        result = fs->write(fs->context, fd, data, size);
        *ret_size += size;
    }
    return result;
}

int fs_write_pieces(const struct fs *fs, const char *name, const struct fs_pieces *pieces,
                    int64_t time, struct fs_status *ret_left)
{
    size_t size = 0;
    int fd = fs_create_anew(fs, name);
    int closed;
    int result;

    if (fd < 0)
        return fd;
    result = write_all(fs, fd, pieces, &size);
    if (result == 0)
        result = fs->set_time(fs->context, fd, time);
    if (result == 0)
        result = fs->sync(fs->context, fd);
    closed = fs->close(fs->context, fd);
    if (result == 0)
        result = closed;
    if (result == 0)
        result = look_back(fs, name, size, time, ret_left);
    if (result < 0)
        (void)fs->unlink(fs->context, name);
    return result;
}

struct whole {
    const void *data;
    size_t size;
};

static size_t take_whole(void *context, const void **ret_data)
{
    struct whole *whole = context;
    size_t size = whole->size;

    *ret_data = whole->data;
    whole->size = 0;
    return size;
}

int fs_write_file(const struct fs *fs, const char *name, const void *data, size_t size,
                  int64_t time, struct fs_status *ret_left)
{
    struct whole whole = {data, size};
    const struct fs_pieces one = {take_whole, &whole};

    return fs_write_pieces(fs, name, &one, time, ret_left);
}

int fs_put_in_place(const struct fs *fs, const char *from, const char *to)
{
    int result = fs->rename(fs->context, from, to);

    return result == -ENOENT ? -EAGAIN : result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A path leads nowhere but down. Symbolic links are not followed: where the directory is a mount of
 * the process's own they cannot be, and the answer must not depend on that. It is opened by
 * openat(2), with the very flags that the filter of system calls compares, which sees none of
 * openat2(2).
 */
#include "verify/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

enum {
    FIRST_READ = 64 << 10, /* bytes: more than playlists mostly have */
};

int folder_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* Whether @p path has no part that leads up; uri_resolve() leaves none. */
static bool leads_down(const char *path)
{
    if (*path == '/')
        return false;
    for (; *path; path += path[0] == '/') {
        size_t length = strcspn(path, "/");

        if (length == 2 && path[0] == '.' && path[1] == '.')
            return false;
        path += length;
    }
    return true;
}

/*
 * The state of what @p path names, and of all that is on the way to it. @return 0; -EXDEV; -ELOOP:
 * a symbolic link
 */
static int look_at(int folder, const char *path, struct stat *ret_status)
{
    char part[PATH_MAX];
    size_t end = 0;

    if (!leads_down(path))
        return -EXDEV;
    if (strlen(path) >= sizeof(part))
        return -ENAMETOOLONG;
    do {
        end += path[end] == '/';
        end += strcspn(path + end, "/");
        memcpy(part, path, end);
        part[end] = '\0';
        if (fstatat(folder, part, ret_status, AT_SYMLINK_NOFOLLOW) < 0)
            return -errno;
        if (S_ISLNK(ret_status->st_mode))
            return -ELOOP;
    } while (path[end]);
    return 0;
}

static int open_regular(int folder, const char *path, int64_t *ret_size)
{
    int fd = openat(folder, path, READ_FLAGS);
    struct stat status;
    int result = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0)
        result = -errno;
    else if (!S_ISREG(status.st_mode)) /* in the meantime */
        result = -EMEDIUMTYPE;
    if (result < 0) {
        (void)close(fd);
        return result;
    }
    *ret_size = status.st_size;
    return fd;
}

int folder_open_file(int folder, const char *name, struct folder_file *ret)
{
    struct stat status;
    int64_t size;
    int result = look_at(folder, name, &status);

    if (result == 0 && !S_ISREG(status.st_mode))
        result = -EMEDIUMTYPE;
    if (result == 0)
        result = open_regular(folder, name, &size);
    if (result < 0)
        return result;
    *ret = (struct folder_file){.fd = result, .size = size};
    return 0;
}

void folder_close_file(struct folder_file *file)
{
    (void)close(file->fd);
    file->fd = -1;
}

int64_t folder_read(const struct folder_file *file, int64_t offset, void *data, size_t size)
{
    ssize_t got;

    do
        got = pread(file->fd, data, size, offset);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

/* Appends what is left from @p offset on, @p limit bytes at most. */
static int read_rest(const struct folder_file *file, int64_t offset, size_t limit,
                     struct buffer *ret)
{
    while (limit > 0) {
        size_t piece = limit < FIRST_READ ? limit : FIRST_READ;
        uint8_t *place = buffer_extend(ret, piece);
        int64_t got = place ? folder_read(file, offset, place, piece) : -ENOMEM;

        if (place)
            ret->size -= piece - (size_t)(got > 0 ? got : 0);
        if (got <= 0)
            return (int)got;
        offset += got;
        limit -= (size_t)got;
    }
    return 0;
}

int folder_read_whole(int folder, const char *name, int64_t offset, int64_t size, size_t max,
                      struct buffer *ret)
{
    size_t before = ret->size;
    struct folder_file file;
    int result;

    if (size >= 0 && (uint64_t)size > max)
        return -EFBIG;
    result = folder_open_file(folder, name, &file);
    if (result < 0)
        return result;
    result = read_rest(&file, offset, size < 0 ? max + 1 : (size_t)size, ret);
    folder_close_file(&file);
    if (result == 0 && ret->size - before > max)
        result = -EFBIG;
    if (result == 0 && size >= 0 && ret->size - before < (size_t)size)
        result = -ENODATA;
    return result;
}

int folder_list(int folder, const char *name, int (*each)(void *arg, const char *name), void *arg)
{
    const char *path = *name ? name : ".";
    struct stat status;
    int result = look_at(folder, path, &status);
    struct fs fs;
    int fd;

    if (result < 0)
        return result;
    fd = openat(folder, path, READ_FLAGS | O_DIRECTORY);
    if (fd < 0)
        return -errno;
    fs = fs_posix(&fd);
    result = fs.list(&fd, each, arg);
    (void)close(fd);
    return result;
}

const char *folder_explain(int result)
{
    switch (-result) {
    case ENOENT:
    case ENOTDIR:
        return "there is no such file";
    case EXDEV:
        return "it leads out of the directory that is checked: check the one above";
    case ELOOP:
        return "it is a symbolic link, or behind one, which is not followed";
    case EMEDIUMTYPE:
    case EISDIR:
        return "it is no regular file";
    case EFBIG:
        return "it is too large";
    case ENODATA:
        return "it ends before its byte range";
    default:
        return strerror(-result);
    }
}

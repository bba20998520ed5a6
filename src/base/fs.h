/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to files. The publisher touches the output directory only through this table, so
 * that a fault injector or a simulated disk can stand behind it. Names are plain file names inside
 * the one directory the table is bound to; none holds a slash.
 *
 * Every function returns 0 (create: a file descriptor) or a negative errno.
 */
#ifndef HLSGEN_BASE_FS_H
#define HLSGEN_BASE_FS_H

#include <stddef.h>
#include <stdint.h>

struct fs {
    void *context;

    /** Creates @p name for writing, mode 0644; -EEXIST when there is anything of that name. */
    int (*create)(void *context, const char *name);

    /** Writes all of @p data; a short write is continued, and -EIO if it cannot be. */
    int (*write)(void *context, int fd, const void *data, size_t size);

    /** Sets access and modification time, nanoseconds since the Unix epoch. */
    int (*set_time)(void *context, int fd, int64_t time);

    /** fdatasync(2): the data, and what is needed to read it, have reached the disk. */
    int (*sync)(void *context, int fd);

    int (*close)(void *context, int fd);

    /** Renames inside the directory; replaces a file at @p to atomically. */
    int (*rename)(void *context, const char *from, const char *to);

    /** Removes a file; -ENOENT when there is none. */
    int (*unlink)(void *context, const char *name);

    /**
     * Calls @p each with every name in the directory but "." and ".."; stops when it returns
     * non-zero, and returns that. It may remove the name that it is called with.
     */
    int (*list)(void *context, int (*each)(void *arg, const char *name), void *arg);
};

/** The real thing: @p dir holds an open directory; both are borrowed while the table is used. */
struct fs fs_posix(int *dir);

/**
 * Creates @p name, in the place of a file that a kill left behind there.
 *
 * @return a file descriptor, or a negative errno: of the removal, if that is what fails
 */
int fs_create_anew(const struct fs *fs, const char *name);

#endif

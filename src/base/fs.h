/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to files. The publisher touches the output directory only through this table, so
 * that a fault injector or a simulated disk can stand behind it. Names are plain file names inside
 * the one directory the table is bound to; none holds a slash.
 *
 * Every function returns 0, or what it says, or a negative errno.
 */
#ifndef HLSGEN_BASE_FS_H
#define HLSGEN_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timespec;

/** What is known of a name without opening it. */
struct fs_status {
    bool regular;  /**< a plain file, not a link, a directory or a device */
    unsigned mode; /**< permissions, set-ID and sticky bits */
    int64_t size;  /**< bytes */
    int64_t time;  /**< of modification, nanoseconds since the Unix epoch */
};

/**
 * The nanoseconds since the Unix epoch of a file's date. Anybody can set that: what lies more than
 * a year before the epoch, or less than one before the end of what 64 bits hold, becomes that
 * instant. So the wall clock can be taken from it, and days be added.
 */
int64_t fs_time_of(const struct timespec *date);

/** Whether two looks at a name show the same plain file, as far as can be seen. */
bool fs_is_same(const struct fs_status *a, const struct fs_status *b);

struct fs {
    void *context;

    /**
     * Creates @p name for writing, mode 0644; -EEXIST when there is anything of that name.
     *
     * @return a file descriptor
     */
    int (*create)(void *context, const char *name);

    /** Writes all of @p data; a short write is continued, and -EIO if it cannot be. */
    int (*write)(void *context, int fd, const void *data, size_t size);

    /** Sets access and modification time, nanoseconds since the Unix epoch. */
    int (*set_time)(void *context, int fd, int64_t time);

    /** fdatasync(2): the data, and what is needed to read it, have reached the disk. */
    int (*sync)(void *context, int fd);

    int (*close)(void *context, int fd);

    /**
     * Reads the file @p name from its start, @p size bytes at most; of what is no regular file,
     * nothing. For the time before the steady state, whose filter opens no file to read.
     *
     * @return bytes read
     */
    int64_t (*read)(void *context, const char *name, void *data, size_t size);

    /** Looks at @p name itself, not at what a link leads to; -ENOENT when there is none. */
    int (*status)(void *context, const char *name, struct fs_status *ret);

    /** fsync(2) of the directory: the names made, replaced and removed have reached the disk. */
    int (*sync_directory)(void *context);

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

/** Whether @p now is what fs_write_file() leaves of a file of @p size bytes, dated @p time. */
bool fs_is_as_written(const struct fs_status *now, size_t size, int64_t time);

/** What a file of @p size bytes takes in blocks of @p block_size. */
uint64_t fs_whole_blocks(size_t size, size_t block_size);

/** The real thing: @p dir holds an open directory; both are borrowed while the table is used. */
struct fs fs_posix(int *dir);

/**
 * Creates @p name, in the place of a file that a kill left behind there.
 *
 * @return a file descriptor, or a negative errno: of the removal, if that is what fails
 */
int fs_create_anew(const struct fs *fs, const char *name);

/**
 * Writes the file @p name anew: when this returns 0 it is on disk, whole and dated @p time,
 * nanoseconds since the Unix epoch, and else it is gone.
 *
 * @param ret_left what it looks like now
 * @return 0 or a negative errno; -ENOENT: the directory was removed; -EAGAIN: somebody put
 *         something else in its place
 */
int fs_write_file(const struct fs *fs, const char *name, const void *data, size_t size,
                  int64_t time, struct fs_status *ret_left);

/** Bytes that come piece by piece. */
struct fs_pieces {
    /** @return bytes of the next piece, valid until the next call; 0: that was all */
    size_t (*next)(void *context, const void **ret_data);
    void *context;
};

/** Likewise of all @p pieces together, which may be more than fit into memory. */
int fs_write_pieces(const struct fs *fs, const char *name, const struct fs_pieces *pieces,
                    int64_t time, struct fs_status *ret_left);

/** Renames @p from, which was just written; -EAGAIN when somebody took it away. */
int fs_put_in_place(const struct fs *fs, const char *from, const char *to);

#endif

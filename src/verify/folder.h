/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one directory that is checked. Whatever a playlist names is opened beneath it or not at all:
 * no ".." and no absolute path leads out, and symbolic links are not followed. Only regular files
 * are read.
 */
#ifndef HLSGEN_VERIFY_FOLDER_H
#define HLSGEN_VERIFY_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/** A file that is open for reading. */
struct folder_file {
    int fd;
    int64_t size; /**< bytes, when it was opened */
};

/** @return descriptor of the directory @p path, which the caller closes; or a negative errno */
int folder_open(const char *path);

/**
 * Opens the regular file @p name beneath the directory @p folder. Waits for nobody, as a FIFO would
 * make it.
 *
 * @param ret closed by folder_close_file()
 * @return 0; -ENOENT; -EXDEV: it leads out of the directory; -ELOOP: by a symbolic link;
 *         -EMEDIUMTYPE: no regular file; another negative errno
 */
int folder_open_file(int folder, const char *name, struct folder_file *ret);

void folder_close_file(struct folder_file *file);

/** Reads up to @p size bytes at @p offset. @return how many, 0 at the end; or a negative errno */
int64_t folder_read(const struct folder_file *file, int64_t offset, void *data, size_t size);

/**
 * Appends to @p ret the whole file @p name, or @p size bytes of it from @p offset on.
 *
 * @param size -1: all from @p offset on
 * @param max  bytes that it may have at most
 * @return 0; -EFBIG: it has more; -ENODATA: it has less than @p size; as folder_open_file()
 */
int folder_read_whole(int folder, const char *name, int64_t offset, int64_t size, size_t max,
                      struct buffer *ret);

/**
 * Calls @p each with the names in the directory @p name beneath @p folder, "" being itself, but for
 * "." and ".."; stops when it returns non-zero, and returns that.
 */
int folder_list(int folder, const char *name, int (*each)(void *arg, const char *name), void *arg);

/** What @p result of the functions above says, in words. */
const char *folder_explain(int result);

#endif

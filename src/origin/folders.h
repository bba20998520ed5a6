/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folders in the output directory, one for each of many streams or for a rendition of a ladder,
 * held open. Their descriptors stand in a row that begins with a power of two, at least as large as
 * their count, so that a filter of system calls tells them from all others by some bits of their
 * numbers. The output directory itself comes first in the row.
 */
#ifndef HLSGEN_ORIGIN_FOLDERS_H
#define HLSGEN_ORIGIN_FOLDERS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct folders {
    int64_t count;            /**< the directory included; 0: all is done in it alone */
    const char *const *names; /**< of each, borrowed: "" is the output directory; NULL: that, and
                                   those of streams, names_stream() */
};

#define FOLDERS_NAME_SIZE 40

/** The name of folder @p i, from 0, which is "": borrowed, or written into @p text. */
const char *folders_name(const struct folders *folders, int64_t i, char text[FOLDERS_NAME_SIZE]);

/** The first descriptor of @p count folders. */
int folders_first(int64_t count);

/**
 * Lets the process have as many descriptors open as they need.
 *
 * @return 0; a negative errno with @p err filled (EX_NOPERM)
 */
int folders_allow(const struct folders *folders, struct error *err);

/**
 * Makes those that are not there (0755), opens all, and locks them as the directory is locked.
 *
 * @param directory the open output directory, locked, whose path is @p path
 * @param uid, gid  who makes and opens them: this process, or whom it will become
 * @return 0; a negative errno with @p err filled, as outdir_open()
 */
int folders_open(const struct folders *folders, int directory, const char *path, uid_t uid,
                 gid_t gid, struct error *err);

#endif

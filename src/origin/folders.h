/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folders of many streams in the output directory, one each, held open. Their descriptors stand
 * in a row that begins with a power of two, at least as large as their count, so that a filter of
 * system calls tells them from all others by some bits of their numbers.
 */
#ifndef HLSGEN_ORIGIN_FOLDERS_H
#define HLSGEN_ORIGIN_FOLDERS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/** The first descriptor of @p count folders. */
int folders_first(int64_t count);

/**
 * Lets the process have as many descriptors open as @p count folders need.
 *
 * @return 0; a negative errno with @p err filled (EX_NOPERM)
 */
int folders_allow(int64_t count, struct error *err);

/**
 * Makes those that are not there (0755), opens all, and locks them as the directory is locked.
 *
 * @param directory the open output directory, whose path is @p path
 * @param uid, gid  who makes and opens them: this process, or whom it will become
 * @return 0; a negative errno with @p err filled, as outdir_open()
 */
int folders_open(int directory, const char *path, int64_t count, uid_t uid, gid_t gid,
                 struct error *err);

#endif

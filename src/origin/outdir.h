/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output directory: opened, checked and locked before anything is made for it. */
#ifndef HLSGEN_ORIGIN_OUTDIR_H
#define HLSGEN_ORIGIN_OUTDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/fs.h"
#include "origin/folders.h"

struct outdir {
    int fd;       /**< the directory; holds the lock as long as it is open */
    bool created; /**< by outdir_open(): its parent was there, it was not */
};

/**
 * Opens @p path, which must be a directory and no symbolic link, or makes it (0755) in a parent
 * that exists; then takes an exclusive flock(2) on it, so that there is one publisher.
 *
 * @param uid, gid whom a directory made here is given to
 * @return 0; a negative errno with @p err filled, nothing then left behind: EX_CANTCREAT, or
 *         EX_UNAVAILABLE when another process holds the lock
 */
int outdir_open(const char *path, uid_t uid, gid_t gid, struct outdir *ret, struct error *err);

/**
 * Takes the lock again: confinement opens the directory anew, and the lock goes with the descriptor
 * of before. @return 0; a negative errno with @p err filled, as outdir_open()
 */
int outdir_lock(const struct outdir *outdir, const char *path, struct error *err);

/** What a file is counted by: every one takes whole blocks. @return 0 or a negative errno */
int outdir_block_size(const struct outdir *outdir, size_t *ret_size);

/**
 * Refuses a file system that cannot hold @p needed bytes beside what is foreign there; what our own
 * files take now, also in @p folders, counts as free.
 *
 * @return 0; a negative errno with @p err filled (EX_IOERR)
 */
int outdir_check_room(const struct outdir *outdir, const char *path, const struct folders *folders,
                      uint64_t needed, struct error *err);

/**
 * Shows that files can be made, by making and removing one. After the user was changed.
 *
 * @param uid the user, for the message
 * @return 0; a negative errno with @p err filled (EX_CANTCREAT)
 */
int outdir_check_access(const struct fs *fs, const char *path, uid_t uid, struct error *err);

/** Closes it, and removes it again if outdir_open() made it. Before confinement, which forbids
 * that. */
void outdir_abandon(struct outdir *outdir, const char *path);

#endif

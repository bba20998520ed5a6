/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index.json as a file. */
#ifndef HLSGEN_ORIGIN_INDEX_FILE_H
#define HLSGEN_ORIGIN_INDEX_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"
#include "origin/index.h"

/** Where the segments come from. */
struct index_source {
    void *context;

    /** Tells of the next one, in the order of their numbers. @return false: that was all */
    bool (*next)(void *context, struct index_segment *ret);
};

/**
 * Replaces index.json, in constant memory.
 *
 * @param time the file is dated
 * @return 0 or a negative errno, the file being as it was
 */
int index_file_write(const struct fs *fs, const struct index_head *head,
                     const struct index_source *source, int64_t time);

#endif

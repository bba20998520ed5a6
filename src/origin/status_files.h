/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.json and hlsgen.prom as files. */
#ifndef HLSGEN_ORIGIN_STATUS_FILES_H
#define HLSGEN_ORIGIN_STATUS_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/fs.h"
#include "origin/status.h"

/** Replaces both. @return 0; a negative errno, at least one of them being as it was */
int status_files_write(const struct fs *fs, const struct status *status);

/** Bytes on disk at most. */
uint64_t status_files_room(size_t block_size);

#endif

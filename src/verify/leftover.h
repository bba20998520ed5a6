/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_VERIFY_LEFTOVER_H
#define HLSGEN_VERIFY_LEFTOVER_H

#include <stdbool.h>

#include "verify/presentation.h"

/** Whether a file of this name is one that is not finished yet. */
bool leftover_is_temporary(const char *name);

/**
 * Judges SG_TEMP of all folders that hold playlists of @p presentations: when every stream has
 * ended, nothing temporary is left, nor a segment that none of them lists. While one goes on,
 * either is as it should be.
 *
 * @return 0 or -ENOMEM
 */
int leftover_judge(struct run *run, const struct presentation *presentations, size_t count);

#endif

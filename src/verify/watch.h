/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_VERIFY_WATCH_H
#define HLSGEN_VERIFY_WATCH_H

#include "verify/presentation.h"

/**
 * Follows all playlists of @p presentations, adds to their streams what comes, and judges the rules
 * of evolution, until @p seconds have passed or all have ended.
 *
 * @return 0 or a negative errno
 */
int watch_follow(struct run *run, struct presentation *presentations, size_t count,
                 int64_t seconds);

#endif

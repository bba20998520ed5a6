/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The renditions of a ladder: their sound encoded once, their pictures by several threads at a
 * time, and what is equal made once.
 */
#ifndef HLSGEN_MEDIA_RENDITIONS_H
#define HLSGEN_MEDIA_RENDITIONS_H

#include <stdint.h>

#include "base/error.h"
#include "media/progress.h"
#include "media/rendition.h"
#include "preset/ladder.h"
#include "timeline/timeline.h"

/** All that it points to is borrowed, ladder and lines for as long as the renditions live. */
struct renditions_config {
    const struct ladder *ladder;
    const struct timeline *lines; /**< one for each rendition */
    int threads;                  /**< 1: no thread is started */

    /**
     * First thing in each thread that is started, numbered from 0, in one after the other; NULL:
     * nothing. The calling thread works, too: of them there is one less than @p threads.
     *
     * @return 0 or a negative errno
     */
    int (*enter)(void *context, int worker);
    void *context;

    struct progress progress; /**< of all together, in samples of pictures; called by each thread,
                                   under one lock. Without a step: nobody asks */
};

/**
 * @param ret one for each rendition of the ladder, the same again for one that is equal; freed by
 *            renditions_free()
 * @return 0; a negative AVERROR with @p err filled, and nothing left behind
 */
int renditions_make(const struct renditions_config *config, struct rendition **ret,
                    struct error *err);

/** Frees each of @p count once, and makes them NULL. */
void renditions_free(struct rendition **renditions, int64_t count);

/** How many threads may be of use. */
int renditions_threads_max(const struct ladder *ladder);

/**
 * An upper bound of the memory, in bytes, that renditions_make() with so many threads and the
 * renditions take beside what the program and its libraries have when they are loaded.
 */
int64_t renditions_memory(const struct ladder *ladder, const struct timeline *lines, int threads);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A finite stream made from a rendition, or from those of a ladder, and what a terminal and the log
 * are told of it.
 */
#ifndef HLSGEN_FINITE_H
#define HLSGEN_FINITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fs.h"
#include "encoders.h"
#include "media/progress.h"
#include "media/rendition.h"
#include "sandbox/sandbox.h"
#include "terminal.h"

/** A rendition and where it goes. */
struct finite_lane {
    struct rendition *rendition;
    const struct rendition_stream *stream;
    int64_t encoded;     /**< which stream of the encoders it is; -1: the rendition's segments are
                              all that there is */
    bool has_iframes;    /**< it has an I-frame playlist */
    const struct fs *fs; /**< of its directory */
    const char *folder;  /**< name of that within the output directory; "": that itself */
};

/** All that it points to is borrowed for the life of the process. */
struct finite_config {
    const struct finite_lane *lanes; /**< the first is the output directory itself */
    int64_t count;                   /**< of lanes */
    const struct fs *alias;          /**< NULL, or the folder of the first lane's alias */
    const char *alias_folder;        /**< its name */
    const char *master;              /**< text of the multivariant playlist; NULL: there is none */
    size_t master_size;

    struct encoders *encoders; /**< NULL: no lane is encoded afresh */
    const char *preset;        /**< its name, and */
    const char *path;          /**< that of the output directory, for messages */
    int64_t first;             /**< index of the first segment */
    int64_t segments;          /**< of each lane */

    int threads;                          /**< finite_threads() */
    const struct sandbox_config *sandbox; /**< with as many threads, unless there are encoders */
    const struct clock *clock;
    volatile int64_t *segment_at_work; /**< set to the index of the segment that is made */
    struct terminal *terminal;         /**< a line there tells of progress */
};

struct finite;

/** How many threads hash, where no encoders are, of @p workers that may work at a time. */
int finite_threads(int workers);

/** Bytes of memory that it takes, its threads included; @p size bytes has the largest segment. */
size_t finite_memory(int64_t lanes, int64_t segments, int threads, size_t size);

/**
 * Makes it, starts its threads, and has the directories for it; in the set-up phase.
 *
 * @param progress of the stream's digests
 * @param ret      lasts as long as the process
 * @return 0; a negative errno with @p err filled
 */
int finite_begin(const struct finite_config *config, const struct progress *progress,
                 struct finite **ret, struct error *err);

/** Whether finite_run() waits for no encoder, and can do with what the steady state may. */
bool finite_is_plain(const struct finite *finite);

/** Writes what is missing. @return 0; a negative errno with @p err filled, as vod_run() */
int finite_run(struct finite *finite, struct error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A finite stream made from a rendition, and what a terminal and the log are told of it. */
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
#include "preset/preset.h"
#include "terminal.h"

/** All that it points to is borrowed for the life of the process. */
struct finite_config {
    const struct preset *preset;
    struct rendition *rendition;
    struct encoders *encoders; /**< NULL: the rendition's segments are all that there is */
    const struct rendition_stream *stream;
    int64_t segments;
    const struct fs *fs;
    const char *path; /**< of the directory, for messages */
    const struct clock *clock;
    volatile int64_t *segment_at_work; /**< set to the index of the segment that is made */
    struct terminal *terminal;         /**< a line there tells of progress */
};

struct finite;

/** Bytes of memory that it takes. */
size_t finite_memory(int64_t segments);

/**
 * Makes it, and has the directory for it; in the set-up phase.
 *
 * @param progress of the stream's digest
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

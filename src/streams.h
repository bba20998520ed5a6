/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The streams of a run: where each goes, when its segments are due, and what publishes them. */
#ifndef HLSGEN_STREAMS_H
#define HLSGEN_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/pacer.h"
#include "encoders.h"
#include "media/progress.h"
#include "media/rendition.h"
#include "origin/live.h"
#include "timeline/timeline.h"

struct stream;

struct streams {
    int64_t count;
    bool has_folders;                  /**< each in one of its own, and numbered from 1 */
    struct timeline *lines;            /**< all of these arrays: one for each stream */
    struct rendition_stream *numbered; /**< number and line */
    struct stream *each;
    struct live_stream *live; /**< when they have publishers */
};

/** What streams share; all borrowed. */
struct streams_source {
    struct rendition *rendition;
    struct encoders *encoders;         /**< of its segments; NULL: it makes them itself */
    struct pacer *pacer;               /**< told of the processor time that a segment took */
    volatile int64_t *segment_at_work; /**< set to the index of the segment that is asked for */
};

/**
 * Refuses streams, @p number of them, that cannot be spread so.
 *
 * @return 0; -EINVAL with @p err filled (EX_USAGE)
 */
int streams_check(int64_t number, bool spread_even, const struct preset *preset, struct error *err);

/** Bytes of memory that each stream takes. */
size_t streams_memory(int64_t window);

/**
 * @param number      of streams, each in a folder of its own; 0: one without
 * @param line        of the first; spread evenly, the others begin a little later each, and the
 *                    last almost a segment later
 * @param spread_even or else all segments of an index are due at once
 * @return 0 or -ENOMEM; what @p ret points to lasts as long as the process
 */
int streams_init(int64_t number, const struct timeline *line, bool spread_even,
                 struct streams *ret);

/**
 * Shows that files can be made where each stream goes, and that no folder holds a finite one.
 *
 * @param first descriptor of the directory, or of the first folder, with the others behind it
 * @param path  of the directory, and @p uid the user, for a message
 * @return 0; a negative errno with @p err filled (EX_CANTCREAT)
 */
int streams_settle(struct streams *streams, int first, const char *path, uid_t uid,
                   struct error *err);

/**
 * Makes a publisher for each stream.
 *
 * @param source, clock borrowed as long as the streams are used
 * @param progress      of their digests
 * @return 0 or a negative errno
 */
int streams_make_publishers(struct streams *streams, const struct streams_source *source,
                            const struct clock *clock, int64_t window,
                            const struct progress *progress);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The segments of an aperiodic preset for the publisher: workers make them ahead, within the budget
 * of processor time, each confined to computing. Where one is not ready when it is asked for, the
 * rendition's template stands by, without a clock: the stream goes on in time, and the log says so.
 */
#ifndef HLSGEN_ENCODERS_H
#define HLSGEN_ENCODERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/pacer.h"
#include "media/progress.h"
#include "media/rendition.h"
#include "preset/ladder.h"
#include "sandbox/sandbox.h"
#include "timeline/timeline.h"

/** A stream of which each segment is encoded afresh. */
struct encoders_stream {
    struct rendition *rendition;
    const struct rendition_stream *stream;
    const char *name; /**< of a rendition of a ladder; "": its number tells it */
};

/** All that it points to is borrowed for the life of the process. */
struct encoders_config {
    const struct encoders_stream *streams;
    int64_t count;                        /**< of streams */
    int64_t window;                       /**< segments that a playlist lists */
    int threads;                          /**< 1 to WORKERS_MAX */
    const struct sandbox_config *sandbox; /**< with as many threads */
    const struct pacer *pacer;            /**< of which they have a copy, to go on with */
    struct progress waits;                /**< told every while of what the first windows hold */
};

struct encoders;

/** How many threads are made when nobody says: one for each processor that may be used. */
int encoders_threads_default(void);

/**
 * An upper bound of the memory that @p threads take which encode @p count streams of each aperiodic
 * rendition of @p ladder, at @p lines; 0 if there is none.
 */
int64_t encoders_memory(const struct ladder *ladder, const struct timeline *lines, int threads,
                        int64_t count);

/**
 * Starts the threads, in the set-up phase. They and what they need live as long as the process.
 *
 * @return 0; a negative errno with @p err filled
 */
int encoders_start(const struct encoders_config *config, struct encoders **ret, struct error *err);

/**
 * The bytes of segment @p index of a stream, numbered from 0, valid until the next call. Until
 * encoders_hurry() it waits for them, in all as long as a window plays; from then on never.
 */
const uint8_t *encoders_segment(struct encoders *encoders, int64_t stream, int64_t index);

/**
 * Likewise, but nothing stands by: waits for it as long as it takes, in the set-up phase.
 *
 * @return 0 or a negative errno
 */
int encoders_wait(struct encoders *encoders, int64_t stream, int64_t index, const uint8_t **ret);

/** Whether the template stood by for that segment, which is one of the last that were asked for. */
bool encoders_stood_by(const struct encoders *encoders, int64_t stream, int64_t index);

/** Whether that segment has its clock, or will never have. If not, it will be made. */
bool encoders_is_ready(struct encoders *encoders, int64_t stream, int64_t index);

/**
 * The first windows are published: from now on time does not wait. The segment behind each is
 * waited for as well, if it is not too late for that.
 */
void encoders_hurry(struct encoders *encoders);

/** Logs a line of figures. */
void encoders_log(struct encoders *encoders);

#endif

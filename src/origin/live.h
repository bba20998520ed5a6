/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live driver: publishes each segment of each stream at the instant it is due, until a signal
 * ends it. One thread does it, for one stream or for thousands.
 *
 * The wall clock is read once and tied to CLOCK_MONOTONIC, which then paces. The tie is watched:
 * stepped forward, it is taken over at once, with a whole back-dated window if need be; stepped
 * back, the cadence is held, since a playlist must not go back (RFC 8216 6.2.2).
 *
 * What can be done now is done in this order: segments that are due, by their instants; then the
 * preparation of the next ones; then the report of how the run is doing, looking after what is
 * listed, and index.json. Report and index.json wait for a moment in which nothing is due soon. A
 * stream that cannot be published is tried again on its own, and holds no other up.
 */
#ifndef HLSGEN_ORIGIN_LIVE_H
#define HLSGEN_ORIGIN_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "origin/publisher.h"
#include "timeline/timeline.h"

/** What can be wrong with the output directory, by errno. */
enum live_fault {
    LIVE_FAULT_SPACE,       /**< ENOSPC, EDQUOT */
    LIVE_FAULT_IO,          /**< EIO */
    LIVE_FAULT_READ_ONLY,   /**< EROFS */
    LIVE_FAULT_DESCRIPTORS, /**< EMFILE, ENFILE */
    LIVE_FAULT_OTHER,
    LIVE_FAULTS,
};

/** A word for each: "space", "io", ... */
extern const char *const live_fault_names[LIVE_FAULTS];

/** How a run is doing: one stream, or all of them together. */
struct live_figures {
    int64_t streams;    /**< how many these are of */
    int64_t failing;    /**< of them, those whose attempt last made failed, and the removed */
    int64_t ended;      /**< those that have ended, and */
    int64_t removed;    /**< those whose directory was removed: nothing follows in either */
    int64_t behind;     /**< of the others, those that lack what was due more than the
                             duration of a segment ago */
    int64_t newest;     /**< segment that the playlist ends with, negative before the first; of
                             several, of the one that is furthest behind, and goes on if any does */
    int64_t newest_due; /**< when it was due, nanoseconds since the Unix epoch */
    int64_t published;  /**< segments published at their time, in this run */
    int64_t late;       /**< of them, those that were later than LIVE_LATE */
    int64_t stand_by;   /**< and those for which the template stood by */
    int64_t skipped;    /**< segments never listed: due while the run stood still */
    int64_t mended;     /**< files made anew, because others changed them */
    int64_t late_max;   /**< nanoseconds from the due instant to the playlist's rename, of
                             what became due since the start was done */
    int64_t faults[LIVE_FAULTS]; /**< attempts that failed, in this run */
    int64_t clock_offset;        /**< nanoseconds from what the run goes by to the wall clock */
    bool clock_held;             /**< that one was stepped back, and the run goes on as before */
    int fault;                   /**< negative errno of an attempt last made; 0: all is well */
};

/** Whether there is something to publish, and nothing is behind. */
bool live_is_healthy(const struct live_figures *figures);

#define LIVE_LATE (100 * NS_PER_MS)

enum {
    LIVE_BOUNDS = 12,
};

/** Nanoseconds. */
extern const int64_t live_bounds[LIVE_BOUNDS];

/** How late segments were, of those that late_max tells of. */
struct live_lateness {
    int64_t counts[LIVE_BOUNDS + 1]; /**< at most the first bound; the second, but more than the
                                          first; ...; more than the last */
    int64_t sum;                     /**< nanoseconds */
};

/**
 * Who is told how the run is doing. The beat is a sign of life, sent by the loop that publishes,
 * and by nothing else: it stops when publishing hangs.
 */
struct live_observer {
    void *context;
    void (*started)(void *context, int64_t streams); /**< so many have a window; may be NULL */
    int64_t beat_interval; /**< nanoseconds between two beats at most; 0: no beat */
    void (*beat)(void *context, const struct live_figures *figures);
    void (*asked)(void *context); /**< after the lines that SIGUSR1 asks for; may be NULL */

    /**
     * Once after each multiple of LIVE_REPORT_SECONDS to which the wall clock comes, within two
     * seconds; when asked by SIGUSR1; and when the run ends. May be NULL.
     *
     * @return 0 or a negative errno, which is told
     */
    int (*report)(void *context, const struct live_figures *figures,
                  const struct live_lateness *lateness);
};

/** A stream of the run. */
struct live_stream {
    struct publisher *publisher;
    const struct timeline *line;
    const char *rendition; /**< of a ladder, its name; else "" or NULL, and its number tells it */
};

/** What a live run is made of; all borrowed. */
struct live_config {
    const struct live_stream *streams;
    int64_t count; /**< of streams; they are numbered from 1 in what is said of one of several */
    const struct clock *clock;
    int64_t window;
    struct live_observer observer;
};

struct live;

/** What to say of a failure to publish: the system's words for a negative errno, and more. */
const char *live_reason(int error);

/** Bytes of memory that live_new() takes for each stream. */
size_t live_memory(void);

/** @return 0 or -ENOMEM; @p ret is owned by the caller, freed by live_free() */
int live_new(const struct live_config *config, struct live **ret);

/** Accepts NULL. Always NULL. */
struct live *live_free(struct live *live);

/**
 * Goes on from what earlier runs left in the directories, and publishes the windows that end now,
 * first of the stream whose next segment is due first: the part of a run that may use the heap.
 *
 * @return 0; the signal that ended it; a negative errno when a directory cannot be written, or
 *         holds what this stream cannot follow on: -EMEDIUMTYPE, -EPROTOTYPE, -EEXIST, -E2BIG
 *         (resume.h)
 */
int live_start(struct live *live);

/** Lets the observer report. */
void live_tell(struct live *live);

/**
 * Goes on from live_start() until SIGTERM, SIGINT or SIGHUP, or until all streams have ended and
 * what had left their playlists is removed; SIGUSR1 logs a line of figures, and
 * one for each stream of at most LIVE_STREAMS_TOLD. A fault of an output directory is logged once
 * and tried again until it is gone.
 *
 * @return the signal that ended it; 0 when all streams have ended; -ENOENT when the directories of
 *         all were removed
 */
int live_run(struct live *live);

enum {
    LIVE_STREAMS_TOLD = 16,
    LIVE_REPORT_SECONDS = 5,
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live driver: publishes each segment at the instant it is due, until a signal ends it.
 *
 * The wall clock is read once and tied to CLOCK_MONOTONIC, which then paces. The tie is watched:
 * stepped forward, it is taken over at once, with a whole back-dated window if need be; stepped
 * back, the cadence is held, since a playlist must not go back (RFC 8216 6.2.2).
 */
#ifndef HLSGEN_ORIGIN_LIVE_H
#define HLSGEN_ORIGIN_LIVE_H

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

/** How a run is doing. */
struct live_figures {
    int64_t newest;              /**< segment that the playlist ends with */
    int64_t published;           /**< segments published at their time, in this run */
    int64_t skipped;             /**< segments never listed: due while the run stood still */
    int64_t mended;              /**< files made anew, because others changed them */
    int64_t late_max;            /**< nanoseconds from the due instant to the playlist's rename */
    int64_t faults[LIVE_FAULTS]; /**< attempts that failed, in this run */
    int64_t clock_offset;        /**< nanoseconds from what the run goes by to the wall clock */
    int fault;                   /**< negative errno of the attempt last made; 0: all is well */
};

/**
 * Who is told how the run is doing. The beat is a sign of life, sent by the loop that publishes,
 * and by nothing else: it stops when publishing hangs.
 */
struct live_observer {
    void *context;
    int64_t beat_interval; /**< nanoseconds between two beats at most; 0: no beat */
    void (*beat)(void *context, const struct live_figures *figures);
    void (*asked)(void *context); /**< after the line that SIGUSR1 asks for; may be NULL */
};

/** What a live run is made of; all borrowed. */
struct live_config {
    struct publisher *publisher;
    const struct clock *clock;
    const struct timeline *line;
    int64_t window;
    struct live_observer observer;
};

/** What to say of a failure to publish: the system's words for a negative errno, and more. */
const char *live_reason(int error);

/**
 * Goes on from what an earlier run left in the directory, and publishes the window that ends now:
 * the part of a run that may use the heap. @return 0, or a negative errno when the directory cannot
 * be written
 */
int live_start(const struct live_config *config);

/**
 * Goes on from live_start() until SIGTERM, SIGINT or SIGHUP; SIGUSR1 logs a line of figures. A
 * fault of the output directory is logged once and tried again until it is gone.
 *
 * @return the signal that ended it; -ENOENT when the directory was removed
 */
int live_run(const struct live_config *config);

#endif

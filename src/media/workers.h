/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that make segments ahead of time, for streams of which no segment is like another.
 *
 *     publishing thread    wants the next segments of each stream, takes what is ready
 *     workers              each makes one segment at a time, the one that is due first
 *
 * A segment is made into one of a fixed number of buffers, and lies there until it is taken and
 * those behind it are wanted. What is out of date is not begun, and is thrown away if it was. The
 * lock is held for look-ups alone: the publishing thread never waits for a segment unless it says
 * how long.
 */
#ifndef HLSGEN_MEDIA_WORKERS_H
#define HLSGEN_MEDIA_WORKERS_H

#include <stddef.h>
#include <stdint.h>

enum {
    WORKERS_MAX = 16,
};

/** All that it points to is borrowed for the life of the workers. */
struct workers_config {
    int threads;         /**< 1 to WORKERS_MAX */
    int64_t streams;     /**< numbered from 0 here */
    int64_t ahead;       /**< how many segments of each are wanted at a time */
    size_t segment_size; /**< of the largest one */

    /** Called first in each thread, by one after the other. @return 0 or a negative errno */
    int (*enter)(void *context, int worker);

    /**
     * Makes a segment, by several threads at once. @return 0, or a negative errno: it is given up
     */
    int (*make)(void *context, int64_t stream, int64_t index, uint8_t *to);

    /** When a segment is due, in any unit that all streams share. */
    int64_t (*due)(void *context, int64_t stream, int64_t index);

    void *context;
};

struct workers;

/** How many segments of each stream are to be wanted at a time, for all threads to have work. */
int64_t workers_ahead(int threads, int64_t streams);

/** Bytes of memory that workers_start() takes, stacks included. */
int64_t workers_memory(int threads, int64_t streams, int64_t ahead, size_t segment_size);

/**
 * Takes all memory and starts the threads, in which every signal is blocked.
 *
 * @param ret owned by the caller, freed by workers_free()
 * @return 0; a negative errno, also of enter(): the program must end then, since threads may have
 *         been started that wait for ever
 */
int workers_start(const struct workers_config *config, struct workers **ret);

/** Lets the threads end, each after the segment at hand. Accepts NULL. Always NULL. */
struct workers *workers_free(struct workers *workers);

/** Segments @p first and those behind it are wanted of @p stream, and none before. */
void workers_want(struct workers *workers, int64_t stream, int64_t first);

/**
 * Takes segment @p index, which is wanted.
 *
 * @param patience how long to wait for it at most, nanoseconds
 * @param ret      its bytes, valid until workers_want() with a @p first beyond @p index + 1
 * @return 0; -EAGAIN: it is not ready; another negative errno: it was given up
 */
int workers_take(struct workers *workers, int64_t stream, int64_t index, int64_t patience,
                 const uint8_t **ret);

/**
 * As workers_take(), for one that is no longer wanted, or never was: asks for it, behind those that
 * are. One at a time, of all streams: its bytes are valid until another is asked for.
 */
int workers_take_old(struct workers *workers, int64_t stream, int64_t index, int64_t patience,
                     const uint8_t **ret);

/** How the workers are doing. */
struct workers_figures {
    int64_t made;
    int64_t late; /**< of those, out of date when they were made */
    int64_t given_up;
    int64_t longest; /**< nanoseconds that one took, waiting for processor time included */
    int error;       /**< of the one given up last, negative errno */
};

void workers_read_figures(struct workers *workers, struct workers_figures *ret);

#endif

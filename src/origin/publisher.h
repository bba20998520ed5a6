/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only writer of the output directory, and what holds at every instant of it, a kill included:
 * a segment is under its name whole or not at all, and the playlist names only such segments.
 *
 *     prepare n   segment n and the playlist that ends with it, written and synced under
 *                 temporary names, ahead of time
 *     commit      at the due instant: two renames, segment first
 *     expire      removes what has been out of the playlist for long enough (RFC 8216 6.2.2)
 *
 * Files and time are reached through base/fs.h and base/clock.h alone.
 */
#ifndef HLSGEN_ORIGIN_PUBLISHER_H
#define HLSGEN_ORIGIN_PUBLISHER_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fs.h"
#include "timeline/timeline.h"

/** All that it points to is borrowed for the publisher's life. */
struct publisher_config {
    const struct fs *fs;
    const struct clock *clock;
    const struct timeline *line;
    int64_t window;      /**< segments that the playlist lists */
    size_t segment_size; /**< bytes of every segment */

    /** The bytes of segment @p index, valid until the next call. */
    const uint8_t *(*segment)(void *source, int64_t index);
    void *source;
};

struct publisher;

/** @return 0 or -ENOMEM; @p ret is owned by the caller, freed by publisher_free() */
int publisher_new(const struct publisher_config *config, struct publisher **ret);

/** Accepts NULL. Always NULL. Leaves the directory as it is. */
struct publisher *publisher_free(struct publisher *publisher);

/** The newest segment that the playlist lists; -1 for none yet. */
int64_t publisher_newest(const struct publisher *publisher);

/**
 * Publishes the whole window that ends with @p newest at once, back-dated, and one playlist: at the
 * start, and after a gap longer than the window. With @p newest -1 there is no playlist yet.
 *
 * @return 0, or a negative errno; the playlist is then as it was
 */
int publisher_fill(struct publisher *publisher, int64_t newest);

/**
 * Takes stock of what an earlier run left, when @p newest is due now: temporary files and segments
 * that nothing can need any more go, so that there is room; those still in retention are kept until
 * their time. Before the first publisher_fill(); uses the heap.
 *
 * @return 0; 1 when there were segments of indices still to come, so that the sequence goes back; a
 *         negative errno
 */
int publisher_sweep(struct publisher *publisher, int64_t newest);

/** Prepares the segment behind the newest. @return 0 or a negative errno; temporary files are gone
 */
int publisher_prepare(struct publisher *publisher);

/** Publishes what publisher_prepare() made. @return 0 or a negative errno, to prepare again */
int publisher_commit(struct publisher *publisher);

/** Removes the segments whose retention is over. @return 0, or a negative errno: some are left */
int publisher_expire(struct publisher *publisher);

/** Removes the temporary files. */
void publisher_abandon(struct publisher *publisher);

/** Segments on disk at most, temporary ones included, for a window of @p window. */
int64_t publisher_segments_max(int64_t window);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an earlier run left in the output directory, as far as it can be believed. */
#ifndef HLSGEN_ORIGIN_FINDINGS_H
#define HLSGEN_ORIGIN_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"
#include "hls/playlist.h"
#include "origin/state.h"
#include "timeline/timeline.h"

/** How a file was found. */
enum finding {
    FINDING_NONE,
    FINDING_DAMAGED, /**< it is not what hlsgen writes */
    FINDING_SOUND,
};

struct findings {
    enum finding state_found;
    struct state state; /**< when it is sound */
    enum finding playlist_found;
    struct playlist playlist; /**< when it is sound, else without entries */
    int64_t highest;          /**< number of a segment's file; -1: there is none */
    int64_t count;            /**< of names of segments */
};

/**
 * Reads it; uses the heap.
 *
 * @param due index of the newest segment that is due
 * @param ret its playlist's entries are the caller's, to be freed by free(3)
 * @return 0, or a negative errno: the directory or a file in it cannot be read now
 */
int findings_read(const struct fs *fs, int64_t due, struct findings *ret);

/** Whether @p result, with which a file was not read, is of that file: another in its place heals
 * it. */
bool findings_is_fault_of_file(int64_t result);

/** The latest discontinuity of a stream. */
struct findings_break {
    int64_t discontinuities; /**< discontinuity sequence number behind it; 0: there was none */
    int64_t index;           /**< of the first segment that has that; -1: not known */
};

/**
 * The latest discontinuity that a stream of @p digest has if it goes on in a directory: that which
 * it had, or that which comes with it. Uses the heap.
 */
struct findings_break findings_last_break(const struct fs *fs, const struct timeline *line,
                                          const uint8_t digest[STATE_DIGEST_SIZE]);

/**
 * Takes a playlist for damaged that does not say of the segments of @p findings->state what
 * @p line does, the timeline of that state, or that they need another section than @p map, which is
 * as in struct playlist_entry.
 */
void findings_compare(struct findings *findings, const struct timeline *line, uint64_t map);

#endif

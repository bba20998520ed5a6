/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a stream goes on in a directory that held one before: pure, from what was found there.
 *
 * The rule for an empty directory is that a segment's number is its index. It is kept as long as
 * numbers never go back and no published name gets other bytes (RFC 8216 6.2.1). When another
 * preset, a clock that went back or another --epoch would break that, the new segments follow the
 * old ones, with EXT-X-DISCONTINUITY between them, under numbers that differ from their indices by
 * an offset from then on.
 */
#ifndef HLSGEN_ORIGIN_RESUME_H
#define HLSGEN_ORIGIN_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include "hls/playlist.h"
#include "origin/state.h"
#include "timeline/timeline.h"

/** What is to be published now. */
struct resume_stream {
    const struct timeline *line;
    const uint8_t *digest; /**< STATE_DIGEST_SIZE bytes */
    int64_t window;        /**< segments that the playlist lists */
    int64_t due;           /**< index of the newest segment that is due; -1: none yet */
};

/** What an earlier run left. */
struct resume_found {
    const struct state *state;       /**< NULL: none, or damaged */
    const struct playlist *playlist; /**< NULL: none, or damaged; has at least one entry */
    int64_t highest;                 /**< number of a segment's file; -1: there is none */

    /** Without a state: the newest segment there has the bytes that this run makes for the index
     * that resume_index_of_newest() tells. */
    bool same_bytes;
};

/**
 * The index that the newest segment found has if it is one of @p stream, told by its
 * PROGRAM-DATE-TIME or else by its number; -1 when it cannot be one of them.
 */
int64_t resume_index_of_newest(const struct resume_stream *stream,
                               const struct resume_found *found);

/** How it goes on. */
struct resume_plan {
    struct state state; /**< to be on disk before the playlist is replaced */
    int64_t newest;     /**< index with which the first playlist ends; -1: there is none yet */
    bool breaks;        /**< another stream than the one found begins at state.from */
};

struct resume_plan resume_decide(const struct resume_stream *stream,
                                 const struct resume_found *found);

#endif

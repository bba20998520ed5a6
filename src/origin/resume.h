/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a stream goes on in a directory that held one before: pure, from what was found there.
 *
 * The rule for an empty directory is that a segment's number is its index. It is kept as long as
 * numbers never go back and no published name gets other bytes (RFC 8216 6.2.1). When another
 * preset, a clock that went back or another --epoch would break that, the new segments follow the
 * old ones, with EXT-X-DISCONTINUITY between them, under numbers that differ from their indices by
 * an offset from then on.
 *
 * Some streams cannot go on. One that has ended gets nothing more (4.3.3.4): the same one is left
 * as it is, and another one refused. An event is no live stream, nor the other way round: what
 * EXT-X-PLAYLIST-TYPE says may not change (6.2.1).
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
    uint64_t map;          /**< of its segments, as in struct playlist_entry */
    enum playlist_kind kind;
    int64_t window; /**< segments that the first playlist lists, and each of a live one */
    int64_t length; /**< that one can come to list */
    int64_t follow; /**< segments after those that are due, with which a new one ends; 0: never */
    int64_t due;    /**< index of the newest segment that is due; -1: none yet */
    int64_t discontinuities; /**< its discontinuity sequence number, if it begins, at least */
    int64_t since;           /**< index from which on it has that; -1: from its first on */
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

/** The index whose start is nearest to the end of @p playlist, which has at least one entry. */
int64_t resume_index_behind(const struct timeline *line, const struct playlist *playlist);

/** How it goes on. */
struct resume_plan {
    struct state state; /**< to be on disk before the playlist is replaced */
    int64_t ahead;      /**< segments before state.from that are made, too, and have the
                             discontinuity sequence number before */
    int64_t newest;     /**< index with which the first playlist ends; -1: there is none yet */
    bool breaks;        /**< another stream than the one found begins at state.from */
    bool apart;         /**< and nothing that was found is listed beside it: its discontinuity
                             sequence number would not follow (6.2.4) */
    bool ended;         /**< it is the one found, which has ended with @p newest */
};

/**
 * @return 0; -EMEDIUMTYPE: what was found is of another kind; -EPROTOTYPE: a playlist of another
 *         container, whose EXT-X-VERSION never changes; -EEXIST: another stream has ended there;
 *         -E2BIG: the event there is longer than this one may come to be
 */
int resume_decide(const struct resume_stream *stream, const struct resume_found *found,
                  struct resume_plan *ret);

#endif

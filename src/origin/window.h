/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which playlist comes next: pure, from the one that is listed now and from the numbers that are
 * this run's. Segments below them are of an earlier stream: they stay as they were listed.
 */
#ifndef HLSGEN_ORIGIN_WINDOW_H
#define HLSGEN_ORIGIN_WINDOW_H

#include <stdint.h>

#include "hls/playlist.h"
#include "origin/state.h"
#include "timeline/timeline.h"

struct window {
    const struct timeline *line;
    int64_t length;         /**< segments that a playlist lists at most */
    struct state state;     /**< which numbers are this run's, and how they follow from indices */
    int64_t ahead;          /**< numbers before state.from that are this run's, too: of the
                                 discontinuity sequence number before */
    uint64_t map;           /**< of this run's segments, as in struct playlist_entry */
    struct playlist listed; /**< the playlist on disk; without entries there is none */
    int64_t lowest;         /**< number that may be listed as long as none is */
    int64_t longest;        /**< nanoseconds of the longest that was, if it was longer than ours */
    int64_t longest_end;    /**< the number behind the last that such a one listed */
};

/** The number of segment @p index. */
int64_t window_number(const struct window *window, int64_t index);

/** The first number of which this run can make the segment. */
int64_t window_first_own(const struct window *window);

/** The instant at which segment @p number, listed or this run's, is due. */
int64_t window_due(const struct window *window, int64_t number);

/** @p newest, or the last index that there is to be if that comes before. */
int64_t window_up_to(const struct window *window, int64_t newest);

/** The number behind the last of @p playlist. */
int64_t window_end(const struct playlist *playlist);

/**
 * Makes the playlist that ends with index @p newest, or with the last one listed if no number of
 * this run's is due yet; without entries if there is none of either. One that lists the last
 * segment that there is to be has ended.
 *
 * @param ret its entries have room for as many as are listed at most
 */
void window_plan(const struct window *window, int64_t newest, struct playlist *ret);

/** A playlist with segments of an earlier run may be longer than a window of this run's: what it
 * lists stays accordingly. To be called whenever there is another one listed. */
void window_note_longest(struct window *window);

/** Takes the listed segments up to @p number out of the model. */
void window_cut(struct window *window, int64_t number);

/** Segments for whose duration one that has left the playlist stays on disk. */
int64_t window_retained(int64_t length);

/**
 * From when segment @p number is due until it may go, nanoseconds, if publication never stood
 * still: while it is listed, and retained.
 */
int64_t window_stay(const struct window *window, int64_t number);

/** How long segment @p number stays when it leaves the playlist, nanoseconds (RFC 8216 6.2.2). */
int64_t window_retention(const struct window *window, int64_t number);

#endif

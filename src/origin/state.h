/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the output directory remembers beside the playlist: whose segments these are. It is a small
 * text file, replaced atomically, and only when a stream begins in the directory or another one
 * takes it over. The playlist alone would do for most restarts; this says for sure whether the
 * segments are those that this run makes, and it is the second witness when one of the two is lost.
 */
#ifndef HLSGEN_ORIGIN_STATE_H
#define HLSGEN_ORIGIN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hls/playlist.h"

#define STATE_DIGEST_SIZE 32  /**< SHA-256 */
#define STATE_SIZE        512 /**< room for the text */

struct state {
    uint8_t digest[STATE_DIGEST_SIZE]; /**< of all that decides the bytes of a segment */
    int64_t from;                      /**< number of the first segment of that digest */
    int64_t offset;                    /**< number of a segment minus its index, for that digest */
    int64_t discontinuities; /**< discontinuity sequence number of that first segment (6.2.1) */
    int64_t target;          /**< EXT-X-TARGETDURATION, which never falls */
    int64_t longest; /**< duration of the longest playlist that ever was, or that an event may
                          come to, milliseconds */
    int64_t kind;    /**< enum playlist_kind: PLAYLIST_LIVE or PLAYLIST_EVENT */
    int64_t first;   /**< number with which the playlist of an event begins; else 0 */
    int64_t end;     /**< number behind the last that there is to be; 0: it does not end */
};

/** Writes @p state as text with a checksum. @return bytes written */
size_t state_write(const struct state *state, char text[STATE_SIZE]);

/**
 * Reads what state_write() wrote, and nothing else.
 *
 * @return 0; -EBADMSG with @p ret_state untouched
 */
int state_parse(const char *text, size_t size, struct state *ret_state);

/**
 * What stands in the place of a state in the directory of a finite stream: a text of its own, which
 * is no state. Two are equal if the streams are.
 *
 * @param first    index of its first segment
 * @param segments how many there are
 * @return bytes written
 */
size_t state_write_finite(const uint8_t digest[STATE_DIGEST_SIZE], int64_t first, int64_t segments,
                          char text[STATE_SIZE]);

/** Whether @p text is of a finite stream, of any. */
bool state_is_finite(const char *text, size_t size);

#endif

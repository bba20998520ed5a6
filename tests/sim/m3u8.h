/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client's reader of media playlists, written from RFC 8216 and from nothing in src/: what it
 * does not know, or finds twice or out of place, makes the playlist invalid.
 */
#ifndef HLSGEN_TESTS_SIM_M3U8_H
#define HLSGEN_TESTS_SIM_M3U8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    M3U8_ENTRIES = 24,
};

struct m3u8_entry {
    int64_t start_ms;      /**< EXT-X-PROGRAM-DATE-TIME, since the Unix epoch */
    int64_t duration_us;   /**< EXTINF */
    int64_t discontinuity; /**< discontinuity sequence number (6.2.1) */
    uint64_t map;          /**< the number in the name that EXT-X-MAP has; 0: there is none */
    int64_t range_start;   /**< EXT-X-BYTERANGE, of an I-frame playlist */
    int64_t range_size;
};

struct m3u8 {
    int64_t target; /**< seconds */
    int64_t sequence;
    bool event;
    bool ended;
    bool mapped;       /**< fragmented MP4 */
    bool iframes_only; /**< EXT-X-I-FRAMES-ONLY */
    int count;
    struct m3u8_entry entries[M3U8_ENTRIES];
};

/** @return NULL, or what is wrong; @p ret may then be changed */
const char *m3u8_parse(const uint8_t *data, size_t size, struct m3u8 *ret);

/** The same of an I-frame playlist (4.3.3.6). */
const char *m3u8_parse_iframes(const uint8_t *data, size_t size, struct m3u8 *ret);

#endif

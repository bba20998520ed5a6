/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Media playlists (RFC 8216 4.3): model to text and back, without I/O. */
#ifndef HLSGEN_HLS_PLAYLIST_H
#define HLSGEN_HLS_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAYLIST_NAME         "stream.m3u8"
#define PLAYLIST_IFRAMES_NAME "iframes.m3u8"

/** Room for the file name of a segment or an initialization section, NUL included. */
#define PLAYLIST_SEGMENT_NAME_SIZE 32
#define PLAYLIST_MAP_NAME_SIZE     32

/**
 * Writes the file name of segment number @p number, its URI in the playlist.
 *
 * @param map as in struct playlist_entry: seg<number>.ts, or seg<number>.m4s
 */
void playlist_segment_name(int64_t number, uint64_t map, char name[PLAYLIST_SEGMENT_NAME_SIZE]);

/** The number of the segment that @p name names, as playlist_segment_name() writes it; -1: no
 * segment */
int64_t playlist_segment_number(const char *name);

/** Writes the file name of initialization section @p map: init-<16 hexadecimal digits>.mp4. */
void playlist_map_name(uint64_t map, char name[PLAYLIST_MAP_NAME_SIZE]);

/** The section that @p name names, as playlist_map_name() writes it; 0: none */
uint64_t playlist_map_of(const char *name);

/** Bytes of a segment: EXT-X-BYTERANGE (4.3.2.2). */
struct playlist_range {
    int64_t start;
    int64_t size; /**< 0: they are not known */
};

/** What the playlist says of one media segment; its number and URI follow from its place. */
struct playlist_entry {
    int64_t start;       /**< nanoseconds since the Unix epoch: PROGRAM-DATE-TIME, rounded down */
    int64_t duration_us; /**< EXTINF */
    bool discontinuity;  /**< EXT-X-DISCONTINUITY stands before it */
    uint64_t map;        /**< its initialization section, by playlist_map_name(): EXT-X-MAP, where
                              it is not that of the one before; 0: it is MPEG-TS, without one */
    struct playlist_range iframe; /**< of its first picture, without what initializes a decoder */
};

/** How a playlist may change (4.3.3.5). */
enum playlist_kind {
    PLAYLIST_LIVE,  /**< the oldest segments leave it: no EXT-X-PLAYLIST-TYPE */
    PLAYLIST_EVENT, /**< it only grows */
    PLAYLIST_VOD,   /**< not at all */
};

/** A media playlist of independent segments, all of them MPEG-TS or all fragmented MP4. */
struct playlist {
    int64_t target;          /**< EXT-X-TARGETDURATION, seconds */
    int64_t sequence;        /**< EXT-X-MEDIA-SEQUENCE: the number of the first segment */
    int64_t discontinuities; /**< EXT-X-DISCONTINUITY-SEQUENCE */
    int64_t count;           /**< of entries */
    struct playlist_entry *entries;
    enum playlist_kind kind;
    bool ended;        /**< nothing follows: EXT-X-ENDLIST */
    bool iframes_only; /**< EXT-X-I-FRAMES-ONLY: it lists the ranges of the first pictures */
};

/** The target duration of segments of @p duration_us: the EXTINF rounded (4.3.3.1). */
int64_t playlist_target(int64_t duration_us);

/** Bytes that are enough for a playlist of @p count segments. */
size_t playlist_size(int64_t count);

/** For how many segments a playlist of @p size bytes may be at most. */
int64_t playlist_count_max(size_t size);

/**
 * Writes @p playlist. A line once written of a segment never changes (6.2.1).
 *
 * @param before what stands before the name of each segment: "", or "../" for those who find the
 *               playlist in a folder below the segments
 * @param text   room for playlist_size(@p playlist->count) bytes
 * @return bytes written
 */
size_t playlist_write(const struct playlist *playlist, const char *before, char *text);

/**
 * Reads what playlist_write() wrote beside the segments of a live one or an event, to the
 * millisecond of each start, and nothing else: whoever changed a byte of it cannot be trusted with
 * the sequence.
 *
 * @param count_max    for how many entries @p ret_playlist->entries has room
 * @param ret_playlist on failure only its entries may have changed
 * @return 0, or -EBADMSG
 */
int playlist_parse(const char *text, size_t size, int64_t count_max, struct playlist *ret_playlist);

#define PLAYLIST_HEAD_SIZE 256 /**< bytes at the start, which tell what it is */

/** Whether @p text begins one of PLAYLIST_VOD, as playlist_write() writes it. */
bool playlist_is_finite(const char *text, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index.json: what is true of each segment on disk, for who checks the bytes that a server sends
 * (doc/index-json.md). Model to text, without I/O, line by line: it may tell of any number of
 * segments.
 */
#ifndef HLSGEN_ORIGIN_INDEX_H
#define HLSGEN_ORIGIN_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/put.h"
#include "base/sha256.h"

/** How much is told. */
enum index_detail {
    INDEX_NONE, /**< there is no index.json */
    INDEX_PLAIN,
    INDEX_SHA256, /**< digests, too */
};

/** Which stream it is. */
struct index_stream {
    const char *preset;    /**< its name */
    const char *rendition; /**< of a ladder, which; "": it is none */
    int64_t number;        /**< of many, which, from 1; 0: it is the only one */
};

/** What is true of all segments. */
struct index_head {
    struct index_stream stream;
    int64_t target; /**< EXT-X-TARGETDURATION, seconds */
    int64_t window; /**< segments that the playlist lists at most; 0: all that there will ever be */
    int64_t epoch;  /**< nanoseconds since the Unix epoch: start of index 0 */
    uint64_t map;   /**< of its segments, as in struct playlist_entry */
    bool finite;    /**< all were made at once: nothing is said of their publication */
    bool hashed;    /**< with a digest of each */
};

#define INDEX_UNKNOWN PUT_UNKNOWN

enum index_answer {
    INDEX_NO,
    INDEX_YES,
    INDEX_NOT_KNOWN,
};

/** A segment; what is not known of it is INDEX_UNKNOWN. */
struct index_segment {
    int64_t number;      /**< in its name and in the playlist */
    int64_t index;       /**< on the timeline; of another stream that the directory had: unknown */
    int64_t size;        /**< bytes */
    int64_t duration_us; /**< EXTINF */
    int64_t ticks;       /**< 90 kHz, unwrapped: timeline_segment_ticks() */
    int64_t due;         /**< nanoseconds since the Unix epoch */
    int64_t published;   /**< likewise: when a playlist that lists it got its name */
    enum index_answer stand_by; /**< whether the template stood by for it, without its clock */
    const uint8_t *digest;      /**< SHA256_SIZE bytes; NULL: unknown */
};

enum {
    INDEX_HEAD_SIZE = 1024, /**< bytes that are enough for the head */
    INDEX_LINE_SIZE = 384,  /**< and for a segment; and for the end */
};

/** Bytes that are enough for @p count segments. */
size_t index_size(int64_t count);

/** Each writes a part of the text. @return bytes written, a NUL behind them not counted */
size_t index_write_head(const struct index_head *head, char text[INDEX_HEAD_SIZE]);

/** @param first whether no other was written before */
size_t index_write_segment(const struct index_head *head, const struct index_segment *segment,
                           bool first, char text[INDEX_LINE_SIZE]);

size_t index_write_end(char text[INDEX_LINE_SIZE]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A media playlist and what was measured in its segments: all that the rules look at which compare
 * the two. A playlist that is followed has one such stream, to which its versions add segments.
 */
#ifndef HLSGEN_VERIFY_STREAM_H
#define HLSGEN_VERIFY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/sha256.h"
#include "verify/findings.h"
#include "verify/index_json.h"
#include "verify/m3u8.h"
#include "verify/segment.h"

enum {
    RUN_LISTED_MAX = 1500000, /**< segments, and parts of them, that the first versions of all
                                   playlists list: the memory of a run is bounded */
    RUN_PIECE = 256 << 10,    /**< bytes of a segment that are in memory at a time */
};

/** What the parts of a run share. */
struct run {
    int folder;         /**< as folder_open() returns it */
    int watch;          /**< inotify(7) descriptor for who follows; -1: none */
    struct clock clock; /**< of who follows */
    struct findings findings;
    struct index_json index;
    const char *layers; /**< that confine the process: "rlimits,user,..."; "": none */
    const char *gaps;   /**< layers that are missing, likewise */
    bool hashes;        /**< all segments are hashed while they are read */
    int64_t playlists;  /**< read */
    int64_t versions;   /**< of these */
    int64_t listed;     /**< segments, by all playlists together */
    int64_t segments;   /**< read */
    int64_t bytes;      /**< of segments */
    int64_t elsewhere;  /**< URIs that lead out of the directory */
    int64_t encrypted;  /**< segments, of which only the presence was checked */
    uint8_t piece[RUN_PIECE];
};

#define VERSION_MAX ((size_t)64 << 20) /**< bytes: a day of segments takes 9 MB */

/** One version of a playlist. */
struct version {
    struct buffer text; /**< into which the model points */
    struct m3u8 playlist;
};

/** A segment that the playlist lists, or listed once, and its media. */
struct stream_segment {
    char *path;            /**< beneath the directory, "720p/seg12.ts"; for findings, too. NULL:
                                elsewhere */
    int64_t number;        /**< media sequence number */
    int64_t discontinuity; /**< discontinuity sequence number */
    bool breaks;           /**< EXT-X-DISCONTINUITY stands before it */
    int64_t duration_ns;   /**< EXTINF */
    bool is_untimed;       /**< there is none that can be read */
    int decimals;          /**< that EXTINF is given with */
    int64_t date_ns;       /**< as in struct m3u8_segment; M3U8_NONE */
    bool date_jumps;       /**< likewise */
    struct m3u8_range range;
    bool measured; /**< media is valid: the segment was there, whole, and could be read */
    bool hashed;   /**< sha256 is valid: of its bytes */
    uint8_t sha256[SHA256_SIZE];
    struct segment media;
};

struct stream {
    char *path;                      /**< of the playlist beneath the directory */
    struct version version;          /**< the newest */
    struct stream_segment *segments; /**< by rising number, without gaps in them but for those of
                                          versions that were missed */
    size_t segment_count;
    size_t segment_capacity;
    bool is_independent;           /**< all segments are, says the multivariant playlist */
    struct segment_reader *reader; /**< made with the first version */
    struct findings *ignored;      /**< where it files of an I-frame playlist: what is cut out of
                                        a segment breaks rules of segments */
    char *map; /**< path of the initialization section that the reader was given; NULL: none */
    struct m3u8_range map_range;
    int64_t part_number; /**< of the segment whose parts were looked for last */
    size_t part_count;   /**< of these */
    int map_result;      /**< 0: the reader has it; a negative errno: it cannot be had */
};

/**
 * Reads the playlist @p path as it is now, and judges it alone.
 *
 * @param ret freed by version_finish()
 * @return 0; -EBADMSG: it is no playlist; a negative errno of folder_open_file(): nothing is filed
 */
int version_read(struct run *run, const char *path, struct version *ret);

/** Likewise of @p text, which is taken over and left empty. @return 0, -EBADMSG or -ENOMEM */
int version_parse(struct run *run, const char *path, struct buffer *text, struct version *ret);

/** Accepts a zeroed one. */
void version_finish(struct version *version);

/** @return 0 or -ENOMEM; @p ret is freed by stream_finish() */
int stream_init(struct stream *ret, const char *path);

/** Accepts a zeroed one. */
void stream_finish(struct stream *stream);

/**
 * Makes @p version, which is taken over, the newest, and measures the segments that it lists behind
 * those that are known already.
 *
 * @return 0 or -ENOMEM
 */
int stream_take(struct stream *stream, struct run *run, struct version *version);

/** Forgets all segments but the last @p kept. */
void stream_forget(struct stream *stream, size_t kept);

#endif

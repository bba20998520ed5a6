/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Playlists of anyone's making (RFC 8216 4): text to model. What is broken is filed under its rule,
 * and the rest is read on as far as it makes sense.
 *
 * Text in the model points into the text that was read, or into what the model has made of it by
 * variables, and is not terminated.
 */
#ifndef HLSGEN_VERIFY_M3U8_H
#define HLSGEN_VERIFY_M3U8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/findings.h"

struct m3u8_text {
    const char *data; /**< NULL: there is none */
    size_t size;
};

struct m3u8_range {
    int64_t offset;
    int64_t size; /**< bytes; -1: the whole resource */
};

struct m3u8_map {
    struct m3u8_text uri; /**< data NULL: there is no EXT-X-MAP */
    struct m3u8_range range;
    bool is_encrypted; /**< as a whole, by METHOD=AES-128 of EXT-X-KEY (4.3.2.4) */
};

/** A media segment (4.3.2). */
struct m3u8_segment {
    struct m3u8_text uri;
    struct m3u8_range range;
    bool is_vague;         /**< which bytes it has cannot be told, which has been filed */
    struct m3u8_map map;   /**< that applies to it */
    int64_t number;        /**< media sequence number */
    int64_t discontinuity; /**< discontinuity sequence number */
    bool breaks;           /**< EXT-X-DISCONTINUITY stands before it */
    bool gap;
    bool encrypted;      /**< an EXT-X-KEY whose METHOD is not NONE applies */
    int64_t duration_ns; /**< EXTINF */
    bool is_untimed;     /**< there is none that can be read, which has been filed: 0 */
    int decimals;        /**< that EXTINF is given with */
    int64_t date_ns;     /**< PROGRAM-DATE-TIME that stands before it, since the Unix epoch;
                              M3U8_NONE: none does */
    bool date_jumps;     /**< date_ns does not follow from the date and the EXTINF before: filed */
    int line;            /**< of its URI */
    size_t lines_begin;  /**< its lines, from the first tag that belongs to it alone (4.3.2) on to
                              the URI: bytes of the text */
    size_t lines_end;
};

/** EXT-X-PART: a partial segment (bis 4.4.4.9). */
struct m3u8_part {
    struct m3u8_text uri;    /**< data NULL: it has none, which has been filed */
    struct m3u8_range range; /**< the whole resource also where its offset cannot be told */
    size_t segment;          /**< index of the one that it is of; segment_count: of one to come */
    int64_t duration_ns;
    bool independent;
    bool gap;
    int line;
};

#define M3U8_NONE INT64_MIN

enum m3u8_type {
    M3U8_LIVE, /**< no EXT-X-PLAYLIST-TYPE */
    M3U8_EVENT,
    M3U8_VOD,
};

/** EXT-X-STREAM-INF, or EXT-X-I-FRAME-STREAM-INF. */
struct m3u8_variant {
    struct m3u8_text uri, codecs, audio, video, subtitles, captions;
    int64_t bandwidth;         /**< -1: not said */
    int64_t average_bandwidth; /**< likewise */
    int width, height;         /**< 0: no RESOLUTION */
    int64_t frame_rate;        /**< thousandths; -1: not said */
    bool iframes;
    int line;
};

/** EXT-X-MEDIA. */
struct m3u8_rendition {
    struct m3u8_text type, group, name, uri;
    bool is_default;
    int line;
};

struct m3u8_made;

struct m3u8 {
    struct m3u8_made *made; /**< text with its variables replaced */
    bool is_multivariant;
    int64_t version; /**< 1 when not said */
    bool independent;

    /* of a media playlist */
    int64_t target; /**< seconds; -1: not said */
    int64_t sequence;
    int64_t discontinuities;
    enum m3u8_type type;
    bool ended;
    bool iframes_only;
    bool has_parts;
    struct m3u8_segment *segments;
    size_t segment_count;
    struct m3u8_part *parts;
    size_t part_count;

    /* of a multivariant one */
    struct m3u8_variant *variants;
    size_t variant_count;
    struct m3u8_rendition *renditions;
    size_t rendition_count;
};

enum {
    M3U8_SEGMENTS_MAX = 1000000,
    M3U8_PARTS_MAX = 1000000,
    M3U8_VARIANTS_MAX = 1000, /**< and of renditions */
};

/**
 * Reads @p text and judges the rules of one playlist alone: PL_*, LL_* and MV_* as far as they need
 * neither the media nor another version.
 *
 * @param place name of the playlist, for findings
 * @param text  borrowed for the life of the model
 * @param ret   freed by m3u8_finish()
 * @return 0; -EBADMSG: it is no playlist at all; -EFBIG: there is more in it than is read; -ENOMEM
 */
int m3u8_read(const char *place, const char *text, size_t size, struct findings *findings,
              struct m3u8 *ret);

/** Whether @p text would be read as a multivariant playlist. Nothing is judged. */
bool m3u8_is_multivariant(const char *text, size_t size);

/** Accepts a zeroed one. */
void m3u8_finish(struct m3u8 *playlist);

#endif

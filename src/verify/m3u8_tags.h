/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tags of RFC 8216 4.3 and its successor, where each may stand, and their attribute lists. */
#ifndef HLSGEN_VERIFY_M3U8_TAGS_H
#define HLSGEN_VERIFY_M3U8_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "verify/m3u8.h"

enum m3u8_tag {
    TAG_EXTM3U,
    TAG_VERSION,
    TAG_INDEPENDENT_SEGMENTS,
    TAG_START,
    TAG_DEFINE,
    TAG_TARGETDURATION,
    TAG_MEDIA_SEQUENCE,
    TAG_DISCONTINUITY_SEQUENCE,
    TAG_ENDLIST,
    TAG_PLAYLIST_TYPE,
    TAG_I_FRAMES_ONLY,
    TAG_ALLOW_CACHE,
    TAG_PART_INF,
    TAG_SERVER_CONTROL,
    TAG_EXTINF,
    TAG_BYTERANGE,
    TAG_DISCONTINUITY,
    TAG_KEY,
    TAG_MAP,
    TAG_PROGRAM_DATE_TIME,
    TAG_GAP,
    TAG_BITRATE,
    TAG_PART,
    TAG_DATERANGE,
    TAG_SKIP,
    TAG_PRELOAD_HINT,
    TAG_RENDITION_REPORT,
    TAG_MEDIA,
    TAG_STREAM_INF,
    TAG_I_FRAME_STREAM_INF,
    TAG_SESSION_DATA,
    TAG_SESSION_KEY,
    TAG_CONTENT_STEERING,
    TAGS, /**< an unknown one */
};

enum m3u8_tag_flags {
    TAG_ONCE = 1,            /**< may occur once */
    TAG_OF_MEDIA = 2,        /**< belongs into media playlists alone */
    TAG_OF_MULTIVARIANT = 4, /**< belongs into multivariant ones alone */
    TAG_OF_SEGMENT = 8,      /**< belongs to the next segment alone */
    TAG_IS_BARE = 16,        /**< has no value */
    TAG_IS_LIST = 32,        /**< has a list of attributes */
};

/** By enum m3u8_tag. */
extern const struct m3u8_tag_form {
    const char *name;
    unsigned flags;
} m3u8_tags[TAGS];

enum m3u8_tag m3u8_tag_find(struct m3u8_text name);

/** The attributes that are looked at, or whose type is known. */
enum m3u8_attribute {
    ATTRIBUTE_ASSOC_LANGUAGE,
    ATTRIBUTE_AUDIO,
    ATTRIBUTE_AUTOSELECT,
    ATTRIBUTE_AVERAGE_BANDWIDTH,
    ATTRIBUTE_BANDWIDTH,
    ATTRIBUTE_BYTERANGE,
    ATTRIBUTE_BYTERANGE_LENGTH,
    ATTRIBUTE_BYTERANGE_START,
    ATTRIBUTE_CAN_BLOCK_RELOAD,
    ATTRIBUTE_CAN_SKIP_UNTIL,
    ATTRIBUTE_CHANNELS,
    ATTRIBUTE_CHARACTERISTICS,
    ATTRIBUTE_CLOSED_CAPTIONS,
    ATTRIBUTE_CODECS,
    ATTRIBUTE_DEFAULT,
    ATTRIBUTE_DURATION,
    ATTRIBUTE_FORCED,
    ATTRIBUTE_FRAME_RATE,
    ATTRIBUTE_GAP,
    ATTRIBUTE_GROUP_ID,
    ATTRIBUTE_HOLD_BACK,
    ATTRIBUTE_ID,
    ATTRIBUTE_IMPORT,
    ATTRIBUTE_INDEPENDENT,
    ATTRIBUTE_INSTREAM_ID,
    ATTRIBUTE_IV,
    ATTRIBUTE_KEYFORMAT,
    ATTRIBUTE_KEYFORMATVERSIONS,
    ATTRIBUTE_LANGUAGE,
    ATTRIBUTE_METHOD,
    ATTRIBUTE_NAME,
    ATTRIBUTE_PART_HOLD_BACK,
    ATTRIBUTE_PART_TARGET,
    ATTRIBUTE_QUERYPARAM,
    ATTRIBUTE_RESOLUTION,
    ATTRIBUTE_SKIPPED_SEGMENTS,
    ATTRIBUTE_SUBTITLES,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_URI,
    ATTRIBUTE_VALUE,
    ATTRIBUTE_VIDEO,
    ATTRIBUTES,
};

/** A list of attributes (4.2). */
struct m3u8_attributes {
    struct m3u8_text of[ATTRIBUTES]; /**< without quotes; data NULL: not there, or malformed */
    uint64_t there;                  /**< bits by enum m3u8_attribute: malformed ones, too */
    const char *fault;               /**< the first thing wrong with it; NULL: nothing */
    struct m3u8_text faulty;         /**< where that is */
};

struct m3u8_attributes m3u8_attributes_read(struct m3u8_text list);

/** Whether it is there, well formed or not. */
bool m3u8_attributes_have(const struct m3u8_attributes *attributes, enum m3u8_attribute which);

#endif

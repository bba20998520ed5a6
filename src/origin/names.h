/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file names in the output directory that belong to hlsgen; all others are never touched. */
#ifndef HLSGEN_ORIGIN_NAMES_H
#define HLSGEN_ORIGIN_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define NAMES_SEGMENT_TMP  ".hlsgen-segment.tmp"
#define NAMES_PLAYLIST_TMP ".hlsgen-playlist.tmp"

#define NAMES_STATE     "hlsgen.state"
#define NAMES_STATE_TMP ".hlsgen-state.tmp"

#define NAMES_MASTER     "master.m3u8"
#define NAMES_MASTER_TMP ".hlsgen-master.tmp"

#define NAMES_INDEX     "index.json"
#define NAMES_INDEX_TMP ".hlsgen-index.tmp"

/* Of finite streams. */
#define NAMES_SUMS     "SHA256SUMS"
#define NAMES_SUMS_TMP ".hlsgen-sums.tmp"
#define NAMES_URLS     "urls.txt"
#define NAMES_URLS_TMP ".hlsgen-urls.tmp"

enum {
    NAMES_STREAMS_MAX = 9999,
    NAMES_STREAM_SIZE = 6, /**< room for the name of a stream's folder, NUL included */
};

/** Writes the name of the folder of stream @p number, from 1: s0001. */
void names_stream(int64_t number, char name[NAMES_STREAM_SIZE]);

/** A playlist, a segment, or one of those above. */
bool names_is_ours(const char *name);

/** Likewise, but none that is temporary. */
bool names_is_published(const char *name);

#endif

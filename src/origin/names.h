/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file names in the output directory that belong to hlsgen; all others are never touched. */
#ifndef HLSGEN_ORIGIN_NAMES_H
#define HLSGEN_ORIGIN_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define NAMES_SEGMENT_TMP  ".hlsgen-segment.tmp"
#define NAMES_PLAYLIST_TMP ".hlsgen-playlist.tmp"
#define NAMES_IFRAMES_TMP  ".hlsgen-iframes.tmp"

#define NAMES_SECTION_TMP ".hlsgen-init.tmp"

#define NAMES_STATE     "hlsgen.state"
#define NAMES_STATE_TMP ".hlsgen-state.tmp"

#define NAMES_MASTER     "master.m3u8"
#define NAMES_MASTER_TMP ".hlsgen-master.tmp"

#define NAMES_INDEX     "index.json"
#define NAMES_INDEX_TMP ".hlsgen-index.tmp"

/* Of a live run, at the top of the directory. */
#define NAMES_STATUS      "status.json"
#define NAMES_STATUS_TMP  ".hlsgen-status.tmp"
#define NAMES_METRICS     "hlsgen.prom"
#define NAMES_METRICS_TMP ".hlsgen-metrics.tmp"
#define NAMES_LEASE       "hlsgen.alive-" /**< and a Unix time */
#define NAMES_LEASE_TMP   ".hlsgen-alive.tmp"

/* Of finite streams. */
#define NAMES_SUMS     "SHA256SUMS"
#define NAMES_SUMS_TMP ".hlsgen-sums.tmp"
#define NAMES_URLS     "urls.txt"
#define NAMES_URLS_TMP ".hlsgen-urls.tmp"

enum {
    NAMES_STREAMS_MAX = 9999,
    NAMES_STREAM_SIZE = 6, /**< room for the name of a stream's folder, NUL included */
    NAMES_LEASE_SIZE = 40,
    NAMES_LEASE_SECONDS = 5, /**< how long one is good for; times are multiples of it */
};

/** Writes the name of the folder of stream @p number, from 1: s0001. */
void names_stream(int64_t number, char name[NAMES_STREAM_SIZE]);

/** Writes the name of the lease of @p time, seconds since the Unix epoch. */
void names_lease(int64_t time, char name[NAMES_LEASE_SIZE]);

/** The time in a lease's name; -1 if it is none. */
int64_t names_lease_time(const char *name);

/** A playlist, a segment, an initialization section, a lease, or one of those above. */
bool names_is_ours(const char *name);

/** Likewise, but none that is temporary. */
bool names_is_published(const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Media playlists (RFC 8216 4.3): from the timeline to text, without I/O. */
#ifndef HLSGEN_HLS_PLAYLIST_H
#define HLSGEN_HLS_PLAYLIST_H

#include <stddef.h>
#include <stdint.h>

#include "timeline/timeline.h"

#define PLAYLIST_NAME "stream.m3u8"

/** Room for a segment's file name, NUL included. */
#define PLAYLIST_SEGMENT_NAME_SIZE 32

/** Writes the file name of segment @p index, its URI in the playlist: seg<index>.ts. */
void playlist_segment_name(int64_t index, char name[PLAYLIST_SEGMENT_NAME_SIZE]);

/** The index of the segment that @p name names, as playlist_segment_name() writes it; -1: no
 * segment */
int64_t playlist_segment_index(const char *name);

/** Bytes that are enough for a playlist of @p count segments. */
size_t playlist_size(int64_t count);

/**
 * Writes a live media playlist of segments @p first to @p first + @p count - 1, all independent
 * and of equal duration, each with its PROGRAM-DATE-TIME, so that a line once written never
 * changes (6.2.1).
 *
 * @param text room for playlist_size(@p count) bytes
 * @return bytes written
 */
size_t playlist_write(const struct timeline *line, int64_t first, int64_t count, char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media segments as fragmented MPEG-4 (RFC 8216 3.3), laid out alike whatever the stream is:
 *
 *     styp
 *     moof, mdat     the first chunk: the IDR picture. It is the I-frame, a range from byte 0 on
 *     free           where it is written anew: so the second chunk stays where it is
 *     moof, mdat     the second: the AAC frames, and behind them all other pictures
 *     free           up to the size of the segment
 *
 * Both chunks make one CMAF fragment (ISO 23000-19 7.3.2). Without video there is one of them, the
 * AAC frames. Tracks count from 1, the video first.
 *
 * Times are those of MPEG-TS: a picture is decoded before it is shown, or at once, so that
 * composition offsets are never negative, and there is no edit list. Of negative offsets
 * libavformat adds the largest to the time of every picture. Decode times have no sign, so media
 * time begins with a second: FRAGMENTS_MEDIA_START.
 *
 * Every sample has its size in its trun, every picture that may be reordered its offset, even where
 * they are equal: so the boxes of a segment take as many bytes as those of any other with as many
 * samples. libavformat, which leaves out what is equal, makes the initialization section alone.
 */
#ifndef HLSGEN_MEDIA_FRAGMENTS_H
#define HLSGEN_MEDIA_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timeline/timeline.h"

#define FRAGMENTS_VIDEO_TRACK 1 /**< where there is video; the sound has the next */

/** The media_start of timelines: of ten pictures or more, and none is reordered by so many. */
#define FRAGMENTS_MEDIA_START 1

/** The time scale of video, and the duration of a picture in it: both whole, whatever the rate. */
int64_t fragments_video_scale(const struct timeline *line);
int64_t fragments_picture_duration(const struct timeline *line);

/** mfhd sequence_number of chunk @p chunk, 0 or 1, of segment @p index: modulo 2^32. */
uint32_t fragments_sequence(int64_t index, int64_t chunk);

/** baseMediaDecodeTime @p i pictures behind the start of segment @p index, or before it; and of its
 * first AAC frame. */
uint64_t fragments_video_time(const struct timeline *line, int64_t index, int64_t i);
uint64_t fragments_audio_time(const struct timeline *line, int64_t index);

/** Bytes of all boxes of a segment but the last one, contents of its mdat not counted, at most. */
size_t fragments_boxes_max(int64_t pictures, int64_t sounds);

#endif

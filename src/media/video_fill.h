/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the bit rate makes of a segment: how many bytes it has, and filler data up to them. */
#ifndef HLSGEN_MEDIA_VIDEO_FILL_H
#define HLSGEN_MEDIA_VIDEO_FILL_H

#include "media/video.h"

/** Segments after which the sizes of the video repeat: 1 for a constant bit rate. */
int64_t video_bitrate_cycle(const struct preset *preset);

/**
 * Bytes of the video of segment @p index, any from 0. Over video_bitrate_cycle() segments their
 * mean is that of a constant bit rate, to the byte: the declared one times the duration, rounded
 * down.
 */
int64_t video_segment_bytes(const struct preset *preset, const struct timeline *line,
                            int64_t index);

struct video_range {
    int64_t least;
    int64_t most;
};

/** The bytes of the smallest and of the largest segment. */
struct video_range video_bytes_range_of(const struct preset *preset, const struct timeline *line);

/** Their bit rates. */
struct video_range video_bitrate_range_of(const struct preset *preset);

/**
 * How far the encoded cycle exceeds what can be sent: the largest ratio, over all access units, of
 * the bytes sent by then to the bytes that a channel of @p segment_bytes a segment has carried by
 * its decode time, VIDEO_LEAD_MS included. In thousandths, rounded up, at most 16000; the cycle can
 * be sent when it is at most 1000.
 */
int64_t video_excess(const struct video *video, const struct timeline *line, int64_t segment_bytes);

/**
 * Puts a filler NAL unit behind access units so that the bytes grow steadily and each segment comes
 * to exactly its size. video_excess() must have been at most 1000 for the smallest size.
 *
 * @param sizes bytes of each segment of @p video; units may share their bytes before
 * @return 0 or AVERROR(ENOMEM), @p video then unchanged
 */
int video_fill(struct video *video, const struct timeline *line, const int64_t *sizes);

/**
 * Makes @p segments segments, from index @p first on, of the encoded ones that @p video has:
 * repeats them, and where there is filler data fills each up to its size. Else units go on sharing
 * their bytes.
 *
 * @param video its units have room for all; video_excess() must have been at most 1000
 * @return 0 or AVERROR(ENOMEM)
 */
int video_complete(struct video *video, const struct preset *preset, const struct timeline *line,
                   int64_t first, int64_t segments);

#endif

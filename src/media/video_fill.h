/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constant bit rate by filler data: which access unit is sent how long. */
#ifndef HLSGEN_MEDIA_VIDEO_FILL_H
#define HLSGEN_MEDIA_VIDEO_FILL_H

#include "media/video.h"

/** Bytes of the video of every segment at @p bitrate bit/s, rounded down. */
int64_t video_segment_bytes(const struct timeline *line, int64_t bitrate);

/**
 * How far the encoded cycle exceeds what can be sent: the largest ratio, over all access units, of
 * the bytes sent by then to the bytes that a channel of @p segment_bytes a segment has carried by
 * its decode time, VIDEO_LEAD_MS included. In thousandths, rounded up, at most 16000; the cycle can
 * be sent when it is at most 1000.
 */
int64_t video_excess(const struct video *video, const struct timeline *line, int64_t segment_bytes);

/**
 * Puts a filler NAL unit behind access units so that the bytes grow steadily and each segment comes
 * to exactly @p segment_bytes. video_excess() must have been at most 1000.
 *
 * @return 0 or AVERROR(ENOMEM), @p video then unchanged
 */
int video_fill(struct video *video, const struct timeline *line, int64_t segment_bytes);

#endif

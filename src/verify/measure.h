/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from what was measured of a stream, for more rules than one. */
#ifndef HLSGEN_VERIFY_MEASURE_H
#define HLSGEN_VERIFY_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "verify/stream.h"

/** As wide as products of times and rates. */
__extension__ typedef __int128 measure_wide;

/** What a segment's time is told by: its video, or its sound where there is none. */
const struct segment_track *measure_track(const struct segment *segment);

/** The first PTS of that. */
int64_t measure_start(const struct stream_segment *segment);

/** Whether @p segment was measured, and has a time: video, or sound whose stamps are read. */
bool measure_is_timed(const struct stream_segment *segment);

/** Whether @p next, measured like @p segment, goes on where that ends, in number and time. */
bool measure_runs_on(const struct stream_segment *segment, const struct stream_segment *next);

/** later - earlier in 90 kHz ticks on a clock of 33 bits: between -2^32 and 2^32. */
int64_t measure_difference(int64_t later, int64_t earlier);

/** The segment of that media sequence number, or NULL. */
const struct stream_segment *measure_find(const struct stream *stream, int64_t number);

/** Bytes of a segment: those of its byte range, or of the whole resource; 0: not known. */
int64_t measure_bytes(const struct stream_segment *segment);

/**
 * Peak segment bit rate (RFC 8216 4.1), bit/s: the largest of segments in a row that last between
 * 0.5 and 1.5 target durations. 0: there are none.
 */
int64_t measure_peak(const struct stream *stream);

/** Average segment bit rate (RFC 8216 4.1), bit/s. 0: nothing was measured. */
int64_t measure_average(const struct stream *stream);

/** Thousandths of a picture a second, to the nearest. 0: not known. */
int64_t measure_frame_rate(const struct stream *stream);

#endif

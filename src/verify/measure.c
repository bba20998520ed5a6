/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/measure.h"

#include <stddef.h>

#include "base/clock.h"

enum {
    ROW_MAX = 64, /* segments of which one and a half target durations consist at most */
};

#define WRAP (INT64_C(1) << 33)

const struct segment_track *measure_track(const struct segment *segment)
{
    return segment->video.units > 0 ? &segment->video : &segment->audio;
}

int64_t measure_start(const struct stream_segment *segment)
{
    return measure_track(&segment->media)->first_pts;
}

bool measure_is_timed(const struct stream_segment *segment)
{
    return segment->measured && measure_track(&segment->media)->units > 0;
}

bool measure_runs_on(const struct stream_segment *segment, const struct stream_segment *next)
{
    return measure_is_timed(segment) && measure_is_timed(next) && !next->breaks &&
           next->number == segment->number + 1;
}

int64_t measure_difference(int64_t later, int64_t earlier)
{
    int64_t difference = (int64_t)(((uint64_t)later - (uint64_t)earlier) % WRAP);

    return difference < WRAP / 2 ? difference : difference - WRAP;
}

const struct stream_segment *measure_find(const struct stream *stream, int64_t number)
{
    size_t low = 0, high = stream->segment_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (stream->segments[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < stream->segment_count && stream->segments[low].number == number
               ? &stream->segments[low]
               : NULL;
}

int64_t measure_bytes(const struct stream_segment *segment)
{
    if (segment->measured)
        return segment->media.bytes;
    return segment->range.size > 0 ? segment->range.size : 0;
}

static int64_t rate(measure_wide bytes, measure_wide ns)
{
    return ns > 0 ? (int64_t)(bytes * 8 * NS_PER_SECOND / ns) : 0;
}

/* The largest of the rows that begin with segment @p first. */
static int64_t measure_rows(const struct stream *stream, size_t first)
{
    measure_wide target = (measure_wide)stream->version.playlist.target * NS_PER_SECOND;
    measure_wide bytes = 0, ns = 0;
    int64_t highest = 0;

    for (size_t i = first; i < stream->segment_count && i < first + ROW_MAX; i++) {
        const struct stream_segment *segment = &stream->segments[i];
        bool goes_on =
            i == first || (!segment->breaks && segment->number == segment[-1].number + 1);

        if (!goes_on || measure_bytes(segment) == 0 || segment->duration_ns <= 0)
            break;
        bytes += measure_bytes(segment);
        ns += segment->duration_ns;
        if (ns > target / 2 * 3)
            break;
        if (ns >= target / 2 && rate(bytes, ns) > highest)
            highest = rate(bytes, ns);
    }
    return highest;
}

int64_t measure_peak(const struct stream *stream)
{
    int64_t highest = 0;

    for (size_t i = 0; stream->version.playlist.target > 0 && i < stream->segment_count; i++) {
        int64_t found = measure_rows(stream, i);

        highest = found > highest ? found : highest;
    }
    return highest;
}

int64_t measure_average(const struct stream *stream)
{
    measure_wide bytes = 0, ns = 0;

    for (size_t i = 0; i < stream->segment_count; i++) {
        const struct stream_segment *segment = &stream->segments[i];

        if (measure_bytes(segment) == 0 || segment->duration_ns <= 0)
            continue;
        bytes += measure_bytes(segment);
        ns += segment->duration_ns;
    }
    return rate(bytes, ns);
}

/* By the segments whose successor was measured, too, else by what one says itself. */
int64_t measure_frame_rate(const struct stream *stream)
{
    measure_wide frames = 0, ticks = 0;
    const struct segment_track *last = NULL;

    for (size_t i = 0; i < stream->segment_count; i++) {
        const struct stream_segment *segment = &stream->segments[i];

        if (!segment->measured || segment->media.video.units == 0)
            continue;
        last = &segment->media.video;
        if (i + 1 == stream->segment_count || !measure_runs_on(segment, segment + 1) ||
            segment[1].media.video.units == 0)
            continue;
        frames += last->units;
        ticks += segment[1].media.video.first_pts - last->first_pts;
    }
    if (frames == 0 && last && last->unit_num > 0) {
        frames = last->unit_den;
        ticks = last->unit_num;
    }
    return ticks > 0 ? (int64_t)((frames * SEGMENT_CLOCK_HZ * 1000 + ticks / 2) / ticks) : 0;
}

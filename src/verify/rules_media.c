/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A media playlist beside its media. What is said of segments that follow one another is said
 * within a stretch of them, which ends at a discontinuity, and where one could not be measured.
 * Times are compared as integers: a ninth of a nanosecond is what both a nanosecond and a tick of
 * 90 kHz are whole multiples of.
 */
#include "verify/rules_media.h"

#include "base/clock.h"
#include "verify/measure.h"

enum {
    NINTHS_OF_NS = 9,
    NINTHS_OF_TICK = 100000,
    ALIGN_MAX = SEGMENT_CLOCK_HZ / 10, /* ticks that sound and pictures may be apart */
};

#define NINTHS_OF_SECOND ((measure_wide)NS_PER_SECOND * NINTHS_OF_NS)

/* Segments that go on in each other. */
struct stretch {
    const struct stream *stream;
    struct findings *findings;
    const struct stream_segment *segments;
    size_t count;
};

static double seconds(measure_wide ninths)
{
    return (double)(int64_t)(ninths / NINTHS_OF_NS) / 1e9;
}

/* From the first presentation time to that of the next segment. */
static measure_wide real_duration(const struct stream_segment *segment)
{
    return (measure_wide)(measure_start(segment + 1) - measure_start(segment)) * NINTHS_OF_TICK;
}

static measure_wide stated_duration(const struct stream_segment *segment)
{
    return (measure_wide)segment->duration_ns * NINTHS_OF_NS;
}

/* Of a picture, or of an AAC frame where there is none; 0: not known. */
static measure_wide frame_duration(const struct stream_segment *segment)
{
    const struct segment_track *track = measure_track(&segment->media);

    return track->unit_den > 0 ? (measure_wide)track->unit_num * NINTHS_OF_TICK / track->unit_den
                               : 0;
}

/* ---- durations ------------------------------------------------------------------------------- */

/* By its own time stamps: what follows it may have been cut. */
static measure_wide own_duration(const struct stream_segment *segment)
{
    const struct segment_track *track = measure_track(&segment->media);

    return (measure_wide)(track->end_pts - track->first_pts) * NINTHS_OF_TICK;
}

/* EXTINF that exceeds it is filed already (PL_TD_EXTINF). */
static bool is_over(const struct stretch *stretch, const struct stream_segment *segment)
{
    int64_t rounded = (segment->duration_ns + NS_PER_SECOND / 2) / NS_PER_SECOND;

    return rounded > stretch->stream->version.playlist.target;
}

/* @return whether all segments keep to the target duration */
static bool judge_target(const struct stretch *stretch)
{
    measure_wide target = stretch->stream->version.playlist.target * NINTHS_OF_SECOND;
    bool holds = true;

    for (size_t i = 0; target >= 0 && i < stretch->count; i++) {
        measure_wide real = own_duration(&stretch->segments[i]);

        if (is_over(stretch, &stretch->segments[i]))
            continue;
        if (real <= target + NINTHS_OF_SECOND / 2) {
            findings_check(stretch->findings, RULE_PL_TD_05);
            continue;
        }
        holds = false;
        findings_add(stretch->findings, RULE_PL_TD_05, stretch->segments[i].path,
                     "at most 0.5 s more than the target duration", "%.3f s, target %lld",
                     seconds(real), (long long)stretch->stream->version.playlist.target);
    }
    return holds;
}

/* @return whether the sums of EXTINF follow the media */
static bool judge_sums(const struct stretch *stretch)
{
    measure_wide frame = frame_duration(&stretch->segments[0]);
    measure_wide total = 0, low = 0, high = 0;
    bool holds = true;

    for (size_t i = 0; frame > 0 && i + 1 < stretch->count; i++) {
        if (stretch->segments[i].is_untimed)
            continue;
        total += stated_duration(&stretch->segments[i]) - real_duration(&stretch->segments[i]);
        low = total < low ? total : low;
        high = total > high ? total : high;
        if (high - low <= frame) {
            findings_check(stretch->findings, RULE_X_EXTINF);
            continue;
        }
        findings_add(stretch->findings, RULE_X_EXTINF, stretch->segments[i].path,
                     "sums of EXTINF within one frame of the media", "%.4f s apart up to here",
                     seconds(high - low));
        holds = false;
        total = low = high = 0;
    }
    return holds;
}

/* The last digit that EXTINF is given with, in ninths of a nanosecond; 0: it is exact. */
static measure_wide last_digit(const struct stream_segment *segment)
{
    measure_wide digit = NINTHS_OF_SECOND;

    for (int i = 0; i < segment->decimals && digit > 0; i++)
        digit /= 10;
    return digit;
}

static void judge_each(const struct stretch *stretch)
{
    for (size_t i = 0; i + 1 < stretch->count; i++) {
        const struct stream_segment *segment = &stretch->segments[i];
        measure_wide off = stated_duration(segment) - real_duration(segment);
        measure_wide limit = NINTHS_OF_TICK + last_digit(segment) / 2;

        if (segment->is_untimed)
            continue;
        if (off <= limit && off >= -limit)
            findings_check(stretch->findings, RULE_X_EXTINF_EXACT);
        else
            findings_add(stretch->findings, RULE_X_EXTINF_EXACT, segment->path,
                         "the time to the next segment, to a tick and the last digit",
                         "EXTINF %.6f, really %.6f", seconds(stated_duration(segment)),
                         seconds(real_duration(segment)));
    }
}

/* ---- dates ----------------------------------------------------------------------------------- */

static void judge_dates(const struct stretch *stretch)
{
    measure_wide frame = frame_duration(&stretch->segments[0]);
    measure_wide low = 0, high = 0;
    bool is_begun = false;

    for (size_t i = 0; frame > 0 && i < stretch->count; i++) {
        const struct stream_segment *segment = &stretch->segments[i];
        measure_wide offset = (measure_wide)segment->date_ns * NINTHS_OF_NS -
                              (measure_wide)measure_start(segment) * NINTHS_OF_TICK;

        if (segment->date_ns == M3U8_NONE)
            continue;
        low = is_begun && low < offset && !segment->date_jumps ? low : offset;
        high = is_begun && high > offset && !segment->date_jumps ? high : offset;
        is_begun = true;
        if (high - low <= frame) {
            findings_check(stretch->findings, RULE_X_PDT_PTS);
            continue;
        }
        findings_add(stretch->findings, RULE_X_PDT_PTS, segment->path,
                     "dates that follow the time stamps within one frame", "%.4f s apart",
                     seconds(high - low));
        low = high = offset;
    }
}

/* ---- sound and pictures ---------------------------------------------------------------------- */

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

static void judge_alignment(const struct stretch *stretch)
{
    for (size_t i = 0; i < stretch->count; i++) {
        const struct stream_segment *segment = &stretch->segments[i];
        const struct segment_track *audio = &segment->media.audio, *video = &segment->media.video;
        int64_t begin = audio->first_pts - video->first_pts;
        bool is_known = segment->media.sound.rate > 0; /* how long a frame lasts */
        int64_t end = is_known ? audio->end_pts - video->end_pts : 0;

        if (audio->units == 0 || video->units == 0)
            continue;
        if (magnitude(begin) <= ALIGN_MAX && magnitude(end) <= ALIGN_MAX)
            findings_check(stretch->findings, RULE_AV_ALIGN);
        else
            findings_add(stretch->findings, RULE_AV_ALIGN, segment->path,
                         "sound and pictures within 100 ms",
                         "sound begins %lld ms, ends %lld ms off",
                         (long long)begin / (SEGMENT_CLOCK_HZ / 1000),
                         (long long)end / (SEGMENT_CLOCK_HZ / 1000));
    }
}

/* What is announced, and was there, does not cease; but the last segment may be too short to have
 * all. Of pictures that are no H.264 no rule says so. */
static void judge_presence(const struct stretch *stretch)
{
    for (size_t i = 1; i + 1 < stretch->count; i++) {
        const struct stream_segment *segment = &stretch->segments[i];
        const struct segment *before = &segment[-1].media, *media = &segment->media;

        if (before->audio.units > 0 && media->audio.units == 0 && media->has_audio_track)
            findings_add(stretch->findings, RULE_A_CONT, segment->path,
                         "sound as in the segment before", "none, though it is announced");
        if (before->video.units > 0 && media->video.units == 0 && media->has_video_track &&
            before->picture.profile > 0)
            findings_add(stretch->findings, RULE_V_IDR, segment->path,
                         "pictures as in the segment before", "none, though they are announced");
    }
}

/* ---- sizes ----------------------------------------------------------------------------------- */

/* What ends may be shorter than the others. */
static bool is_rest(const struct stream *stream, const struct stream_segment *segment)
{
    return stream->version.playlist.ended && stream->segment_count > 1 &&
           segment == &stream->segments[stream->segment_count - 1];
}

static void judge_sizes(const struct stretch *stretch)
{
    measure_wide sum = 0;
    int64_t count = 0;

    for (size_t i = 0; i < stretch->count; i++) {
        if (is_rest(stretch->stream, &stretch->segments[i]))
            continue;
        sum += stretch->segments[i].media.bytes;
        count++;
    }
    for (size_t i = 0; i < stretch->count; i++) {
        const struct stream_segment *segment = &stretch->segments[i];
        measure_wide off = (measure_wide)segment->media.bytes * count - sum;

        if (is_rest(stretch->stream, segment))
            continue;
        if (off * 10 <= sum && -off * 10 <= sum)
            findings_check(stretch->findings, RULE_BW_SEGMENT);
        else
            findings_add(stretch->findings, RULE_BW_SEGMENT, segment->path,
                         "a size within 10 % of the mean", "%lld bytes, mean %lld",
                         (long long)segment->media.bytes, (long long)(sum / count));
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void judge_stretch(const struct stretch *stretch)
{
    if (judge_target(stretch) && judge_sums(stretch))
        judge_each(stretch);
    judge_dates(stretch);
    judge_alignment(stretch);
    judge_presence(stretch);
    judge_sizes(stretch);
}

void rules_media_judge(const struct stream *stream, struct findings *findings)
{
    struct stretch stretch = {.stream = stream, .findings = findings};

    for (size_t i = 0; i < stream->segment_count; i++) {
        const struct stream_segment *segment = &stream->segments[i];

        if (stretch.count > 0 && measure_runs_on(segment - 1, segment)) {
            stretch.count++;
            continue;
        }
        if (stretch.count > 0)
            judge_stretch(&stretch);
        stretch.segments = segment;
        stretch.count = measure_is_timed(segment) ? 1 : 0;
    }
    if (stretch.count > 0)
        judge_stretch(&stretch);
}

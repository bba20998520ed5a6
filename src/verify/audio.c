/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where sound should be follows from a time stamp and the samples since then, so that roundings do
 * not add up. Of a codec whose frames are not looked into, the time stamps alone are measured.
 */
#include "verify/audio.h"

#include <string.h>

#include "verify/grid.h"

enum {
    TOLERANCE = 2, /* ticks */
    HOUR = 3600,
};

#define SAMPLES_MAX (INT64_C(1) << 40) /* of a segment: half a year of them */

int audio_rate(int index)
{
    static const int rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                22050, 16000, 12000, 11025, 8000,  7350};

    return index >= 0 && index < (int)(sizeof(rates) / sizeof(rates[0])) ? rates[index] : 0;
}

void audio_begin(struct audio *audio, struct findings *findings, const char *place, bool breaks)
{
    if (breaks)
        memset(audio, 0, sizeof(*audio));
    audio->findings = findings;
    audio->place = place;
    audio->track = (struct segment_track){0};
    audio->sound = (struct segment_audio){0};
    audio->is_stamped = false;
    audio->samples = 0;
}

void audio_resume(struct audio *audio)
{
    audio->is_running = false;
}

static bool is_same_format(const struct segment_audio *a, const struct segment_audio *b)
{
    return a->object_type == b->object_type && a->rate == b->rate && a->channels == b->channels;
}

void audio_take_format(struct audio *audio, const struct segment_audio *format)
{
    const struct segment_audio *before = &audio->format;

    if (audio->sound.rate == 0)
        audio->sound = *format;
    if (is_same_format(before, format))
        return;
    if (before->rate > 0)
        findings_add(audio->findings, RULE_A_ADTS, audio->place,
                     "one object type, sample rate and channel count until a discontinuity",
                     "object type %d, %d Hz, %d channels; before %d, %d Hz, %d channels",
                     format->object_type, format->rate, format->channels, before->object_type,
                     before->rate, before->channels);
    audio->format = *format;
    audio->is_running = false; /* samples of another rate */
}

static int64_t samples_to_ticks(const struct audio *audio, int64_t samples)
{
    int64_t rate = audio->format.rate;

    return rate > 0 ? (samples * SEGMENT_CLOCK_HZ + rate / 2) / rate : 0;
}

static int64_t due_pts(const struct audio *audio)
{
    return audio->anchor_pts + samples_to_ticks(audio, audio->anchor_samples);
}

/* @return whether @p pts is where the samples before it end */
static bool runs_on(struct audio *audio, int64_t pts)
{
    int64_t off = pts - due_pts(audio);

    findings_check(audio->findings, RULE_A_CONT);
    if (off >= -TOLERANCE && off <= TOLERANCE)
        return true;
    findings_add(audio->findings, RULE_A_CONT, audio->place, "no gap and no overlap, to 2 ticks",
                 "PTS %lld, %lld ticks %s", (long long)pts, (long long)(off < 0 ? -off : off),
                 off < 0 ? "too early" : "too late");
    return false;
}

static void check_interval(struct audio *audio, int64_t pts)
{
    int64_t gap = pts - audio->last_pts;

    if (audio->longest == 0)
        return;
    findings_check(audio->findings, RULE_TS_PTS_700);
    if (gap > audio->longest)
        findings_add(audio->findings, RULE_TS_PTS_700, audio->place,
                     "PTS at most 700 ms apart in each stream", "audio: %lld ms before PTS %lld",
                     (long long)gap / (SEGMENT_CLOCK_HZ / 1000), (long long)pts);
}

static void anchor(struct audio *audio, int64_t pts)
{
    audio->is_running = true;
    audio->anchor_pts = pts;
    audio->anchor_samples = 0;
}

static void take_stamp(struct audio *audio, const struct audio_frame *frame)
{
    bool counts = frame->samples > 0;

    if (audio->is_running && (!counts || runs_on(audio, frame->pts)))
        check_interval(audio, frame->pts);
    else
        anchor(audio, frame->pts);
    audio->last_pts = frame->pts;
    if (audio->is_stamped)
        return;
    audio->is_stamped = true;
    audio->track.first_pts = frame->pts - samples_to_ticks(audio, audio->samples);
    audio->track.first_dts = audio->track.first_pts;
}

void audio_take_frame(struct audio *audio, const struct audio_frame *frame)
{
    if (frame->stamped)
        take_stamp(audio, frame);
    audio->track.units++;
    if (audio->samples > SAMPLES_MAX)
        return;
    audio->samples += frame->samples;
    audio->anchor_samples += frame->samples;
    if (audio->format.rate > 0 && audio->anchor_samples >= audio->format.rate * (int64_t)HOUR) {
        audio->anchor_samples -= audio->format.rate * (int64_t)HOUR;
        audio->anchor_pts += SEGMENT_CLOCK_HZ * (int64_t)HOUR;
    }
}

/* Frames that no time stamp of the segment stands for run on from the segment before. */
static void measure_end(struct audio *audio)
{
    struct segment_track *track = &audio->track;
    struct grid_step step = {0};

    if (audio->samples > 0 && audio->format.rate > 0)
        step = grid_step_of(audio->samples / track->units * SEGMENT_CLOCK_HZ, audio->format.rate);
    track->unit_num = step.num;
    track->unit_den = step.den;
    track->end_pts = track->last_dts = audio->last_pts;
    if (step.den == 0)
        return;
    if (audio->is_running)
        track->end_pts = due_pts(audio);
    track->last_dts = track->end_pts - (step.num + step.den / 2) / step.den;
    if (!audio->is_stamped)
        track->first_pts = track->first_dts =
            track->end_pts - samples_to_ticks(audio, audio->samples);
}

void audio_end(struct audio *audio, struct segment *ret)
{
    if (audio->track.units > 0)
        measure_end(audio);
    ret->audio = audio->track;
    ret->sound = audio->sound;
}

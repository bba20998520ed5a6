/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples. Where they lie is known from the fragment; what of a run the file does not hold is not
 * measured, so that nobody is taken at his word.
 */
#include "verify/mp4_samples.h"

#include <string.h>

#include "verify/h264.h"

/* ---- times ----------------------------------------------------------------------------------- */

/* 90 kHz ticks, to the nearest. */
static int64_t ticks(const struct mp4_track *track, int64_t time)
{
    int64_t scale = track->timescale;
    int64_t seconds = time / scale, rest = time % scale;

    if (rest < 0) {
        seconds--;
        rest += scale;
    }
    return seconds * SEGMENT_CLOCK_HZ + (rest * SEGMENT_CLOCK_HZ + scale / 2) / scale;
}

static void count(struct mp4_sum *sum, const struct mp4_sample *sample)
{
    sum->bytes += sample->size;
    if (sum->units == 0)
        sum->duration = sample->duration;
    else if (sum->duration != sample->duration)
        sum->duration = 0;
    sum->units++;
}

/* ---- a whole sample -------------------------------------------------------------------------- */

static void tell_video(struct mp4_samples *samples, const struct mp4_track *track, int64_t end)
{
    const struct mp4_sample *sample = &samples->sample;
    const struct mp4_nals *nals = &samples->nals;
    struct segment_parts *parts = samples->parts;
    struct video_unit unit = {
        .stamped = true,
        .pts = ticks(track, sample->pts + track->shift),
        .dts = ticks(track, sample->dts + track->shift),
        .idr = track->is_readable ? nals->is_idr : mp4_sample_is_sync(sample),
        .parameters =
            !track->is_readable || nals->is_complete || (track->sps_size > 0 && track->has_pps),
    };

    if (parts->video.track.units == 0)
        parts->measured.iframe.may_open = !track->is_readable || nals->is_intra;
    video_take_unit(&parts->video, &unit);
    if (unit.idr && parts->measured.iframe.size == 0) {
        parts->measured.iframe.offset = samples->fragment->begin;
        parts->measured.iframe.size = end - samples->fragment->begin;
    }
}

/* Samples of a frame: as the codec has it, or as long as the file says that it lasts. */
static int samples_of(const struct mp4_track *track, const struct mp4_sample *sample)
{
    int64_t product = (int64_t)sample->duration * track->sound.rate;

    if (track->samples > 0)
        return track->samples;
    return product % track->timescale == 0 && product / track->timescale < INT32_MAX
               ? (int)(product / track->timescale)
               : 0;
}

static void tell_sound(struct mp4_samples *samples, const struct mp4_track *track)
{
    struct audio_frame frame = {
        .stamped = true,
        .pts = ticks(track, samples->sample.pts + track->shift),
        .samples = samples_of(track, &samples->sample),
    };

    audio_take_frame(&samples->parts->audio, &frame);
}

static void finish_sample(struct mp4_samples *samples, int place, int64_t end)
{
    const struct mp4_track *track = &samples->init->tracks[place];
    struct mp4_line *line = &samples->fragment->lines[place];

    samples->has_sample = false;
    if (place == samples->video.track) {
        if (line->is_lost)
            video_resume(&samples->parts->video);
        count(&samples->video, &samples->sample);
        tell_video(samples, track, end);
    } else if (place == samples->sound.track) {
        if (line->is_lost)
            audio_resume(&samples->parts->audio);
        count(&samples->sound, &samples->sample);
        tell_sound(samples, track);
    }
    line->is_lost = false;
}

/* ---- NAL units ------------------------------------------------------------------------------- */

static void begin_nal(struct mp4_nals *nals, uint8_t header)
{
    int type = header & 31;

    nals->is_sps = type == H264_SPS;
    nals->is_first_slice = false;
    nals->sps_size = 0;
    nals->has_sps = nals->has_sps || type == H264_SPS;
    nals->has_pps = nals->has_pps || type == H264_PPS;
    if (type >= H264_SLICE && type <= H264_SLICE_IDR && !nals->has_picture) {
        nals->has_picture = true;
        nals->is_complete = nals->has_sps && nals->has_pps;
        nals->is_idr = type == H264_SLICE_IDR;
        nals->is_first_slice = true;
    }
}

static void pass_nal(struct mp4_samples *samples, const uint8_t *data, uint32_t size)
{
    struct mp4_nals *nals = &samples->nals;

    if (nals->is_sps) {
        if (size <= MP4_SPS_MAX - nals->sps_size) {
            memcpy(nals->sps + nals->sps_size, data, size);
            nals->sps_size += size;
        } else {
            nals->is_sps = false;
        }
    }
    nals->left -= size;
    if (nals->left > 0)
        return;
    if (nals->is_sps)
        video_take_parameters(&samples->parts->video, nals->sps, nals->sps_size);
    nals->head = 0;
    nals->length = 0;
}

/* One byte of a length. @param left of the sample, this byte included */
static void take_length(struct mp4_nals *nals, int length_size, uint8_t byte, uint32_t left)
{
    nals->length = nals->length << 8 | byte;
    nals->head++;
    if (nals->head < length_size)
        return;
    nals->left = nals->length;
    nals->is_broken = nals->length > left - 1;
    if (nals->length == 0)
        nals->head = 0;
}

/* What of @p data belongs to the sample at hand. */
static void read_nals(struct mp4_samples *samples, const struct mp4_track *track,
                      const uint8_t *data, uint32_t size)
{
    struct mp4_nals *nals = &samples->nals;
    uint32_t at = 0;

    while (at < size && !nals->is_broken) {
        if (nals->head < track->length_size) {
            take_length(nals, track->length_size, data[at], samples->left - at);
            at++;
        } else {
            uint32_t piece = size - at < nals->left ? size - at : nals->left;

            uint32_t passed = nals->length - nals->left;

            if (passed == 0)
                begin_nal(nals, data[at]);
            if (nals->is_first_slice && passed <= 1 && passed + piece > 1)
                nals->is_intra = h264_is_intra(data[at + 1 - passed]);
            pass_nal(samples, data + at, piece);
            at += piece;
        }
    }
}

/* ---- where they are -------------------------------------------------------------------------- */

static bool is_read(const struct mp4_samples *samples, const struct mp4_run *run)
{
    return run->track == samples->video.track && samples->init->tracks[run->track].is_readable;
}

/* @return NULL, or what breaks F_BOX about the sample that is over */
static const char *end_sample(struct mp4_samples *samples, const struct mp4_run *run,
                              int64_t position)
{
    const struct mp4_nals *nals = &samples->nals;
    bool is_broken = is_read(samples, run) && (nals->is_broken || nals->head > 0);

    finish_sample(samples, run->track, position);
    return is_broken ? "NAL units that do not fill their sample" : NULL;
}

/* Goes on until a sample wants data. @return as end_sample() */
static const char *settle(struct mp4_samples *samples, int64_t position)
{
    struct mp4_fragment *fragment = samples->fragment;
    const char *wrong = NULL;

    while (!wrong && samples->run < fragment->count &&
           fragment->runs[samples->run].begin <= position) {
        struct mp4_run *run = &fragment->runs[samples->run];

        if (samples->has_sample && samples->left > 0)
            break;
        if (samples->has_sample) {
            wrong = end_sample(samples, run, position);
        } else if (run->count == 0) {
            samples->run++;
        } else {
            samples->sample = mp4_run_take(run);
            samples->left = samples->sample.size;
            samples->has_sample = true;
            samples->nals = (struct mp4_nals){0};
        }
    }
    return wrong;
}

/* ---- interface ------------------------------------------------------------------------------- */

static int place_of(const struct mp4_init *init, enum mp4_kind kind)
{
    const struct mp4_track *track = mp4_init_first(init, kind);

    return track ? (int)(track - init->tracks) : -1;
}

void mp4_samples_begin(struct mp4_samples *samples)
{
    struct segment_parts *parts = samples->parts;

    samples->has_sample = false;
    samples->run = 0;
    samples->video = (struct mp4_sum){.track = place_of(samples->init, MP4_VIDEO)};
    samples->sound = (struct mp4_sum){.track = place_of(samples->init, MP4_AUDIO)};
    if (samples->video.track >= 0) {
        const struct mp4_track *track = &samples->init->tracks[samples->video.track];

        parts->video.is_opaque = !track->is_readable;
        parts->video.is_signed = true;
        if (track->sps_size > 0)
            video_take_parameters(&parts->video, track->sps, track->sps_size);
    }
    if (samples->sound.track >= 0)
        audio_take_format(&parts->audio, &samples->init->tracks[samples->sound.track].sound);
}

const char *mp4_samples_enter(struct mp4_samples *samples, int64_t begin, int64_t end)
{
    struct mp4_fragment *fragment = samples->fragment;
    int64_t last = begin;

    for (size_t i = samples->run; i < fragment->count && fragment->runs[i].begin < end; i++) {
        if (fragment->runs[i].begin < last || fragment->runs[i].end > end) {
            fragment->count = samples->run;
            return "samples outside of mdat, or in each other";
        }
        last = fragment->runs[i].end;
    }
    return settle(samples, begin);
}

const char *mp4_samples_feed(struct mp4_samples *samples, int64_t position, const uint8_t *data,
                             size_t size)
{
    const struct mp4_fragment *fragment = samples->fragment;
    const char *wrong = NULL;

    while (!wrong && size > 0 && samples->run < fragment->count) {
        const struct mp4_run *run = &fragment->runs[samples->run];
        int64_t piece = run->begin - position;

        if (samples->has_sample) {
            piece = samples->left;
            if ((uint64_t)piece > size)
                piece = (int64_t)size;
            if (is_read(samples, run))
                read_nals(samples, &samples->init->tracks[run->track], data, (uint32_t)piece);
            samples->left -= (uint32_t)piece;
        } else if ((uint64_t)piece > size) {
            piece = (int64_t)size;
        }
        position += piece;
        data += piece;
        size -= (size_t)piece;
        wrong = settle(samples, position);
    }
    return wrong;
}

/* Duration of a sample in ticks, if all of them have the same. */
static void add_sum(const struct mp4_init *init, const struct mp4_sum *sum,
                    struct segment_track *track)
{
    if (sum->units == 0)
        return;
    track->bytes = sum->bytes;
    if (sum->duration > 0) {
        track->unit_num = (int64_t)sum->duration * SEGMENT_CLOCK_HZ;
        track->unit_den = init->tracks[sum->track].timescale;
    }
}

void mp4_samples_end(const struct mp4_samples *samples, struct segment *ret)
{
    ret->has_video_track = samples->video.track >= 0;
    ret->has_audio_track = samples->sound.track >= 0;
    add_sum(samples->init, &samples->video, &ret->video);
    add_sum(samples->init, &samples->sound, &ret->audio);
    if (samples->video.units > 0 && ret->picture.width == 0) {
        ret->picture.width = samples->init->tracks[samples->video.track].width;
        ret->picture.height = samples->init->tracks[samples->video.track].height;
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libavcodec's AAC encoder with the `fast` coder and without the tools that look back (PNS, TNS,
 * intensity stereo) becomes exactly periodic on a periodic sound, once its rate control has
 * settled. AAC-LC predicts nothing from frame to frame, and every frame holds the transform of its
 * own stretch of the same endless sine: so any settled period may be repeated without a click.
 */
#include "media/audio.h"

#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/cpu.h>
#include <libavutil/opt.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "media/aac.h"
#include "timeline/timeline.h"

enum {
    TRIES = 8,
    SETTLED = 32, /* frames until the encoder has settled; three or four were seen to do */
    BEEP_SAMPLES = TIMELINE_SAMPLE_RATE / 10,
    RAMP_SAMPLES = TIMELINE_SAMPLE_RATE / 200,
};

#define PEAK 0.12589254117941673 /* -18 dB of full scale */

/* What is encoded, as a function of the sample's number since the epoch. */
struct signal {
    int64_t tone;
    bool beeps;
    int64_t first_beep; /* sample at which the first one begins */
};

/* What the frames may take. */
struct rate {
    int64_t bitrate;
    int64_t reservoir; /* bytes that frames may leave to those behind them */
};

struct encoder {
    AVCodecContext *codec;
    AVFrame *frame;
    AVPacket *packet;
};

/* Frames after which a frame starts at the same place of the tone, or of a second with its beep. */
static int64_t signal_period(const struct preset *preset)
{
    int64_t tone = preset->audio.signal == SIGNAL_BEEP ? 1 : preset->audio.tone;

    return TIMELINE_SAMPLE_RATE / timeline_gcd(tone * TIMELINE_AAC_SAMPLES, TIMELINE_SAMPLE_RATE);
}

/* The first frame that is kept: settled, and of the phase and length of frame 0. */
static int64_t first_kept(int64_t period)
{
    return (SETTLED + period - 1) / period * period;
}

/* Bytes of the first @p frames frames at @p bitrate: the total, so that rounding never adds up. */
static int64_t bytes_until(int64_t frames, int64_t bitrate)
{
    return frames * bitrate * TIMELINE_AAC_SAMPLES / (8 * TIMELINE_SAMPLE_RATE);
}

/* Bytes of frame @p k, of those that a constant rate carries. */
static int64_t share_of(const struct rate *rate, int64_t k)
{
    return bytes_until(k + 1, rate->bitrate) - bytes_until(k, rate->bitrate);
}

/* Frames after which their lengths in bytes repeat. */
static int64_t length_period(int64_t bitrate)
{
    int64_t den = 8 * TIMELINE_SAMPLE_RATE;

    return den / timeline_gcd(bitrate * TIMELINE_AAC_SAMPLES, den);
}

static void encoder_finish(struct encoder *encoder)
{
    avcodec_free_context(&encoder->codec);
    av_frame_free(&encoder->frame);
    av_packet_free(&encoder->packet);
}

static int encoder_init(struct encoder *encoder, int64_t bitrate)
{
    const AVCodec *aac = avcodec_find_encoder_by_name("aac");
    AVDictionary *options = NULL;
    int result;

    if (!aac)
        return AVERROR_ENCODER_NOT_FOUND;
    encoder->codec = avcodec_alloc_context3(aac);
    encoder->frame = av_frame_alloc();
    encoder->packet = av_packet_alloc();
    if (!encoder->codec || !encoder->frame || !encoder->packet)
        return AVERROR(ENOMEM);
    encoder->codec->sample_fmt = AV_SAMPLE_FMT_FLTP;
    encoder->codec->sample_rate = TIMELINE_SAMPLE_RATE;
    av_channel_layout_default(&encoder->codec->ch_layout, AUDIO_CHANNELS);
    encoder->codec->bit_rate = bitrate;
    encoder->codec->thread_count = 1;
    encoder->codec->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_GLOBAL_HEADER;
    result =
        av_dict_parse_string(&options, "aac_coder=fast:aac_pns=0:aac_tns=0:aac_is=0", "=", ":", 0);
    if (result >= 0)
        result = avcodec_open2(encoder->codec, aac, &options);
    av_dict_free(&options);
    return result;
}

static struct signal signal_of(const struct preset *preset, const struct timeline *line)
{
    int64_t until_second = (NS_PER_SECOND - line->epoch % NS_PER_SECOND) % NS_PER_SECOND;

    return (struct signal){
        .tone = preset->audio.tone,
        .beeps = preset->audio.signal == SIGNAL_BEEP,
        .first_beep = (until_second * TIMELINE_SAMPLE_RATE + NS_PER_SECOND / 2) / NS_PER_SECOND %
                      TIMELINE_SAMPLE_RATE,
    };
}

/*
 * The frames of an endless tone are all of one size. A beep's are some ten times as large as those
 * of the silence before it.
 */
static struct rate rate_of(const struct preset *preset)
{
    struct rate rate = {.bitrate = preset->audio.bitrate};

    if (preset->audio.signal == SIGNAL_BEEP)
        rate.reservoir = AUDIO_DECODER_BUFFER - bytes_until(1, rate.bitrate);
    return rate;
}

/* The phase is an integer modulo the sample rate: no rounding error adds up. */
static double tone_at(int64_t tone, int64_t sample)
{
    int64_t phase = sample * tone % TIMELINE_SAMPLE_RATE;

    return PEAK * sin(2 * M_PI * (double)phase / TIMELINE_SAMPLE_RATE);
}

/* A raised cosine, up from the beep's start and down to its end. */
static double loudness_at(int64_t sample)
{
    int64_t left = BEEP_SAMPLES - sample;
    int64_t ramp = sample < left ? sample : left;

    if (left <= 0)
        return 0;
    return ramp < RAMP_SAMPLES ? (1 - cos(M_PI * (double)ramp / RAMP_SAMPLES)) / 2 : 1;
}

static double sample_at(const struct signal *signal, int64_t sample)
{
    int64_t since_beep =
        (sample + TIMELINE_SAMPLE_RATE - signal->first_beep) % TIMELINE_SAMPLE_RATE;

    if (!signal->beeps)
        return tone_at(signal->tone, sample);
    return loudness_at(since_beep) * tone_at(signal->tone, since_beep);
}

static void draw_signal(AVFrame *frame, const struct signal *signal, int64_t first_sample)
{
    for (int i = 0; i < TIMELINE_AAC_SAMPLES; i++) {
        float sample = (float)sample_at(signal, first_sample + i);

        for (int channel = 0; channel < AUDIO_CHANNELS; channel++)
            ((float *)(void *)frame->extended_data[channel])[i] = sample;
    }
}

static int send_frame(struct encoder *encoder, const struct signal *signal, int64_t number)
{
    AVFrame *frame = encoder->frame;
    int result;

    frame->format = AV_SAMPLE_FMT_FLTP;
    frame->sample_rate = TIMELINE_SAMPLE_RATE;
    frame->nb_samples = TIMELINE_AAC_SAMPLES;
    frame->pts = number * TIMELINE_AAC_SAMPLES;
    result = av_channel_layout_copy(&frame->ch_layout, &encoder->codec->ch_layout);
    if (result >= 0)
        result = av_frame_get_buffer(frame, 0);
    if (result >= 0) {
        draw_signal(frame, signal, frame->pts);
        result = avcodec_send_frame(encoder->codec, frame);
    }
    av_frame_unref(frame);
    return result;
}

/* Keeps @p packet as frame @p k, yet unfilled. @return 0, 1 when it is too long, AVERROR */
static int keep_frame(struct audio *audio, const AVPacket *packet, int64_t k, int64_t most)
{
    size_t size = (size_t)packet->size;

    if (packet->size > most)
        return 1;
    audio->frames[k].offset = audio->bytes.size;
    audio->frames[k].size = size;
    return buffer_append(&audio->bytes, packet->data, size);
}

/* Takes the packets that are ready; those of one settled period are kept. */
static int drain(struct encoder *encoder, struct audio *audio, const struct rate *rate)
{
    for (;;) {
        int64_t k;
        int result = avcodec_receive_packet(encoder->codec, encoder->packet);

        if (result == AVERROR(EAGAIN))
            return 0;
        if (result < 0)
            return result;
        /* The encoder's delay is in the time stamp: decoding this packet yields the sound at pts.
         */
        k = encoder->packet->pts / TIMELINE_AAC_SAMPLES - first_kept(audio->period);
        if (k >= 0 && k < audio->period)
            result = keep_frame(audio, encoder->packet, k, share_of(rate, k) + rate->reservoir);
        av_packet_unref(encoder->packet);
        if (result != 0)
            return result;
    }
}

/*
 * The final sizes of the frames. One that exceeds its share takes from the reservoir that smaller
 * ones before it leave; twice round, for the first frames take from the last ones of the period
 * before. @return 0, or 1 when they exceed the bit rate or the reservoir
 */
static int share_out(const struct audio *audio, const struct rate *rate, int64_t *sizes)
{
    int64_t owed_by_last = 0;
    int64_t owed = 0;

    for (int64_t i = 2 * audio->period - 1; i >= 0; i--) {
        int64_t k = i % audio->period;
        int64_t share = share_of(rate, k) - owed;
        int64_t size = (int64_t)audio->frames[k].size;

        if (k == audio->period - 1)
            owed_by_last = owed;
        sizes[k] = size > share ? size : share;
        owed = sizes[k] - share;
        if (owed > rate->reservoir)
            return 1;
    }
    return owed == owed_by_last ? 0 : 1;
}

static int fill_frames(struct audio *audio, const struct rate *rate)
{
    int64_t sizes[AUDIO_PERIOD_MAX] = {0};
    struct buffer filled = {0};
    int result = share_out(audio, rate, sizes);

    for (int64_t k = 0; k < audio->period && result == 0; k++) {
        const uint8_t *frame = audio->bytes.data + audio->frames[k].offset;
        size_t offset = filled.size;
        uint8_t *place = buffer_extend(&filled, (size_t)sizes[k]);

        if (!place) {
            result = AVERROR(ENOMEM);
            break;
        }
        memcpy(place, frame, audio->frames[k].size);
        result = aac_fill(place, audio->frames[k].size, (size_t)sizes[k]);
        audio->frames[k].offset = offset;
        audio->frames[k].size = (size_t)sizes[k];
    }
    buffer_finish(&audio->bytes);
    audio->bytes = filled;
    return result;
}

/* One try, with the encoder aiming at @p target. @return 0, 1 when a frame is too long, AVERROR */
static int encode_period(const struct signal *signal, const struct rate *rate, int64_t target,
                         const struct progress *progress, struct audio *audio)
{
    int64_t total =
        first_kept(audio->period) + audio->period + 2; /* two: the encoder's look-ahead */
    struct encoder encoder = {0};
    int result = encoder_init(&encoder, target);

    memset(audio->frames, 0, sizeof(audio->frames));
    audio->bytes.size = 0;
    audio->config.size = 0;
    if (result >= 0)
        result = buffer_append(&audio->config, encoder.codec->extradata,
                               (size_t)encoder.codec->extradata_size);
    for (int64_t i = 0; i < total && result == 0; i++) {
        progress_step(progress, 0, 1);
        result = send_frame(&encoder, signal, i);
        if (result == 0)
            result = drain(&encoder, audio, rate);
    }
    encoder_finish(&encoder);
    if (result == 0 && audio->frames[audio->period - 1].size == 0)
        return AVERROR_BUG; /* its delay is not that of the encoders known */
    return result == 0 ? fill_frames(audio, rate) : result;
}

int64_t audio_period(const struct preset *preset)
{
    return timeline_lcm(signal_period(preset), length_period(preset->audio.bitrate));
}

int audio_encode(const struct preset *preset, const struct timeline *line,
                 const struct progress *progress, struct audio *ret_audio, struct error *err)
{
    struct signal signal = signal_of(preset, line);
    struct rate rate = rate_of(preset);
    struct audio audio = {.period = audio_period(preset)};
    int64_t target = preset->audio.bitrate;
    int result = 1;

    /* Vector variants of the transforms round differently from machine to machine. */
    av_force_cpu_flags(0);
    for (int i = 0; i < TRIES && result == 1; i++) {
        result = encode_period(&signal, &rate, target, progress, &audio);
        target = target * 7 / 8;
    }
    av_force_cpu_flags(-1);
    if (result == 0) {
        *ret_audio = audio;
        return 0;
    }
    audio_finish(&audio);
    if (result == 1)
        return error_set(err, AVERROR(EINVAL), EX_DATAERR,
                         "[audio] bitrate of %s is too low for its sound: raise it", preset->name);
    return error_set(err, result, EX_SOFTWARE, "libavcodec cannot encode the sound of %s: %s",
                     preset->name, av_err2str(result));
}

int audio_copy(const struct audio *audio, struct audio *ret_copy)
{
    struct audio copy = *audio;
    int result;

    copy.bytes = (struct buffer){0};
    copy.config = (struct buffer){0};
    result = buffer_append(&copy.bytes, audio->bytes.data, audio->bytes.size);
    if (result == 0)
        result = buffer_append(&copy.config, audio->config.data, audio->config.size);
    if (result < 0)
        audio_finish(&copy);
    else
        *ret_copy = copy;
    return result;
}

void audio_finish(struct audio *audio)
{
    buffer_finish(&audio->bytes);
    buffer_finish(&audio->config);
}

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
#include <string.h>

#include "media/aac.h"
#include "timeline/timeline.h"

enum {
    TRIES = 8,
    SETTLED = 32, /* frames until the encoder has settled; three or four were seen to do */
};

#define PEAK 0.12589254117941673 /* -18 dB of full scale */

struct encoder {
    AVCodecContext *codec;
    AVFrame *frame;
    AVPacket *packet;
};

/* Frames after which the tone has the same phase at a frame's start. */
static int64_t tone_period(int64_t tone)
{
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

/* The phase is an integer modulo the sample rate: no rounding error adds up. */
static void draw_tone(AVFrame *frame, int64_t tone, int64_t first_sample)
{
    for (int i = 0; i < TIMELINE_AAC_SAMPLES; i++) {
        int64_t phase = (first_sample + i) * tone % TIMELINE_SAMPLE_RATE;
        float sample = (float)(PEAK * sin(2 * M_PI * (double)phase / TIMELINE_SAMPLE_RATE));

        for (int channel = 0; channel < AUDIO_CHANNELS; channel++)
            ((float *)(void *)frame->extended_data[channel])[i] = sample;
    }
}

static int send_tone(struct encoder *encoder, int64_t tone, int64_t number)
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
        draw_tone(frame, tone, frame->pts);
        result = avcodec_send_frame(encoder->codec, frame);
    }
    av_frame_unref(frame);
    return result;
}

/* Keeps @p packet as frame @p k, filled to its length. @return 0, 1 when it is too long, AVERROR */
static int keep_frame(struct audio *audio, const AVPacket *packet, int64_t k, int64_t bitrate)
{
    size_t size = (size_t)(bytes_until(k + 1, bitrate) - bytes_until(k, bitrate));
    size_t offset = audio->bytes.size;
    uint8_t *place;

    if ((size_t)packet->size > size)
        return 1;
    place = buffer_extend(&audio->bytes, size);
    if (!place)
        return AVERROR(ENOMEM);
    memcpy(place, packet->data, (size_t)packet->size);
    audio->frames[k].offset = offset;
    audio->frames[k].size = size;
    return aac_fill(place, (size_t)packet->size, size);
}

/* Takes the packets that are ready; those of one settled period are kept. */
static int drain(struct encoder *encoder, struct audio *audio, int64_t bitrate)
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
            result = keep_frame(audio, encoder->packet, k, bitrate);
        av_packet_unref(encoder->packet);
        if (result != 0)
            return result;
    }
}

/* One try, with the encoder aiming at @p target. @return 0, 1 when a frame is too long, AVERROR */
static int encode_period(const struct preset *preset, int64_t target,
                         const struct progress *progress, struct audio *audio)
{
    int64_t total =
        first_kept(audio->period) + audio->period + 2; /* two: the encoder's look-ahead */
    struct encoder encoder = {0};
    int result = encoder_init(&encoder, target);

    audio->bytes.size = 0;
    audio->config.size = 0;
    if (result >= 0)
        result = buffer_append(&audio->config, encoder.codec->extradata,
                               (size_t)encoder.codec->extradata_size);
    for (int64_t i = 0; i < total && result == 0; i++) {
        progress_step(progress, 0, 1);
        result = send_tone(&encoder, preset->audio.tone, i);
        if (result == 0)
            result = drain(&encoder, audio, preset->audio.bitrate);
    }
    encoder_finish(&encoder);
    if (result == 0 &&
        audio->bytes.size != (size_t)bytes_until(audio->period, preset->audio.bitrate))
        return AVERROR_BUG; /* its delay is not that of the encoders known */
    return result;
}

int64_t audio_period(const struct preset *preset)
{
    return timeline_lcm(tone_period(preset->audio.tone), length_period(preset->audio.bitrate));
}

int audio_encode(const struct preset *preset, const struct progress *progress,
                 struct audio *ret_audio, struct error *err)
{
    struct audio audio = {.period = audio_period(preset)};
    int64_t target = preset->audio.bitrate;
    int result = 1;

    /* Vector variants of the transforms round differently from machine to machine. */
    av_force_cpu_flags(0);
    for (int i = 0; i < TRIES && result == 1; i++) {
        result = encode_period(preset, target, progress, &audio);
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
                         "[audio] bitrate of %s is too low for its tone: raise it", preset->name);
    return error_set(err, result, EX_SOFTWARE, "libavcodec cannot encode the tone of %s: %s",
                     preset->name, av_err2str(result));
}

void audio_finish(struct audio *audio)
{
    buffer_finish(&audio->bytes);
    buffer_finish(&audio->config);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sound as a decoder gives it back: it repeats without a seam, keeps to its bit rate, and beeps
 * on the second.
 */
#include <libavcodec/avcodec.h>
#include <libavutil/cpu.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "media/audio.h"
#include "tests/unit/suite.h"

#define NS INT64_C(1000000000)

enum {
    RATE = TIMELINE_SAMPLE_RATE,
    DECODER_BUFFER = 1536, /* bytes: 6144 bits a channel */
};

static struct audio encode(int64_t signal, int64_t tone, int64_t bitrate, int64_t epoch)
{
    struct preset preset = {.audio = {.signal = signal, .tone = tone, .bitrate = bitrate}};
    struct timeline line = timeline_make(epoch, 2000, 30, 1);
    struct error err = {.text = ""};
    struct audio audio;

    ck_assert_msg(audio_encode(&preset, &line, NULL, &audio, &err) == 0, "%s", err.text);
    ck_assert_int_eq(audio.period, audio_period(&preset));
    return audio;
}

static AVCodecContext *open_decoder(const struct audio *audio)
{
    const AVCodec *aac = avcodec_find_decoder_by_name("aac");
    AVCodecContext *decoder = avcodec_alloc_context3(aac);

    ck_assert_ptr_nonnull(decoder);
    decoder->extradata = av_mallocz(audio->config.size + AV_INPUT_BUFFER_PADDING_SIZE);
    ck_assert_ptr_nonnull(decoder->extradata);
    memcpy(decoder->extradata, audio->config.data, audio->config.size);
    decoder->extradata_size = (int)audio->config.size;
    ck_assert_int_eq(avcodec_open2(decoder, aac, NULL), 0);
    return decoder;
}

static void decode_packet(AVCodecContext *decoder, const AVPacket *packet, float *samples)
{
    AVFrame *frame = av_frame_alloc();

    ck_assert_int_eq(avcodec_send_packet(decoder, packet), 0);
    ck_assert_int_eq(avcodec_receive_frame(decoder, frame), 0);
    ck_assert_int_eq(frame->nb_samples, TIMELINE_AAC_SAMPLES);
    ck_assert_int_eq(frame->ch_layout.nb_channels, AUDIO_CHANNELS);
    memcpy(samples, frame->extended_data[0], TIMELINE_AAC_SAMPLES * sizeof(float));
    av_frame_free(&frame);
}

/* The samples of @p count frames from frame 0 on, those of the first channel: sample i is played i
 * / 48000 s after the epoch. */
static float *decode(const struct audio *audio, int64_t count)
{
    AVCodecContext *decoder = open_decoder(audio);
    AVPacket *packet = av_packet_alloc();
    float *samples = calloc((size_t)count * TIMELINE_AAC_SAMPLES, sizeof(*samples));

    ck_assert_ptr_nonnull(samples);
    for (int64_t i = 0; i < count; i++) {
        int64_t k = i % audio->period;

        ck_assert_int_eq(av_new_packet(packet, (int)audio->frames[k].size), 0);
        memcpy(packet->data, audio->bytes.data + audio->frames[k].offset, audio->frames[k].size);
        decode_packet(decoder, packet, samples + i * TIMELINE_AAC_SAMPLES);
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avcodec_free_context(&decoder);
    return samples;
}

/* ---- all signals ----------------------------------------------------------------------------- */

static const struct {
    int64_t signal;
    int64_t tone;
    int64_t bitrate;
    int64_t period;
} cases[] = {
    {SIGNAL_TONE, 1000, 128000, 3},   {SIGNAL_TONE, 125, 128000, 3},
    {SIGNAL_TONE, 500, 96000, 3},     {SIGNAL_TONE, 3000, 128000, 3},
    {SIGNAL_TONE, 440, 128000, 75},   {SIGNAL_TONE, 441, 64000, 375},
    {SIGNAL_TONE, 1000, 100001, 375}, {SIGNAL_BEEP, 1000, 128000, 375},
    {SIGNAL_BEEP, 20, 32000, 375},    {SIGNAL_BEEP, 440, 96000, 375},
    {SIGNAL_BEEP, 20000, 32000, 375}, {SIGNAL_BEEP, 3000, 320000, 375},
    {SIGNAL_BEEP, 1000, 100001, 375},
};

START_TEST(the_bit_rate_is_exact_over_a_period)
{
    struct audio audio = encode(cases[_i].signal, cases[_i].tone, cases[_i].bitrate, 0);
    int64_t bits = 0;

    ck_assert_int_eq(audio.period, cases[_i].period);
    for (int64_t k = 0; k < audio.period; k++) {
        ck_assert_uint_le(audio.frames[k].size, DECODER_BUFFER);
        bits += 8 * (int64_t)audio.frames[k].size;
    }
    ck_assert_int_eq(bits * RATE, cases[_i].bitrate * audio.period * TIMELINE_AAC_SAMPLES);
    audio_finish(&audio);
}
END_TEST

/* Across the seam a decoder adds halves of the last frame and of the first: both are to be those
 * that the encoder made for one another. */
START_TEST(samples_repeat_with_the_period)
{
    struct audio audio = encode(cases[_i].signal, cases[_i].tone, cases[_i].bitrate, 0);
    size_t period = (size_t)audio.period * TIMELINE_AAC_SAMPLES;
    float *samples = decode(&audio, 3 * audio.period);

    ck_assert_mem_eq(samples + period, samples + 2 * period, period * sizeof(*samples));
    free(samples);
    audio_finish(&audio);
}
END_TEST

/* ---- beeps ----------------------------------------------------------------------------------- */

static const struct {
    int64_t tone;
    int64_t bitrate;
    int64_t epoch;
} beeps[] = {
    {1000, 128000, 0},      {1000, 128000, 12 * NS},   {1000, 128000, -NS / 3},
    {1000, 128000, NS / 2}, {1000, 128000, 123456789}, {1000, 128000, 7 * NS + NS - 1},
    {1000, 64000, NS / 4},  {1000, 32000, 3 * NS / 4}, {440, 96000, 5},
    {3000, 320000, NS / 3}, {125, 128000, 2 * NS / 3},
};

/* The sample, of those since @p epoch, at which the second number @p number behind it begins. */
static int64_t second_at(int64_t epoch, int64_t number)
{
    int64_t since = number * NS - ((epoch % NS) + NS) % NS;

    return (since * RATE + NS / 2) / NS;
}

/* The amplitude of the tone in the period of it that lies around @p at. */
static double amplitude_at(const float *samples, int64_t tone, int64_t at)
{
    int64_t period = RATE / tone;
    double in_phase = 0;
    double quadrature = 0;

    for (int64_t i = at - period / 2; i < at - period / 2 + period; i++) {
        double angle = 2 * M_PI * (double)(i * tone % RATE) / RATE;

        in_phase += (double)samples[i] * sin(angle);
        quadrature += (double)samples[i] * cos(angle);
    }
    return 2 * hypot(in_phase, quadrature) / (double)period;
}

/* A beep is half as loud as it gets in the middle of its ramps, 2.5 ms inside it. */
static void check_beep(const float *samples, int64_t tone, int64_t begin)
{
    const int64_t ramp = RATE / 200;
    const int64_t end = begin + RATE / 10;
    const double peak = pow(10, -18 / 20.0);
    int64_t rise = begin - RATE / 20;
    int64_t fall = end + RATE / 20;

    while (amplitude_at(samples, tone, rise) < peak / 2)
        rise++;
    while (amplitude_at(samples, tone, fall) < peak / 2)
        fall--;
    ck_assert_int_le(llabs(rise - (begin + ramp / 2)), RATE / 1000);
    ck_assert_int_le(llabs(fall - (end - ramp / 2)), RATE / 1000);
    ck_assert_double_eq_tol(amplitude_at(samples, tone, begin + RATE / 20), peak, peak / 50);
}

START_TEST(a_beep_begins_on_each_second)
{
    struct audio audio = encode(SIGNAL_BEEP, beeps[_i].tone, beeps[_i].bitrate, beeps[_i].epoch);
    float *samples = decode(&audio, 2 * audio.period);

    for (int64_t second = 1; second < 15; second++) {
        int64_t begin = second_at(beeps[_i].epoch, second);
        int64_t next = second_at(beeps[_i].epoch, second + 1);

        if (begin >= RATE / 2)
            check_beep(samples, beeps[_i].tone, begin);
        for (int64_t i = begin + RATE / 10; i < next; i++)
            ck_assert_msg(fabsf(samples[i]) < 0.001F, "%g in silence, %lld samples behind a beep",
                          (double)samples[i], (long long)(i - begin - RATE / 10));
    }
    free(samples);
    audio_finish(&audio);
}
END_TEST

/* ---- the seam -------------------------------------------------------------------------------- */

/* Sample @p at since the epoch of what audio.h promises, for 1 kHz. */
static float beep_at(int64_t epoch, int64_t at)
{
    int64_t since = (at + RATE - second_at(epoch, 1) % RATE) % RATE;
    int64_t ramp = since < RATE / 10 - since ? since : RATE / 10 - since;
    double loudness = ramp < RATE / 200 ? (1 - cos(M_PI * (double)ramp / (RATE / 200.0))) / 2 : 1;

    if (since >= RATE / 10)
        return 0;
    return (float)(loudness *
                   (pow(10, -18 / 20.0) * sin(2 * M_PI * (double)(since * 1000 % RATE) / RATE)));
}

static AVCodecContext *open_encoder(int64_t bitrate)
{
    const AVCodec *aac = avcodec_find_encoder_by_name("aac");
    AVCodecContext *encoder = avcodec_alloc_context3(aac);
    AVDictionary *options = NULL;

    ck_assert_ptr_nonnull(encoder);
    encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
    encoder->sample_rate = RATE;
    encoder->bit_rate = bitrate;
    encoder->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_GLOBAL_HEADER;
    av_channel_layout_default(&encoder->ch_layout, AUDIO_CHANNELS);
    ck_assert_int_eq(
        av_dict_parse_string(&options, "aac_coder=fast:aac_pns=0:aac_tns=0:aac_is=0", "=", ":", 0),
        0);
    ck_assert_int_eq(avcodec_open2(encoder, aac, &options), 0);
    av_dict_free(&options);
    return encoder;
}

static void send_beep(AVCodecContext *encoder, int64_t epoch, int64_t number)
{
    AVFrame *frame = av_frame_alloc();

    frame->format = AV_SAMPLE_FMT_FLTP;
    frame->sample_rate = RATE;
    frame->nb_samples = TIMELINE_AAC_SAMPLES;
    frame->pts = number * TIMELINE_AAC_SAMPLES;
    ck_assert_int_eq(av_channel_layout_copy(&frame->ch_layout, &encoder->ch_layout), 0);
    ck_assert_int_eq(av_frame_get_buffer(frame, 0), 0);
    for (int i = 0; i < TIMELINE_AAC_SAMPLES; i++) {
        float sample = beep_at(epoch, frame->pts + i);

        for (int channel = 0; channel < AUDIO_CHANNELS; channel++)
            ((float *)(void *)frame->extended_data[channel])[i] = sample;
    }
    ck_assert_int_eq(avcodec_send_frame(encoder, frame), 0);
    av_frame_free(&frame);
}

/* Encodes and decodes @p count frames in one go, without a seam. */
static float *pass_through(int64_t epoch, int64_t bitrate, const struct audio *audio, int64_t count)
{
    AVCodecContext *encoder = open_encoder(bitrate);
    AVCodecContext *decoder = open_decoder(audio);
    AVPacket *packet = av_packet_alloc();
    float *samples = calloc((size_t)(count + 1) * TIMELINE_AAC_SAMPLES, sizeof(*samples));

    ck_assert_ptr_nonnull(samples);
    for (int64_t i = 0; i < count + 2; i++) {
        send_beep(encoder, epoch, i);
        while (avcodec_receive_packet(encoder, packet) == 0) {
            /* The first one comes before the first sample. */
            if (packet->pts / TIMELINE_AAC_SAMPLES < count)
                decode_packet(decoder, packet, samples + packet->pts + TIMELINE_AAC_SAMPLES);
            av_packet_unref(packet);
        }
    }
    av_packet_free(&packet);
    avcodec_free_context(&encoder);
    avcodec_free_context(&decoder);
    memmove(samples, samples + TIMELINE_AAC_SAMPLES,
            (size_t)count * TIMELINE_AAC_SAMPLES * sizeof(*samples));
    return samples;
}

/* Epochs by which the seam lies at the beginning of a beep, inside it, on its ramps, and beside it;
 * as periods go on for ever, so does the encoder's second one. */
static const int64_t seams[] = {0, NS / 400, NS / 30, NS / 20, NS * 98 / 1000, NS / 7, NS * 2 / 3};

START_TEST(frames_across_the_seam_were_made_for_one_another)
{
    struct audio audio = encode(SIGNAL_BEEP, 1000, 128000, seams[_i]);
    size_t period = (size_t)audio.period * TIMELINE_AAC_SAMPLES;
    float *samples;
    float *endless;

    av_force_cpu_flags(0); /* as audio_encode() does */
    samples = decode(&audio, 3 * audio.period);
    endless = pass_through(seams[_i], 128000, &audio, 4 * audio.period);
    for (size_t i = period; i < 3 * period; i++)
        ck_assert_msg(samples[i] == endless[i + period], "sample %zu: %.9g, not %.9g", i - period,
                      (double)samples[i], (double)endless[i + period]);
    free(endless);
    free(samples);
    audio_finish(&audio);
}
END_TEST

START_TEST(whole_seconds_between_epochs_change_nothing)
{
    struct audio audio = encode(SIGNAL_BEEP, 1000, 128000, 123456789);
    struct audio later = encode(SIGNAL_BEEP, 1000, 128000, 1000000007 * NS + 123456789);

    ck_assert_uint_eq(audio.bytes.size, later.bytes.size);
    ck_assert_mem_eq(audio.bytes.data, later.bytes.data, audio.bytes.size);
    audio_finish(&audio);
    audio_finish(&later);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audio");
    TCase *all = suite_add(suite, "all");
    TCase *beep = suite_add(suite, "beep");

    tcase_add_loop_test(all, the_bit_rate_is_exact_over_a_period, 0, LENGTH(cases));
    tcase_add_loop_test(all, samples_repeat_with_the_period, 0, LENGTH(cases));
    tcase_add_loop_test(beep, a_beep_begins_on_each_second, 0, LENGTH(beeps));
    tcase_add_loop_test(beep, frames_across_the_seam_were_made_for_one_another, 0, LENGTH(seams));
    tcase_add_test(beep, whole_seconds_between_epochs_change_nothing);
    av_log_set_level(AV_LOG_ERROR); /* the encoder's sums at its end */
    return suite_run(suite);
}

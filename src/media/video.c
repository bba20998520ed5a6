/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libx264 through libavcodec, one thread: the same bytes on every machine and in every run, and no
 * thread has to start under the system-call filter. Closed GOPs of one segment each.
 *
 * Nothing here is shared: encoders in several threads do not know of each other.
 */
#include "media/video.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stdbool.h>
#include <stdlib.h>

#include "media/exact/level.h"
#include "media/h264.h"
#include "media/pattern.h"
#include "media/video_fill.h"

enum {
    TRIES = 12,           /* each at least a sixteenth lower than the one before */
    RATE_MIN = 1000,      /* bit/s, below which libx264 takes none */
    USER_DATA_MAX = 4096, /* libx264's words about itself, which are not kept */
};

/* What is encoded: the pattern from a segment on. */
struct job {
    const struct preset *preset;
    const struct timeline *line;
    int64_t index;                   /* of that segment */
    int64_t bitrate;                 /* to be tried first */
    const struct video_clock *clock; /* over it; NULL: none */
    const struct progress *progress;
};

struct encoder {
    AVCodecContext *codec;
    struct pattern *pattern;
    AVFrame *frame;
    AVPacket *packet;
};

static void encoder_finish(struct encoder *encoder)
{
    avcodec_free_context(&encoder->codec);
    encoder->pattern = pattern_free(encoder->pattern);
    av_frame_free(&encoder->frame);
    av_packet_free(&encoder->packet);
}

static void set_parameters(AVCodecContext *codec, const struct job *job, int64_t bitrate)
{
    const struct preset *preset = job->preset;
    int frames = (int)job->line->frames;
    struct pattern_color color = pattern_color_of(preset);

    codec->width = preset->video.width;
    codec->height = preset->video.height;
    codec->sample_aspect_ratio = (AVRational){1, 1};
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->color_primaries = color.primaries;
    codec->color_trc = color.transfer;
    codec->colorspace = color.matrix;
    codec->time_base = (AVRational){preset->video.rate.den, preset->video.rate.num};
    codec->framerate = (AVRational){preset->video.rate.num, preset->video.rate.den};
    codec->thread_count = 1;
    codec->gop_size = frames;
    codec->keyint_min = frames;
    codec->bit_rate = bitrate;
    codec->rc_max_rate = bitrate;
    codec->rc_buffer_size = (int)(bitrate * VIDEO_LEAD_MS / 1000);
    codec->rc_initial_buffer_occupancy = codec->rc_buffer_size / 2;
    codec->flags = (int)AV_CODEC_FLAG_CLOSED_GOP;
}

/*
 * mbtree is off: with it the bytes depend on what memory held before (libx264 164 and its vector
 * code, at a width of 320). Without cpu-independent they depend on which vector instructions the
 * processor has.
 */
#define X264_PARAMETERS "scenecut=0:force-cfr=1:mbtree=0:cpu-independent=1"

static int encoder_init(struct encoder *encoder, const struct job *job, int64_t bitrate)
{
    const struct preset *preset = job->preset;
    int64_t first = job->index % pattern_cycle(preset) * job->line->frames;
    const AVCodec *x264 = avcodec_find_encoder_by_name("libx264");
    AVDictionary *options = NULL;
    int result;

    if (!x264)
        return AVERROR_ENCODER_NOT_FOUND;
    encoder->codec = avcodec_alloc_context3(x264);
    encoder->frame = av_frame_alloc();
    encoder->packet = av_packet_alloc();
    if (!encoder->codec || !encoder->frame || !encoder->packet)
        return AVERROR(ENOMEM);
    set_parameters(encoder->codec, job, bitrate);
    result = av_dict_set(&options, "preset", preset->video.x264_preset, 0);
    if (result >= 0)
        result = av_dict_set(&options, "aud", "1", 0);
    if (result >= 0)
        result = av_dict_set(&options, "x264-params", X264_PARAMETERS, 0);
    if (result >= 0)
        result = avcodec_open2(encoder->codec, x264, &options);
    av_dict_free(&options);
    return result < 0 ? result : pattern_new(preset, first, &encoder->pattern);
}

/*
 * Takes the packet's access unit over as the next one of @p video. Where the bytes do not fit, they
 * are only counted: this bit rate is too high by what they exceed it.
 */
static int keep_unit(const AVPacket *packet, struct video *video)
{
    struct video_unit *unit = &video->units[video->count];
    size_t offset = video->bytes.size;
    bool fits = (size_t)packet->size <= video->bytes.capacity - offset;

    if (video->count == 0)
        video->delay = -packet->dts;
    if (packet->dts != video->count - video->delay)
        return AVERROR_BUG; /* the encoder's decode times are not one frame apart */
    unit->offset = offset;
    unit->size = (size_t)packet->size;
    if (fits)
        unit->size = h264_copy_without_user_data(video->bytes.data + offset, packet->data,
                                                 (size_t)packet->size);
    unit->pts = packet->pts;
    video->bytes.size = fits ? offset + unit->size : video->bytes.capacity;
    video->count++;
    return 0;
}

/* Keeps every packet that the encoder has ready. @return 0 or an AVERROR */
static int drain(struct encoder *encoder, const struct progress *progress, struct video *video,
                 int64_t total)
{
    for (;;) {
        int result;

        progress_step(progress, video->count, total); /* the last frames are encoded here */
        result = avcodec_receive_packet(encoder->codec, encoder->packet);
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF)
            return 0;
        if (result < 0)
            return result;
        result = video->count < total ? keep_unit(encoder->packet, video) : AVERROR_BUG;
        av_packet_unref(encoder->packet);
        if (result < 0)
            return result;
    }
}

static int draw_clock(const struct job *job, int64_t number, AVFrame *frame)
{
    const struct face *face = job->clock->face;
    struct face_moment moment =
        face_moment_of(face, job->line, job->clock->stream, job->index, number);
    struct cells_place place = face_place(face);
    struct cells cells;
    int result = av_frame_make_writable(frame); /* a still picture is drawn once */

    if (result < 0)
        return result;
    face_draw(face, &moment, &cells);
    cells_draw(&cells, &place, frame->width, frame->height, frame->data, frame->linesize);
    return 0;
}

static int encode_frame(struct encoder *encoder, const struct job *job, int64_t number)
{
    AVFrame *frame = encoder->frame;
    int result = pattern_draw(encoder->pattern, frame);

    if (result >= 0 && job->clock)
        result = draw_clock(job, number, frame);
    frame->pts = number;
    frame->pict_type = AV_PICTURE_TYPE_NONE; /* the source says I, which would force an IDR */
    if (result >= 0)
        result = avcodec_send_frame(encoder->codec, frame);
    av_frame_unref(frame);
    return result;
}

/* Encodes the job once at @p bitrate, without filler. */
static int encode_at(const struct job *job, int64_t bitrate, struct video *video)
{
    int64_t total = video->segments * job->line->frames;
    struct encoder encoder = {0};
    int result;

    video->count = 0;
    progress_step(job->progress, video->count, total);
    result = encoder_init(&encoder, job, bitrate);
    video->bytes.size = 0;
    for (int64_t i = 0; i < total && result >= 0; i++) {
        result = encode_frame(&encoder, job, i);
        if (result >= 0)
            result = drain(&encoder, job->progress, video, total);
    }
    if (result >= 0)
        result = avcodec_send_frame(encoder.codec, NULL);
    if (result >= 0)
        result = drain(&encoder, job->progress, video, total);
    encoder_finish(&encoder);
    if (result >= 0 && video->count != total)
        result = AVERROR_BUG;
    return result;
}

/*
 * libx264 states the level for the rate that it encodes at. That which is sent may be higher: it is
 * that of the largest segment, filler data included, whatever rate the picture was encoded at.
 */
static void state_level(const struct preset *preset, const struct timeline *line,
                        struct video *video)
{
    const struct exact_format format = {
        .width = preset->video.width,
        .height = preset->video.height,
        .rate_num = preset->video.rate.num,
        .rate_den = preset->video.rate.den,
        /* Of Main profile cpbBrVclFactor is 1000, of High profile 1250 (Table A-2). */
        .bitrate = video_bitrate_range_of(preset).most * 5 / 4,
    };
    int level = level_of(&format);

    for (int64_t i = 0; i < video->count; i += line->frames)
        h264_raise_level(video->bytes.data + video->units[i].offset, video->units[i].size, level);
}

/* Encodes at falling rates until it can be sent in segments of @p segment_bytes. */
static int encode_to_fit(const struct job *job, int64_t segment_bytes, struct video *video,
                         struct error *err)
{
    const struct preset *preset = job->preset;
    int64_t rate = job->bitrate;

    for (int i = 0; i < TRIES && rate >= RATE_MIN; i++) {
        int64_t excess;
        int result = encode_at(job, rate, video);

        if (result < 0)
            return error_set(err, result, EX_SOFTWARE, "libx264 cannot encode %s: %s", preset->name,
                             av_err2str(result));
        video->bitrate = rate;
        excess = video_excess(video, job->line, segment_bytes);
        if (excess <= 1000) {
            state_level(preset, job->line, video);
            return 0;
        }
        rate = rate * 1000 / excess * 15 / 16;
    }
    return error_set(err, AVERROR(EINVAL), EX_DATAERR,
                     "[video] bitrate of %s is too low for its pattern at %dx%d: raise it",
                     preset->name, preset->video.width, preset->video.height);
}

/* Encodes @p pictures segments, of @p least bytes or more, and repeats them to make @p segments. */
static int encode(const struct job *job, int64_t pictures, int64_t segments, int64_t least,
                  struct video *ret_video, struct error *err)
{
    struct video video = {
        .segments = pictures,
        .width = job->preset->video.width,
        .height = job->preset->video.height,
    };
    int result = AVERROR(ENOMEM);

    video.units = calloc((size_t)(segments * job->line->frames), sizeof(*video.units));
    if (video.units &&
        buffer_reserve(&video.bytes, (size_t)(pictures * least) + USER_DATA_MAX) == 0)
        result = encode_to_fit(job, least, &video, err);
    if (result >= 0)
        result = video_complete(&video, job->preset, job->line, job->index, segments);
    if (result == AVERROR(ENOMEM))
        (void)error_set(err, result, EX_OSERR, "out of memory");
    if (result < 0) {
        video_finish(&video);
        return result;
    }
    *ret_video = video;
    return 0;
}

int64_t video_cycle(const struct preset *preset)
{
    return timeline_lcm(pattern_cycle(preset), video_bitrate_cycle(preset));
}

int video_encode(const struct preset *preset, const struct timeline *line,
                 const struct progress *progress, struct video *ret_video, struct error *err)
{
    const struct job job = {.preset = preset,
                            .line = line,
                            .bitrate = video_bitrate_range_of(preset).least,
                            .progress = progress};

    return encode(&job, pattern_cycle(preset), video_cycle(preset),
                  video_bytes_range_of(preset, line).least, ret_video, err);
}

int video_encode_segment(const struct preset *preset, const struct timeline *line, int64_t index,
                         const struct video_clock *clock, const struct progress *progress,
                         struct video *ret, struct error *err)
{
    const struct job job = {preset, line, index, clock->bitrate, clock, progress};

    return encode(&job, 1, 1, video_segment_bytes(preset, line, index), ret, err);
}

void video_finish(struct video *video)
{
    buffer_finish(&video->bytes);
    free(video->units);
    video->units = NULL;
}

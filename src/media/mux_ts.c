/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libavformat packs PES into transport packets and writes PAT and PMT; when a packet is sent, and
 * so what the PCR says, is decided behind it, in layout.c. It is given time stamps as they are
 * (mpegts_copyts), one AAC frame a PES packet, and a PCR field in the first packet of every access
 * unit. An AAC frame has none: it would cost many a packet more.
 */
#include "media/mux.h"

#include <libavutil/opt.h>

#include "media/mux_streams.h"
#include "media/ts.h"

struct mux {
    const struct mux_source *source;
    AVFormatContext *format;
    AVStream *video; /* NULL: there is none */
    AVStream *audio;
    AVPacket *packet;
};

static int add_streams(struct mux *mux)
{
    const struct mux_source *source = mux->source;
    int result = 0;

    if (source->video)
        result = mux_add_video(mux->format, source->video, &mux->video);
    if (result == 0 && source->audio)
        result = mux_add_audio(mux->format, source->audio, &mux->audio);
    if (mux->video)
        mux->video->id = TS_PID_VIDEO;
    if (mux->audio)
        mux->audio->id = TS_PID_AUDIO;
    return result;
}

static int mux_init(struct mux *mux)
{
    AVDictionary *options = NULL;
    int result = avformat_alloc_output_context2(&mux->format, NULL, "mpegts", NULL);

    if (result < 0)
        return result;
    mux->packet = av_packet_alloc();
    if (!mux->packet)
        return AVERROR(ENOMEM);
    mux->format->max_delay = 0;
    result = add_streams(mux);
    if (result >= 0)
        result = avio_open_dyn_buf(&mux->format->pb);
    /* PAT and PMT at the head of a segment only; 10000 s is never reached inside one. */
    if (result >= 0)
        result = av_dict_parse_string(
            &options, "mpegts_copyts=1:pes_payload_size=0:pat_period=10000:sdt_period=10000", "=",
            ":", 0);
    if (result >= 0)
        result = av_dict_set(&options, "pcr_period", mux->video ? "1" : "0", 0);
    if (result >= 0)
        result = avformat_write_header(mux->format, &options);
    av_dict_free(&options);
    return result < 0 ? result : 0;
}

static void mux_finish(struct mux *mux)
{
    uint8_t *rest = NULL;

    if (mux->format && mux->format->pb)
        (void)avio_close_dyn_buf(mux->format->pb, &rest);
    av_free(rest);
    avformat_free_context(mux->format);
    av_packet_free(&mux->packet);
}

static int write_packet(struct mux *mux, const AVStream *stream, const uint8_t *data, size_t size,
                        int64_t pts, int64_t dts, int flags)
{
    AVPacket *packet = mux->packet;
    int result;

    av_packet_unref(packet);
    packet->data = (uint8_t *)(uintptr_t)data; /* borrowed: the muxer copies what it keeps */
    packet->size = (int)size;
    packet->stream_index = stream->index;
    packet->pts = pts;
    packet->dts = dts;
    packet->flags = flags;
    result = av_write_frame(mux->format, packet);
    return result < 0 ? result : 0;
}

/* Access unit @p i of segment @p index, in decoding order. */
static int write_unit(struct mux *mux, int64_t index, int64_t i)
{
    const struct timeline *line = mux->source->line;
    const struct video *video = mux->source->video;
    int64_t cycle_start = (index - index % video->segments) * line->frames;
    int64_t place = index % video->segments * line->frames + i;
    const struct video_unit *unit = &video->units[place];

    return write_packet(mux, mux->video, video->bytes.data + unit->offset, unit->size,
                        timeline_video_ticks(line, cycle_start + unit->pts),
                        timeline_video_ticks(line, cycle_start + place - video->delay),
                        i == 0 ? AV_PKT_FLAG_KEY : 0);
}

static int write_audio(struct mux *mux, int64_t frame)
{
    const struct audio *audio = mux->source->audio;
    int64_t k = frame % audio->period;
    int64_t ticks = timeline_audio_ticks(mux->source->line, frame);

    return write_packet(mux, mux->audio, audio->bytes.data + audio->frames[k].offset,
                        audio->frames[k].size, ticks, ticks, 0);
}

/* Writes AAC frames from @p frame on: those of segment @p index that start before @p end, 90 kHz.
 * @return the next one, or a negative AVERROR */
static int64_t write_audio_until(struct mux *mux, int64_t index, int64_t frame, int64_t end)
{
    int64_t frames_end = timeline_audio_first(mux->source->line, index + 1);

    while (frame < frames_end && timeline_audio_ticks(mux->source->line, frame) < end) {
        int result = write_audio(mux, frame++);

        if (result < 0)
            return result;
    }
    return frame;
}

/* Access units and AAC frames by the time at which they are presented or decoded. */
static int write_media(struct mux *mux, int64_t index)
{
    const struct timeline *line = mux->source->line;
    int64_t frame = timeline_audio_first(line, index);

    for (int64_t i = 0; mux->video && i < line->frames; i++) {
        int64_t next = timeline_video_ticks(line, index * line->frames + i + 1);
        int result = write_unit(mux, index, i);

        if (result < 0)
            return result;
        if (mux->audio)
            frame = write_audio_until(mux, index, frame, next);
        if (frame < 0)
            return (int)frame;
    }
    if (mux->audio)
        frame = write_audio_until(mux, index, frame, INT64_MAX);
    return frame < 0 ? (int)frame : 0;
}

static int write_segment(struct mux *mux, int64_t index)
{
    int result = av_opt_set(mux->format->priv_data, "mpegts_flags", "+resend_headers", 0);

    if (result >= 0)
        result = write_media(mux, index);
    return result < 0 ? result : av_write_frame(mux->format, NULL);
}

/* Hands over what the muxer wrote since the last call. */
static int deliver(struct mux *mux, int64_t index, mux_sink *sink, void *arg)
{
    uint8_t *packets = NULL;
    int size = avio_close_dyn_buf(mux->format->pb, &packets);
    int result;

    mux->format->pb = NULL;
    result = avio_open_dyn_buf(&mux->format->pb);
    if (result >= 0)
        result = packets ? sink(arg, index, packets, (size_t)size) : AVERROR(ENOMEM);
    av_free(packets);
    return result;
}

int mux_ts(const struct mux_source *source, int64_t first, int64_t count, mux_sink *sink, void *arg)
{
    struct mux mux = {.source = source};
    int result = mux_init(&mux);

    for (int64_t index = first; index < first + count && result >= 0; index++) {
        result = write_segment(&mux, index);
        if (result >= 0)
            result = deliver(&mux, index, sink, arg);
    }
    mux_finish(&mux);
    return result < 0 ? result : 0;
}

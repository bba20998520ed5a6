/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/mux_streams.h"

int mux_reserve_extradata(AVCodecParameters *par, size_t size)
{
    par->extradata = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!par->extradata)
        return AVERROR(ENOMEM);
    par->extradata_size = (int)size;
    return 0;
}

int mux_add_video(AVFormatContext *format, const struct video *video, AVStream **ret)
{
    AVStream *stream = avformat_new_stream(format, NULL);

    if (!stream)
        return AVERROR(ENOMEM);
    stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    stream->codecpar->codec_id = AV_CODEC_ID_H264;
    stream->codecpar->width = video->width;
    stream->codecpar->height = video->height;
    *ret = stream;
    return 0;
}

int mux_add_audio(AVFormatContext *format, const struct audio *audio, AVStream **ret)
{
    const struct buffer *config = &audio->config;
    AVStream *stream = avformat_new_stream(format, NULL);
    AVCodecParameters *par;

    if (!stream)
        return AVERROR(ENOMEM);
    par = stream->codecpar;
    par->codec_type = AVMEDIA_TYPE_AUDIO;
    par->codec_id = AV_CODEC_ID_AAC;
    par->sample_rate = TIMELINE_SAMPLE_RATE;
    av_channel_layout_default(&par->ch_layout, AUDIO_CHANNELS);
    if (mux_reserve_extradata(par, config->size) < 0)
        return AVERROR(ENOMEM);
    memcpy(par->extradata, config->data, config->size);
    *ret = stream;
    return 0;
}

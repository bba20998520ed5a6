/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every muxer of libavformat is told of video and sound. */
#ifndef HLSGEN_MEDIA_MUX_STREAMS_H
#define HLSGEN_MEDIA_MUX_STREAMS_H

#include <libavformat/avformat.h>

#include "media/audio.h"
#include "media/video.h"

/** Each adds a stream. @param ret owned by @p format @return 0 or AVERROR(ENOMEM) */
int mux_add_video(AVFormatContext *format, const struct video *video, AVStream **ret);
int mux_add_audio(AVFormatContext *format, const struct audio *audio, AVStream **ret);

/** Makes room in @p par for @p size bytes of extradata. @return 0 or AVERROR(ENOMEM) */
int mux_reserve_extradata(AVCodecParameters *par, size_t size);

#endif

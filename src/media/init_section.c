/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initialization section by libavformat: from the header that its muxer writes before there are
 * samples (empty_moov). The parameter sets stand in its sample entry (avc1) and nowhere else. As
 * CMAF it is marked when it has one track.
 */
#include "media/fragments.h"
#include "media/h264.h"
#include "media/mux.h"
#include "media/mux_streams.h"

static int add_video(AVFormatContext *format, const struct mux_source *source)
{
    const struct video_unit *first = &source->video->units[0];
    AVStream *stream;
    AVCodecParameters *par;
    int result = mux_add_video(format, source->video, &stream);

    if (result < 0)
        return result;
    stream->avg_frame_rate = (AVRational){(int)source->line->rate_num, (int)source->line->rate_den};
    stream->sample_aspect_ratio = (AVRational){1, 1};
    par = stream->codecpar;
    par->sample_aspect_ratio = stream->sample_aspect_ratio;
    result = mux_reserve_extradata(par, first->size);
    if (result == 0)
        par->extradata_size = (int)h264_copy_parameter_sets(
            par->extradata, source->video->bytes.data + first->offset, first->size);
    return result;
}

static int add_streams(AVFormatContext *format, const struct mux_source *source)
{
    AVStream *stream;
    int result = source->video ? add_video(format, source) : 0;

    return result == 0 && source->audio ? mux_add_audio(format, source->audio, &stream) : result;
}

static int write_header(AVFormatContext *format, const struct mux_source *source)
{
    bool single = !source->video || !source->audio;
    AVDictionary *options = NULL;
    int result = av_dict_set(&options, "movflags",
                             single ? "frag_custom+empty_moov+default_base_moof+cmaf"
                                    : "frag_custom+empty_moov+default_base_moof",
                             0);

    if (result >= 0)
        result = av_dict_set(&options, "use_editlist", "0", 0);
    if (result >= 0)
        result = av_dict_set_int(&options, "video_track_timescale",
                                 fragments_video_scale(source->line), 0);
    if (result >= 0)
        result = avformat_write_header(format, &options);
    av_dict_free(&options);
    return result < 0 ? result : 0;
}

static int make(AVFormatContext *format, const struct mux_source *source)
{
    int result = add_streams(format, source);

    format->flags |= AVFMT_FLAG_BITEXACT; /* no name of a version in it */
    if (result == 0)
        result = avio_open_dyn_buf(&format->pb);
    return result < 0 ? result : write_header(format, source);
}

int mux_init_section(const struct mux_source *source, struct buffer *ret)
{
    AVFormatContext *format = NULL;
    uint8_t *bytes = NULL;
    int size = 0;
    int result = avformat_alloc_output_context2(&format, NULL, "mp4", NULL);

    if (result < 0)
        return result;
    result = make(format, source);
    if (format->pb)
        size = avio_close_dyn_buf(format->pb, &bytes);
    format->pb = NULL;
    if (result == 0)
        result = bytes ? buffer_append(ret, bytes, (size_t)size) : AVERROR(ENOMEM);
    av_free(bytes);
    avformat_free_context(format);
    return result;
}

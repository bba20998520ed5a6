/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel of constant rate carries segment_bytes a segment. Access units that are larger than
 * their share (IDR pictures) borrow from those behind them, up to the lead of the PCR over the DTS;
 * smaller ones are filled up to the line. Every segment ends on the line, so each stands alone.
 */
#include "media/video_fill.h"

#include <libavutil/error.h>
#include <string.h>

#include "media/h264.h"

int64_t video_segment_bytes(const struct timeline *line, int64_t bitrate)
{
    return bitrate * line->frames * line->rate_den / (8 * line->rate_num);
}

/* What the channel can have carried when unit @p i of a segment is decoded. */
static double carried_by(const struct video *video, const struct timeline *line,
                         int64_t segment_bytes, int64_t i)
{
    double seconds = (double)line->frames * (double)line->rate_den / (double)line->rate_num;
    double place = (double)(i - video->delay) / (double)line->frames;

    /* A twentieth is kept back for what the transport stream adds unevenly. */
    return (double)segment_bytes * (place + 0.95 * VIDEO_LEAD_MS / 1000 / seconds);
}

double video_excess(const struct video *video, const struct timeline *line, int64_t segment_bytes)
{
    double worst = 0;
    int64_t sent = 0;

    for (int64_t unit = 0; unit < video->count; unit++) {
        int64_t i = unit % line->frames;
        double limit = carried_by(video, line, segment_bytes, i);

        sent = (i == 0 ? 0 : sent) + (int64_t)video->units[unit].size;
        if (i == line->frames - 1 || limit > (double)(segment_bytes - H264_FILLER_MIN))
            limit = (double)(segment_bytes - H264_FILLER_MIN);
        if (limit <= 0 || (double)sent / limit > worst)
            worst = limit <= 0 ? (double)video->count : (double)sent / limit;
    }
    return worst;
}

/* Copies a unit behind @p to and fills it up to @p line_bytes since the segment's start. */
static int append_filled(struct buffer *to, const struct buffer *from, struct video_unit *unit,
                         size_t segment_start, size_t line_bytes)
{
    const uint8_t *data = from->data + unit->offset;
    size_t offset = to->size;
    size_t sent = offset - segment_start + unit->size;
    size_t filler = sent + H264_FILLER_MIN <= line_bytes ? line_bytes - sent : 0;
    uint8_t *place = buffer_extend(to, unit->size + filler);

    if (!place)
        return AVERROR(ENOMEM);
    memcpy(place, data, unit->size);
    if (filler > 0)
        h264_write_filler(place + unit->size, filler);
    unit->offset = offset;
    unit->size += filler;
    return 0;
}

int video_fill(struct video *video, const struct timeline *line, int64_t segment_bytes)
{
    struct buffer filled = {0};
    size_t segment_start = 0;

    for (int64_t unit = 0; unit < video->count; unit++) {
        int64_t i = unit % line->frames;
        int result;

        if (i == 0)
            segment_start = filled.size;
        result = append_filled(&filled, &video->bytes, &video->units[unit], segment_start,
                               (size_t)(segment_bytes * (i + 1) / line->frames));
        if (result < 0) {
            buffer_finish(&filled);
            return result;
        }
    }
    buffer_finish(&video->bytes);
    video->bytes = filled;
    return 0;
}

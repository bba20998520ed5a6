/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel of constant rate carries segment_bytes a segment. Access units that are larger than
 * their share (IDR pictures) borrow from those behind them, up to the lead of the PCR over the DTS;
 * smaller ones are filled up to the line. Every segment ends on the line, so each stands alone.
 */
#include "media/video_fill.h"

#include <libavutil/error.h>
#include <stdlib.h>
#include <string.h>

#include "media/h264.h"

enum {
    EXCESS_MAX = 16000,
};

int64_t video_segment_bytes(const struct timeline *line, int64_t bitrate)
{
    return bitrate * line->frames * line->rate_den / (8 * line->rate_num);
}

/* Bytes that the channel has carried when unit @p i of a segment is decoded. */
static int64_t carried_by(const struct video *video, const struct timeline *line,
                          int64_t segment_bytes, int64_t i)
{
    /* A twentieth of the lead is kept back for what the transport stream adds unevenly. */
    int64_t lead_ms = VIDEO_LEAD_MS * 19 / 20;
    int64_t lead =
        segment_bytes * lead_ms * line->rate_num / (1000 * line->frames * line->rate_den);
    int64_t carried = segment_bytes * (i - video->delay) / line->frames + lead;
    int64_t most = segment_bytes - H264_FILLER_MIN;

    return i == line->frames - 1 || carried > most ? most : carried;
}

int64_t video_excess(const struct video *video, const struct timeline *line, int64_t segment_bytes)
{
    int64_t worst = 0;
    int64_t sent = 0;

    for (int64_t unit = 0; unit < video->count; unit++) {
        int64_t i = unit % line->frames;
        int64_t carried = carried_by(video, line, segment_bytes, i);
        int64_t excess;

        sent = (i == 0 ? 0 : sent) + (int64_t)video->units[unit].size;
        excess = carried > 0 ? (sent * 1000 + carried - 1) / carried : EXCESS_MAX;
        if (excess > worst)
            worst = excess;
    }
    return worst < EXCESS_MAX ? worst : EXCESS_MAX;
}

/*
 * The bytes since the segment's start that each of its units, @p units, is filled up to: the line,
 * or less where that would take the place of larger units behind it.
 */
static void find_targets(const struct video *video, const struct timeline *line,
                         int64_t segment_bytes, const struct video_unit *units, int64_t *targets)
{
    int64_t most = segment_bytes;

    for (int64_t i = line->frames - 1; i >= 0; i--) {
        int64_t on_line = segment_bytes * (i + 1) / line->frames;
        int64_t carried = carried_by(video, line, segment_bytes, i);

        targets[i] = on_line < most ? on_line : most;
        most = (carried < most ? carried : most) - (int64_t)units[i].size;
    }
}

/* Copies a unit behind @p to, which has room, and fills it so that @p to ends at @p target. */
static void append_filled(struct buffer *to, const struct buffer *from, struct video_unit *unit,
                          size_t target)
{
    size_t offset = to->size;
    size_t sent = offset + unit->size;
    size_t filler = sent + H264_FILLER_MIN <= target ? target - sent : 0;

    memcpy(to->data + offset, from->data + unit->offset, unit->size);
    if (filler > 0)
        h264_write_filler(to->data + sent, filler);
    unit->offset = offset;
    unit->size += filler;
    to->size = sent + filler;
}

int video_fill(struct video *video, const struct timeline *line, int64_t segment_bytes)
{
    size_t bytes = (size_t)(video->count / line->frames * segment_bytes);
    int64_t *targets = calloc((size_t)line->frames, sizeof(*targets));
    struct buffer filled = {0};

    if (!targets || !buffer_extend(&filled, bytes)) {
        free(targets);
        return AVERROR(ENOMEM);
    }
    filled.size = 0;
    for (int64_t first = 0; first < video->count; first += line->frames) {
        struct video_unit *units = video->units + first;
        size_t start = filled.size;

        find_targets(video, line, segment_bytes, units, targets);
        for (int64_t i = 0; i < line->frames; i++)
            append_filled(&filled, &video->bytes, &units[i], start + (size_t)targets[i]);
    }
    free(targets);
    buffer_finish(&video->bytes);
    video->bytes = filled;
    return 0;
}

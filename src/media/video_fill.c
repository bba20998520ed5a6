/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel of constant rate carries segment_bytes a segment. Access units that are larger than
 * their share (IDR pictures) borrow from those behind them, up to the lead of the PCR over the DTS;
 * smaller ones are filled up to the line. Every segment ends on the line, so each stands alone, and
 * the next may have another rate.
 *
 * Rates that vary are the steps of a ladder, evenly spaced from -x to +x percent: one by one from
 * below, or shuffled. Each step has its opposite, so their sum is that of the declared rate.
 */
#include "media/video_fill.h"

#include <libavutil/error.h>
#include <stdlib.h>
#include <string.h>

#include "media/h264.h"

enum {
    EXCESS_MAX = 16000,
    SAWTOOTH_STEPS = 8,
    RANDOM_STEPS = 16,
};

int64_t video_bitrate_cycle(const struct preset *preset)
{
    switch ((enum preset_bitrate_pattern)preset->video.bitrate_pattern) {
    case BITRATE_SAWTOOTH:
        return SAWTOOTH_STEPS;
    case BITRATE_RANDOM:
        return RANDOM_STEPS;
    case BITRATE_CONSTANT:
        break;
    }
    return 1;
}

/* SplitMix64 (Steele, Lea and Flood, 2014): a good number of each state, the states of any seed. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Step @p place of the ladder shuffled by @p seed, as Fisher and Yates do. */
static int64_t shuffled_step(int64_t seed, int64_t place)
{
    uint64_t state = (uint64_t)seed;
    int steps[RANDOM_STEPS] = {0};

    for (int i = 0; i < RANDOM_STEPS; i++) {
        int other = (int)(next_random(&state) % (uint64_t)(i + 1));

        steps[i] = steps[other];
        steps[other] = i;
    }
    return steps[place];
}

int64_t video_segment_bytes(const struct preset *preset, const struct timeline *line, int64_t index)
{
    int64_t mean = preset->video.bitrate * line->frames * line->rate_den / (8 * line->rate_num);
    int64_t steps = video_bitrate_cycle(preset);
    int64_t step = index % steps;

    if (steps == 1)
        return mean;
    if (preset->video.bitrate_pattern == BITRATE_RANDOM)
        step = shuffled_step(preset->video.bitrate_seed, step);
    return mean +
           mean * preset->video.bitrate_variation * (2 * step - (steps - 1)) / (100 * (steps - 1));
}

struct video_range video_bytes_range_of(const struct preset *preset, const struct timeline *line)
{
    int64_t first = video_segment_bytes(preset, line, 0);
    struct video_range range = {first, first};

    for (int64_t i = 1; i < video_bitrate_cycle(preset); i++) {
        int64_t bytes = video_segment_bytes(preset, line, i);

        range.least = bytes < range.least ? bytes : range.least;
        range.most = bytes > range.most ? bytes : range.most;
    }
    return range;
}

struct video_range video_bitrate_range_of(const struct preset *preset)
{
    int64_t percent =
        preset->video.bitrate_pattern == BITRATE_CONSTANT ? 0 : preset->video.bitrate_variation;

    return (struct video_range){
        .least = preset->video.bitrate * (100 - percent) / 100,
        .most = preset->video.bitrate * (100 + percent) / 100,
    };
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

int video_fill(struct video *video, const struct timeline *line, const int64_t *sizes)
{
    int64_t *targets = calloc((size_t)line->frames, sizeof(*targets));
    struct buffer filled = {0};
    size_t bytes = 0;

    for (int64_t segment = 0; segment < video->segments; segment++)
        bytes += (size_t)sizes[segment];
    if (!targets || buffer_reserve(&filled, bytes) < 0) {
        free(targets);
        return AVERROR(ENOMEM);
    }
    for (int64_t segment = 0; segment < video->segments; segment++) {
        struct video_unit *units = video->units + segment * line->frames;
        size_t start = filled.size;

        find_targets(video, line, sizes[segment], units, targets);
        for (int64_t i = 0; i < line->frames; i++)
            append_filled(&filled, &video->bytes, &units[i], start + (size_t)targets[i]);
    }
    free(targets);
    buffer_finish(&video->bytes);
    video->bytes = filled;
    return 0;
}

int video_complete(struct video *video, const struct preset *preset, const struct timeline *line,
                   int64_t first, int64_t segments)
{
    int64_t once = video->count;
    int64_t *sizes;
    int result;

    while (video->count < segments * line->frames) {
        video->units[video->count] = video->units[video->count - once];
        video->units[video->count].pts += once;
        video->count++;
    }
    video->segments = segments;
    if (!preset_has_filler(preset))
        return 0;
    sizes = calloc((size_t)segments, sizeof(*sizes));
    if (!sizes)
        return AVERROR(ENOMEM);
    for (int64_t i = 0; i < segments; i++)
        sizes[i] = video_segment_bytes(preset, line, first + i);
    result = video_fill(video, line, sizes);
    free(sizes);
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An access unit becomes a sample by h264_write_sample(): NAL units with their length before them,
 * the parameter sets and the delimiter left out (ISO 14496-15, clause 5): those stand in the sample
 * entry (avc1), and where one ends the file says.
 */
#include "media/fragments.h"

#include <libavutil/error.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "media/box.h"
#include "media/h264.h"
#include "media/mux.h"

enum {
    TFHD_FLAGS = 0x020028,     /* default-base-is-moof; duration and flags of the samples */
    TRUN_FLAGS = 0x000201,     /* data-offset, sample sizes */
    TRUN_REORDERS = 0x0800,    /* composition offsets */
    SAMPLE_SYNC = 0x02000000,  /* depends on no other */
    SAMPLE_OTHER = 0x01010000, /* depends on others, is no sync sample */
    STYP_SIZE = BOX_HEAD + 16,
    MOOF_SIZE = BOX_HEAD + BOX_FULL_HEAD + 4,
    TRAF_SIZE = BOX_HEAD + (BOX_FULL_HEAD + 12) + (BOX_FULL_HEAD + 8) + (BOX_FULL_HEAD + 8),
    PICTURE_SIZE = 8, /* of an entry in trun */
    SOUND_SIZE = 4,
};

/* The samples of a track in a chunk: what its traf says, and where more has to be written. */
struct run {
    uint32_t track;
    uint32_t flags;
    uint32_t duration; /* of each */
    uint64_t time;
    int64_t first; /* picture of the segment, or AAC frame since the epoch */
    int64_t count;
    bool reorders;
    uint8_t *data_offset;
    uint8_t *entries;
};

/* A segment that is being written. */
struct writer {
    const struct mux_source *source;
    int64_t index;
    uint8_t *at;
};

int64_t fragments_video_scale(const struct timeline *line)
{
    return line->rate_den == 1 ? line->rate_num * 1000 : line->rate_num;
}

int64_t fragments_picture_duration(const struct timeline *line)
{
    return line->rate_den == 1 ? 1000 : line->rate_den;
}

uint32_t fragments_sequence(int64_t index, int64_t chunk)
{
    return (uint32_t)(2 * (uint64_t)index + 1 + (uint64_t)chunk);
}

uint64_t fragments_video_time(const struct timeline *line, int64_t index, int64_t i)
{
    return (uint64_t)((index * line->frames + i) * fragments_picture_duration(line) +
                      line->media_start * fragments_video_scale(line));
}

uint64_t fragments_audio_time(const struct timeline *line, int64_t index)
{
    return (uint64_t)(timeline_audio_first(line, index) * TIMELINE_AAC_SAMPLES +
                      line->media_start * TIMELINE_SAMPLE_RATE);
}

size_t fragments_boxes_max(int64_t pictures, int64_t sounds)
{
    size_t chunk = MOOF_SIZE + 2 * TRAF_SIZE + BOX_HEAD;

    return STYP_SIZE + 2 * chunk + BOX_HEAD + (size_t)pictures * PICTURE_SIZE +
           (size_t)sounds * SOUND_SIZE;
}

/* ---- what is in a chunk ---------------------------------------------------------------------- */

static struct run pictures_of(const struct writer *writer, int64_t first, int64_t count)
{
    const struct timeline *line = writer->source->line;

    return (struct run){
        .track = FRAGMENTS_VIDEO_TRACK,
        .flags = first == 0 ? SAMPLE_SYNC : SAMPLE_OTHER,
        .duration = (uint32_t)fragments_picture_duration(line),
        .time = fragments_video_time(line, writer->index, first - writer->source->video->delay),
        .first = first,
        .count = count,
        .reorders = writer->source->video->delay > 0,
    };
}

static struct run sounds_of(const struct writer *writer)
{
    const struct timeline *line = writer->source->line;
    int64_t first = timeline_audio_first(line, writer->index);

    return (struct run){
        .track = writer->source->video ? FRAGMENTS_VIDEO_TRACK + 1 : 1,
        .flags = SAMPLE_SYNC,
        .duration = TIMELINE_AAC_SAMPLES,
        .time = fragments_audio_time(line, writer->index),
        .first = first,
        .count = timeline_audio_first(line, writer->index + 1) - first,
    };
}

/* ---- boxes ----------------------------------------------------------------------------------- */

/* Of one track it is a CMAF segment; with two tracks it is none, and CMAF has no name for it. */
static void put_styp(struct writer *writer)
{
    bool single = !writer->source->video || !writer->source->audio;
    uint8_t *box = writer->at;
    uint8_t *at = box_begin(box, "styp");

    at = box_put_type(at, "msdh");
    at = box_put32(at, 0);
    at = box_put_type(at, "msdh");
    writer->at = box_put_type(at, single ? "cmfs" : "iso6");
    box_end(box, writer->at);
}

static uint8_t *put_trun(uint8_t *at, struct run *run)
{
    uint8_t *box = at;

    at = box_begin_full(at, "trun", 0, TRUN_FLAGS | (run->reorders ? TRUN_REORDERS : 0));
    at = box_put32(at, (uint32_t)run->count);
    run->data_offset = at;
    run->entries = at + 4;
    at = run->entries + run->count * (run->reorders ? 8 : 4);
    box_end(box, at);
    return at;
}

static uint8_t *put_traf(uint8_t *at, struct run *run)
{
    uint8_t *traf = at;
    uint8_t *box = box_begin(traf, "traf");

    at = box_begin_full(box, "tfhd", 0, TFHD_FLAGS);
    at = box_put32(at, run->track);
    at = box_put32(at, run->duration);
    at = box_put32(at, run->flags);
    box_end(box, at);
    box = at;
    at = box_begin_full(box, "tfdt", 1, 0);
    at = box_put64(at, run->time);
    box_end(box, at);
    at = put_trun(at, run);
    box_end(traf, at);
    return at;
}

/* Moves to where the contents of its mdat begin. */
static uint8_t *put_moof(struct writer *writer, int64_t chunk, struct run *runs, int count)
{
    uint8_t *moof = writer->at;
    uint8_t *box = box_begin(moof, "moof");
    uint8_t *at = box_begin_full(box, "mfhd", 0, 0);

    at = box_put32(at, fragments_sequence(writer->index, chunk));
    box_end(box, at);
    for (int i = 0; i < count; i++)
        at = put_traf(at, &runs[i]);
    box_end(moof, at);
    writer->at = box_begin(at, "mdat");
    return moof;
}

/* ---- samples --------------------------------------------------------------------------------- */

/* A picture is decoded video->delay frames before its place in the order of decoding. */
static void put_pictures(struct writer *writer, const uint8_t *moof, const struct run *run)
{
    const struct video *video = writer->source->video;
    int64_t cycle_start = writer->index % video->segments * writer->source->line->frames;
    uint8_t *entry = run->entries;

    (void)box_put32(run->data_offset, (uint32_t)(writer->at - moof));
    for (int64_t i = run->first; i < run->first + run->count; i++) {
        const struct video_unit *unit = &video->units[cycle_start + i];
        size_t size = h264_write_sample(writer->at, video->bytes.data + unit->offset, unit->size);

        writer->at += size;
        entry = box_put32(entry, (uint32_t)size);
        if (run->reorders)
            entry = box_put32(entry, (uint32_t)(unit->pts - (cycle_start + i - video->delay)) *
                                         run->duration);
    }
}

static void put_sounds(struct writer *writer, const uint8_t *moof, const struct run *run)
{
    const struct audio *audio = writer->source->audio;
    uint8_t *entry = run->entries;

    (void)box_put32(run->data_offset, (uint32_t)(writer->at - moof));
    for (int64_t frame = run->first; frame < run->first + run->count; frame++) {
        int64_t k = frame % audio->period;

        memcpy(writer->at, audio->bytes.data + audio->frames[k].offset, audio->frames[k].size);
        writer->at += audio->frames[k].size;
        entry = box_put32(entry, (uint32_t)audio->frames[k].size);
    }
}

/* ---- segments -------------------------------------------------------------------------------- */

/* Free space up to where the largest IDR picture ends, and a box head. */
static void put_room(struct writer *writer, const uint8_t *picture)
{
    size_t written = (size_t)(writer->at - picture);
    size_t size = writer->source->video->units[0].size + BOX_HEAD - written;

    memset(box_begin(writer->at, "free"), 0, size - BOX_HEAD);
    box_end(writer->at, writer->at + size);
    writer->at += size;
}

static void put_first_chunk(struct writer *writer)
{
    struct run run = pictures_of(writer, 0, 1);
    const uint8_t *moof = put_moof(writer, 0, &run, 1);
    uint8_t *picture = writer->at;

    put_pictures(writer, moof, &run);
    box_end(picture - BOX_HEAD, writer->at);
    if (writer->source->video->anew)
        put_room(writer, picture);
}

static void put_second_chunk(struct writer *writer)
{
    const struct mux_source *source = writer->source;
    struct run runs[2];
    int count = 0;
    const uint8_t *moof;
    uint8_t *mdat;

    if (source->video)
        runs[count++] = pictures_of(writer, 1, source->line->frames - 1);
    if (source->audio)
        runs[count++] = sounds_of(writer);
    moof = put_moof(writer, source->video ? 1 : 0, runs, count);
    mdat = writer->at - BOX_HEAD;
    if (source->audio)
        put_sounds(writer, moof, &runs[count - 1]);
    if (source->video)
        put_pictures(writer, moof, &runs[0]);
    box_end(mdat, writer->at);
}

/* Upwards: a NAL unit may have had a start code that is shorter than its length is here. */
static size_t room_of(const struct mux_source *source, int64_t index)
{
    const struct timeline *line = source->line;
    int64_t first = timeline_audio_first(line, index);
    int64_t end = timeline_audio_first(line, index + 1);
    size_t room = fragments_boxes_max(line->frames, end - first);

    for (int64_t i = 0; source->video && i < line->frames; i++)
        room += source->video->units[index % source->video->segments * line->frames + i].size + 16;
    for (int64_t frame = first; source->audio && frame < end; frame++)
        room += source->audio->frames[frame % source->audio->period].size;
    return room;
}

int mux_fmp4(const struct mux_source *source, int64_t first, int64_t count, mux_sink *sink,
             void *arg)
{
    int result = 0;

    for (int64_t index = first; index < first + count && result == 0; index++) {
        uint8_t *bytes = malloc(room_of(source, index));
        struct writer writer = {source, index, bytes};

        if (!bytes)
            return AVERROR(ENOMEM);
        put_styp(&writer);
        if (source->video)
            put_first_chunk(&writer);
        put_second_chunk(&writer);
        result = sink(arg, index, bytes, (size_t)(writer.at - bytes));
        free(bytes);
    }
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments as fragmented MPEG-4 (fragments.h). A segment has the size of its boxes, of its sound
 * and of the video that the bit rate declares; what of that is missing is free space (ISO 14496-12
 * 8.1.2), never filler data, which ISO 14496-15 keeps out of samples. To patch there are a sequence
 * number and a decode time or two in each chunk.
 */
#include <errno.h>
#include <string.h>

#include "media/box.h"
#include "media/container.h"
#include "media/cycle.h"
#include "media/fragments.h"
#include "media/video_fill.h"

enum patch_kind {
    PATCH_SEQUENCE = CONTAINER_COUNTER + 1,
    PATCH_VIDEO_TIME,
    PATCH_AUDIO_TIME,
};

enum {
    PATCHES_MAX = 5, /* of two chunks: sequence numbers, times of pictures, and of sound in one */
    CHUNKS_MAX = 2,
    MFHD_SEQUENCE = BOX_FULL_HEAD, /* offsets in their boxes */
    TFHD_TRACK = BOX_FULL_HEAD,
    TFDT_TIME = BOX_FULL_HEAD,
};

static int keep(struct buffer *to, const uint8_t *bytes, size_t size)
{
    return buffer_append(to, bytes, size);
}

/* ---- size and layout ------------------------------------------------------------------------- */

static size_t sound_bytes(const struct cycle_source *source, int64_t index)
{
    const struct audio *audio = source->audio;
    int64_t end = timeline_audio_first(source->line, index + 1);
    size_t bytes = 0;

    for (int64_t i = timeline_audio_first(source->line, index); audio && i < end; i++)
        bytes += audio->frames[i % audio->period].size;
    return bytes;
}

/* Of declared video, if there is any: whatever the samples are, they are not larger. */
static size_t declared_size(const struct cycle_source *source, int64_t index)
{
    const struct timeline *line = source->line;
    int64_t sounds = timeline_audio_first(line, index + 1) - timeline_audio_first(line, index);

    if (!source->video)
        return 0;
    return fragments_boxes_max(line->frames, sounds) + sound_bytes(source, index) +
           (size_t)video_segment_bytes(source->preset, line, index);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t fit(const struct cycle_source *source, int64_t index, const struct buffer *muxed,
                  size_t least)
{
    return larger(larger(declared_size(source, index), muxed->size) + BOX_HEAD, least);
}

static int place(const struct cycle_source *source, int64_t index, const struct buffer *muxed,
                 size_t size, uint8_t *to)
{
    uint8_t *room = to + muxed->size;

    (void)source;
    (void)index;
    if (muxed->size + BOX_HEAD > size)
        return -EINVAL;
    memcpy(to, muxed->data, muxed->size);
    memset(box_begin(room, "free"), 0, size - muxed->size - BOX_HEAD);
    box_end(room, to + size);
    return 0;
}

static size_t bound(const struct preset *preset, const struct timeline *line)
{
    int64_t sounds = preset_has_audio(preset) ? timeline_audio_first(line, 1) + 1 : 0;
    int64_t sound = preset->audio.bitrate * TIMELINE_AAC_SAMPLES / 8 / TIMELINE_SAMPLE_RATE + 1;
    int64_t video = preset_has_video(preset) ? video_bytes_range_of(preset, line).most : 0;

    /* A beep's frames may take what those of the segment before have left. */
    return fragments_boxes_max(line->frames, sounds) +
           (size_t)(sounds * sound + AUDIO_DECODER_BUFFER + video) + BOX_HEAD;
}

/* ---- what to patch --------------------------------------------------------------------------- */

static void add_patch(struct template_scan *scan, enum patch_kind kind, const uint8_t *field,
                      int64_t ordinal)
{
    template_add(scan, (struct patch){
                           .offset = (uint32_t)(field - scan->template->bytes),
                           .kind = (uint8_t)kind,
                           .ordinal = (int32_t)ordinal,
                       });
}

/* Before the second chunk with pictures there is one of them. */
static void scan_moof(struct template_scan *scan, const uint8_t *moof, int64_t chunk)
{
    const uint8_t *end = moof + box_read32(moof);
    const uint8_t *traf = box_child(moof, "traf");

    add_patch(scan, PATCH_SEQUENCE, box_child(moof, "mfhd") + MFHD_SEQUENCE, chunk);
    for (; traf; traf = box_find(traf + box_read32(traf), end, "traf")) {
        uint32_t track = box_read32(box_child(traf, "tfhd") + TFHD_TRACK);
        const uint8_t *time = box_child(traf, "tfdt") + TFDT_TIME;

        if (scan->video && track == FRAGMENTS_VIDEO_TRACK)
            add_patch(scan, PATCH_VIDEO_TIME, time, chunk - scan->video->delay);
        else
            add_patch(scan, PATCH_AUDIO_TIME, time, 0);
    }
}

static int scan(struct template_scan *scan)
{
    const uint8_t *end = scan->template->bytes + scan->template->size;
    const uint8_t *moof = box_find(scan->template->bytes, end, "moof");

    for (int64_t chunk = 0; moof; chunk++) {
        if (chunk == CHUNKS_MAX)
            return -EINVAL;
        scan_moof(scan, moof, chunk);
        moof = box_find(moof + box_read32(moof), end, "moof");
    }
    return 0;
}

static size_t patches_max(size_t size)
{
    (void)size;
    return PATCHES_MAX;
}

static void patch(struct template *template, const struct patch *patch, const struct timeline *line,
                  int64_t index)
{
    uint8_t *field = template->bytes + patch->offset;

    switch ((enum patch_kind)patch->kind) {
    case PATCH_SEQUENCE:
        (void)box_put32(field, fragments_sequence(index, patch->ordinal));
        break;
    case PATCH_VIDEO_TIME:
        (void)box_put64(field, fragments_video_time(line, index, patch->ordinal));
        break;
    case PATCH_AUDIO_TIME:
        (void)box_put64(field, fragments_audio_time(line, index));
        break;
    }
}

/* The first chunk, which the second shows to be whole, free space in it included: so it is as long
 * as that of any other segment where pictures are written anew. */
static size_t find_picture(const uint8_t *segment, size_t size, size_t *ret_start)
{
    const uint8_t *end = segment + size;
    const uint8_t *first = box_find(segment, end, "moof");
    const uint8_t *second = first ? box_find(first + box_read32(first), end, "moof") : NULL;

    *ret_start = 0;
    return second ? (size_t)(second - segment) : 0;
}

/* ---- pictures that are written anew ---------------------------------------------------------- */

static int find_places(const struct template *template, const struct preset *preset,
                       const struct timeline *line, union container_places *ret)
{
    (void)preset;
    return samples_init(&ret->samples, template->bytes, template->size, line->frames);
}

static void write_unit(union container_places *places, uint8_t *bytes, int64_t unit,
                       const uint8_t *data, size_t size)
{
    samples_write(&places->samples, bytes, unit, data, size);
}

static void forget_places(union container_places *places)
{
    (void)places;
}

const struct container container_fmp4 = {
    .media_start = FRAGMENTS_MEDIA_START,
    .make_init_section = mux_init_section,
    .mux = mux_fmp4,
    .keep = keep,
    .fit = fit,
    .place = place,
    .patches_max = patches_max,
    .scan = scan,
    .patch = patch,
    .find_picture = find_picture,
    .find_places = find_places,
    .write_unit = write_unit,
    .forget_places = forget_places,
    .bound = bound,
};

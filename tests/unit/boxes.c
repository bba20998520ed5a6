/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/boxes.h"

#include <string.h>

#include "tests/unit/suite.h"

/* Baseline, level 1.3, 320x180. */
static const uint8_t sps[] = {0x67, 0x42, 0xc0, 0x0d, 0xda, 0x05, 0x06, 0x7e,
                              0x7c, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40,
                              0x00, 0x00, 0x0f, 0x03, 0xc5, 0x0a, 0xa8};

void boxes_put(struct boxes *boxes, uint64_t number, int bytes)
{
    ck_assert(boxes->size + (size_t)bytes <= BOXES_SIZE);
    for (int i = bytes - 1; i >= 0; i--)
        boxes->data[boxes->size++] = (uint8_t)(number >> (8 * i));
}

void boxes_zeros(struct boxes *boxes, size_t count)
{
    ck_assert(boxes->size + count <= BOXES_SIZE);
    memset(boxes->data + boxes->size, 0, count);
    boxes->size += count;
}

static void put_text(struct boxes *boxes, const char *text)
{
    for (; *text; text++)
        boxes_put(boxes, (uint8_t)*text, 1);
}

void boxes_begin(struct boxes *boxes, const char *type)
{
    ck_assert(boxes->depth < BOXES_DEPTH);
    boxes->open[boxes->depth++] = boxes->size;
    boxes_put(boxes, 0, 4);
    put_text(boxes, type);
}

static void put_at(struct boxes *boxes, size_t at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        boxes->data[at + (size_t)i] = (uint8_t)(number >> (24 - 8 * i));
}

void boxes_end(struct boxes *boxes)
{
    size_t begin = boxes->open[--boxes->depth];

    put_at(boxes, begin, (uint32_t)(boxes->size - begin));
}

/* ---- initialization section ------------------------------------------------------------------ */

static void add_video_entry(struct boxes *boxes, const struct boxes_track *track)
{
    boxes_begin(boxes, track->entry);
    boxes_zeros(boxes, 24);
    boxes_put(boxes, 320, 2);
    boxes_put(boxes, 180, 2);
    boxes_zeros(boxes, 50);
    boxes_begin(boxes, "avcC");
    boxes_put(boxes, 0x0142c00d, 4);
    boxes_put(boxes, 0xfcU | ((unsigned)track->length_size - 1), 1);
    boxes_put(boxes, 0xe1, 1);
    boxes_put(boxes, sizeof(sps), 2);
    for (size_t i = 0; i < sizeof(sps); i++)
        boxes_put(boxes, sps[i], 1);
    boxes_put(boxes, 1, 1);
    boxes_put(boxes, 4, 2);
    boxes_put(boxes, 0x68ce3c80, 4);
    boxes_end(boxes);
    boxes_end(boxes);
}

static void add_sound_entry(struct boxes *boxes)
{
    boxes_begin(boxes, "mp4a");
    boxes_zeros(boxes, 16);
    boxes_put(boxes, 2, 2);
    boxes_put(boxes, 16, 2);
    boxes_zeros(boxes, 4);
    boxes_put(boxes, UINT32_C(48000) << 16, 4);
    boxes_begin(boxes, "esds");
    boxes_zeros(boxes, 4);
    boxes_put(boxes, 0x03808080, 4);
    boxes_put(boxes, 0x22, 1);
    boxes_zeros(boxes, 3);
    boxes_put(boxes, 0x0411, 2);
    boxes_put(boxes, 0x4015, 2);
    boxes_zeros(boxes, 11);
    boxes_put(boxes, 0x0502, 2);
    boxes_put(boxes, 0x1190, 2); /* AAC-LC, 48 kHz, stereo */
    boxes_end(boxes);
    boxes_end(boxes);
}

static void add_edits(struct boxes *boxes, const struct boxes_track *track)
{
    boxes_begin(boxes, "edts");
    boxes_begin(boxes, "elst");
    boxes_put(boxes, 0, 4);
    boxes_put(boxes, 2, 4);
    boxes_put(boxes, (uint64_t)track->delay, 4);
    boxes_put(boxes, UINT32_MAX, 4);
    boxes_put(boxes, 0x10000, 4);
    boxes_put(boxes, 0, 4);
    boxes_put(boxes, (uint64_t)track->start, 4);
    boxes_put(boxes, 0x10000, 4);
    boxes_end(boxes);
    boxes_end(boxes);
}

static void add_media(struct boxes *boxes, const struct boxes_track *track)
{
    boxes_begin(boxes, "mdia");
    boxes_begin(boxes, "mdhd");
    boxes_zeros(boxes, 12);
    boxes_put(boxes, track->timescale, 4);
    boxes_zeros(boxes, 8);
    boxes_end(boxes);
    boxes_begin(boxes, "hdlr");
    boxes_zeros(boxes, 8);
    put_text(boxes, track->length_size > 0 ? "vide" : "soun");
    boxes_zeros(boxes, 13);
    boxes_end(boxes);
    boxes_begin(boxes, "minf");
    boxes_begin(boxes, "stbl");
    boxes_begin(boxes, "stsd");
    boxes_put(boxes, 0, 4);
    boxes_put(boxes, 1, 4);
    if (track->length_size > 0)
        add_video_entry(boxes, track);
    else
        add_sound_entry(boxes);
    boxes_end(boxes);
    boxes_end(boxes);
    boxes_end(boxes);
    boxes_end(boxes);
}

static void add_track(struct boxes *boxes, const struct boxes_track *track)
{
    boxes_begin(boxes, "trak");
    boxes_begin(boxes, "tkhd");
    boxes_zeros(boxes, 12);
    boxes_put(boxes, track->id, 4);
    boxes_zeros(boxes, 68);
    boxes_end(boxes);
    if (track->start >= 0)
        add_edits(boxes, track);
    add_media(boxes, track);
    boxes_end(boxes);
}

void boxes_add_init(struct boxes *boxes, const struct boxes_track *tracks, int count)
{
    boxes_begin(boxes, "ftyp");
    put_text(boxes, "iso6");
    boxes_put(boxes, 0, 4);
    boxes_end(boxes);
    boxes_begin(boxes, "moov");
    boxes_begin(boxes, "mvhd");
    boxes_zeros(boxes, 12);
    boxes_put(boxes, 1000, 4);
    boxes_zeros(boxes, 84);
    boxes_end(boxes);
    for (int i = 0; i < count; i++)
        add_track(boxes, &tracks[i]);
    boxes_begin(boxes, "mvex");
    for (int i = 0; i < count; i++) {
        boxes_begin(boxes, "trex");
        boxes_put(boxes, 0, 4);
        boxes_put(boxes, tracks[i].id, 4);
        boxes_zeros(boxes, 16);
        boxes_end(boxes);
    }
    boxes_end(boxes);
    boxes_end(boxes);
}

/* ---- fragment -------------------------------------------------------------------------------- */

/* @return where its data offset stands */
static size_t add_trun(struct boxes *boxes, const struct boxes_run *run)
{
    size_t place;

    boxes_begin(boxes, "trun");
    boxes_put(boxes, (uint64_t)run->version << 24 | 0x201 | (run->offsets ? 0x800 : 0), 4);
    boxes_put(boxes, (uint64_t)run->count, 4);
    place = boxes->size;
    boxes_put(boxes, 0, 4);
    for (int i = 0; i < run->count; i++) {
        boxes_put(boxes, run->sizes[i], 4);
        if (run->offsets)
            boxes_put(boxes, (uint32_t)run->offsets[i], 4);
    }
    boxes_end(boxes);
    return place;
}

static size_t add_traf(struct boxes *boxes, const struct boxes_run *run)
{
    size_t place;

    boxes_begin(boxes, "traf");
    boxes_begin(boxes, "tfhd");
    boxes_put(boxes, 0x20008, 4);
    boxes_put(boxes, run->track, 4);
    boxes_put(boxes, run->duration, 4);
    boxes_end(boxes);
    if (run->time < UINT64_MAX) {
        boxes_begin(boxes, "tfdt");
        boxes_put(boxes, UINT32_C(1) << 24, 4);
        boxes_put(boxes, run->time, 8);
        boxes_end(boxes);
    }
    place = add_trun(boxes, run);
    boxes_end(boxes);
    return place;
}

void boxes_add_moof(struct boxes *boxes, uint32_t sequence, const struct boxes_run *runs, int count)
{
    size_t begin = boxes->size, places[BOXES_DEPTH];
    uint32_t data;

    ck_assert(count <= BOXES_DEPTH);
    boxes_begin(boxes, "moof");
    boxes_begin(boxes, "mfhd");
    boxes_put(boxes, 0, 4);
    boxes_put(boxes, sequence, 4);
    boxes_end(boxes);
    for (int i = 0; i < count; i++)
        places[i] = add_traf(boxes, &runs[i]);
    boxes_end(boxes);
    data = (uint32_t)(boxes->size - begin) + 8;
    for (int i = 0; i < count; i++) {
        put_at(boxes, places[i], data);
        for (int k = 0; k < runs[i].count; k++)
            data += runs[i].sizes[k];
    }
}

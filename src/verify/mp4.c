/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragmented MP4 as it comes by: a box may be cut anywhere between two pieces. Of the boxes of a
 * segment only moof is held, and that has a bound; mdat is looked at on the way, all else passed
 * over (sidx, styp, emsg, prft, free, uuid and what else there may be: ISO 14496-12 4.2).
 */
#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "verify/mp4_box.h"
#include "verify/mp4_fragment.h"
#include "verify/mp4_init.h"
#include "verify/mp4_samples.h"
#include "verify/segment_parts.h"

enum {
    MOOF_MAX = 1 << 20, /* bytes: 60000 samples */
    HEAD = 8,
    HEAD_LARGE = 16,
};

#define TO_THE_END INT64_MAX

enum state {
    IN_HEAD,
    IN_MOOF,
    IN_MDAT,
    IN_OTHER,
    LOST, /* F_BOX is broken, or there is no initialization section: nothing more is read */
};

struct mp4 {
    struct segment_parts *parts;
    struct mp4_init init;
    struct mp4_fragment fragment;
    struct mp4_samples samples;

    /* of the segment */
    int64_t position; /* bytes of it that have come */
    enum state state;
    uint8_t head[HEAD_LARGE]; /* of the box at hand */
    size_t head_size;
    uint32_t type;
    int64_t begin;
    int64_t end;
    struct buffer moof;
    bool has_moof;
};

/* What follows in the segment is not looked at, and nothing runs on from it. */
static void break_box(struct mp4 *mp4, const char *found)
{
    char name[MP4_TYPE_SIZE];

    mp4->state = LOST;
    mp4->fragment.count = 0;
    for (int i = 0; i < mp4->init.count; i++)
        mp4->fragment.lines[i] = (struct mp4_line){.is_lost = true};
    mp4_type_name(mp4->type, name);
    segment_fault(mp4->parts, RULE_F_BOX, "byte", mp4->begin,
                  "whole boxes, each moof before its mdat, which has the samples", "%s (%s)", found,
                  name);
}

/* ---- boxes ----------------------------------------------------------------------------------- */

/* @return NULL, or what breaks F_BOX: samples that no mdat had */
static const char *leave_fragment(struct mp4 *mp4)
{
    bool is_over = mp4->samples.run == mp4->fragment.count;

    mp4->fragment.count = 0;
    mp4->samples.run = 0;
    mp4->samples.has_sample = false;
    return is_over ? NULL : "no mdat has the samples of moof";
}

static void read_moof(struct mp4 *mp4)
{
    struct mp4_bytes body = {mp4->moof.data, mp4->moof.size, false};
    const char *wrong;

    mp4->has_moof = true;
    wrong = mp4_fragment_read(&mp4->fragment, &mp4->init, mp4->parts, body, mp4->begin);
    if (wrong)
        break_box(mp4, wrong);
}

static void begin_box(struct mp4 *mp4)
{
    const char *wrong = NULL;

    mp4->state = IN_OTHER;
    if (mp4->type == MP4_TYPE('m', 'o', 'o', 'f')) {
        mp4->state = IN_MOOF;
        mp4->moof.size = 0;
        wrong = leave_fragment(mp4);
        if (!wrong && mp4->end - mp4->begin > MOOF_MAX)
            wrong = "moof of more than 1 MiB";
    } else if (mp4->type == MP4_TYPE('m', 'd', 'a', 't')) {
        mp4->state = IN_MDAT;
        wrong = mp4->has_moof ? mp4_samples_enter(&mp4->samples, mp4->position, mp4->end)
                              : "mdat without a moof before it";
    }
    if (wrong)
        break_box(mp4, wrong);
}

/* Once its last byte has come. */
static void end_box(struct mp4 *mp4)
{
    if (mp4->state == IN_MOOF)
        read_moof(mp4);
    if (mp4->state == LOST)
        return;
    mp4->head_size = 0;
    mp4->state = IN_HEAD;
}

/* ---- heads ----------------------------------------------------------------------------------- */

static size_t head_wanted(const struct mp4 *mp4)
{
    struct mp4_bytes head = {mp4->head, HEAD, false};

    return mp4->head_size >= HEAD && mp4_take(&head, 4) == 1 ? HEAD_LARGE : HEAD;
}

static void read_head(struct mp4 *mp4)
{
    struct mp4_bytes head = {mp4->head, mp4->head_size, false};
    uint64_t size = mp4_take(&head, 4);

    mp4->begin = mp4->position - (int64_t)mp4->head_size;
    mp4->type = (uint32_t)mp4_take(&head, 4);
    if (mp4->head_size == HEAD_LARGE)
        size = mp4_take(&head, 8);
    if (size == 0 && mp4->head_size == HEAD) {
        mp4->end = TO_THE_END;
    } else if (size < mp4->head_size || size > (uint64_t)(INT64_MAX - mp4->begin)) {
        break_box(mp4, "a box of an impossible size");
        return;
    } else {
        mp4->end = mp4->begin + (int64_t)size;
    }
    begin_box(mp4);
}

/* @return how much of @p data it took */
static size_t feed_head(struct mp4 *mp4, const uint8_t *data, size_t size)
{
    size_t taken = 0;

    while (taken < size && mp4->head_size < head_wanted(mp4))
        mp4->head[mp4->head_size++] = data[taken++];
    mp4->position += (int64_t)taken;
    if (mp4->head_size < head_wanted(mp4))
        return taken;
    read_head(mp4);
    if (mp4->state != LOST && mp4->position == mp4->end)
        end_box(mp4);
    return taken;
}

static size_t feed_body(struct mp4 *mp4, const uint8_t *data, size_t size)
{
    const char *wrong = NULL;

    if (mp4->state != LOST && (uint64_t)(mp4->end - mp4->position) < size)
        size = (size_t)(mp4->end - mp4->position);
    if (mp4->state == IN_MOOF && buffer_append(&mp4->moof, data, size) < 0)
        wrong = "moof of more than memory holds";
    else if (mp4->state == IN_MDAT)
        wrong = mp4_samples_feed(&mp4->samples, mp4->position, data, size);
    if (wrong)
        break_box(mp4, wrong);
    mp4->position += (int64_t)size;
    if (mp4->state != LOST && mp4->position == mp4->end)
        end_box(mp4);
    return size;
}

/* ---- interface ------------------------------------------------------------------------------- */

int mp4_new(struct segment_parts *parts, struct mp4 **ret)
{
    struct mp4 *mp4 = calloc(1, sizeof(*mp4));

    if (!mp4)
        return -ENOMEM;
    mp4->parts = parts;
    mp4->samples.init = &mp4->init;
    mp4->samples.fragment = &mp4->fragment;
    mp4->samples.parts = parts;
    *ret = mp4;
    return 0;
}

struct mp4 *mp4_free(struct mp4 *mp4)
{
    if (!mp4)
        return NULL;
    free(mp4->fragment.runs);
    buffer_finish(&mp4->moof);
    free(mp4);
    return NULL;
}

int mp4_read_init(struct mp4 *mp4, const uint8_t *data, size_t size)
{
    for (int i = 0; i < MP4_TRACKS_MAX; i++)
        mp4->fragment.lines[i].runs_on = false; /* other tracks, perhaps */
    return mp4_init_read(data, size, mp4->parts->place, mp4->parts->findings, &mp4->init);
}

static void judge_audio(const struct mp4 *mp4)
{
    int count = 0;

    for (int i = 0; i < mp4->init.count; i++)
        count += mp4->init.tracks[i].kind == MP4_AUDIO;
    if (count <= 1)
        findings_check(mp4->parts->findings, RULE_AV_ONE_AUDIO);
    else
        segment_fault(mp4->parts, RULE_AV_ONE_AUDIO, NULL, 0, "one audio stream", "%d", count);
}

void mp4_begin(struct mp4 *mp4)
{
    mp4->position = mp4->begin = mp4->end = 0;
    mp4->state = IN_HEAD;
    mp4->head_size = 0;
    mp4->type = 0;
    mp4->has_moof = false;
    mp4->fragment.count = 0;
    mp4->fragment.has_video = false;
    mp4->fragment.is_absolute = false;
    if (mp4->parts->breaks) {
        mp4->fragment.has_sequence = false;
        for (int i = 0; i < MP4_TRACKS_MAX; i++)
            mp4->fragment.lines[i] = (struct mp4_line){0};
    }
    mp4_samples_begin(&mp4->samples);
    if (mp4->init.count == 0) {
        segment_fault(mp4->parts, RULE_F_MAP, NULL, 0, "EXT-X-MAP", "fMP4 without one");
        mp4->state = LOST;
        return;
    }
    judge_audio(mp4);
}

void mp4_feed(struct mp4 *mp4, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t taken =
            mp4->state == IN_HEAD ? feed_head(mp4, data, size) : feed_body(mp4, data, size);

        data += taken;
        size -= taken;
    }
}

static void judge_end(struct mp4 *mp4)
{
    const char *wrong;

    if (mp4->state == LOST)
        return;
    wrong = leave_fragment(mp4);
    if (mp4->head_size > 0 && mp4->end != TO_THE_END)
        wrong = "the segment ends within a box";
    else if (!mp4->has_moof)
        wrong = "no moof";
    if (wrong)
        break_box(mp4, wrong);
    else if (mp4->fragment.is_absolute)
        segment_fault(mp4->parts, RULE_F_BOX, NULL, 0,
                      "movie-fragment relative addressing (RFC 8216 3.3)", "base-data-offset");
    else
        findings_check(mp4->parts->findings, RULE_F_BOX);
}

void mp4_end(struct mp4 *mp4)
{
    struct segment_parts *parts = mp4->parts;

    judge_end(mp4);
    if (mp4->samples.video.units > 0)
        video_end(&parts->video, &parts->measured);
    if (mp4->samples.sound.units > 0)
        audio_end(&parts->audio, &parts->measured);
    mp4_samples_end(&mp4->samples, &parts->measured);
    if (mp4->state == LOST ||
        (parts->measured.video.units == 0 && parts->measured.audio.units == 0))
        parts->measured.container = SEGMENT_UNKNOWN;
}

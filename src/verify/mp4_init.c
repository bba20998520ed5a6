/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media initialization sections. RFC 8216 3.3 says what they have and have not: a brand that is at
 * least iso6, tracks without samples and without a duration, and after them the movie extends box.
 * What only breaks that is told, and read over; what leaves a track without a meaning ends it.
 */
#include "verify/mp4_init.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "verify/mp4_box.h"
#include "verify/mp4_entry.h"

struct reading {
    struct findings *findings;
    const char *place;
    struct mp4_init *init;
    uint32_t movie_timescale;
    bool has_extends;
    bool is_told;
};

static void fault(struct reading *reading, const char *wanted, const char *found)
{
    findings_add(reading->findings, RULE_F_MAP, reading->place, wanted, "%s", found);
    reading->is_told = true;
}

/* ---- of the movie ---------------------------------------------------------------------------- */

static bool is_brand_enough(uint32_t brand)
{
    char name[MP4_TYPE_SIZE];

    mp4_type_name(brand, name);
    if (strncmp(name, "iso", 3) == 0)
        return (name[3] >= '6' && name[3] <= '9') || (name[3] >= 'a' && name[3] <= 'c');
    return strncmp(name, "cmf", 3) == 0 || strcmp(name, "hlsf") == 0;
}

static void read_ftyp(struct reading *reading, struct mp4_bytes body)
{
    bool is_enough = is_brand_enough((uint32_t)mp4_take(&body, 4));

    mp4_skip(&body, 4);
    while (!is_enough && body.left >= 4)
        is_enough = is_brand_enough((uint32_t)mp4_take(&body, 4));
    if (!is_enough)
        fault(reading, "a brand that is compatible with iso6", "ftyp with older brands alone");
}

/* A time in a box whose version 1 has it in 64 bits. */
static uint64_t take_time(struct mp4_bytes *body, int version)
{
    return mp4_take(body, version == 1 ? 8 : 4);
}

static void read_mvhd(struct reading *reading, struct mp4_bytes body)
{
    struct mp4_full full = mp4_take_full(&body);

    mp4_skip(&body, full.version == 1 ? 16 : 8);
    reading->movie_timescale = (uint32_t)mp4_take(&body, 4);
    if (take_time(&body, full.version) != 0)
        fault(reading, "duration 0 in mvhd", "another");
}

/* ---- of a track ------------------------------------------------------------------------------ */

static void read_tkhd(struct reading *reading, struct mp4_bytes body, struct mp4_track *track)
{
    struct mp4_full full = mp4_take_full(&body);

    mp4_skip(&body, full.version == 1 ? 16 : 8);
    track->id = (uint32_t)mp4_take(&body, 4);
    mp4_skip(&body, 4);
    if (take_time(&body, full.version) != 0)
        fault(reading, "duration 0 in tkhd", "another");
}

static void read_mdhd(struct mp4_bytes body, struct mp4_track *track)
{
    struct mp4_full full = mp4_take_full(&body);

    mp4_skip(&body, full.version == 1 ? 16 : 8);
    track->timescale = (uint32_t)mp4_take(&body, 4);
}

static void read_hdlr(struct mp4_bytes body, struct mp4_track *track)
{
    uint32_t handler;

    mp4_skip(&body, 8);
    handler = (uint32_t)mp4_take(&body, 4);
    track->kind = handler == MP4_TYPE('v', 'i', 'd', 'e')   ? MP4_VIDEO
                  : handler == MP4_TYPE('s', 'o', 'u', 'n') ? MP4_AUDIO
                                                            : MP4_OTHER;
}

/* RFC 8216 3.3: "its sample count MUST be zero". */
static void check_no_samples(struct reading *reading, struct mp4_bytes stbl)
{
    struct mp4_bytes body;

    if (mp4_box_find(stbl, MP4_TYPE('s', 't', 's', 'z'), &body)) {
        mp4_skip(&body, 8);
        if (mp4_take(&body, 4) != 0)
            fault(reading, "sample count 0 in stsz", "samples");
    }
    if (mp4_box_find(stbl, MP4_TYPE('s', 't', 't', 's'), &body)) {
        mp4_skip(&body, 4);
        if (mp4_take(&body, 4) != 0)
            fault(reading, "no entry in stts", "samples");
    }
}

/* RFC 8216 3.3: no external data references. */
static void check_data_reference(struct reading *reading, struct mp4_bytes minf)
{
    struct mp4_bytes dinf, dref;
    struct mp4_box entry;

    if (!mp4_box_find(minf, MP4_TYPE('d', 'i', 'n', 'f'), &dinf) ||
        !mp4_box_find(dinf, MP4_TYPE('d', 'r', 'e', 'f'), &dref))
        return;
    mp4_skip(&dref, 8);
    while (mp4_box_take(&dref, &entry) > 0) {
        if (!(mp4_take_full(&entry.body).flags & 1))
            fault(reading, "media data in the same file", "an external data reference");
    }
}

bool mp4_time_is_sane(int64_t time, uint32_t timescale)
{
    return time >= 0 && time < MP4_TIME_MAX && time / timescale < MP4_SECONDS_MAX;
}

/* A time in units of another timescale. @return whether it can be one */
static bool convert(int64_t time, uint32_t from, uint32_t to, int64_t *ret)
{
    uint64_t whole, part;

    if (from == 0 || time < 0 || time / from >= MP4_SECONDS_MAX)
        return false;
    part = (uint64_t)(time % from) * to / from;
    if (__builtin_mul_overflow((uint64_t)(time / from), to, &whole) || whole >= MP4_TIME_MAX)
        return false;
    *ret = (int64_t)(whole + part);
    return mp4_time_is_sane(*ret, to);
}

/*
 * Edit list (ISO 14496-12 8.6.6) as packagers use it: at most an empty edit that delays the track,
 * then one that says which composition time is shown first.
 */
static void read_elst(const struct reading *reading, struct mp4_bytes body, struct mp4_track *track)
{
    struct mp4_full full = mp4_take_full(&body);
    int64_t delay = 0, media = 0;

    for (uint64_t count = mp4_take(&body, 4); count > 0 && body.left > 0; count--) {
        int64_t duration = (int64_t)take_time(&body, full.version);
        uint64_t start = take_time(&body, full.version);

        media = full.version == 1 ? (int64_t)start : (int32_t)start;
        mp4_skip(&body, 4);
        if (media != -1)
            break;
        if (!convert(duration, reading->movie_timescale, track->timescale, &delay))
            return;
        media = 0;
    }
    if (!body.short_of && mp4_time_is_sane(media, track->timescale))
        track->shift = delay - media;
}

static const char *read_media(struct reading *reading, struct mp4_bytes mdia,
                              struct mp4_track *track)
{
    struct mp4_bytes body, minf, stbl;

    if (!mp4_box_find(mdia, MP4_TYPE('m', 'd', 'h', 'd'), &body))
        return "trak without mdhd";
    read_mdhd(body, track);
    if (track->timescale == 0)
        return "mdhd with timescale 0";
    if (!mp4_box_find(mdia, MP4_TYPE('h', 'd', 'l', 'r'), &body))
        return "trak without hdlr";
    read_hdlr(body, track);
    if (!mp4_box_find(mdia, MP4_TYPE('m', 'i', 'n', 'f'), &minf) ||
        !mp4_box_find(minf, MP4_TYPE('s', 't', 'b', 'l'), &stbl) ||
        !mp4_box_find(stbl, MP4_TYPE('s', 't', 's', 'd'), &body))
        return "trak without stsd";
    check_no_samples(reading, stbl);
    check_data_reference(reading, minf);
    return mp4_entry_read(body, track);
}

static const char *read_trak(struct reading *reading, struct mp4_bytes trak)
{
    struct mp4_init *init = reading->init;
    struct mp4_track *track = &init->tracks[init->count];
    struct mp4_bytes body, edits;
    const char *wrong;

    if (init->count == MP4_TRACKS_MAX)
        return "more tracks than 16";
    if (reading->has_extends)
        fault(reading, "mvex behind the last trak", "trak behind mvex");
    *track = (struct mp4_track){0};
    if (!mp4_box_find(trak, MP4_TYPE('t', 'k', 'h', 'd'), &body))
        return "trak without tkhd";
    read_tkhd(reading, body, track);
    if (!mp4_box_find(trak, MP4_TYPE('m', 'd', 'i', 'a'), &body))
        return "trak without mdia";
    wrong = read_media(reading, body, track);
    if (wrong)
        return wrong;
    if (mp4_box_find(trak, MP4_TYPE('e', 'd', 't', 's'), &edits) &&
        mp4_box_find(edits, MP4_TYPE('e', 'l', 's', 't'), &body))
        read_elst(reading, body, track);
    init->count++;
    return NULL;
}

static void read_trex(struct mp4_init *init, struct mp4_bytes body)
{
    uint32_t id;

    mp4_skip(&body, 4);
    id = (uint32_t)mp4_take(&body, 4);
    for (int i = 0; i < init->count; i++) {
        if (init->tracks[i].id != id)
            continue;
        mp4_skip(&body, 4);
        init->tracks[i].defaults.duration = (uint32_t)mp4_take(&body, 4);
        init->tracks[i].defaults.size = (uint32_t)mp4_take(&body, 4);
        init->tracks[i].defaults.flags = (uint32_t)mp4_take(&body, 4);
        return;
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const char *read_moov(struct reading *reading, struct mp4_bytes moov)
{
    struct mp4_bytes rest = moov, extends = {0};
    struct mp4_box box;
    const char *wrong = NULL;
    int result;

    while (!wrong && (result = mp4_box_take(&rest, &box)) > 0) {
        if (box.type == MP4_TYPE('m', 'v', 'h', 'd')) {
            read_mvhd(reading, box.body);
        } else if (box.type == MP4_TYPE('t', 'r', 'a', 'k')) {
            wrong = read_trak(reading, box.body);
        } else if (box.type == MP4_TYPE('m', 'v', 'e', 'x')) {
            reading->has_extends = true;
            extends = box.body;
        }
    }
    if (wrong)
        return wrong;
    if (result < 0)
        return "a box in moov goes over its end";
    if (reading->init->count == 0)
        return "moov without a track";
    if (!reading->has_extends)
        return "moov without mvex";
    while (mp4_box_take(&extends, &box) > 0) {
        if (box.type == MP4_TYPE('t', 'r', 'e', 'x'))
            read_trex(reading->init, box.body);
    }
    return NULL;
}

static const char *read_file(struct reading *reading, struct mp4_bytes file)
{
    struct mp4_box box;
    bool has_type = false, has_movie = false;
    const char *wrong = NULL;
    int result;

    while (!wrong && (result = mp4_box_take(&file, &box)) > 0) {
        if (box.type == MP4_TYPE('f', 't', 'y', 'p')) {
            has_type = true;
            read_ftyp(reading, box.body);
        } else if (box.type == MP4_TYPE('m', 'o', 'o', 'v') && !has_movie) {
            has_movie = true;
            if (!has_type)
                fault(reading, "ftyp before moov", "none");
            wrong = read_moov(reading, box.body);
        } else if (box.type == MP4_TYPE('m', 'd', 'a', 't') ||
                   box.type == MP4_TYPE('m', 'o', 'o', 'f')) {
            fault(reading, "no samples", "media data");
        }
    }
    if (wrong)
        return wrong;
    if (result < 0)
        return "a box goes over the end";
    return has_movie ? NULL : "no moov";
}

int mp4_init_read(const uint8_t *data, size_t size, const char *place, struct findings *findings,
                  struct mp4_init *ret)
{
    struct reading reading = {.findings = findings, .place = place, .init = ret};
    const char *wrong;

    *ret = (struct mp4_init){0};
    wrong = read_file(&reading, (struct mp4_bytes){data, size, false});
    if (!wrong && !reading.is_told)
        findings_check(findings, RULE_F_MAP);
    if (!wrong)
        return 0;
    fault(&reading, "ftyp and moov, with tracks and mvex", wrong);
    ret->count = 0;
    return -EBADMSG;
}

const struct mp4_track *mp4_init_find(const struct mp4_init *init, uint32_t id)
{
    for (int i = 0; i < init->count; i++) {
        if (init->tracks[i].id == id)
            return &init->tracks[i];
    }
    return NULL;
}

const struct mp4_track *mp4_init_first(const struct mp4_init *init, enum mp4_kind kind)
{
    for (int i = 0; i < init->count; i++) {
        if (init->tracks[i].kind == kind)
            return &init->tracks[i];
    }
    return NULL;
}

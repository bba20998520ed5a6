/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Movie fragments. A run of samples is not copied: where the fragment says something of each
 * sample, these entries are read where they stand, once here for the sums, and once more when the
 * data come. Runs without entries, of which a few bytes may claim billions of samples, are summed
 * up by a multiplication.
 */
#include "verify/mp4_fragment.h"

#include <stdlib.h>

enum {
    /* tfhd (8.8.7.1) */
    HAS_BASE_OFFSET = 0x01,
    HAS_DESCRIPTION = 0x02,
    HAS_DEFAULT_DURATION = 0x08,
    HAS_DEFAULT_SIZE = 0x10,
    HAS_DEFAULT_FLAGS = 0x20,
    BASE_IS_MOOF = 0x20000,

    /* trun (8.8.8.1) */
    HAS_DATA_OFFSET = 0x01,
    HAS_FIRST_FLAGS = 0x04,
    HAS_DURATION = 0x100,
    HAS_SIZE = 0x200,
    HAS_FLAGS = 0x400,
    HAS_OFFSET = 0x800,
    HAS_ANY = HAS_DURATION | HAS_SIZE | HAS_FLAGS | HAS_OFFSET,

    IS_NON_SYNC = 0x10000, /* of a sample's flags (8.8.3.1) */
};

#define POSITION_MAX (INT64_C(1) << 60) /* bytes: no file has as many */

/* What its fragment says of a track, and how far its runs have got. */
struct traf {
    const struct mp4_init *init;
    const struct segment_parts *parts;
    struct mp4_fragment *fragment;
    int track;
    struct mp4_defaults defaults;
    int64_t base; /* to which data offsets are added */
    int64_t data; /* where the next run's data are, if it has no offset */
    int64_t dts;  /* of the next sample */
};

static uint32_t take_if(struct mp4_bytes *bytes, bool is_there, uint32_t otherwise)
{
    return is_there ? (uint32_t)mp4_take(bytes, 4) : otherwise;
}

struct mp4_sample mp4_run_take(struct mp4_run *run)
{
    struct mp4_sample sample;
    uint32_t flags = run->is_first ? run->first_flags : run->defaults.flags;
    uint32_t offset;

    sample.duration = take_if(&run->entries, run->fields & HAS_DURATION, run->defaults.duration);
    sample.size = take_if(&run->entries, run->fields & HAS_SIZE, run->defaults.size);
    sample.flags = take_if(&run->entries, run->fields & HAS_FLAGS, flags);
    offset = take_if(&run->entries, run->fields & HAS_OFFSET, 0);
    sample.dts = run->dts;
    sample.pts = run->dts + (run->is_signed ? (int32_t)offset : (int64_t)offset);
    run->dts += sample.duration;
    run->is_first = false;
    run->count--;
    return sample;
}

bool mp4_sample_is_sync(const struct mp4_sample *sample)
{
    return !(sample->flags & IS_NON_SYNC);
}

/* ---- a run ----------------------------------------------------------------------------------- */

static size_t entry_size(uint32_t fields)
{
    return 4 * (size_t)__builtin_popcount(fields & HAS_ANY);
}

/* Bytes and units of time of all its samples. @return false: more than can be */
static bool sum_run(const struct mp4_run *run, int64_t *ret_size, int64_t *ret_duration)
{
    struct mp4_run all = *run;
    uint64_t size = 0, duration = 0;

    if (entry_size(run->fields) == 0) {
        if (__builtin_mul_overflow((uint64_t)run->count, run->defaults.size, &size) ||
            __builtin_mul_overflow((uint64_t)run->count, run->defaults.duration, &duration))
            return false;
    }
    while (entry_size(run->fields) > 0 && all.count > 0) {
        struct mp4_sample sample = mp4_run_take(&all);

        size += sample.size;
        duration += sample.duration;
    }
    *ret_size = (int64_t)size;
    *ret_duration = (int64_t)duration;
    return size < POSITION_MAX && duration < MP4_TIME_MAX;
}

static bool add_run(struct mp4_fragment *fragment, const struct mp4_run *run)
{
    if (fragment->count == fragment->capacity) {
        size_t capacity = fragment->capacity * 2 + 8;
        struct mp4_run *runs = reallocarray(fragment->runs, capacity, sizeof(*runs));

        if (!runs)
            return false;
        fragment->runs = runs;
        fragment->capacity = capacity;
    }
    fragment->runs[fragment->count] = *run;
    fragment->runs[fragment->count].order = (int)fragment->count;
    fragment->count++;
    return true;
}

static void check_sync(struct traf *traf, const struct mp4_run *run)
{
    struct mp4_run first = *run;
    struct mp4_sample sample = mp4_run_take(&first);

    if (traf->fragment->has_video)
        return;
    traf->fragment->has_video = true;
    if (mp4_sample_is_sync(&sample))
        findings_check(traf->parts->findings, RULE_F_SYNC);
    else
        segment_fault(traf->parts, RULE_F_SYNC, NULL, 0, "a sync sample first",
                      "sample flags 0x%08x", sample.flags);
}

static struct mp4_run begin_run(const struct traf *traf, struct mp4_bytes *body)
{
    struct mp4_run run = {.track = traf->track, .defaults = traf->defaults, .dts = traf->dts};
    struct mp4_full full = mp4_take_full(body);

    run.fields = full.flags;
    run.is_signed = full.version > 0;
    run.is_first = true;
    run.count = (uint32_t)mp4_take(body, 4);
    run.begin = traf->data;
    if (full.flags & HAS_DATA_OFFSET)
        run.begin = traf->base + (int32_t)mp4_take(body, 4);
    run.first_flags = take_if(body, full.flags & HAS_FIRST_FLAGS, run.defaults.flags);
    run.entries = *body;
    return run;
}

static const char *read_trun(struct traf *traf, struct mp4_bytes body)
{
    const struct mp4_track *track = &traf->init->tracks[traf->track];
    struct mp4_run run = begin_run(traf, &body);
    int64_t size, duration;

    if (body.short_of || body.left < (uint64_t)run.count * entry_size(run.fields))
        return "trun ends before its last sample";
    if (run.count == 0)
        return NULL;
    if (!sum_run(&run, &size, &duration) || run.begin < 0 || run.begin >= POSITION_MAX)
        return "trun of more than there can be";
    traf->data = run.end = run.begin + size;
    if (track->kind == MP4_OTHER)
        return NULL;
    if (!mp4_time_is_sane(traf->dts + duration, track->timescale))
        return "a decoding time that is no time";
    traf->dts += duration;
    if (size == 0 && entry_size(run.fields) == 0)
        return "samples without bytes";
    if (track->kind == MP4_VIDEO)
        check_sync(traf, &run);
    return add_run(traf->fragment, &run) ? NULL : "more runs than memory holds";
}

/* ---- a track's fragment ---------------------------------------------------------------------- */

static void judge_time(struct traf *traf, int64_t time)
{
    struct mp4_line *line = &traf->fragment->lines[traf->track];

    if (!line->runs_on)
        return;
    if (time == line->next) {
        findings_check(traf->parts->findings, RULE_F_TFDT);
        return;
    }
    line->is_lost = true;
    segment_fault(traf->parts, RULE_F_TFDT, "track", traf->init->tracks[traf->track].id,
                  "the previous one and its samples", "%lld, not %lld of %u a second",
                  (long long)time, (long long)line->next,
                  traf->init->tracks[traf->track].timescale);
}

static const char *read_time(struct traf *traf, struct mp4_bytes boxes)
{
    struct mp4_bytes body;
    uint64_t time;
    int version;

    if (!mp4_box_find(boxes, MP4_TYPE('t', 'f', 'd', 't'), &body))
        return "traf without tfdt";
    version = mp4_take_full(&body).version;
    time = mp4_take(&body, version == 1 ? 8 : 4);
    if (body.short_of)
        return "tfdt ends too early";
    if (time > INT64_MAX ||
        !mp4_time_is_sane((int64_t)time, traf->init->tracks[traf->track].timescale))
        return "a decoding time that is no time";
    judge_time(traf, (int64_t)time);
    traf->dts = (int64_t)time;
    return NULL;
}

static const char *read_tfhd(struct traf *traf, struct mp4_bytes body, int64_t moof)
{
    uint32_t flags = mp4_take_full(&body).flags;
    const struct mp4_track *track = mp4_init_find(traf->init, (uint32_t)mp4_take(&body, 4));
    uint64_t base = flags & HAS_BASE_OFFSET ? mp4_take(&body, 8) : 0;

    if (!track)
        return "traf of a track that the initialization section has not";
    traf->track = (int)(track - traf->init->tracks);
    mp4_skip(&body, flags & HAS_DESCRIPTION ? 4 : 0);
    traf->defaults = track->defaults;
    traf->defaults.duration = take_if(&body, flags & HAS_DEFAULT_DURATION, traf->defaults.duration);
    traf->defaults.size = take_if(&body, flags & HAS_DEFAULT_SIZE, traf->defaults.size);
    traf->defaults.flags = take_if(&body, flags & HAS_DEFAULT_FLAGS, traf->defaults.flags);
    if (body.short_of || base >= POSITION_MAX)
        return "tfhd ends too early";
    if (flags & HAS_BASE_OFFSET)
        traf->base = (int64_t)base;
    else if (flags & BASE_IS_MOOF)
        traf->base = moof;
    traf->data = traf->base;
    traf->fragment->is_absolute = traf->fragment->is_absolute || flags & HAS_BASE_OFFSET;
    return NULL;
}

static const char *read_traf(struct traf *traf, struct mp4_bytes boxes, int64_t moof)
{
    struct mp4_line *line;
    struct mp4_bytes body;
    struct mp4_box box;
    const char *wrong;
    int result = 1;

    if (!mp4_box_find(boxes, MP4_TYPE('t', 'f', 'h', 'd'), &body))
        return "traf without tfhd";
    wrong = read_tfhd(traf, body, moof);
    if (!wrong)
        wrong = read_time(traf, boxes);
    while (!wrong && (result = mp4_box_take(&boxes, &box)) > 0) {
        if (box.type == MP4_TYPE('t', 'r', 'u', 'n'))
            wrong = read_trun(traf, box.body);
    }
    if (wrong)
        return wrong;
    line = &traf->fragment->lines[traf->track];
    line->runs_on = true;
    line->next = traf->dts;
    return result < 0 ? "a box goes over the end of traf" : NULL;
}

/* ---- the fragment ---------------------------------------------------------------------------- */

/* Sequence numbers rise modulo 2^32, as what numbers them does. */
static const char *read_mfhd(struct mp4_fragment *fragment, const struct segment_parts *parts,
                             struct mp4_bytes body)
{
    uint32_t sequence;

    mp4_take_full(&body);
    sequence = (uint32_t)mp4_take(&body, 4);
    if (body.short_of)
        return "mfhd ends too early";
    if (fragment->has_sequence && (int32_t)(sequence - fragment->sequence) <= 0)
        segment_fault(parts, RULE_F_SEQ, NULL, 0, "a greater one than before",
                      "sequence number %u after %u", sequence, fragment->sequence);
    else if (fragment->has_sequence)
        findings_check(parts->findings, RULE_F_SEQ);
    fragment->has_sequence = true;
    fragment->sequence = sequence;
    return NULL;
}

static int compare_runs(const void *one, const void *other)
{
    const struct mp4_run *a = one, *b = other;

    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->order - b->order;
}

/* Data may lie in any order. What does not lie in that of decoding is not measured, since it comes
 * by only once. */
static void sort_runs(struct mp4_fragment *fragment)
{
    int last[MP4_TRACKS_MAX];
    bool is_mixed = false;

    if (fragment->count == 0)
        return;
    qsort(fragment->runs, fragment->count, sizeof(*fragment->runs), compare_runs);
    for (int i = 0; i < MP4_TRACKS_MAX; i++)
        last[i] = -1;
    for (size_t i = 0; i < fragment->count; i++) {
        const struct mp4_run *run = &fragment->runs[i];

        is_mixed = is_mixed || run->order < last[run->track];
        last[run->track] = run->order;
    }
    for (size_t i = 0; is_mixed && i < fragment->count; i++)
        fragment->lines[fragment->runs[i].track].is_lost = true;
    if (is_mixed)
        fragment->count = 0;
}

const char *mp4_fragment_read(struct mp4_fragment *fragment, const struct mp4_init *init,
                              const struct segment_parts *parts, struct mp4_bytes moof,
                              int64_t begin)
{
    struct traf traf = {.init = init, .parts = parts, .fragment = fragment, .base = begin};
    const char *wrong = NULL;
    struct mp4_bytes body;
    struct mp4_box box;
    int result = 1;

    fragment->count = 0;
    fragment->begin = begin;
    if (!mp4_box_find(moof, MP4_TYPE('m', 'f', 'h', 'd'), &body))
        return "moof without mfhd";
    wrong = read_mfhd(fragment, parts, body);
    while (!wrong && (result = mp4_box_take(&moof, &box)) > 0) {
        if (box.type != MP4_TYPE('t', 'r', 'a', 'f'))
            continue;
        wrong = read_traf(&traf, box.body, begin);
        traf.base = traf.data; /* of the next, unless it says where (8.8.7.1) */
    }
    if (wrong)
        return wrong;
    sort_runs(fragment);
    return result < 0 ? "a box goes over the end of moof" : NULL;
}

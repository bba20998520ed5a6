/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ladder is made of the file alone, and then again with what --set puts in the place of it. So an
 * error names the one to blame: a line of the file, or an option, and what the file says is good
 * before any option is looked at. Each rendition is what all have in common with its own keys over
 * it; where these make a common key meaningless, it has that one at its default.
 */
#include "preset/ladder.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "preset/draft.h"
#include "preset/ini.h"
#include "preset/keys.h"
#include "preset/source.h"

#define TOP_BITRATE INT64_C(2000000) /* what clients that know one stream were made for */

struct assembly {
    const struct draft *file;
    const struct draft *set;    /* NULL: what the file says alone */
    const struct draft *latest; /* of both: whom to blame */
    struct ladder *ladder;
    const struct draft_part *blamed; /* on failure: a part of the latest, and a key given there */
    enum key key;
    struct error *reason; /* likewise */
};

/* Blames a key if the latest source has given it for @p part. */
static bool blame(struct assembly *assembly, const struct draft_part *part, enum key key)
{
    if (!part->given[key])
        return false;
    assembly->blamed = part;
    assembly->key = key;
    return true;
}

struct suspect {
    const struct draft_part *part;
    enum key key;
};

/* The first that is given; there is one, for what nobody gave was good before. */
static void blame_one_of(struct assembly *assembly, const struct suspect *suspects, size_t count)
{
    size_t i = 0;

    while (i < count && !blame(assembly, suspects[i].part, suspects[i].key))
        i++;
    assert(i < count);
}

/* ---- the renditions -------------------------------------------------------------------------- */

static void put_given(const struct draft_part *part, struct preset *preset)
{
    for (int key = 0; key < KEY_COUNT; key++) {
        char value[SETTING_TEXT_SIZE];
        int result = 0;

        if (!part->given[key])
            continue;
        setting_format(&preset_keys[key], &part->preset, value);
        result = setting_parse(&preset_keys[key], value, preset, NULL);
        assert(result == 0);
        (void)result;
    }
}

static int settle(struct assembly *assembly, const struct draft_part *part, struct preset *preset)
{
    const struct draft_part *common = &assembly->latest->common;
    struct error reason;
    enum key key;
    int result = keys_settle(preset, part->given, common->given, &key, &reason);

    if (result == 0)
        return 0;
    blame_one_of(assembly, (struct suspect[]){{part, key}, {common, key}}, 2);
    if (assembly->blamed == part)
        return error_set(assembly->reason, result, EX_DATAERR, "%s", reason.text);
    return error_set(assembly->reason, result, EX_DATAERR, "[" DRAFT_RENDITION " %s]: %s",
                     part->preset.rendition, reason.text);
}

static int make_rendition(struct assembly *assembly, const struct preset *common, int64_t number)
{
    const struct draft_part *of_file = &assembly->file->renditions[number];
    struct preset *preset = &assembly->ladder->renditions[number];

    *preset = *common;
    memcpy(preset->rendition, of_file->preset.rendition, sizeof(preset->rendition));
    put_given(of_file, preset);
    if (assembly->set)
        put_given(&assembly->set->renditions[number], preset);
    return settle(assembly, &assembly->latest->renditions[number], preset);
}

static int make_renditions(struct assembly *assembly)
{
    struct ladder *ladder = assembly->ladder;
    struct preset common = assembly->file->common.preset;
    int result;

    if (assembly->set)
        put_given(&assembly->set->common, &common);
    *ladder = (struct ladder){.common = common};
    ladder->has_renditions = assembly->file->count > 0;
    ladder->count = ladder->has_renditions ? assembly->file->count : 1;
    result = settle(assembly, &assembly->latest->common, &ladder->common);
    if (!ladder->has_renditions)
        ladder->renditions[0] = ladder->common;
    for (int64_t i = 0; i < assembly->file->count && result == 0; i++)
        result = make_rendition(assembly, &common, i);
    return result;
}

/* ---- what they demand of each other ---------------------------------------------------------- */

/* Frames of a segment, as timeline_make() rounds them. */
static int64_t frames_of(const struct preset *preset)
{
    int64_t den = INT64_C(1000) * preset->video.rate.den;

    return (2 * preset->stream.segment_duration * preset->video.rate.num + den) / (2 * den);
}

static bool last_equally_long(const struct preset *a, const struct preset *b)
{
    return frames_of(a) * a->video.rate.den * b->video.rate.num ==
           frames_of(b) * b->video.rate.den * a->video.rate.num;
}

static int reject_rates(struct assembly *assembly, int64_t number)
{
    const struct draft *latest = assembly->latest;
    const struct suspect suspects[] = {
        {&latest->renditions[number], KEY_RATE},
        {&latest->renditions[0], KEY_RATE},
        {&latest->common, KEY_RATE},
        {&latest->common, KEY_SEGMENT_DURATION},
    };
    const struct preset *first = &assembly->ladder->renditions[0];
    const struct preset *other = &assembly->ladder->renditions[number];
    char rate[SETTING_TEXT_SIZE];
    char other_rate[SETTING_TEXT_SIZE];

    blame_one_of(assembly, suspects, sizeof(suspects) / sizeof(suspects[0]));
    setting_format(&preset_keys[KEY_RATE], first, rate);
    setting_format(&preset_keys[KEY_RATE], other, other_rate);
    return error_set(assembly->reason, -EINVAL, EX_DATAERR,
                     "segments must last equally long, and those of %s have %" PRId64
                     " frames at %s a second, those of %s %" PRId64 " at %s",
                     first->rendition, frames_of(first), rate, other->rendition, frames_of(other),
                     other_rate);
}

/* RFC 8216 6.2.4, and borders at the same points in time. */
static int check_rates(struct assembly *assembly)
{
    for (int64_t i = 1; i < assembly->ladder->count; i++)
        if (!last_equally_long(&assembly->ladder->renditions[0], &assembly->ladder->renditions[i]))
            return reject_rates(assembly, i);
    return 0;
}

static int check_video(struct assembly *assembly)
{
    struct suspect suspects[LADDER_MAX + 1];
    int64_t count = assembly->ladder->count;

    for (int64_t i = 0; i < count; i++) {
        if (preset_has_video(&assembly->ladder->renditions[i]))
            return 0;
        suspects[i] = (struct suspect){&assembly->latest->renditions[i], KEY_ENCODER};
    }
    suspects[count] = (struct suspect){&assembly->latest->common, KEY_ENCODER};
    blame_one_of(assembly, suspects, (size_t)count + 1);
    return error_set(assembly->reason, -EINVAL, EX_DATAERR,
                     "no rendition has video, one with encoder = x264 or exact is wanted");
}

static int check_group(struct assembly *assembly)
{
    const struct draft *latest = assembly->latest;

    if (assembly->ladder->common.audio.delivery != DELIVERY_GROUP)
        return 0;
    for (int64_t i = 0; i < assembly->ladder->count; i++) {
        const struct suspect suspects[] = {
            {&latest->renditions[i], KEY_ENCODER},
            {&latest->common, KEY_DELIVERY},
            {&latest->common, KEY_ENCODER},
            {&latest->common, KEY_SIGNAL},
        };

        if (preset_has_video(&assembly->ladder->renditions[i]))
            continue;
        blame_one_of(assembly, suspects, sizeof(suspects) / sizeof(suspects[0]));
        return error_set(assembly->reason, -EINVAL, EX_DATAERR,
                         "with delivery = group the sound is by itself, and nothing is left for %s",
                         assembly->ladder->renditions[i].rendition);
    }
    return 0;
}

/* What is set for all, and by each rendition otherwise, decides nothing. */
static int check_effect(struct assembly *assembly)
{
    for (int key = 0; assembly->set && key < KEY_COUNT; key++) {
        int64_t own = 0;

        for (int64_t i = 0; i < assembly->file->count; i++)
            own +=
                assembly->file->renditions[i].given[key] || assembly->set->renditions[i].given[key];
        if (own == assembly->file->count && blame(assembly, &assembly->set->common, (enum key)key))
            return error_set(assembly->reason, -EINVAL, EX_DATAERR,
                             "every rendition has its own, as in \"" DRAFT_RENDITION " %s.%s=...\"",
                             assembly->ladder->renditions[0].rendition, preset_keys[key].name);
    }
    return 0;
}

/* Keys that mean nothing for what is left go back to their defaults. */
static void leave_out(struct preset *preset, enum key key, const char *value)
{
    static const int given[KEY_COUNT] = {0};
    enum key blamed;
    int result = setting_parse(&preset_keys[key], value, preset, NULL);

    if (result == 0)
        result = keys_settle(preset, given, given, &blamed, NULL);
    assert(result == 0);
    (void)result;
}

static void make_group(struct ladder *ladder)
{
    struct preset *audio = &ladder->renditions[ladder->count];

    *audio = ladder->common;
    memcpy(audio->rendition, LADDER_AUDIO, sizeof(LADDER_AUDIO));
    audio->video.rate = ladder->renditions[0].video.rate; /* the borders are those of the others */
    leave_out(audio, KEY_ENCODER, "none");
    for (int64_t i = 0; i < ladder->count; i++)
        leave_out(&ladder->renditions[i], KEY_SIGNAL, "none");
    ladder->count++;
}

static int make_ladder(struct assembly *assembly)
{
    int result = make_renditions(assembly);

    if (result < 0)
        return result;
    if (!assembly->ladder->has_renditions) {
        if (blame(assembly, &assembly->latest->common, KEY_DELIVERY))
            return error_set(assembly->reason, -EINVAL, EX_DATAERR,
                             "this key is only for presets with renditions");
        return 0;
    }
    result = check_rates(assembly);
    if (result == 0)
        result = check_video(assembly);
    if (result == 0)
        result = check_group(assembly);
    if (result == 0)
        result = check_effect(assembly);
    if (result == 0 && assembly->ladder->common.audio.delivery == DELIVERY_GROUP)
        make_group(assembly->ladder);
    return result;
}

/* ---- both sources ---------------------------------------------------------------------------- */

static int make_of_file(const struct source *source, const struct draft *file,
                        struct ladder *ladder, struct error *err)
{
    struct error reason;
    struct assembly assembly = {.file = file, .latest = file, .ladder = ladder, .reason = &reason};
    char value[SETTING_TEXT_SIZE];
    const struct setting *row;
    const char *rendition;
    int result = make_ladder(&assembly);

    if (result == 0)
        return 0;
    row = &preset_keys[assembly.key];
    rendition = assembly.blamed->preset.rendition;
    setting_format(row, &assembly.blamed->preset, value);
    return error_set(err, result, EX_DATAERR, "%s:%d: [%s%s] %s = %s: %s", source->place,
                     assembly.blamed->given[assembly.key],
                     rendition[0] ? DRAFT_RENDITION " " : row->section, rendition, row->name, value,
                     reason.text);
}

static int make_of_both(const struct draft *file, const char *const *overrides, size_t count,
                        struct ladder *ladder, struct error *err)
{
    struct draft set = {.count = file->count};
    struct error reason;
    struct assembly assembly = {
        .file = file, .set = &set, .latest = &set, .ladder = ladder, .reason = &reason};
    int result;

    for (int64_t i = 0; i < set.count; i++)
        memcpy(set.renditions[i].preset.rendition, file->renditions[i].preset.rendition,
               sizeof(set.renditions[i].preset.rendition));
    result = draft_take_overrides(&set, overrides, count, err);
    if (result < 0)
        return result;
    result = make_ladder(&assembly);
    if (result < 0)
        return draft_reject_override(overrides[assembly.blamed->given[assembly.key] - 1], &reason,
                                     err);
    return 0;
}

int ladder_parse(const struct source *source, const char *const *overrides, size_t override_count,
                 struct ladder *ret_ladder, struct error *err)
{
    struct draft file = {0};
    struct ladder ladder = {0};
    int result;

    memcpy(file.common.preset.name, source->name, sizeof(file.common.preset.name));
    keys_set_defaults(&file.common.preset);
    result = ini_read(source, &file, err);
    if (result == 0)
        result = make_of_file(source, &file, &ladder, err);
    if (result == 0)
        result = make_of_both(&file, overrides, override_count, &ladder, err);
    if (result == 0)
        *ret_ladder = ladder;
    return result;
}

int ladder_load(const char *name, const char *const *overrides, size_t override_count,
                struct ladder *ret_ladder, struct error *err)
{
    struct source source;
    int result = source_read(name, &source, err);

    return result < 0 ? result : ladder_parse(&source, overrides, override_count, ret_ladder, err);
}

int64_t ladder_top(const struct ladder *ladder)
{
    int64_t top = 0;
    int64_t least = INT64_MAX;

    for (int64_t i = 0; i < ladder->count; i++) {
        int64_t distance = llabs(ladder->renditions[i].video.bitrate - TOP_BITRATE);

        if (!preset_has_video(&ladder->renditions[i]) || distance >= least)
            continue;
        least = distance;
        top = i;
    }
    return top;
}

int64_t ladder_count_iframes(const struct ladder *ladder)
{
    int64_t count = 0;

    for (int64_t i = 0; i < ladder->count; i++)
        count += preset_has_iframes(&ladder->renditions[i]);
    return count;
}

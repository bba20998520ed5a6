/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two versions are laid beside each other by a segment that both list: how far it has moved is how
 * many segments were removed, whatever the numbers say. What was listed once is known again by its
 * hash, so that what is kept of it is little, and bounded.
 */
#include "verify/evolution_step.h"

#include "verify/m3u8_lex.h"

#define TRIES 16 /* segments that are looked for in the version before */

void step_check(const struct evolution_step *step, enum rule_id rule)
{
    findings_check(step->evolution->findings, rule);
}

void step_file(struct evolution_step *step, enum rule_id rule, const char *wanted,
               const char *found, ...)
{
    va_list args;

    step->faults++;
    va_start(args, found);
    findings_vadd(step->evolution->findings, rule, step->evolution->place, wanted, found, args);
    va_end(args);
}

/* ---- what is known again --------------------------------------------------------------------- */

/* FNV-1a */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

uint64_t evolution_hash_text(const struct version *version)
{
    return hash_bytes(HASH_START, version->text.data, version->text.size);
}

static uint64_t hash_resource(const struct m3u8_segment *segment)
{
    uint64_t hash = hash_bytes(HASH_START, segment->uri.data, segment->uri.size);

    return hash_bytes(hash, &segment->range, sizeof(segment->range));
}

bool evolution_has_text(const struct evolution *evolution, uint64_t hash)
{
    for (size_t i = 0; i < EVOLUTION_TEXTS && i < evolution->text_count; i++)
        if (evolution->texts[i] == hash)
            return true;
    return false;
}

void evolution_keep_text(struct evolution *evolution, uint64_t hash)
{
    evolution->texts[evolution->text_count++ % EVOLUTION_TEXTS] = hash;
}

void evolution_keep_resource(struct evolution *evolution, const struct m3u8_segment *segment)
{
    evolution->resources[evolution->resource_count++ % EVOLUTION_RESOURCES] =
        (struct evolution_resource){hash_resource(segment), segment->number};
}

const struct evolution_resource *evolution_find_resource(const struct evolution *evolution,
                                                         const struct m3u8_segment *segment)
{
    uint64_t hash = hash_resource(segment);

    for (size_t i = 0; i < EVOLUTION_RESOURCES && i < evolution->resource_count; i++)
        if (evolution->resources[i].hash == hash)
            return &evolution->resources[i];
    return NULL;
}

/* ---- side by side ---------------------------------------------------------------------------- */

static bool is_same(const struct m3u8_segment *a, const struct m3u8_segment *b)
{
    return m3u8_text_equals(a->uri, b->uri) && a->range.offset == b->range.offset &&
           a->range.size == b->range.size;
}

/* Where @p segment stands in @p playlist; -1: nowhere. */
static int64_t find_segment(const struct m3u8 *playlist, const struct m3u8_segment *segment)
{
    int64_t guess = segment->number - playlist->sequence;

    if (guess >= 0 && guess < (int64_t)playlist->segment_count &&
        is_same(&playlist->segments[guess], segment))
        return guess;
    for (size_t i = 0; i < playlist->segment_count; i++)
        if (is_same(&playlist->segments[i], segment))
            return (int64_t)i;
    return -1;
}

void step_align(struct evolution_step *step)
{
    const struct m3u8 *before = &step->before->playlist;
    const struct m3u8 *after = &step->after->playlist;
    int64_t count = (int64_t)before->segment_count;

    step->removed = count;
    step->added = (int64_t)after->segment_count;
    for (size_t i = 0; i < after->segment_count && i < TRIES; i++) {
        int64_t at = find_segment(before, &after->segments[i]);

        if (at < 0)
            continue;
        step->aligned = true;
        step->removed = at - (int64_t)i;
        step->added -= count - step->removed;
        return;
    }
}

const struct m3u8_segment *step_counterpart(const struct evolution_step *step, size_t index)
{
    const struct m3u8 *before = &step->before->playlist;
    int64_t at = (int64_t)index + step->removed;

    return step->aligned && at >= 0 && at < (int64_t)before->segment_count ? &before->segments[at]
                                                                           : NULL;
}

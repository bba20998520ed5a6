/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server may replace one whole text by another; a client must never find that what it knows has
 * become wrong, nor miss what it waits for.
 */
#include "verify/evolution.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "verify/evolution_step.h"

#define COUNT_MAX      (INT64_C(1) << 60)
#define WINDOW_TARGETS 3 /* RFC 8216 6.2.2 */

/* ---- the head -------------------------------------------------------------------------------- */

static void judge_head(struct evolution_step *step)
{
    const struct m3u8 *before = &step->before->playlist;
    const struct m3u8 *after = &step->after->playlist;

    step_check(step, RULE_EV_TD_CONST);
    if (before->target != after->target)
        step_file(step, RULE_EV_TD_CONST, "it never changes",
                  "EXT-X-TARGETDURATION %" PRId64 " became %" PRId64, before->target,
                  after->target);
    if (before->version != after->version)
        step_file(step, RULE_EV_TD_CONST, "it never changes",
                  "EXT-X-VERSION %" PRId64 " became %" PRId64, before->version, after->version);
}

/* As many as were removed; where no segment is left, at least as many as there were. */
static void judge_sequence(struct evolution_step *step)
{
    int64_t before = step->before->playlist.sequence;
    int64_t rise = step->after->playlist.sequence - before;

    step_check(step, RULE_EV_MSN);
    if (step->aligned ? rise != step->removed : rise < step->removed)
        step_file(step, RULE_EV_MSN, "it rises by the number of removed segments",
                  "%" PRId64 " became %" PRId64 ", %" PRId64 " removed", before, before + rise,
                  step->removed);
}

static void judge_event(struct evolution_step *step)
{
    int64_t removed = step->removed > 0 ? step->removed : -step->added;

    step_check(step, RULE_EV_EVENT);
    if (removed > 0)
        step_file(step, RULE_EV_EVENT, "of type EVENT, nothing is removed",
                  "%" PRId64 " segments were removed", removed);
}

static void judge_type(struct evolution_step *step)
{
    const struct m3u8 *after = &step->after->playlist;

    step->evolution->has_slid = step->evolution->has_slid || step->removed > 0;
    if (!step->evolution->has_slid)
        return;
    step_check(step, RULE_PL_LIVE_TYPE);
    if (after->type != M3U8_LIVE && step->before->playlist.type == M3U8_LIVE)
        step_file(step, RULE_PL_LIVE_TYPE, "no EXT-X-PLAYLIST-TYPE once segments were removed",
                  "EXT-X-PLAYLIST-TYPE:%s", after->type == M3U8_VOD ? "VOD" : "EVENT");
}

/* What a removal leaves (RFC 8216 6.2.2). Not of a version that leaves segments out by EXT-X-SKIP.
 */
static void judge_window(struct evolution_step *step)
{
    const struct m3u8 *after = &step->after->playlist;
    bool is_known = after->target >= 0 && after->segment_count > 0 &&
                    after->segments[0].number == after->sequence;
    int64_t ns = 0;

    for (size_t i = 0; i < after->segment_count; i++) {
        is_known = is_known && !after->segments[i].is_untimed;
        ns += after->segments[i].duration_ns;
    }
    if (step->removed <= 0 || after->ended || after->type != M3U8_LIVE || !is_known)
        return;
    step_check(step, RULE_PL_WINDOW_3TD);
    if (ns / WINDOW_TARGETS / NS_PER_SECOND < after->target)
        step_file(step, RULE_PL_WINDOW_3TD, "3 target durations or more, once segments are removed",
                  "%.3f s, target duration %" PRId64, step_seconds(ns), after->target);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void judge_pace(struct evolution_step *step, const struct moment *now)
{
    const struct moment *last = &step->evolution->newest;
    int64_t target = publication_target_ns(&step->before->playlist);

    if (target == 0)
        return;
    step_check(step, RULE_EV_LATE);
    if (now->after - last->seen > target * 3 / 2)
        step_file(step, RULE_EV_LATE, "1.5 target durations after the one before, at most",
                  "%.3f s after it", step_seconds(now->after - last->seen));
    if (last->after == MOMENT_NONE)
        return;
    step_check(step, RULE_EV_EARLY);
    if (now->seen - last->after < target / 2)
        step_file(step, RULE_EV_EARLY, "0.5 target durations after the one before, at least",
                  "%.3f s after it", step_seconds(now->seen - last->after));
}

/* Versions that nobody looked at may have been in between. */
static void judge_count(struct evolution_step *step, const struct moment *now)
{
    const struct m3u8 *after = &step->after->playlist;
    const struct m3u8_segment *first = &after->segments[after->segment_count - (size_t)step->added];

    step_check(step, RULE_EV_ONE);
    if (step->added != 1 && now->seen - now->after <= first->duration_ns / 2)
        step_file(step, RULE_EV_ONE, "one", "%" PRId64 " segments were added at once", step->added);
}

/* A version that adds nothing, and changes nothing else, is one too many. */
static void judge_needless(struct evolution_step *step)
{
    step_check(step, RULE_EV_ONE);
    if (step->faults == 0 && !step->after->playlist.ended)
        step_file(step, RULE_EV_ONE, "one segment more", "a version that adds none");
}

static void judge_time(struct evolution_step *step, const struct sight *sight)
{
    struct publication *publication = &step->evolution->publication;
    int faults = step->faults;

    if (step->added <= 0) {
        judge_needless(step);
        return;
    }
    judge_pace(step, &sight->moment);
    judge_count(step, &sight->moment);
    if (step->faults > faults)
        publication_restart(publication);
    publication->target_ns = publication_target_ns(&step->after->playlist);
    publication_add(publication, &step->after->playlist, (size_t)step->added, sight);
    step->evolution->newest = sight->moment;
}

/* ---- a step ---------------------------------------------------------------------------------- */

/* What must not change any more. @return whether it is that */
static bool judge_end(struct evolution_step *step)
{
    const struct m3u8 *before = &step->before->playlist;

    if (before->type == M3U8_VOD) {
        step_file(step, RULE_EV_EVENT, "of type VOD, nothing changes", "another version");
        return true;
    }
    if (!before->ended)
        return false;
    step_check(step, RULE_EV_END);
    if (step->added > 0 || !step->after->playlist.ended)
        step_file(step, RULE_EV_END, "nothing is added after EXT-X-ENDLIST",
                  "%" PRId64 " segments were added%s", step->added > 0 ? step->added : 0,
                  step->after->playlist.ended ? "" : ", and it is gone");
    return true;
}

static void judge_live(struct evolution_step *step, const struct sight *sight)
{
    bool is_event = step->before->playlist.type == M3U8_EVENT && !step->evolution->has_slid;
    int faults;

    judge_head(step);
    faults = step->faults;
    if (is_event) {
        judge_event(step);
    } else {
        judge_type(step);
        judge_sequence(step);
    }
    step_judge_names(step, step->faults == faults);
    if (!is_event || step->faults == faults)
        step_judge_segments(step);
    judge_time(step, sight);
    judge_window(step);
}

static void shift_numbers(struct m3u8 *playlist, int64_t shift)
{
    playlist->sequence += shift;
    for (size_t i = 0; i < playlist->segment_count; i++)
        playlist->segments[i].number += shift;
}

/* Numbers run on, whatever the playlist says. */
static void mend_numbers(const struct evolution_step *step, struct m3u8 *playlist)
{
    int64_t shift = step->before->playlist.sequence + step->removed - playlist->sequence;

    if (step->aligned ? shift == 0 : shift <= 0)
        return;
    step->evolution->shift += shift;
    shift_numbers(playlist, shift);
}

/* Whether what is added to its numbers and durations is still a number. */
static bool is_countable(const struct m3u8 *playlist)
{
    int64_t ns = 0;

    for (size_t i = 0; i < playlist->segment_count && ns < COUNT_MAX; i++)
        ns += playlist->segments[i].duration_ns; /* by reading, the sum is one */
    return playlist->sequence < COUNT_MAX && playlist->discontinuities < COUNT_MAX &&
           ns < COUNT_MAX;
}

enum evolution_verdict evolution_follow(struct evolution *evolution, const struct version *before,
                                        struct version *after, const struct sight *sight)
{
    struct evolution_step step = {.evolution = evolution, .before = before, .after = after};
    uint64_t hash = evolution_hash_text(after);

    if (!is_countable(&before->playlist) || !is_countable(&after->playlist))
        return EVOLUTION_LEFT_OUT;
    step_check(&step, RULE_EV_STALE);
    if (evolution_has_text(evolution, hash)) {
        step_file(&step, RULE_EV_STALE, "no version comes again", "one that was replaced before");
        return EVOLUTION_LEFT_OUT;
    }
    evolution_keep_text(evolution, hash);
    shift_numbers(&after->playlist, evolution->shift);
    step_align(&step);
    if (!judge_end(&step))
        judge_live(&step, sight);
    mend_numbers(&step, &after->playlist);
    return EVOLUTION_NEWER;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

int evolution_begin(struct evolution *ret, struct findings *findings, const char *place,
                    const struct version *first, int64_t seen)
{
    const struct m3u8 *playlist = &first->playlist;
    struct evolution evolution = {
        .findings = findings,
        .place = place,
        .newest = {MOMENT_NONE, seen},
        .resources = calloc(EVOLUTION_RESOURCES, sizeof(*evolution.resources)),
        .publication = {.findings = findings,
                        .place = place,
                        .first_end = playlist->sequence + (int64_t)playlist->segment_count},
    };

    if (!evolution.resources)
        return -ENOMEM;
    evolution_keep_text(&evolution, evolution_hash_text(first));
    for (size_t i = 0; i < playlist->segment_count; i++)
        evolution_keep_resource(&evolution, &playlist->segments[i]);
    *ret = evolution;
    return 0;
}

void evolution_end(struct evolution *evolution, const struct version *last, int64_t now)
{
    struct evolution_step step = {.evolution = evolution, .before = last, .after = last};
    int64_t target = publication_target_ns(&last->playlist);
    int64_t waited = now - evolution->newest.seen;

    if (!last->playlist.ended && target > 0 && waited > target * 3 / 2)
        step_file(&step, RULE_EV_LATE, "1.5 target durations after the one before, at most",
                  "none for %.3f s", step_seconds(waited));
    publication_end(&evolution->publication);
}

void evolution_finish(struct evolution *evolution)
{
    free(evolution->resources);
    *evolution = (struct evolution){0};
}

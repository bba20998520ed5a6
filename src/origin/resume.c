/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/resume.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static const struct playlist_entry *last_entry(const struct playlist *playlist)
{
    return &playlist->entries[playlist->count - 1];
}

int64_t resume_index_behind(const struct timeline *line, const struct playlist *playlist)
{
    const struct playlist_entry *last = last_entry(playlist);
    int64_t half = timeline_duration_us(line) * NS_PER_US / 2;

    return timeline_index_at(line, last->start + last->duration_us * NS_PER_US + half);
}

/* The number after which this run's segments may come; -1 for a directory without a past. */
static int64_t newest_number(const struct resume_stream *stream, const struct resume_found *found)
{
    if (found->playlist)
        return found->playlist->sequence + found->playlist->count - 1;
    if (!found->state) { /* files alone make no past, unless they could have been listed just now */
        bool recent =
            found->highest <= stream->due + 1 && found->highest > stream->due - 2 * stream->window;

        return recent ? found->highest : -1;
    }
    if (found->highest >= 0)
        return found->highest;
    /* Nothing is left but the state: as if that run had gone on until now. */
    return max_of(found->state->from - 1, stream->due + found->state->offset);
}

int64_t resume_index_of_newest(const struct resume_stream *stream, const struct resume_found *found)
{
    int64_t offset = found->state ? found->state->offset : 0;
    int64_t start;
    int64_t index;

    if (!found->playlist)
        return max_of(newest_number(stream, found) - offset, -1);
    /* A date in the playlist is rounded down to milliseconds. */
    start = last_entry(found->playlist)->start;
    index = timeline_index_at(stream->line, start + NS_PER_MS - 1);
    return index >= 0 && timeline_start(stream->line, index) >= start ? index : -1;
}

/* The discontinuity sequence number of the newest segment found (RFC 8216 6.2.1). */
static int64_t newest_discontinuity(const struct resume_found *found, int64_t newest)
{
    const struct playlist *playlist = found->playlist;
    int64_t number;

    if (playlist) {
        number = playlist->discontinuities;
        for (int64_t i = 0; i < playlist->count; i++)
            number += playlist->entries[i].discontinuity;
        return number;
    }
    if (!found->state)
        return 0;
    /* A state is on disk before its first segment is. */
    number = found->state->discontinuities;
    return newest < found->state->from && number > 0 ? number - 1 : number;
}

/* Without a state: the first number that is surely of the newest segment's stream. */
static int64_t first_of_stream(const struct playlist *playlist)
{
    int64_t i;

    if (!playlist)
        return 0;
    for (i = playlist->count - 1; i > 0 && !playlist->entries[i].discontinuity; i--)
        ;
    if (playlist->entries[i].discontinuity)
        return playlist->sequence + i;
    /* It began before what is listed: where exactly decides nothing any more. */
    return max_of(playlist->sequence - 1, 0);
}

static bool has_digest(const struct resume_stream *stream, const struct resume_found *found)
{
    return found->state && memcmp(found->state->digest, stream->digest, STATE_DIGEST_SIZE) == 0;
}

/* Whether this run makes the segments that are there. */
static bool is_same(const struct resume_stream *stream, const struct resume_found *found,
                    int64_t newest)
{
    int64_t index = resume_index_of_newest(stream, found);
    bool same = found->same_bytes;

    if (found->state)
        same = has_digest(stream, found) && found->state->from <= newest &&
               found->state->offset == newest - index;
    return same && index >= 0;
}

/* Likewise, and time did not go back since. */
static bool goes_on(const struct resume_stream *stream, const struct resume_found *found,
                    int64_t newest)
{
    return is_same(stream, found, newest) &&
           resume_index_of_newest(stream, found) <= stream->due + 1;
}

static bool has_ended(const struct resume_found *found)
{
    return found->playlist && found->playlist->ended;
}

/* The index that follows on what was found, as near as time allows. */
static int64_t next_index(const struct resume_stream *stream, const struct resume_found *found,
                          int64_t newest)
{
    int64_t offset = found->state ? found->state->offset : 0;
    int64_t next = newest + 1 - offset;
    int64_t latest = stream->due;

    if (found->playlist) {
        next = resume_index_behind(stream->line, found->playlist);
        latest++; /* it can wait for its time, since the playlist stands until then */
    }
    return max_of(next < latest ? next : latest, 0);
}

static struct resume_plan follow_on(const struct resume_stream *stream,
                                    const struct resume_found *found, int64_t newest)
{
    int64_t next = next_index(stream, found, newest);
    struct resume_plan plan = {
        .state = {.from = newest + 1,
                  .offset = newest + 1 - next,
                  .discontinuities = newest_discontinuity(found, newest) + 1},
        .newest = max_of(stream->due, next - 1),
        .breaks = true,
    };

    if (stream->kind == PLAYLIST_LIVE) /* of an event nothing is left out */
        plan.state.from =
            max_of(plan.state.from, plan.newest + plan.state.offset - stream->window + 1);
    return plan;
}

/* Whether others of its ladder have had discontinuities since that it has not. */
static bool is_behind(const struct resume_stream *stream, const struct resume_plan *plan)
{
    return stream->kind == PLAYLIST_LIVE && !plan->ended &&
           plan->state.discontinuities < stream->discontinuities;
}

/* The others of its ladder have their discontinuity at an index that may be to come. What it makes
 * of the time before it has, as theirs, the number before (6.2.4). */
static void wait_for_others(const struct resume_stream *stream, struct resume_plan *plan)
{
    int64_t first = max_of(plan->state.from, plan->state.offset);
    int64_t since = stream->since + plan->state.offset;

    plan->state.discontinuities = stream->discontinuities;
    if (stream->kind != PLAYLIST_LIVE || stream->discontinuities == 0 || since <= first)
        return;
    plan->ahead = since - first;
    plan->state.from = since;
}

static struct resume_plan go_on(const struct resume_stream *stream,
                                const struct resume_found *found, int64_t newest)
{
    int64_t index = resume_index_of_newest(stream, found);
    struct resume_plan plan = {.newest = stream->due};

    if (found->playlist) /* else the newest file may have been waiting for its time */
        plan.newest = max_of(stream->due, index);
    plan.ended = has_ended(found);
    if (plan.ended)
        plan.newest = index;
    if (found->state)
        plan.state = *found->state;
    else
        plan.state = (struct state){.from = first_of_stream(found->playlist),
                                    .offset = newest - index,
                                    .discontinuities = newest_discontinuity(found, newest)};
    return plan;
}

/* Milliseconds, rounded up. Of playlists that nothing tells of, as long as they may have been: a
 * segment exceeds the target duration by half a second at most (RFC 8216 4.3.3.1). */
static int64_t longest_playlist(const struct resume_stream *stream,
                                const struct resume_found *found, int64_t target)
{
    int64_t longest = stream->length * timeline_duration_us(stream->line);
    int64_t listed = 0;

    for (int64_t i = 0; found->playlist && i < found->playlist->count; i++)
        listed += found->playlist->entries[i].duration_us;
    longest = max_of(longest, listed) / 1000 + 1;
    if (found->state)
        return max_of(longest, found->state->longest);
    if (found->highest >= 0)
        longest = max_of(longest, stream->length * (target * 1000 + 500));
    return longest;
}

/* The number with which the playlist of an event begins. */
static int64_t first_of_event(const struct resume_stream *stream, const struct resume_found *found,
                              const struct resume_plan *plan)
{
    int64_t end = plan->newest + plan->state.offset + 1;
    int64_t own = max_of(plan->state.from, plan->state.offset);

    if (found->playlist)
        return found->playlist->sequence;
    if (plan->state.kind == PLAYLIST_EVENT && plan->state.first <= end) /* found in the state */
        return max_of(plan->state.first, own);
    return plan->breaks ? own : max_of(end - stream->window, own);
}

/* A stream that goes on ends where it was to end when it began. */
static int64_t end_of(const struct resume_stream *stream, const struct resume_found *found,
                      const struct resume_plan *plan)
{
    if (plan->ended)
        return found->playlist->sequence + found->playlist->count;
    if (stream->follow == 0)
        return 0;
    if (has_digest(stream, found) && found->state->end > plan->state.from)
        return found->state->end;
    return plan->newest + plan->state.offset + 1 + stream->follow;
}

static int refuse(const struct resume_stream *stream, const struct resume_found *found,
                  int64_t newest)
{
    int64_t kind = (int64_t)stream->kind;

    if (found->playlist)
        kind = found->playlist->kind;
    else if (found->state)
        kind = found->state->kind;
    if (kind != (int64_t)stream->kind)
        return -EMEDIUMTYPE;
    if (found->playlist && (last_entry(found->playlist)->map != 0) != (stream->map != 0))
        return -EPROTOTYPE;
    if (has_ended(found))
        return is_same(stream, found, newest) ? 0 : -EEXIST;
    return kind == PLAYLIST_EVENT && found->playlist && found->playlist->count > stream->length
               ? -E2BIG
               : 0;
}

int resume_decide(const struct resume_stream *stream, const struct resume_found *found,
                  struct resume_plan *ret)
{
    int64_t newest = newest_number(stream, found);
    struct resume_plan plan = {.newest = stream->due};
    int64_t target = playlist_target(timeline_duration_us(stream->line));
    int result = refuse(stream, found, newest);

    if (result < 0)
        return result;
    if (newest < 0)
        wait_for_others(stream, &plan);
    else
        plan = has_ended(found) || goes_on(stream, found, newest)
                   ? go_on(stream, found, newest)
                   : follow_on(stream, found, newest);
    if (newest >= 0 && is_behind(stream, &plan)) {
        plan = follow_on(stream, found, newest);
        wait_for_others(stream, &plan);
        plan.apart = true;
    }
    if (found->state)
        target = max_of(target, found->state->target);
    if (found->playlist)
        target = max_of(target, found->playlist->target);
    plan.state.longest = longest_playlist(stream, found, target);
    memcpy(plan.state.digest, stream->digest, STATE_DIGEST_SIZE);
    plan.state.target = target;
    plan.state.first = stream->kind == PLAYLIST_EVENT ? first_of_event(stream, found, &plan) : 0;
    plan.state.kind = stream->kind;
    plan.state.end = end_of(stream, found, &plan);
    *ret = plan;
    return 0;
}

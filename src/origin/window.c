/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/window.h"

#include <string.h>

#include "base/clock.h"

enum {
    RETENTION_EXTRA = 2, /* segments beyond the window */
};

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t window_number(const struct window *window, int64_t index)
{
    return index + window->state.offset;
}

int64_t window_first_own(const struct window *window)
{
    return max_of(window->state.from - window->ahead, window->state.offset); /* index 0 is first */
}

int64_t window_end(const struct playlist *playlist)
{
    return playlist->sequence + playlist->count;
}

static struct playlist_entry entry_of(const struct window *window, int64_t number)
{
    const struct state *state = &window->state;

    if (number < window_first_own(window))
        return window->listed.entries[number - window->listed.sequence];
    return (struct playlist_entry){
        .start = timeline_start(window->line, number - state->offset),
        .duration_us = timeline_segment_us(window->line, number - state->offset),
        .discontinuity = number == state->from && state->discontinuities > 0,
        .map = window->map,
    };
}

int64_t window_due(const struct window *window, int64_t number)
{
    struct playlist_entry entry;

    if (number >= window_first_own(window))
        return timeline_due(window->line, number - window->state.offset);
    entry = entry_of(window, number);
    return entry.start + entry.duration_us * NS_PER_US;
}

/* EXT-X-DISCONTINUITY-SEQUENCE of a playlist that begins with @p first: the discontinuities before
 * it, of which its own is none (RFC 8216 6.2.2). */
static int64_t discontinuities_before(const struct window *window, int64_t first)
{
    const struct playlist *listed = &window->listed;
    int64_t number = listed->discontinuities;

    if (first >= window_first_own(window))
        return window->state.discontinuities -
               (first <= window->state.from && window->state.discontinuities > 0);
    for (int64_t i = 0; listed->sequence + i < first; i++)
        number += listed->entries[i].discontinuity;
    return number;
}

/* The lowest number that may be listed: MEDIA-SEQUENCE never falls; and of an earlier stream there
 * is what is listed. */
static int64_t lowest_of(const struct window *window)
{
    const struct playlist *listed = &window->listed;
    int64_t own = window_first_own(window);

    if (listed->count == 0)
        return max_of(window->lowest, own);
    return window_end(listed) < own ? max_of(listed->sequence, own) : listed->sequence;
}

/* The number of the last segment that there is to be; INT64_MAX: there is no end. What an earlier
 * run listed stays, and one there is in any case. */
static int64_t last_of(const struct window *window)
{
    const struct state *state = &window->state;
    int64_t lowest = lowest_of(window);
    int64_t last = state->end > 0 ? state->end - 1 : INT64_MAX;

    if (state->kind == PLAYLIST_EVENT)
        last = min_of(last, lowest + window->length - 1);
    return max_of(last, window->listed.count > 0 ? window_end(&window->listed) - 1 : lowest);
}

int64_t window_up_to(const struct window *window, int64_t newest)
{
    int64_t last = last_of(window);

    return window_number(window, newest) > last ? last - window->state.offset : newest;
}

void window_plan(const struct window *window, int64_t newest, struct playlist *ret)
{
    int64_t end = last_of(window);
    int64_t last = min_of(window_number(window, newest), end);

    ret->kind = (enum playlist_kind)window->state.kind;
    ret->target = window->state.target;
    ret->sequence = max_of(last - window->length + 1, lowest_of(window));
    ret->count = last >= ret->sequence ? last - ret->sequence + 1 : 0;
    ret->ended = last == end && ret->count > 0;
    ret->discontinuities = discontinuities_before(window, ret->sequence);
    for (int64_t i = 0; i < ret->count; i++)
        ret->entries[i] = entry_of(window, ret->sequence + i);
}

void window_cut(struct window *window, int64_t number)
{
    struct playlist *listed = &window->listed;
    int64_t left_out = number + 1 - listed->sequence;

    listed->discontinuities = discontinuities_before(window, number + 1);
    listed->sequence += left_out;
    listed->count -= left_out;
    memmove(listed->entries, listed->entries + left_out,
            (size_t)listed->count * sizeof(*listed->entries));
}

int64_t window_retained(int64_t length)
{
    return length + RETENTION_EXTRA;
}

static int64_t duration_of(const struct playlist *playlist)
{
    int64_t duration = 0;

    for (int64_t i = 0; i < playlist->count; i++)
        duration += playlist->entries[i].duration_us * NS_PER_US;
    return duration;
}

static int64_t duration_of_own(const struct window *window, int64_t count)
{
    return timeline_start(window->line, count) - window->line->epoch;
}

/* Whether this run alone lists it. Of sound, such a one may be an AAC frame longer than another. */
static bool is_own(const struct window *window, const struct playlist *playlist)
{
    return playlist->count <= window->length && playlist->sequence >= window_first_own(window);
}

void window_note_longest(struct window *window)
{
    int64_t duration = duration_of(&window->listed);

    if (duration <= duration_of_own(window, window->length) || is_own(window, &window->listed))
        return;
    window->longest = max_of(window->longest, duration);
    window->longest_end = window_end(&window->listed);
}

/* A duration exceeds the target duration by half a second at most (RFC 8216 4.3.3.1). */
static int64_t duration_max(const struct window *window)
{
    return window->state.target * NS_PER_SECOND + NS_PER_SECOND / 2;
}

/* Duration of the longest playlist that lists segment @p number. */
static int64_t listed_with(const struct window *window, int64_t number)
{
    int64_t duration = duration_of_own(window, window->length);

    if (number < window->longest_end)
        duration = max_of(duration, window->longest);
    if (number < window_first_own(window)) /* a playlist that is no more may have been longer */
        duration = max_of(duration, window->state.longest * NS_PER_MS);
    return duration;
}

/* At least its own duration and that of the longest playlist that listed it. */
int64_t window_retention(const struct window *window, int64_t number)
{
    int64_t own = duration_of_own(window, window_retained(window->length));

    if (number >= window_first_own(window) && number >= window->longest_end)
        return own;
    return max_of(own, listed_with(window, number) + duration_max(window));
}

int64_t window_stay(const struct window *window, int64_t number)
{
    return listed_with(window, number) + window_retention(window, number);
}

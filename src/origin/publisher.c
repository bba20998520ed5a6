/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/publisher.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "origin/publisher_parts.h"

int64_t publisher_newest(const struct publisher *publisher)
{
    return publisher->newest;
}

bool publisher_has_ended(const struct publisher *publisher)
{
    return publisher->window.listed.ended;
}

int64_t publisher_oldest(const struct publisher *publisher)
{
    return publisher->window.listed.sequence - publisher->window.state.offset;
}

int64_t publisher_number(const struct publisher *publisher, int64_t index)
{
    return window_number(&publisher->window, index);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Whether there is room now that was not, so that a write may be tried again. */
static bool makes_room(struct publisher *publisher, int result)
{
    return (result == -ENOSPC || result == -EDQUOT) && store_make_room(&publisher->store);
}

static bool stood_by(const struct publisher *publisher, int64_t index)
{
    const struct publisher_config *config = &publisher->config;

    return config->stood_by && config->stood_by(config->source, index);
}

bool publisher_stood_by(const struct publisher *publisher)
{
    return stood_by(publisher, publisher->newest);
}

static void note_made(struct publisher *publisher, int64_t number, const uint8_t *bytes,
                      size_t size)
{
    const struct ledger_entry entry = {
        .number = number,
        .size = (int64_t)size,
        .stand_by =
            stood_by(publisher, number - publisher->window.state.offset) ? INDEX_YES : INDEX_NO,
    };

    ledger_note(&publisher->ledger, &entry, bytes);
}

static int put(struct publisher *publisher, int64_t number)
{
    const struct publisher_config *config = &publisher->config;
    int64_t index = number - publisher->window.state.offset;
    size_t size;
    const uint8_t *bytes = config->segment(config->source, index, &size);
    int result;

    publisher_note_picture(publisher, number, bytes, size);
    do {
        result =
            store_put(&publisher->store, number, bytes, size, timeline_due(config->line, index));
    } while (makes_room(publisher, result));
    if (result == 0)
        note_made(publisher, number, bytes, size);
    return result;
}

/* Makes the segment, unless it is there. @return 0 when it is there, 1 when it was made; a negative
 * errno */
static int provide(struct publisher *publisher, int64_t number)
{
    int there;
    int result;

    store_recall(&publisher->store, number);
    there = store_check(&publisher->store, number);
    result = there == 0 ? put(publisher, number) : 0;

    return there < 0 ? there : result < 0 ? result : !there;
}

int publisher_provide_section(struct publisher *publisher)
{
    int result;

    do {
        result = sections_provide(&publisher->sections);
    } while (makes_room(publisher, result));
    return result;
}

/* Where room is lacking a segment has to stay only as long as if publication had never stood still:
 * no more room is ever needed than publisher_segments_max() says. */
static void retire_listed(struct publisher *publisher, int64_t end)
{
    const struct clock *clock = publisher->config.clock;
    const struct window *window = &publisher->window;
    const struct playlist *listed = &window->listed;
    int64_t now = clock->realtime(clock->context);

    for (int64_t number = listed->sequence; number < end && number < window_end(listed); number++) {
        store_recall(&publisher->store, number);
        store_retire(&publisher->store, number, window_retention(window, number),
                     window_due(window, number) + window_stay(window, number) - now);
    }
}

/* Whoever may still know of it has its whole retention to read it. */
static void retire(struct publisher *publisher, int64_t number)
{
    int64_t delay = window_retention(&publisher->window, number);

    store_recall(&publisher->store, number);
    store_retire(&publisher->store, number, delay, delay);
}

/* The playlist that listed what was cut is no more. */
static void retire_cut(struct publisher *publisher)
{
    int64_t number = publisher->cut;

    for (; number != PUBLISHER_NONE && number < publisher->window.listed.sequence; number++)
        retire(publisher, number);
    publisher->cut = PUBLISHER_NONE;
}

void publisher_cut(struct publisher *publisher, int64_t number)
{
    if (publisher->cut == PUBLISHER_NONE)
        publisher->cut = publisher->window.listed.sequence;
    window_cut(&publisher->window, number);
    publisher_forget_playlist(publisher);
}

/* The coming playlist is on disk now. */
static void advance(struct publisher *publisher, int64_t newest)
{
    const struct clock *clock = publisher->config.clock;
    struct playlist before = publisher->window.listed;

    ledger_publish(&publisher->ledger, window_end(&before), window_end(&publisher->coming),
                   clock->realtime(clock->context));
    retire_cut(publisher);
    retire_listed(publisher, publisher->coming.sequence);
    if (publisher->prepared != PUBLISHER_NONE && publisher->prepared < publisher->coming.sequence)
        store_discard(&publisher->store, publisher->prepared);
    publisher->prepared = PUBLISHER_NONE;
    publisher->window.listed = publisher->coming;
    publisher->coming = before;
    window_note_longest(&publisher->window);
    publisher->newest = newest;
}

void publisher_step(struct publisher *publisher, int64_t step)
{
    store_step(&publisher->store, step);
}

/* Whether a segment of an earlier stream may still be asked for, and so its section. */
static bool has_earlier(const struct publisher *publisher)
{
    const struct window *window = &publisher->window;
    int64_t own = window_first_own(window);

    return (window->listed.count > 0 && window->listed.sequence < own) ||
           publisher->cut != PUBLISHER_NONE || store_is_waiting_before(&publisher->store, own);
}

int publisher_expire(struct publisher *publisher)
{
    int result = store_expire(&publisher->store);
    int dropped = has_earlier(publisher) ? 0 : sections_drop_found(&publisher->sections);

    return result < 0 ? result : dropped;
}

int64_t publisher_next_removal(const struct publisher *publisher)
{
    return store_next_removal(&publisher->store);
}

/* ---- publication ----------------------------------------------------------------------------- */

void publisher_abandon(struct publisher *publisher)
{
    publisher_remove_temporary(publisher);
    if (publisher->prepared != PUBLISHER_NONE)
        store_discard(&publisher->store, publisher->prepared);
    publisher->prepared = PUBLISHER_NONE;
}

/* After a failure, what no playlist lists goes: it may never be needed. What an earlier run left
 * stays: its playlist may be lost, but not forgotten by who has read it. */
static void withdraw(struct publisher *publisher)
{
    int64_t listed_end = window_end(&publisher->window.listed);
    int64_t first = publisher->coming.sequence;

    for (int64_t number = first > listed_end ? first : listed_end;
         number < window_end(&publisher->coming); number++) {
        if (store_has_made(&publisher->store, number))
            store_discard(&publisher->store, number);
    }
    publisher_abandon(publisher);
}

/* The segments of @p window, and the one behind it that an earlier run may have prepared, will not
 * be listed if they are before @p end; those of an earlier run may have been. */
static void leave_out(struct publisher *publisher, const struct playlist *window, int64_t end)
{
    int64_t listed_end = window_end(&publisher->window.listed);
    int64_t first = window->sequence;

    for (int64_t number = first > listed_end ? first : listed_end;
         number < end && number <= window_end(window); number++) {
        if (store_has_made(&publisher->store, number))
            store_discard(&publisher->store, number);
        else
            retire(publisher, number);
    }
}

/* Makes what the coming playlist lists, but for what an earlier run made. */
static int provide_coming(struct publisher *publisher)
{
    const struct playlist *coming = &publisher->coming;
    int64_t own = window_first_own(&publisher->window);
    int result = publisher_provide_section(publisher);

    for (int64_t number = coming->sequence; number < window_end(coming) && result >= 0; number++) {
        if (number >= own)
            result = provide(publisher, number);
    }
    return result < 0 ? result : 0;
}

int publisher_stock(struct publisher *publisher, int64_t newest)
{
    const struct playlist before = publisher->coming;

    window_plan(&publisher->window, newest, &publisher->coming);
    leave_out(publisher, &before, publisher->coming.sequence);
    return provide_coming(publisher);
}

int publisher_fill(struct publisher *publisher, int64_t newest)
{
    const struct playlist *coming = &publisher->coming;
    int result;

    newest = window_up_to(&publisher->window, newest);
    window_plan(&publisher->window, newest, &publisher->coming);
    if (coming->count == 0 && publisher->window.listed.count > 0) {
        publisher->newest = newest; /* what is listed stands until more is due */
        return publisher_sync(publisher);
    }
    result = provide_coming(publisher);
    if (result == 0)
        result = publisher_sync(publisher);
    if (result == 0 && coming->count > 0)
        result = publisher_write_playlist(publisher, &publisher->coming);
    if (result == 0)
        result = coming->count > 0 ? publisher_replace_playlist(publisher)
                                   : publisher_remove_playlist(publisher);
    if (result < 0) {
        withdraw(publisher);
        return result;
    }
    advance(publisher, newest);
    return publisher_sync(publisher);
}

static bool is_ready(const struct publisher *publisher, int64_t index)
{
    const struct publisher_config *config = &publisher->config;

    return !config->ready || config->ready(config->source, index);
}

bool publisher_takes_time(const struct publisher *publisher)
{
    return publisher->config.ready != NULL;
}

bool publisher_is_ready(const struct publisher *publisher)
{
    return is_ready(publisher, publisher->newest + 1);
}

int publisher_prepare(struct publisher *publisher)
{
    int64_t index = publisher->newest + 1;
    int64_t number = window_number(&publisher->window, index);
    int result = provide(publisher, number);

    publisher->prepared = number; /* a failure may have come after its rename */
    if (result >= 0)
        result = publisher_sync(publisher);
    window_plan(&publisher->window, index, &publisher->coming);
    if (result == 0)
        result = publisher_write_playlist(publisher, &publisher->coming);
    if (result < 0)
        publisher_remove_temporary(publisher);
    return result;
}

int publisher_commit(struct publisher *publisher)
{
    int result = publisher_provide_section(publisher);

    if (result >= 0)
        result = provide(publisher, publisher->prepared);
    if (result > 0) /* somebody had taken it away */
        result = publisher_sync(publisher);
    if (result == 0)
        result = publisher_replace_playlist(publisher);
    if (result < 0) {
        publisher_remove_temporary(publisher);
        return result;
    }
    advance(publisher, publisher->newest + 1);
    return publisher_sync(publisher);
}

/* One that is not ready is left for another time. */
static int mend_segment(struct publisher *publisher, int64_t number,
                        struct publisher_damage *damage)
{
    int result = store_check(&publisher->store, number);

    /* A new window that failed half-way took the place of what was known. */
    if (result == 0 && !store_knows(&publisher->store, number))
        result =
            store_adopt_unread(&publisher->store, number, window_due(&publisher->window, number));
    if (result != 0)
        return result < 0 ? result : 0;
    if (number >= window_first_own(&publisher->window)) {
        if (!is_ready(publisher, number - publisher->window.state.offset))
            return 0;
        result = put(publisher, number);
        damage->made += result == 0;
    } else if (!publisher_has_ended(publisher)) {
        publisher_cut(publisher, number);
        damage->left_out++;
    }
    return result;
}

/* What came of a file: of the playlist that segments were cut of, it is no damage that it is new.
 * @return the failure that is to be told */
static int note(int result, int failure, struct publisher_damage *damage)
{
    damage->made += result > 0 && damage->left_out == 0;
    return result < 0 ? result : failure;
}

/* What is listed, the playlist, and those that follow it. */
static int mend_listed(struct publisher *publisher, struct publisher_damage *ret)
{
    const struct playlist *listed = &publisher->window.listed;
    int64_t end = window_end(listed);
    int result = sections_mend(&publisher->sections);
    int failure = result < 0 ? result : 0;

    ret->made += result > 0 ? result : 0;

    for (int64_t number = listed->sequence; number < end; number++) {
        result = mend_segment(publisher, number, ret);
        failure = result < 0 ? result : failure;
    }
    result = publisher_mend_playlist(publisher);
    if (result > 0)
        retire_cut(publisher);
    failure = note(result, failure, ret);
    if (result < 0) /* the others say nothing before the playlist does */
        return failure;
    failure = note(publisher_mend_iframes(publisher), failure, ret);
    return note(publisher_mend_alias(publisher), failure, ret);
}

int publisher_mend(struct publisher *publisher, struct publisher_damage *ret)
{
    int failure;

    *ret = (struct publisher_damage){0};
    failure = mend_listed(publisher, ret);
    return note(publisher_mend_master(publisher), failure, ret);
}

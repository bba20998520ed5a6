/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/publisher.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "origin/publisher_parts.h"

int64_t publisher_segments_max(int64_t window)
{
    /* Listed, retired, the one just leaving, and the one to come. */
    return window + window_retained(window) + 2;
}

uint64_t publisher_room(int64_t window, size_t segment_size, size_t block_size)
{
    /* Playlist and state are there twice, while they are replaced. */
    return (uint64_t)publisher_segments_max(window) * fs_whole_blocks(segment_size, block_size) +
           2 * fs_whole_blocks(playlist_size(window), block_size) +
           2 * fs_whole_blocks(STATE_SIZE, block_size);
}

int64_t publisher_newest(const struct publisher *publisher)
{
    return publisher->newest;
}

int64_t publisher_number(const struct publisher *publisher, int64_t index)
{
    return window_number(&publisher->window, index);
}

/* ---- life --------------------------------------------------------------------------------------
 */

int publisher_new(const struct publisher_config *config, struct publisher **ret)
{
    struct publisher *publisher = calloc(1, sizeof(*publisher));
    struct window *window;
    size_t length = (size_t)config->window;
    int result;

    if (!publisher)
        return -ENOMEM;
    publisher->config = *config;
    publisher->newest = -1;
    publisher->prepared = publisher->cut = PUBLISHER_NONE;
    window = &publisher->window;
    window->line = config->line;
    window->length = config->window;
    window->state.target = playlist_target(timeline_duration_us(config->line));
    window->listed.entries = calloc(length, sizeof(*window->listed.entries));
    publisher->coming.entries = calloc(length, sizeof(*publisher->coming.entries));
    publisher->text = malloc(playlist_size(config->window));
    result = store_init(&publisher->store, config->fs, config->clock, config->window + 1,
                        2 * publisher_segments_max(config->window));
    if (result < 0 || !window->listed.entries || !publisher->coming.entries || !publisher->text) {
        (void)publisher_free(publisher);
        return -ENOMEM;
    }
    *ret = publisher;
    return 0;
}

size_t publisher_memory(int64_t window)
{
    return sizeof(struct publisher) + 2 * (size_t)window * sizeof(struct playlist_entry) +
           playlist_size(window) + store_memory(window + 1, 2 * publisher_segments_max(window));
}

struct publisher *publisher_free(struct publisher *publisher)
{
    if (!publisher)
        return NULL;
    store_finish(&publisher->store);
    free(publisher->coming.entries);
    free(publisher->window.listed.entries);
    free(publisher->text);
    free(publisher);
    return NULL;
}

/* ---- files -------------------------------------------------------------------------------------
 */

int publisher_sync(const struct publisher *publisher)
{
    return publisher->config.fs->sync_directory(publisher->config.fs->context);
}

/* Whether there is room now that was not, so that a write may be tried again. */
static bool makes_room(struct publisher *publisher, int result)
{
    return (result == -ENOSPC || result == -EDQUOT) && store_make_room(&publisher->store);
}

static int put(struct publisher *publisher, int64_t number)
{
    const struct publisher_config *config = &publisher->config;
    int64_t index = number - publisher->window.state.offset;
    size_t size;
    const uint8_t *bytes = config->segment(config->source, index, &size);
    int result;

    do {
        result =
            store_put(&publisher->store, number, bytes, size, timeline_due(config->line, index));
    } while (makes_room(publisher, result));
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

static int look_at(const struct publisher *publisher, const char *name, struct fs_status *ret)
{
    const struct fs *fs = publisher->config.fs;

    return fs->status(fs->context, name, ret);
}

/* Writes it under its temporary name. */
static int write_playlist(struct publisher *publisher, const struct playlist *playlist)
{
    size_t size = playlist_write(playlist, publisher->text);

    return fs_write_file(publisher->config.fs, NAMES_PLAYLIST_TMP, publisher->text, size,
                         window_due(&publisher->window, window_end(playlist) - 1),
                         &publisher->coming_left);
}

/* Nobody's file gets the name of the playlist: not one that was put in its place meanwhile. */
static int replace_playlist(struct publisher *publisher)
{
    struct fs_status now;
    int result = look_at(publisher, NAMES_PLAYLIST_TMP, &now);

    if (result == -ENOENT || (result == 0 && !fs_is_same(&now, &publisher->coming_left)))
        return -EAGAIN;
    if (result == 0)
        result = fs_put_in_place(publisher->config.fs, NAMES_PLAYLIST_TMP, PLAYLIST_NAME);
    if (result == 0)
        publisher->listed_left = publisher->coming_left;
    return result;
}

int publisher_remove_playlist(const struct publisher *publisher)
{
    const struct fs *fs = publisher->config.fs;
    int result = fs->unlink(fs->context, PLAYLIST_NAME);

    return result == -ENOENT ? 0 : result;
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
    publisher->listed_left = (struct fs_status){0};
}

/* The coming playlist is on disk now. */
static void advance(struct publisher *publisher, int64_t newest)
{
    struct playlist before = publisher->window.listed;

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

int publisher_expire(struct publisher *publisher)
{
    return store_expire(&publisher->store);
}

/* ---- publication -------------------------------------------------------------------------------
 */

static void remove_temporary(const struct publisher *publisher)
{
    static const char *const names[] = {NAMES_SEGMENT_TMP, NAMES_PLAYLIST_TMP, NAMES_STATE_TMP};
    const struct fs *fs = publisher->config.fs;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)fs->unlink(fs->context, names[i]);
}

void publisher_abandon(struct publisher *publisher)
{
    remove_temporary(publisher);
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
    int result = 0;

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

    window_plan(&publisher->window, newest, &publisher->coming);
    if (coming->count == 0 && publisher->window.listed.count > 0) {
        publisher->newest = newest; /* what is listed stands until more is due */
        return publisher_sync(publisher);
    }
    result = provide_coming(publisher);
    if (result == 0)
        result = publisher_sync(publisher);
    if (result == 0 && coming->count > 0)
        result = write_playlist(publisher, &publisher->coming);
    if (result == 0)
        result =
            coming->count > 0 ? replace_playlist(publisher) : publisher_remove_playlist(publisher);
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
        result = write_playlist(publisher, &publisher->coming);
    if (result < 0)
        remove_temporary(publisher);
    return result;
}

int publisher_commit(struct publisher *publisher)
{
    int result = provide(publisher, publisher->prepared);

    if (result > 0) /* somebody had taken it away */
        result = publisher_sync(publisher);
    if (result == 0)
        result = replace_playlist(publisher);
    if (result < 0) {
        remove_temporary(publisher);
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
    } else {
        publisher_cut(publisher, number);
        damage->left_out++;
    }
    return result;
}

/* @return 1 when it was not as it was left, and is again; 0; a negative errno */
static int mend_playlist(struct publisher *publisher)
{
    const struct playlist *listed = &publisher->window.listed;
    struct fs_status now;
    int result;

    if (listed->count == 0)
        return 0;
    result = look_at(publisher, PLAYLIST_NAME, &now);
    if (result == 0 && fs_is_same(&now, &publisher->listed_left))
        return 0;
    if (result == 0 || result == -ENOENT)
        result = write_playlist(publisher, listed);
    if (result == 0)
        result = replace_playlist(publisher);
    return result < 0 ? result : 1;
}

int publisher_mend(struct publisher *publisher, struct publisher_damage *ret)
{
    const struct playlist *listed = &publisher->window.listed;
    int64_t end = window_end(listed);
    int failure = 0;
    int result;

    *ret = (struct publisher_damage){0};
    for (int64_t number = listed->sequence; number < end; number++) {
        result = mend_segment(publisher, number, ret);
        failure = result < 0 ? result : failure;
    }
    result = mend_playlist(publisher);
    if (result > 0)
        retire_cut(publisher);
    ret->made += result > 0 && ret->left_out == 0;
    return result < 0 ? result : failure;
}

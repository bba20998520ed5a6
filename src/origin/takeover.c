/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * publisher_resume(): takes over what an earlier run left. It is read and judged (findings.h), what
 * follows is decided (resume.h), and then the directory is brought to it: what is over goes, what
 * is whole stays as it is, and the state file says whose segments come.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/findings.h"
#include "origin/names.h"
#include "origin/publisher_parts.h"
#include "origin/resume.h"
#include "origin/state.h"

/* What an earlier run left that is neither listed nor to be. */
struct sweep {
    struct publisher *publisher;
    int64_t now; /* wall clock */
};

/* No playlist that this run goes on with can list it. */
static bool is_of_other_container(const struct publisher *publisher, const char *name,
                                  int64_t number)
{
    char own[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(number, publisher->window.map, own);
    return strcmp(name, own) != 0;
}

/* Whether what has left the playlist may still be in another one. */
static bool may_stay_behind(const struct publisher *publisher)
{
    return publisher->pictures || publisher->alias.fs;
}

/*
 * A segment that had left the playlist stays as long as if the run had gone on. One of a number to
 * come goes; what stands in its place may be no file.
 */
static int sweep_name(void *arg, const char *name)
{
    struct sweep *sweep = arg;
    struct publisher *publisher = sweep->publisher;
    const struct window *window = &publisher->window;
    const struct playlist *coming = &publisher->coming;
    const struct fs *fs = publisher->config.fs;
    int64_t number = playlist_segment_number(name);
    uint64_t map = playlist_map_of(name);
    int64_t left = 0;
    struct fs_status status = {.time = sweep->now};

    if (map != 0)
        return sections_find(&publisher->sections, map);
    if (number >= 0 && is_of_other_container(publisher, name, number)) {
        (void)fs->unlink(fs->context, name);
        return 0;
    }
    if (number < 0 || (number >= coming->sequence && number < window_end(coming)) ||
        (number == window_end(coming) && !coming->ended) ||
        (number >= window->listed.sequence && number < window_end(&window->listed)))
        return 0;
    if (number < coming->sequence) {
        if (number >= window_first_own(window))
            status.time = window_due(window, number);
        else
            (void)fs->status(fs->context, name, &status);
        left = status.time + window_stay(window, number) - sweep->now;
    }
    if (left > window_retention(window, number)) /* whatever its date says */
        left = window_retention(window, number);
    if (left > 0)
        store_retire(&publisher->store, number, left, left);
    else if (may_stay_behind(publisher) && number < window->listed.sequence)
        store_retire(&publisher->store, number, 0, 0);
    else
        store_discard(&publisher->store, number);
    return 0;
}

/* Those first that a playlist names: of others, not so many are kept. */
static int find_sections(struct publisher *publisher)
{
    const struct playlist *listed = &publisher->window.listed;
    int result = 0;

    for (int64_t i = 0; i < listed->count && result == 0; i++) {
        if (listed->entries[i].map != 0)
            result = sections_find(&publisher->sections, listed->entries[i].map);
    }
    return result;
}

static int sweep_directory(struct publisher *publisher)
{
    const struct publisher_config *config = &publisher->config;
    struct sweep sweep = {
        .publisher = publisher,
        .now = config->clock->realtime(config->clock->context),
    };
    int result = find_sections(publisher);

    return result < 0 ? result : config->fs->list(config->fs->context, sweep_name, &sweep);
}

/* Of an earlier stream: it is whole, or the playlist begins behind it. */
static int adopt_earlier(struct publisher *publisher, int64_t number, void *scratch)
{
    const struct window *window = &publisher->window;
    int adopted = store_adopt_unread(&publisher->store, number, window_due(window, number));

    if (adopted < 0)
        return adopted;
    if (!sections_have(&publisher->sections,
                       window->listed.entries[number - window->listed.sequence].map))
        adopted = 0;
    if (adopted == 0 && !publisher_has_ended(publisher))
        publisher_cut(publisher, number);
    else
        publisher_find_picture(publisher, number, scratch);
    return 0;
}

/* It has the bytes of this run's. */
static void adopt_own(struct publisher *publisher, int64_t number, void *scratch)
{
    const struct publisher_config *config = &publisher->config;
    const struct window *window = &publisher->window;
    int64_t index = number - window->state.offset;
    const uint8_t *bytes = NULL;
    bool adopted;
    size_t size;

    if (config->size)
        size = config->size(config->source, index);
    else
        bytes = config->segment(config->source, index, &size);
    if (bytes)
        publisher_note_picture(publisher, number, bytes, size);
    adopted =
        store_adopt(&publisher->store, number, bytes, size, window_due(window, number), scratch);
    if (adopted && !bytes)
        publisher_find_picture(publisher, number, scratch);
}

/* Looks at what is to be listed, and at what is to follow. */
static int adopt(struct publisher *publisher, void *scratch)
{
    const struct playlist *kept =
        publisher->coming.count > 0 ? &publisher->coming : &publisher->window.listed;
    int64_t own = window_first_own(&publisher->window);
    int64_t end = window_end(kept);
    int64_t number = kept->sequence;
    int result = 0;

    for (; number < own && number < end && result == 0; number++)
        result = adopt_earlier(publisher, number, scratch);
    if (number < own)
        number = own;
    for (; number < end + !publisher_has_ended(publisher) && result == 0; number++)
        adopt_own(publisher, number, scratch);
    return result;
}

static uint64_t last_map(const struct playlist *playlist)
{
    return playlist->entries[playlist->count - 1].map;
}

/* Without a state, bytes and date tell whether it is the same stream: those of an index are equal
 * with any epoch. */
static bool has_same_bytes(struct publisher *publisher, const struct resume_stream *stream,
                           const struct resume_found *found, void *scratch)
{
    const struct publisher_config *config = &publisher->config;
    int64_t index = resume_index_of_newest(stream, found);
    int64_t number = found->playlist ? window_end(found->playlist) - 1 : found->highest;
    const uint8_t *bytes;
    size_t size;

    if (found->state || number < 0 || index < 0 ||
        (found->playlist && last_map(found->playlist) != publisher->window.map))
        return false;
    bytes = config->segment(config->source, index, &size);
    return store_adopt(&publisher->store, number, bytes, size, timeline_due(config->line, index),
                       scratch);
}

/* With nothing but files to tell by: the first number from which on all that are there, of those
 * that a playlist may list, have the bytes that this run makes. */
static int64_t first_same(const struct publisher *publisher, const struct resume_plan *decided,
                          void *scratch)
{
    const struct publisher_config *config = &publisher->config;
    int64_t number = decided->newest + decided->state.offset;
    int64_t end = number - config->window;
    struct fs_status status;

    for (; number > end && number >= decided->state.offset; number--) {
        const uint8_t *bytes;
        size_t size;

        if (store_look(&publisher->store, number, &status) != 0 || !status.regular)
            continue;
        bytes = config->segment(config->source, number - decided->state.offset, &size);
        if (!store_holds(&publisher->store, number, bytes, size, scratch))
            return number + 1;
    }
    return decided->state.from;
}

/* With the playlist lost, the number with which the longest one could have begun: MEDIA-SEQUENCE
 * never falls, even if the window is longer now. */
static int64_t lowest_listed(const struct resume_found *found, const struct timeline *line)
{
    if (found->playlist || !found->state || found->highest < 0)
        return 0;
    return found->highest - found->state->longest * 1000 / timeline_duration_us(line);
}

static int write_state(const struct publisher *publisher)
{
    const struct fs *fs = publisher->config.fs;
    const struct clock *clock = publisher->config.clock;
    char text[STATE_SIZE];
    size_t size = state_write(&publisher->window.state, text);
    struct fs_status left;
    int result =
        fs_write_file(fs, NAMES_STATE_TMP, text, size, clock->realtime(clock->context), &left);

    if (result == 0)
        result = fs_put_in_place(fs, NAMES_STATE_TMP, NAMES_STATE);
    return result < 0 ? result : publisher_sync(publisher); /* before any segment has a name */
}

/* What is decided is the publisher's from now on. */
static void follow(struct publisher *publisher, const struct findings *findings,
                   const struct resume_found *found, const struct resume_plan *decided)
{
    struct window *window = &publisher->window;

    window->state = decided->state;
    window->ahead = decided->ahead;
    window->listed = findings->playlist;
    window->lowest = window->state.kind == PLAYLIST_EVENT
                         ? window->state.first
                         : lowest_listed(found, publisher->config.line);
    window_note_longest(window);
    if (decided->apart) {
        window->listed.count = 0;
        window->lowest = window_first_own(window);
    }
    publisher->newest = decided->newest;
}

/* Room for what an ended stream lists, which may be more than this one would. */
static int make_room(struct publisher *publisher, int64_t count)
{
    char *text = realloc(publisher->text, playlist_size(count));

    if (!text)
        return -ENOMEM;
    publisher->text = text;
    return publisher->pictures ? publisher_init_pictures(publisher, count) : 0;
}

/* A stream that has ended is left as it is, but for what had left the playlist; and for I-frame
 * playlists, which it may not have had. */
static int leave(struct publisher *publisher, void *scratch)
{
    const struct playlist *listed = &publisher->window.listed;
    int result = make_room(publisher, listed->count);

    if (result < 0)
        return result;
    publisher->was_ended = true;
    publisher->coming.sequence = window_end(listed);
    publisher->coming.count = 0;
    publisher->coming.ended = true;
    result = sweep_directory(publisher);
    if (result == 0)
        result = adopt(publisher, scratch);
    publisher_recognize_playlist(publisher);
    if (result == 0 && publisher->pictures) {
        (void)publisher_mend_iframes(publisher);
        (void)publisher_mend_alias(publisher);
    }
    return result;
}

static int make_way(struct publisher *publisher, int64_t newest, void *scratch)
{
    int result;

    window_plan(&publisher->window, newest, &publisher->coming);
    result = sweep_directory(publisher);
    return result == 0 ? adopt(publisher, scratch) : result;
}

/* Of what was found, that which is to be believed. */
static struct resume_found believe(const struct publisher *publisher, struct findings *findings)
{
    const struct publisher_config *config = &publisher->config;
    struct resume_found found = {.highest = findings->highest};

    if (findings->state_found == FINDING_SOUND)
        found.state = &findings->state;
    if (found.state && memcmp(found.state->digest, config->digest, STATE_DIGEST_SIZE) == 0)
        findings_compare(findings, config->line, publisher->window.map);
    if (findings->playlist_found == FINDING_SOUND)
        found.playlist = &findings->playlist;
    if (found.state && found.playlist && found.state->from >= window_end(found.playlist))
        found.state = NULL; /* its stream was never listed, so it says nothing of what is */
    return found;
}

static int decide(struct publisher *publisher, int64_t due, struct resume_found *found,
                  void *scratch, struct resume_plan *ret)
{
    const struct publisher_config *config = &publisher->config;
    const struct resume_stream stream = {
        .line = config->line,
        .digest = config->digest,
        .map = publisher->window.map,
        .kind = config->kind,
        .window = config->window,
        .length = config->length,
        .follow = config->follow,
        .due = due,
        .discontinuities = config->joined.discontinuities,
        .since = config->joined.index,
    };
    int result;

    found->same_bytes = has_same_bytes(publisher, &stream, found, scratch);
    result = resume_decide(&stream, found, ret);
    if (result == 0 && found->same_bytes && !found->playlist)
        ret->state.from = first_same(publisher, ret, scratch);
    return result;
}

static int take_over(struct publisher *publisher, int64_t due, struct findings *findings,
                     void *scratch, struct publisher_resumption *ret)
{
    struct resume_found found = believe(publisher, findings);
    struct resume_plan decided;
    int result = decide(publisher, due, &found, scratch, &decided);

    if (result < 0)
        return result;
    follow(publisher, findings, &found, &decided);
    /* Without a playlist there may be an I-frame playlist; and what is apart lists what goes. */
    publisher_clear(publisher, findings->playlist_found != FINDING_SOUND || decided.apart);
    result =
        decided.ended ? leave(publisher, scratch) : make_way(publisher, decided.newest, scratch);
    if (result < 0)
        return result;
    publisher_note_found(publisher, scratch);
    *ret = (struct publisher_resumption){
        .ended = decided.ended,
        .breaks = decided.breaks,
        .state_damaged = findings->state_found == FINDING_DAMAGED,
        .playlist_damaged = findings->playlist_found == FINDING_DAMAGED,
        .first = decided.state.from,
        .offset = decided.state.offset,
        .newest = decided.newest,
    };
    if (decided.ended ||
        (found.state && memcmp(found.state, &decided.state, sizeof(decided.state)) == 0))
        return 0;
    return write_state(publisher);
}

/* The entries that were read take the place of those of the publisher, of which there may be more
 * or less. */
static int take_entries(struct publisher *publisher, struct playlist *found)
{
    struct playlist *listed = &publisher->window.listed;
    int64_t length = publisher->config.length;
    size_t count = (size_t)(found->count > length ? found->count : length);
    struct playlist_entry *entries = realloc(found->entries, count * sizeof(*entries));

    free(listed->entries);
    *listed = *found;
    if (!entries)
        return -ENOMEM;
    found->entries = listed->entries = entries;
    return 0;
}

int publisher_resume(struct publisher *publisher, int64_t due, struct publisher_resumption *ret)
{
    void *scratch = malloc(publisher_scratch_size(publisher));
    struct findings findings;
    int result = scratch ? 0 : -ENOMEM;

    publisher_abandon(publisher);
    if (result == 0) /* what can be read now is not to be taken back by a power cut */
        result = publisher_sync(publisher);
    if (result == 0)
        result = findings_read(publisher->config.fs, due, &findings);
    if (result == 0) {
        result = take_entries(publisher, &findings.playlist);
        if (result == 0)
            result = store_reserve(&publisher->store, findings.count);
        if (result == 0)
            result = ledger_reserve(&publisher->ledger, findings.count);
        if (result == 0)
            result = take_over(publisher, due, &findings, scratch, ret);
        if (result == 0)
            result = publisher_provide_section(publisher);
    }
    free(scratch);
    return result < 0 ? result : 0;
}

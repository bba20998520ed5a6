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
    int64_t left = 0;
    struct fs_status status = {.time = sweep->now};

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
    else
        store_discard(&publisher->store, number);
    return 0;
}

static int sweep_directory(struct publisher *publisher)
{
    const struct publisher_config *config = &publisher->config;
    struct sweep sweep = {
        .publisher = publisher,
        .now = config->clock->realtime(config->clock->context),
    };

    return config->fs->list(config->fs->context, sweep_name, &sweep);
}

/* Looks at what is to be listed, and at what is to follow: segments of this run have its bytes;
 * those of an earlier stream are whole, or the playlist begins behind them. */
static int adopt(struct publisher *publisher, void *scratch)
{
    const struct publisher_config *config = &publisher->config;
    struct window *window = &publisher->window;
    const struct playlist *kept =
        publisher->coming.count > 0 ? &publisher->coming : &window->listed;
    int64_t own = window_first_own(window);
    int64_t end = window_end(kept);
    int64_t number = kept->sequence;

    for (; number < own && number < end; number++) {
        int adopted = store_adopt_unread(&publisher->store, number, window_due(window, number));

        if (adopted < 0)
            return adopted;
        if (adopted == 0 && !publisher_has_ended(publisher))
            publisher_cut(publisher, number);
    }
    if (number < own)
        number = own;
    for (; number < end + !publisher_has_ended(publisher); number++) {
        int64_t index = number - window->state.offset;
        const uint8_t *bytes = NULL;
        size_t size;

        if (config->size)
            size = config->size(config->source, index);
        else
            bytes = config->segment(config->source, index, &size);
        (void)store_adopt(&publisher->store, number, bytes, size, window_due(window, number),
                          scratch);
    }
    return 0;
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

    if (found->state || number < 0 || index < 0)
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

/* A stream that has ended is left as it is, but for what had left the playlist. */
static int leave(struct publisher *publisher, void *scratch)
{
    const struct playlist *listed = &publisher->window.listed;
    char *text = realloc(publisher->text, playlist_size(listed->count));
    int result;

    if (!text)
        return -ENOMEM;
    publisher->text = text;
    publisher->was_ended = true;
    publisher->coming.sequence = window_end(listed);
    publisher->coming.count = 0;
    publisher->coming.ended = true;
    publisher_recognize_playlist(publisher);
    result = sweep_directory(publisher);
    return result == 0 ? adopt(publisher, scratch) : result;
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
        findings_compare(findings, config->line);
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
    publisher_clear(publisher);
    if (findings->playlist_found == FINDING_DAMAGED)
        (void)publisher_remove_playlist(publisher);
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
    void *scratch = malloc(publisher->config.segment_size);
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
    }
    free(scratch);
    return result;
}

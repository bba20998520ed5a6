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

    if (number < 0 || (number >= coming->sequence && number <= window_end(coming)) ||
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
        if (adopted == 0)
            publisher_cut(publisher, number);
    }
    if (number < own)
        number = own;
    for (; number <= end; number++) {
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

static int take_over(struct publisher *publisher, int64_t due, struct findings *findings,
                     void *scratch, struct publisher_resumption *ret)
{
    const struct publisher_config *config = &publisher->config;
    struct window *window = &publisher->window;
    const struct resume_stream stream = {config->line, config->digest, config->window, due};
    struct resume_found found = {.highest = findings->highest};
    struct resume_plan decided;
    int result;

    if (findings->state_found == FINDING_SOUND)
        found.state = &findings->state;
    if (found.state && memcmp(found.state->digest, config->digest, STATE_DIGEST_SIZE) == 0)
        findings_compare(findings, config->line);
    if (findings->playlist_found == FINDING_SOUND)
        found.playlist = &findings->playlist;
    if (found.state && found.playlist && found.state->from >= window_end(found.playlist))
        found.state = NULL; /* its stream was never listed, so it says nothing of what is */
    found.same_bytes = has_same_bytes(publisher, &stream, &found, scratch);
    decided = resume_decide(&stream, &found);
    if (found.same_bytes && !found.playlist)
        decided.state.from = first_same(publisher, &decided, scratch);
    window->state = decided.state;
    window->listed = findings->playlist;
    window->lowest = lowest_listed(&found, config->line);
    window_note_longest(window);
    publisher->newest = decided.newest;
    if (findings->playlist_found == FINDING_DAMAGED)
        (void)publisher_remove_playlist(publisher);
    window_plan(window, decided.newest, &publisher->coming);
    result = sweep_directory(publisher);
    if (result == 0)
        result = adopt(publisher, scratch);
    if (result < 0)
        return result;
    *ret = (struct publisher_resumption){
        .breaks = decided.breaks,
        .state_damaged = findings->state_found == FINDING_DAMAGED,
        .playlist_damaged = findings->playlist_found == FINDING_DAMAGED,
        .first = decided.state.from,
        .offset = decided.state.offset,
        .newest = decided.newest,
    };
    if (found.state && memcmp(found.state, &decided.state, sizeof(decided.state)) == 0)
        return 0;
    return write_state(publisher);
}

/* The playlist read had room for any: of thousands of streams, each keeps what it needs. */
static void trim(struct playlist *listed, int64_t window)
{
    size_t count = (size_t)(listed->count > window ? listed->count : window);
    struct playlist_entry *entries = realloc(listed->entries, count * sizeof(*entries));

    if (entries)
        listed->entries = entries;
}

int publisher_resume(struct publisher *publisher, int64_t due, struct publisher_resumption *ret)
{
    struct playlist *listed = &publisher->window.listed;
    void *scratch = malloc(publisher->config.segment_size);
    struct findings findings;
    int result = scratch ? 0 : -ENOMEM;

    publisher_abandon(publisher);
    if (result == 0) /* what can be read now is not to be taken back by a power cut */
        result = publisher_sync(publisher);
    if (result == 0)
        result = findings_read(publisher->config.fs, due, &findings);
    if (result == 0) {
        free(listed->entries); /* those found take their place, which may be more */
        *listed = findings.playlist;
        result = store_reserve(&publisher->store, findings.count);
        if (result == 0)
            result = take_over(publisher, due, &findings, scratch, ret);
        trim(listed, publisher->config.window);
    }
    free(scratch);
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"

enum {
    RETENTION_EXTRA = 2, /* segments beyond the window that a removed one stays on disk */
};

/* A segment that no playlist lists any more. */
struct retired {
    int64_t index;
    int64_t remove_at; /* CLOCK_MONOTONIC */
};

struct publisher {
    struct publisher_config config;
    int64_t newest; /* what the playlist on disk ends with, -1: none */
    int64_t oldest; /* and begins with */
    struct retired *retired;
    size_t retired_count;
    size_t retired_max;
    char *playlist; /* room for the text of a whole window */
};

/* Segments for whose duration a removed one stays on disk (RFC 8216 6.2.2). */
static int64_t retained(int64_t window)
{
    return window + RETENTION_EXTRA;
}

int64_t publisher_segments_max(int64_t window)
{
    /* Listed, retired, the one just leaving, and the temporary one. */
    return window + retained(window) + 2;
}

int publisher_new(const struct publisher_config *config, struct publisher **ret)
{
    struct publisher *publisher = calloc(1, sizeof(*publisher));

    if (!publisher)
        return -ENOMEM;
    publisher->config = *config;
    publisher->newest = -1;
    publisher->retired_max = (size_t)publisher_segments_max(config->window) * 2;
    publisher->retired = calloc(publisher->retired_max, sizeof(*publisher->retired));
    publisher->playlist = malloc(playlist_size(config->window));
    if (!publisher->retired || !publisher->playlist) {
        (void)publisher_free(publisher);
        return -ENOMEM;
    }
    *ret = publisher;
    return 0;
}

struct publisher *publisher_free(struct publisher *publisher)
{
    if (!publisher)
        return NULL;
    free(publisher->retired);
    free(publisher->playlist);
    free(publisher);
    return NULL;
}

int64_t publisher_newest(const struct publisher *publisher)
{
    return publisher->newest;
}

/* ---- files ------------------------------------------------------------------------------------
 */

/* Writes a file that is on disk, whole and dated, when this returns 0, and absent otherwise. */
static int write_file(const struct fs *fs, const char *name, const void *data, size_t size,
                      int64_t time)
{
    int fd = fs_create_anew(fs, name);
    int closed;
    int result;

    if (fd < 0)
        return fd;
    result = fs->write(fs->context, fd, data, size);
    if (result == 0)
        result = fs->set_time(fs->context, fd, time);
    if (result == 0)
        result = fs->sync(fs->context, fd);
    closed = fs->close(fs->context, fd);
    if (result == 0)
        result = closed;
    if (result < 0)
        (void)fs->unlink(fs->context, name);
    return result;
}

/* A file's time is the instant it is due, so that all runs and hosts give it the same ETag. */
static int write_segment(struct publisher *publisher, int64_t index)
{
    const struct publisher_config *config = &publisher->config;

    return write_file(config->fs, NAMES_SEGMENT_TMP, config->segment(config->source, index),
                      config->segment_size, timeline_due(config->line, index));
}

static int64_t window_start(const struct publisher *publisher, int64_t newest)
{
    int64_t first = newest - publisher->config.window + 1;

    return first > 0 ? first : 0;
}

static int write_playlist(struct publisher *publisher, int64_t newest)
{
    const struct publisher_config *config = &publisher->config;
    int64_t first = window_start(publisher, newest);
    size_t size = playlist_write(config->line, first, newest - first + 1, publisher->playlist);

    return write_file(config->fs, NAMES_PLAYLIST_TMP, publisher->playlist, size,
                      timeline_due(config->line, newest));
}

static int rename_segment(struct publisher *publisher, int64_t index)
{
    const struct fs *fs = publisher->config.fs;
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(index, name);
    return fs->rename(fs->context, NAMES_SEGMENT_TMP, name);
}

static int rename_playlist(struct publisher *publisher)
{
    const struct fs *fs = publisher->config.fs;

    return fs->rename(fs->context, NAMES_PLAYLIST_TMP, PLAYLIST_NAME);
}

static int remove_segment(struct publisher *publisher, int64_t index)
{
    const struct fs *fs = publisher->config.fs;
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    int result;

    playlist_segment_name(index, name);
    result = fs->unlink(fs->context, name);
    return result == -ENOENT ? 0 : result;
}

/* ---- retention --------------------------------------------------------------------------------
 */

/* How long a segment stays on disk after the playlist has dropped it, in nanoseconds. */
static int64_t retention(const struct publisher *publisher)
{
    const struct timeline *line = publisher->config.line;

    return timeline_start(line, retained(publisher->config.window)) - line->epoch;
}

/* Remembers that @p index is to go; when there is no room for it, the most overdue goes now. */
static void retire(struct publisher *publisher, int64_t index, int64_t remove_at)
{
    struct retired *slot = &publisher->retired[0];

    if (publisher->retired_count < publisher->retired_max) {
        slot = &publisher->retired[publisher->retired_count++];
    } else {
        for (size_t i = 1; i < publisher->retired_count; i++) {
            if (publisher->retired[i].remove_at < slot->remove_at)
                slot = &publisher->retired[i];
        }
        (void)remove_segment(publisher, slot->index);
    }
    *slot = (struct retired){.index = index, .remove_at = remove_at};
}

/* Makes @p newest the end of the playlist on disk, and retires what it no longer lists. */
static void advance(struct publisher *publisher, int64_t newest)
{
    const struct clock *clock = publisher->config.clock;
    int64_t first = window_start(publisher, newest);

    for (int64_t index = publisher->oldest;
         publisher->newest >= 0 && index <= publisher->newest && index < first; index++)
        retire(publisher, index, clock->monotonic(clock->context) + retention(publisher));
    publisher->newest = newest;
    publisher->oldest = first;
}

int publisher_expire(struct publisher *publisher)
{
    const struct clock *clock = publisher->config.clock;
    int64_t now = clock->monotonic(clock->context);
    int result = 0;
    size_t i = 0;

    while (i < publisher->retired_count) {
        struct retired *entry = &publisher->retired[i];
        int removed = entry->remove_at <= now ? remove_segment(publisher, entry->index) : 1;

        if (removed == 0) {
            *entry = publisher->retired[--publisher->retired_count];
            continue;
        }
        if (removed < 0)
            result = removed;
        i++;
    }
    return result;
}

struct sweep {
    struct publisher *publisher;
    int64_t oldest;  /* still in retention */
    int64_t newest;  /* due */
    int64_t highest; /* index found on disk; -1: none */
};

static int find_highest(void *arg, const char *name)
{
    struct sweep *sweep = arg;
    int64_t index = playlist_segment_index(name);

    if (index > sweep->highest)
        sweep->highest = index;
    return 0;
}

static int sweep_name(void *arg, const char *name)
{
    struct sweep *sweep = arg;
    struct publisher *publisher = sweep->publisher;
    const struct publisher_config *config = &publisher->config;
    const struct clock *clock = config->clock;
    int64_t index = playlist_segment_index(name);
    int64_t left;

    if (index < 0)
        return 0;
    if (index < sweep->oldest || index > sweep->newest) {
        (void)remove_segment(publisher, index); /* what stands in its place may be no file */
    } else if (index < window_start(publisher, sweep->newest)) {
        /* It left the playlist when segment index + window was due. */
        left = timeline_due(config->line, index + config->window) + retention(publisher) -
               clock->realtime(clock->context);
        retire(publisher, index, clock->monotonic(clock->context) + left);
    }
    return 0;
}

int publisher_sweep(struct publisher *publisher, int64_t newest)
{
    const struct fs *fs = publisher->config.fs;
    int64_t window = publisher->config.window;
    struct sweep sweep = {
        .publisher = publisher,
        .oldest = window_start(publisher, newest) - retained(window),
        .newest = newest,
        .highest = -1,
    };
    int result;

    publisher_abandon(publisher);
    result = fs->list(fs->context, find_highest, &sweep);
    if (result < 0)
        return result;
    /* A playlist so old, or so far ahead, that it lists what goes now, goes first. */
    if (sweep.highest > newest || sweep.highest - window + 1 < sweep.oldest)
        (void)fs->unlink(fs->context, PLAYLIST_NAME);
    result = fs->list(fs->context, sweep_name, &sweep);
    return result < 0 ? result : sweep.highest > newest;
}

/* ---- publication ------------------------------------------------------------------------------
 */

/*
 * After a failure: the temporary files go, and the segments from @p first to @p newest that no
 * playlist lists. At the start that of an earlier run may list them, and they stay.
 */
static void withdraw(struct publisher *publisher, int64_t first, int64_t newest)
{
    publisher_abandon(publisher);
    for (int64_t index = first; publisher->newest >= 0 && index <= newest; index++) {
        if (index > publisher->newest)
            (void)remove_segment(publisher, index);
    }
}

int publisher_fill(struct publisher *publisher, int64_t newest)
{
    const struct fs *fs = publisher->config.fs;
    int64_t first = window_start(publisher, newest);
    int result = 0;

    for (int64_t index = first; index <= newest && result == 0; index++) {
        result = write_segment(publisher, index);
        if (result == 0)
            result = rename_segment(publisher, index);
    }
    if (result == 0 && newest >= 0)
        result = write_playlist(publisher, newest);
    if (result == 0)
        result = newest >= 0 ? rename_playlist(publisher) : fs->unlink(fs->context, PLAYLIST_NAME);
    if (newest < 0 && result == -ENOENT)
        result = 0;
    if (result == 0)
        advance(publisher, newest);
    else
        withdraw(publisher, first, newest);
    return result;
}

int publisher_prepare(struct publisher *publisher)
{
    int result = write_segment(publisher, publisher->newest + 1);

    if (result == 0)
        result = write_playlist(publisher, publisher->newest + 1);
    if (result < 0)
        publisher_abandon(publisher);
    return result;
}

int publisher_commit(struct publisher *publisher)
{
    int64_t index = publisher->newest + 1;
    int result = rename_segment(publisher, index);

    if (result == 0)
        result = rename_playlist(publisher);
    if (result == 0)
        advance(publisher, index);
    else
        withdraw(publisher, index, index);
    return result;
}

void publisher_abandon(struct publisher *publisher)
{
    const struct fs *fs = publisher->config.fs;

    (void)fs->unlink(fs->context, NAMES_SEGMENT_TMP);
    (void)fs->unlink(fs->context, NAMES_PLAYLIST_TMP);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each segment is synced before it gets its name, as those of a live stream: one that has its name,
 * size and date is whole then, even after a power cut, and need not be read when a run is taken up
 * again. On tmpfs that costs nothing. One sync of all at the end would do for the playlist, but
 * not for what an earlier run left.
 */
#include "origin/vod.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "hls/playlist.h"
#include "origin/live.h"
#include "origin/names.h"
#include "origin/state.h"

struct vod {
    struct vod_config config;
    char *playlist; /* its text */
    size_t playlist_size;
    int64_t whole; /* segments from the first on that were seen to be there */
    int64_t made;
};

/* ---- how much there is -------------------------------------------------------------------------
 */

int64_t vod_segments(const struct timeline *line, int64_t duration_ms)
{
    return timeline_index_at(line, line->epoch + duration_ms * NS_PER_MS - 1) + 1;
}

uint64_t vod_room(int64_t segments, size_t segment_size, size_t block_size)
{
    /* Playlist and state are there twice, while they are replaced. */
    return (uint64_t)segments * fs_whole_blocks(segment_size, block_size) +
           2 * fs_whole_blocks(playlist_size(segments), block_size) +
           2 * fs_whole_blocks(STATE_SIZE, block_size);
}

static size_t entries_size(int64_t segments)
{
    return (size_t)segments * sizeof(struct playlist_entry);
}

size_t vod_memory(int64_t segments)
{
    return sizeof(struct vod) + playlist_size(segments) + entries_size(segments);
}

/* ---- what is in the directory ------------------------------------------------------------------
 */

/* @return 0; -ENOENT when there is none, or none that can be read; another negative errno */
static int read_start(const struct fs *fs, const char *name, char *text, size_t size,
                      size_t *ret_used)
{
    int64_t got = fs->read(fs->context, name, text, size);

    if (got < 0)
        return got == -EACCES || got == -ELOOP || got == -ENXIO ? -ENOENT : (int)got;
    *ret_used = (size_t)got;
    return 0;
}

/* @return 1: the state is of a finite stream; 0: of another, or there is none; a negative errno */
static int has_finite_state(const struct fs *fs)
{
    char text[STATE_SIZE];
    size_t used = 0;
    int result = read_start(fs, NAMES_STATE, text, sizeof(text), &used);

    return result < 0 && result != -ENOENT ? result : state_is_finite(text, used);
}

static int has_finite_playlist(const struct fs *fs)
{
    char text[PLAYLIST_HEAD_SIZE];
    size_t used = 0;
    int result = read_start(fs, PLAYLIST_NAME, text, sizeof(text), &used);

    return result < 0 && result != -ENOENT ? result : playlist_is_finite(text, used);
}

static int fail_read(int result, const char *path, struct error *err)
{
    return error_set_errno(err, result, EX_IOERR, "cannot look into %s", path);
}

static int refuse(const char *path, struct error *err)
{
    return error_set(err, -EEXIST, EX_CANTCREAT,
                     "%s holds another stream, live or finite: name an empty directory for --vod",
                     path);
}

int vod_check_absent(const struct fs *fs, const char *path, struct error *err)
{
    int found = has_finite_state(fs);

    if (found == 0)
        found = has_finite_playlist(fs);
    if (found < 0)
        return fail_read(found, path, err);
    if (found > 0)
        return error_set(err, -EEXIST, EX_CANTCREAT,
                         "%s holds a finite stream (--vod): empty it, or name another directory",
                         path);
    return 0;
}

/* What is under a temporary name says nothing. */
static int find_published(void *arg, const char *name)
{
    (void)arg;
    return names_is_published(name);
}

int vod_check(const struct fs *fs, const char *path, struct error *err)
{
    int finite = has_finite_state(fs);
    int others = finite == 0 ? fs->list(fs->context, find_published, NULL) : 0;

    if (finite < 0 || others < 0)
        return fail_read(finite < 0 ? finite : others, path, err);
    return others > 0 ? refuse(path, err) : 0;
}

/* ---- life --------------------------------------------------------------------------------------
 */

static void write_playlist(struct vod *vod, struct playlist_entry *entries)
{
    const struct vod_config *config = &vod->config;
    const struct playlist playlist = {
        .target = playlist_target(timeline_duration_us(config->line)),
        .count = config->segments,
        .entries = entries,
        .finite = true,
    };

    for (int64_t i = 0; i < config->segments; i++)
        entries[i] = (struct playlist_entry){
            .start = timeline_start(config->line, i),
            .duration_us = timeline_duration_us(config->line),
        };
    vod->playlist_size = playlist_write(&playlist, vod->playlist);
}

int vod_new(const struct vod_config *config, struct vod **ret)
{
    struct vod *vod = calloc(1, sizeof(*vod));
    struct playlist_entry *entries = malloc(entries_size(config->segments));
    char *text = malloc(playlist_size(config->segments));

    if (!vod || !entries || !text) {
        free(vod);
        free(entries);
        free(text);
        return -ENOMEM;
    }
    vod->config = *config;
    vod->playlist = text;
    write_playlist(vod, entries);
    free(entries);
    *ret = vod;
    return 0;
}

struct vod *vod_free(struct vod *vod)
{
    if (!vod)
        return NULL;
    free(vod->playlist);
    free(vod);
    return NULL;
}

int64_t vod_made(const struct vod *vod)
{
    return vod->made;
}

/* ---- the run -----------------------------------------------------------------------------------
 */

static int fail_write(const struct vod *vod, int result, const char *name, struct error *err)
{
    return error_set(err, result, EX_IOERR,
                     "cannot write %s/%s: %s; %" PRId64 " of %" PRId64
                     " segments are there, the same command goes on from them",
                     vod->config.path, name, live_reason(result), vod->whole, vod->config.segments);
}

/* Writes a file under a temporary name and puts it in its place. */
static int put(const struct vod *vod, const char *temporary, const char *name, const void *bytes,
               size_t size, int64_t time, struct error *err)
{
    const struct fs *fs = vod->config.fs;
    struct fs_status left;
    int result = fs_write_file(fs, temporary, bytes, size, time, &left);

    if (result == 0)
        result = fs_put_in_place(fs, temporary, name);
    return result < 0 ? fail_write(vod, result, name, err) : 0;
}

static int sync_names(const struct vod *vod, struct error *err)
{
    int result = vod->config.fs->sync_directory(vod->config.fs->context);

    return result < 0 ? fail_write(vod, result, ".", err) : 0;
}

int vod_begin(struct vod *vod, struct error *err)
{
    const struct vod_config *config = &vod->config;
    char wanted[STATE_SIZE];
    char found[STATE_SIZE];
    size_t size = state_write_finite(config->digest, config->segments, wanted);
    size_t used = 0;
    int result = vod_check(config->fs, config->path, err);

    if (result < 0)
        return result;
    result = read_start(config->fs, NAMES_STATE, found, sizeof(found), &used);
    if (result < 0 && result != -ENOENT)
        return fail_read(result, config->path, err);
    if (used == size && memcmp(found, wanted, size) == 0)
        return sync_names(vod, err); /* a kill may have come before */
    if (used > 0)
        return refuse(config->path, err);
    result = put(vod, NAMES_STATE_TMP, NAMES_STATE, wanted, size,
                 config->clock->realtime(config->clock->context), err);
    return result < 0 ? result : sync_names(vod, err); /* before any segment has a name */
}

/* Makes segment @p index unless it is there. @return 1 when it was made, 0; a negative errno */
static int provide(struct vod *vod, int64_t index, struct error *err)
{
    const struct vod_config *config = &vod->config;
    int64_t due = timeline_due(config->line, index);
    size_t size = config->size(config->source, index);
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    struct fs_status now;
    const uint8_t *bytes;
    int result;

    playlist_segment_name(index, name);
    result = config->fs->status(config->fs->context, name, &now);
    if (result == 0 && fs_is_as_written(&now, size, due))
        return 0;
    if (result < 0 && result != -ENOENT)
        return fail_write(vod, result, name, err);
    result = config->segment(config->source, index, &bytes, err);
    if (result == 0)
        result = put(vod, NAMES_SEGMENT_TMP, name, bytes, size, due, err);
    return result < 0 ? result : 1;
}

/* Whether a signal asks for the end; SIGUSR1 asks for a line. */
static bool is_ended(const struct vod *vod)
{
    const struct clock *clock = vod->config.clock;
    int taken = clock->sleep_until(clock->context, 0);

    if (taken == SIGUSR1)
        log_info("status segments=%" PRId64 " of=%" PRId64, vod->whole, vod->config.segments);
    return taken != 0 && taken != SIGUSR1;
}

/* @return how many segments were not there, and are now; a negative errno */
static int64_t make_missing(struct vod *vod, struct error *err)
{
    const struct vod_config *config = &vod->config;
    int64_t made = 0;

    for (int64_t index = 0; index < config->segments; index++) {
        int result;

        if (is_ended(vod))
            return error_set(err, -EINTR, EX_TEMPFAIL,
                             "ended by a signal: %" PRId64 " of %" PRId64
                             " segments are there, the same command goes on from them",
                             vod->whole, config->segments);
        result = provide(vod, index, err);
        if (result < 0)
            return result;
        if (index >= vod->whole)
            vod->whole = index + 1;
        made += result;
        vod->made += result;
        if (result > 0)
            config->step(config->source, vod->whole);
    }
    return made;
}

int vod_run(struct vod *vod, struct error *err)
{
    int64_t missing;
    int result;

    do { /* others may have taken one away meanwhile */
        missing = make_missing(vod, err);
    } while (missing > 0);
    result = missing < 0 ? (int)missing : sync_names(vod, err);
    if (result == 0)
        result = put(vod, NAMES_PLAYLIST_TMP, PLAYLIST_NAME, vod->playlist, vod->playlist_size,
                     timeline_due(vod->config.line, vod->config.segments - 1), err);
    return result < 0 ? result : sync_names(vod, err);
}

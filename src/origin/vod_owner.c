/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a directory is. That of a finite stream says it by a state of its own kind, before there is
 * a segment. All directories of a ladder have the same one, so that none can be taken for that of
 * another ladder, or of one stream.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "origin/vod_parts.h"

/* ---- what is in a directory ------------------------------------------------------------------ */

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

/* ---- taking it ------------------------------------------------------------------------------- */

size_t vod_owner_state(const struct vod *vod, char text[STATE_SIZE])
{
    const struct vod_config *config = &vod->config;
    uint8_t digest[SHA256_SIZE];
    struct sha256 sha;

    sha256_begin(&sha);
    for (int64_t i = 0; i < config->count; i++) {
        const struct vod_lane *lane = &config->lanes[i];

        sha256_add(&sha, lane->folder, strlen(lane->folder) + 1);
        sha256_add(&sha, lane->digest, STATE_DIGEST_SIZE);
    }
    sha256_end(&sha, digest);
    return state_write_finite(digest, config->first, config->segments, text);
}

enum {
    PLACE_SIZE = 512,
};

static void write_place(const struct vod *vod, const char *folder, char place[PLACE_SIZE])
{
    (void)snprintf(place, PLACE_SIZE, "%s%s%s", vod->config.path, folder[0] ? "/" : "", folder);
}

/* @return 1: the directory of a lane is ours; 0: nobody's; a negative errno */
static int look(const struct vod *vod, const struct vod_lane *lane, struct error *err)
{
    const struct fs *fs = lane->fs;
    char path[PLACE_SIZE];
    char wanted[STATE_SIZE];
    char found[STATE_SIZE];
    size_t size = vod_owner_state(vod, wanted);
    size_t used = 0;
    int result;

    write_place(vod, lane->folder, path);
    result = vod_check(fs, path, err);
    if (result < 0)
        return result;
    result = read_start(fs, NAMES_STATE, found, sizeof(found), &used);
    if (result < 0 && result != -ENOENT)
        return fail_read(result, path, err);
    if (used == size && memcmp(found, wanted, size) == 0)
        return 1;
    return used > 0 ? refuse(path, err) : 0;
}

static int look_at_all(const struct vod *vod, struct error *err)
{
    const struct vod_config *config = &vod->config;
    int top = look(vod, &config->lanes[0], err);
    int result = top;
    char alias[PLACE_SIZE];

    for (int64_t i = 1; i < config->count && result >= 0; i++)
        result = look(vod, &config->lanes[i], err);
    /* The alias has no state: what is there is ours if the top is. */
    if (result < 0 || !config->alias || top > 0)
        return result;
    write_place(vod, config->alias_folder, alias);
    return vod_check(config->alias, alias, err);
}

static int take(const struct vod *vod, int64_t lane, struct error *err)
{
    const struct vod_files *state = &vod->files[vod->config.count + lane];
    int result = look(vod, &vod->config.lanes[lane], err);
    char text[STATE_SIZE];
    size_t size;

    if (result == 0) {
        size = vod_owner_state(vod, text);
        result = vod_put(vod, state, NAMES_STATE, text, size, vod_files_time(vod), err);
    }
    /* Before any segment has a name; and a kill may have come before it. */
    return result < 0 ? result : vod_sync(vod, state, err);
}

/* Nothing is written before all are found to be free. */
int vod_begin(struct vod *vod, struct error *err)
{
    int result = look_at_all(vod, err);

    for (int64_t lane = 0; lane < vod->config.count && result >= 0; lane++)
        result = take(vod, lane, err);
    return result < 0 ? result : vod_files_clear(vod, err);
}

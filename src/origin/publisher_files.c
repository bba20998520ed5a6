/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a publisher that are no segments: the playlist, its alias in a folder below, and a
 * small one that stays as it is. Each is written under a temporary name and renamed, and what it
 * looked like then is remembered, so that it shows when others have touched it.
 *
 * The playlist decides: what goes wrong with its alias is left to be mended, and holds nothing up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hls/multivariant.h"
#include "hls/playlist.h"
#include "origin/names.h"
#include "origin/publisher_parts.h"

static int look_at(const struct fs *fs, const char *name, struct fs_status *ret)
{
    return fs->status(fs->context, name, ret);
}

static int sync_folder(const struct fs *fs)
{
    return fs->sync_directory(fs->context);
}

static int remove_file(const struct fs *fs, const char *name)
{
    int result = fs->unlink(fs->context, name);

    return result == -ENOENT ? 0 : result;
}

int publisher_sync(const struct publisher *publisher)
{
    return sync_folder(publisher->config.fs);
}

void publisher_remove_temporary(const struct publisher *publisher)
{
    static const char *const names[] = {NAMES_SEGMENT_TMP, NAMES_PLAYLIST_TMP, NAMES_STATE_TMP,
                                        NAMES_MASTER_TMP};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)remove_file(publisher->config.fs, names[i]);
    if (publisher->alias.fs)
        (void)remove_file(publisher->alias.fs, NAMES_PLAYLIST_TMP);
}

static bool has_text(const struct fs *fs, const char *name, const char *text, size_t size)
{
    char *found = malloc(size + 1);
    bool same = found && fs->read(fs->context, name, found, size + 1) == (int64_t)size &&
                memcmp(found, text, size) == 0;

    free(found);
    return same;
}

/* ---- the playlist ------------------------------------------------------------------------------
 */

/* Writes it under its temporary name. */
static int write_in(const struct publisher *publisher, struct place *place,
                    const struct playlist *playlist)
{
    size_t size = playlist_write(playlist, place->before, publisher->text);

    place->coming = (struct fs_status){0};
    return fs_write_file(place->fs, NAMES_PLAYLIST_TMP, publisher->text, size,
                         window_due(&publisher->window, window_end(playlist) - 1), &place->coming);
}

/* Nobody's file gets the name of the playlist: not one that was put in its place meanwhile. */
static int replace_in(struct place *place)
{
    struct fs_status now;
    int result = look_at(place->fs, NAMES_PLAYLIST_TMP, &now);

    if (result == -ENOENT || (result == 0 && !fs_is_same(&now, &place->coming)))
        return -EAGAIN;
    if (result == 0)
        result = fs_put_in_place(place->fs, NAMES_PLAYLIST_TMP, PLAYLIST_NAME);
    if (result == 0)
        place->left = place->coming;
    return result;
}

static void replace_alias(struct place *alias)
{
    int result = replace_in(alias);

    if (result == 0)
        result = sync_folder(alias->fs);
    if (result < 0)
        alias->left = (struct fs_status){0};
}

int publisher_write_playlist(struct publisher *publisher, const struct playlist *playlist)
{
    int result = write_in(publisher, &publisher->top, playlist);

    if (result == 0 && publisher->alias.fs)
        (void)write_in(publisher, &publisher->alias, playlist);
    return result;
}

int publisher_replace_playlist(struct publisher *publisher)
{
    int result = replace_in(&publisher->top);

    if (result == 0 && publisher->alias.fs)
        replace_alias(&publisher->alias);
    return result;
}

int publisher_remove_playlist(const struct publisher *publisher)
{
    if (publisher->alias.fs)
        (void)remove_file(publisher->alias.fs, PLAYLIST_NAME);
    return remove_file(publisher->config.fs, PLAYLIST_NAME);
}

void publisher_forget_playlist(struct publisher *publisher)
{
    publisher->top.left = publisher->alias.left = (struct fs_status){0};
}

static void recognize_in(const struct publisher *publisher, struct place *place)
{
    const struct playlist *listed = &publisher->window.listed;
    size_t size = playlist_write(listed, place->before, publisher->text);
    int64_t due = window_due(&publisher->window, window_end(listed) - 1);
    struct fs_status now;

    if (look_at(place->fs, PLAYLIST_NAME, &now) == 0 && fs_is_as_written(&now, size, due) &&
        has_text(place->fs, PLAYLIST_NAME, publisher->text, size))
        place->left = now;
}

void publisher_recognize_playlist(struct publisher *publisher)
{
    recognize_in(publisher, &publisher->top);
    if (publisher->alias.fs)
        recognize_in(publisher, &publisher->alias);
}

static int mend_in(const struct publisher *publisher, struct place *place)
{
    struct fs_status now;
    int result = look_at(place->fs, PLAYLIST_NAME, &now);

    if (result == 0 && fs_is_same(&now, &place->left))
        return 0;
    if (result == 0 || result == -ENOENT)
        result = write_in(publisher, place, &publisher->window.listed);
    if (result == 0)
        result = replace_in(place);
    return result < 0 ? result : 1;
}

int publisher_mend_playlist(struct publisher *publisher)
{
    return publisher->window.listed.count > 0 ? mend_in(publisher, &publisher->top) : 0;
}

int publisher_mend_alias(struct publisher *publisher)
{
    struct place *alias = &publisher->alias;
    int mended;
    int result;

    if (!alias->fs || publisher->window.listed.count == 0)
        return 0;
    mended = mend_in(publisher, alias);
    if (mended == -ENOENT) /* its folder was removed, which is not that of the publisher */
        mended = -ENOTDIR;
    result = mended > 0 ? sync_folder(alias->fs) : 0;
    if (result < 0)
        alias->left = (struct fs_status){0};
    return result < 0 ? result : mended;
}

/* ---- what earlier runs left --------------------------------------------------------------------
 */

/* Of a run to which the folder of the alias was that of a rendition. */
static int remove_ours(void *arg, const char *name)
{
    const struct place *alias = arg;

    if (names_is_ours(name) && strcmp(name, PLAYLIST_NAME) != 0)
        (void)remove_file(alias->fs, name);
    return 0;
}

/* One that an earlier ladder left would name playlists that nobody writes any more. */
static void remove_master(const struct fs *fs)
{
    char text[MULTIVARIANT_START_SIZE];
    int64_t got = fs->read(fs->context, NAMES_MASTER, text, sizeof(text));

    if (got > 0 && multivariant_is_own(text, (size_t)got))
        (void)remove_file(fs, NAMES_MASTER);
}

void publisher_clear(struct publisher *publisher)
{
    const struct fs *alias = publisher->alias.fs;

    if (!publisher->config.has_fixed)
        remove_master(publisher->config.fs);
    if (alias)
        (void)alias->list(alias->context, remove_ours, &publisher->alias);
}

/* ---- what stays as it is -----------------------------------------------------------------------
 */

/* @return 1 when it was written; a negative errno */
static int write_fixed(struct publisher *publisher)
{
    const struct fs *fs = publisher->config.fs;
    const struct clock *clock = publisher->config.clock;
    struct fixed *fixed = &publisher->fixed;
    struct fs_status left;
    int result = fs_write_file(fs, fixed->temporary, fixed->text, fixed->size,
                               clock->realtime(clock->context), &left);

    if (result == 0)
        result = fs_put_in_place(fs, fixed->temporary, fixed->name);
    if (result == 0)
        result = sync_folder(fs);
    if (result < 0)
        return result;
    fixed->left = left;
    return 1;
}

int publisher_put_fixed(struct publisher *publisher, const char *name, const char *temporary,
                        const char *text, size_t size)
{
    const struct fs *fs = publisher->config.fs;
    struct fs_status now;
    int result;

    publisher->fixed =
        (struct fixed){.name = name, .temporary = temporary, .text = text, .size = size};
    if (look_at(fs, name, &now) == 0 && fs_is_as_written(&now, size, now.time) &&
        has_text(fs, name, text, size)) {
        publisher->fixed.left = now;
        return 0;
    }
    result = write_fixed(publisher);
    return result < 0 ? result : 0;
}

int publisher_mend_fixed(struct publisher *publisher)
{
    const struct fixed *fixed = &publisher->fixed;
    struct fs_status now;
    int result = fixed->name ? look_at(publisher->config.fs, fixed->name, &now) : 0;

    if (!fixed->name || (result == 0 && fs_is_same(&now, &fixed->left)))
        return 0;
    return result < 0 && result != -ENOENT ? result : write_fixed(publisher);
}

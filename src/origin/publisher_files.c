/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a publisher that are no segments: the playlist, the I-frame playlist, the alias of
 * both in a folder below, and the multivariant playlist, which stays as it is. Each is written
 * under a temporary name and renamed, and what it looked like then is remembered, so that it shows
 * when others have touched it.
 *
 * The playlist decides, and comes first: what goes wrong with those that follow it is left to be
 * mended, and holds nothing up.
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
    static const char *const names[] = {NAMES_SEGMENT_TMP, NAMES_PLAYLIST_TMP, NAMES_IFRAMES_TMP,
                                        NAMES_STATE_TMP,   NAMES_SECTION_TMP,  NAMES_MASTER_TMP};
    const struct fs *alias = publisher->alias.fs;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)remove_file(publisher->config.fs, names[i]);
    if (!alias)
        return;
    (void)remove_file(alias, NAMES_PLAYLIST_TMP);
    (void)remove_file(alias, NAMES_IFRAMES_TMP);
}

static bool has_text(const struct fs *fs, const char *name, const char *text, size_t size)
{
    char *found = malloc(size + 1);
    bool same = found && fs->read(fs->context, name, found, size + 1) == (int64_t)size &&
                memcmp(found, text, size) == 0;

    free(found);
    return same;
}

/* ---- the playlist ---------------------------------------------------------------------------- */

static struct place place_of(const struct fs *fs, const char *before)
{
    return (struct place){
        .fs = fs,
        .before = before,
        .stream = {.name = PLAYLIST_NAME, .temporary = NAMES_PLAYLIST_TMP},
        .iframes = {.name = PLAYLIST_IFRAMES_NAME,
                    .temporary = NAMES_IFRAMES_TMP,
                    .iframes_only = true},
    };
}

void publisher_init_places(struct publisher *publisher)
{
    publisher->top = place_of(publisher->config.fs, "");
    publisher->alias = place_of(publisher->config.alias, "../");
}

/* Makes its text, beside @p playlist. @return bytes; 0: there is nothing to be said in it */
static size_t make_text(const struct publisher *publisher, const struct place *place,
                        const struct listing *listing, const struct playlist *playlist)
{
    struct playlist iframes;

    if (!listing->iframes_only)
        return playlist_write(playlist, place->before, publisher->text);
    iframes = publisher_iframes(publisher, playlist);
    return iframes.count > 0 ? playlist_write(&iframes, place->before, publisher->text) : 0;
}

/* Writes it under its temporary name. */
static int write_in(const struct publisher *publisher, const struct place *place,
                    struct listing *listing, const struct playlist *playlist)
{
    size_t size = make_text(publisher, place, listing, playlist);

    if (size == 0) /* what is prepared stays */
        return -ENODATA;
    listing->coming = (struct fs_status){0};
    listing->coming_first = playlist->sequence;
    return fs_write_file(place->fs, listing->temporary, publisher->text, size,
                         window_due(&publisher->window, window_end(playlist) - 1),
                         &listing->coming);
}

/* Nobody's file gets the name of the playlist: not one that was put in its place meanwhile. */
static int replace_in(const struct place *place, struct listing *listing)
{
    struct fs_status now;
    int result = look_at(place->fs, listing->temporary, &now);

    if (result == -ENOENT || (result == 0 && !fs_is_same(&now, &listing->coming)))
        return -EAGAIN;
    if (result == 0)
        result = fs_put_in_place(place->fs, listing->temporary, listing->name);
    if (result == 0) {
        listing->left = listing->coming;
        listing->first = listing->coming_first;
    }
    return result;
}

static bool has_iframes(const struct publisher *publisher)
{
    return publisher->pictures != NULL;
}

/* Of those that follow the playlist: what fails is to be mended. @return whether it did not */
static bool replace_after(const struct place *place, struct listing *listing)
{
    bool replaced = replace_in(place, listing) == 0;

    if (!replaced)
        listing->left = (struct fs_status){0};
    return replaced;
}

static void forget_in(struct place *place)
{
    place->stream.left = place->iframes.left = (struct fs_status){0};
}

static void replace_alias(struct publisher *publisher)
{
    struct place *alias = &publisher->alias;
    bool replaced = replace_after(alias, &alias->stream);

    if (replaced && has_iframes(publisher)) /* which are never ahead */
        (void)replace_after(alias, &alias->iframes);
    else
        alias->iframes.left = (struct fs_status){0};
    if (sync_folder(alias->fs) < 0)
        forget_in(alias);
}

int publisher_write_playlist(struct publisher *publisher, const struct playlist *playlist)
{
    struct place *top = &publisher->top;
    struct place *alias = &publisher->alias;
    int result = write_in(publisher, top, &top->stream, playlist);

    if (result < 0)
        return result;
    if (has_iframes(publisher))
        (void)write_in(publisher, top, &top->iframes, playlist);
    if (alias->fs)
        (void)write_in(publisher, alias, &alias->stream, playlist);
    if (alias->fs && has_iframes(publisher))
        (void)write_in(publisher, alias, &alias->iframes, playlist);
    return 0;
}

int publisher_replace_playlist(struct publisher *publisher)
{
    struct place *top = &publisher->top;
    int result = replace_in(top, &top->stream);

    if (result < 0)
        return result;
    if (has_iframes(publisher))
        (void)replace_after(top, &top->iframes);
    if (publisher->alias.fs)
        replace_alias(publisher);
    return 0;
}

/* Before what they name. */
static int remove_in(const struct place *place)
{
    int result;

    if (!place->fs)
        return 0;
    (void)remove_file(place->fs, place->iframes.name);
    result = remove_file(place->fs, place->stream.name);
    return result < 0 ? result : sync_folder(place->fs);
}

/* Where it cannot be removed nothing waits for it: what stands there may be no file. */
static void let_go_in(const struct place *place, struct listing *listing, int64_t number)
{
    if (!place->fs || listing->left.regular || listing->first > number)
        return;
    if (remove_file(place->fs, listing->name) < 0)
        return;
    (void)sync_folder(place->fs);
    listing->first = INT64_MAX;
}

void publisher_let_go(void *arg, int64_t number)
{
    struct publisher *publisher = arg;

    if (has_iframes(publisher)) {
        let_go_in(&publisher->top, &publisher->top.iframes, number);
        let_go_in(&publisher->alias, &publisher->alias.iframes, number);
    }
    let_go_in(&publisher->alias, &publisher->alias.stream, number);
}

bool publisher_has_playlists(const struct publisher *publisher)
{
    const struct place *places[] = {&publisher->top, &publisher->alias};
    struct fs_status now;
    bool all = true;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct place *place = places[i];

        if (place->fs)
            all = all && look_at(place->fs, place->stream.name, &now) == 0 &&
                  (!has_iframes(publisher) || look_at(place->fs, place->iframes.name, &now) == 0);
    }
    return all;
}

int publisher_remove_playlist(const struct publisher *publisher)
{
    (void)remove_in(&publisher->alias);
    return remove_in(&publisher->top);
}

void publisher_forget_playlist(struct publisher *publisher)
{
    forget_in(&publisher->top);
    forget_in(&publisher->alias);
}

static void recognize_in(const struct publisher *publisher, const struct place *place,
                         struct listing *listing)
{
    const struct playlist *listed = &publisher->window.listed;
    size_t size = make_text(publisher, place, listing, listed);
    int64_t due = window_due(&publisher->window, window_end(listed) - 1);
    struct fs_status now;

    if (look_at(place->fs, listing->name, &now) != 0 || !fs_is_as_written(&now, size, due) ||
        !has_text(place->fs, listing->name, publisher->text, size))
        return;
    listing->left = now;
    listing->first = listed->sequence;
}

static void recognize_all_in(const struct publisher *publisher, struct place *place)
{
    if (!place->fs)
        return;
    recognize_in(publisher, place, &place->stream);
    if (has_iframes(publisher))
        recognize_in(publisher, place, &place->iframes);
}

void publisher_recognize_playlist(struct publisher *publisher)
{
    recognize_all_in(publisher, &publisher->top);
    recognize_all_in(publisher, &publisher->alias);
}

static int mend_in(const struct publisher *publisher, const struct place *place,
                   struct listing *listing)
{
    struct fs_status now;
    int result = look_at(place->fs, listing->name, &now);

    if (result == 0 && fs_is_same(&now, &listing->left))
        return 0;
    if (result == 0 || result == -ENOENT)
        result = write_in(publisher, place, listing, &publisher->window.listed);
    if (result == 0)
        result = replace_in(place, listing);
    return result < 0 ? result : 1;
}

int publisher_mend_playlist(struct publisher *publisher)
{
    struct place *top = &publisher->top;

    return publisher->window.listed.count > 0 ? mend_in(publisher, top, &top->stream) : 0;
}

/* @return as mend_in(); 0, too, when there is nothing to be said in it */
static int mend_iframes_in(const struct publisher *publisher, struct place *place)
{
    int result = has_iframes(publisher) ? mend_in(publisher, place, &place->iframes) : 0;

    return result == -ENODATA ? 0 : result;
}

int publisher_mend_iframes(struct publisher *publisher)
{
    return publisher->window.listed.count > 0 ? mend_iframes_in(publisher, &publisher->top) : 0;
}

int publisher_mend_alias(struct publisher *publisher)
{
    struct place *alias = &publisher->alias;
    int mended;
    int more;
    int result;

    if (!alias->fs || publisher->window.listed.count == 0)
        return 0;
    mended = mend_in(publisher, alias, &alias->stream);
    if (mended == -ENOENT) /* its folder was removed, which is not that of the publisher */
        mended = -ENOTDIR;
    more = mended < 0 ? 0 : mend_iframes_in(publisher, alias);
    if (mended >= 0)
        mended = more < 0 ? more : mended | more;
    result = mended > 0 ? sync_folder(alias->fs) : 0;
    if (result < 0)
        forget_in(alias);
    return result < 0 ? result : mended;
}

/* ---- what earlier runs left ------------------------------------------------------------------ */

/* Of a run to which the folder of the alias was that of a rendition. */
static int remove_ours(void *arg, const char *name)
{
    const struct publisher *publisher = arg;
    bool kept = strcmp(name, PLAYLIST_NAME) == 0 ||
                (has_iframes(publisher) && strcmp(name, PLAYLIST_IFRAMES_NAME) == 0);

    if (names_is_ours(name) && !kept)
        (void)remove_file(publisher->alias.fs, name);
    return 0;
}

static int is_of_segments(void *arg, const char *name)
{
    (void)arg;
    return playlist_segment_number(name) >= 0 || playlist_map_of(name) != 0;
}

/* Whether the playlist in the folder of the alias is of segments there, and not of those above. */
static bool is_of_others(const struct place *alias)
{
    return alias->fs && alias->fs->list(alias->fs->context, is_of_segments, NULL) > 0;
}

static void remove_master(const struct fs *fs)
{
    char text[MULTIVARIANT_START_SIZE];
    int64_t got = fs->read(fs->context, NAMES_MASTER, text, sizeof(text));

    if (got > 0 && multivariant_is_own(text, (size_t)got) && remove_file(fs, NAMES_MASTER) == 0)
        (void)sync_folder(fs);
}

/* Whether the multivariant playlist is to lie here. */
static bool has_master(const struct publisher *publisher)
{
    return publisher->config.master && publisher->config.master_fs == publisher->config.fs;
}

static bool is_master(const struct publisher_config *config)
{
    return has_text(config->master_fs, NAMES_MASTER, config->master, config->master_size);
}

void publisher_clear(struct publisher *publisher, bool lost)
{
    const struct publisher_config *config = &publisher->config;
    const struct place *alias = &publisher->alias;
    bool others = is_of_others(alias);

    if (!has_master(publisher))
        remove_master(config->fs);
    if (config->master && (lost || others || !is_master(config)))
        remove_master(config->master_fs);
    if (others)
        (void)remove_in(alias);
    if (lost)
        (void)publisher_remove_playlist(publisher);
    if (!has_iframes(publisher))
        (void)remove_file(config->fs, PLAYLIST_IFRAMES_NAME);
    if (alias->fs)
        (void)alias->fs->list(alias->fs->context, remove_ours, publisher);
}

/* ---- the multivariant playlist --------------------------------------------------------------- */

static bool is_complete(const struct publisher *publisher)
{
    const struct publisher_config *config = &publisher->config;

    return config->complete ? config->complete(config->source) : publisher_has_playlists(publisher);
}

/* @return 1 when it was written; 0: something that it names is not there yet; a negative errno */
static int write_master(struct publisher *publisher)
{
    const struct publisher_config *config = &publisher->config;
    const struct fs *fs = config->fs;
    struct fs_status left;
    int result;

    if (!is_complete(publisher))
        return 0;
    result = fs_write_file(fs, NAMES_MASTER_TMP, config->master, config->master_size,
                           config->clock->realtime(config->clock->context), &left);
    if (result == 0)
        result = fs_put_in_place(fs, NAMES_MASTER_TMP, NAMES_MASTER);
    if (result == 0)
        result = sync_folder(fs);
    if (result < 0)
        return result;
    publisher->master = left;
    return 1;
}

int publisher_put_master(struct publisher *publisher)
{
    const struct publisher_config *config = &publisher->config;
    struct fs_status now;
    int result;

    if (!has_master(publisher))
        return 0;
    if (look_at(config->fs, NAMES_MASTER, &now) == 0 &&
        fs_is_as_written(&now, config->master_size, now.time) && is_master(config)) {
        publisher->master = now;
        return 0;
    }
    result = write_master(publisher);
    return result < 0 ? result : 0;
}

int publisher_mend_master(struct publisher *publisher)
{
    bool first = !publisher->master.regular; /* nobody has changed anything */
    struct fs_status now;
    int result = has_master(publisher) ? look_at(publisher->config.fs, NAMES_MASTER, &now) : 0;

    if (!has_master(publisher) || (result == 0 && fs_is_same(&now, &publisher->master)))
        return 0;
    if (result == 0 || result == -ENOENT)
        result = write_master(publisher);
    return first && result > 0 ? 0 : result;
}

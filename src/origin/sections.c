/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of those that are found only so many are kept: a directory full of them is nobody's past. They
 * are freed at the very end, since the steady state lets no memory go.
 */
#include "origin/sections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "hls/playlist.h"
#include "origin/findings.h"
#include "origin/names.h"

enum {
    FOUND_MAX = 64,
};

uint64_t sections_map_of(const void *bytes, size_t size)
{
    uint8_t digest[SHA256_SIZE];
    uint64_t map = 0;

    sha256_of(bytes, size, digest);
    for (size_t i = 0; i < sizeof(map); i++)
        map = map << 8 | digest[i];
    return map;
}

void sections_init(struct sections *ret, const struct fs *fs, const uint8_t *bytes, size_t size)
{
    *ret = (struct sections){
        .fs = fs,
        .own = {.map = bytes ? sections_map_of(bytes, size) : 0, .bytes = bytes, .size = size},
    };
}

size_t sections_memory(void)
{
    return sizeof(struct section) + SECTIONS_SIZE_MAX;
}

void sections_finish(struct sections *sections)
{
    for (size_t i = 0; i < sections->found_count; i++)
        free(sections->found[i].kept);
    free(sections->found);
    *sections = (struct sections){0};
}

static int look_at(const struct sections *sections, uint64_t map, struct fs_status *ret)
{
    char name[PLAYLIST_MAP_NAME_SIZE];

    playlist_map_name(map, name);
    return sections->fs->status(sections->fs->context, name, ret);
}

static int drop(const struct sections *sections, uint64_t map)
{
    char name[PLAYLIST_MAP_NAME_SIZE];
    int result;

    playlist_map_name(map, name);
    result = sections->fs->unlink(sections->fs->context, name);
    return result == -ENOENT ? 0 : result;
}

/* ---- what an earlier run left ---------------------------------------------------------------- */

static int keep(struct sections *sections, const struct section *section)
{
    size_t count = sections->found_count + 1;
    struct section *found = realloc(sections->found, count * sizeof(*found));
    uint8_t *copy = malloc(section->size);

    if (found)
        sections->found = found;
    if (!found || !copy) {
        free(copy);
        return -ENOMEM;
    }
    memcpy(copy, section->bytes, section->size);
    found[sections->found_count] = *section;
    found[sections->found_count].bytes = found[sections->found_count].kept = copy;
    sections->found_count++;
    return 0;
}

/* Whether these bytes are what its name says. Nothing else counts: segments may need it. */
static bool is_sound(const struct section *section)
{
    return section->size > 0 && section->size <= SECTIONS_SIZE_MAX &&
           sections_map_of(section->bytes, section->size) == section->map;
}

static int judge(struct sections *sections, struct section *section)
{
    int result = look_at(sections, section->map, &section->left);
    bool sound;

    if (result < 0)
        return result == -ENOENT ? 0 : result;
    sound = is_sound(section);
    if (!fs_is_as_written(&section->left, section->size, SECTIONS_TIME))
        section->left =
            (struct fs_status){0}; /* its file is to be replaced, but not to be missed */
    if (section->map == sections->own.map) {
        if (sound) /* or it is yet to be written, in the place of what is there */
            sections->own.left = section->left;
        return 0;
    }
    if (sound && sections->own.map && sections->found_count < FOUND_MAX)
        return keep(sections, section);
    (void)drop(sections, section->map);
    return 0;
}

int sections_find(struct sections *sections, uint64_t map)
{
    const struct fs *fs = sections->fs;
    uint8_t bytes[SECTIONS_SIZE_MAX + 1];
    char name[PLAYLIST_MAP_NAME_SIZE];
    struct section section = {.map = map, .bytes = bytes};
    int64_t got;

    if (sections_have(sections, map) && (map != sections->own.map || sections->own.left.regular))
        return 0;
    playlist_map_name(map, name);
    got = fs->read(fs->context, name, bytes, sizeof(bytes));
    if (got < 0 && !findings_is_fault_of_file(got))
        return got == -ENOENT ? 0 : (int)got;
    section.size = got > 0 ? (size_t)got : 0;
    return judge(sections, &section);
}

bool sections_have(const struct sections *sections, uint64_t map)
{
    bool have = map == sections->own.map;

    for (size_t i = 0; i < sections->found_count && !have; i++)
        have = map == sections->found[i].map;
    return have;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int write_section(const struct sections *sections, struct section *section)
{
    const struct fs *fs = sections->fs;
    char name[PLAYLIST_MAP_NAME_SIZE];
    struct fs_status left;
    struct fs_status now;
    int result =
        fs_write_file(fs, NAMES_SECTION_TMP, section->bytes, section->size, SECTIONS_TIME, &left);

    if (result < 0)
        return result;
    playlist_map_name(section->map, name);
    result = fs_put_in_place(fs, NAMES_SECTION_TMP, name);
    if (result == 0)
        result = look_at(sections, section->map, &now);
    if (result == -ENOENT || (result == 0 && !fs_is_same(&now, &left)))
        return -EAGAIN; /* somebody put another file in its place before it got its name */
    if (result == 0)
        result = fs->sync_directory(fs->context);
    if (result == 0)
        section->left = left;
    return result;
}

static int provide(const struct sections *sections, struct section *section)
{
    struct fs_status now;
    int result = section->map ? look_at(sections, section->map, &now) : 0;

    if (section->map == 0 || (result == 0 && fs_is_same(&now, &section->left)))
        return 0;
    if (result == 0 || result == -ENOENT)
        result = write_section(sections, section);
    return result < 0 ? result : 1;
}

int sections_provide(struct sections *sections)
{
    return provide(sections, &sections->own);
}

int sections_mend(struct sections *sections)
{
    int made = provide(sections, &sections->own);

    for (size_t i = 0; i < sections->found_count; i++) {
        int result = provide(sections, &sections->found[i]);

        if (made >= 0)
            made = result < 0 ? result : made + result;
    }
    return made;
}

int sections_drop_found(struct sections *sections)
{
    int failure = 0;

    for (size_t i = 0; i < sections->found_count; i++) {
        struct section *section = &sections->found[i];
        int result = section->map ? drop(sections, section->map) : 0;

        if (result == 0)
            section->map = 0;
        else
            failure = result;
    }
    return failure;
}

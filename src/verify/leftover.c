/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/leftover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/folder.h"
#include "verify/m3u8_lex.h"
#include "verify/uri.h"

/* Paths that are accounted for: sorted, owned. */
struct paths {
    char **items;
    size_t count;
    size_t capacity;
    bool has_unknown; /* a URI leads where nobody can tell: it may be to any of the others */
};

/* What is looked at: one folder. */
struct look {
    struct run *run;
    const struct paths *known;
    const char *folder; /* "" or with a slash at its end */
    bool closed;        /* what playlists list is known, and none lies here that was not read */
};

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has(const struct paths *paths, const char *path)
{
    return paths->count > 0 &&
           bsearch(&path, paths->items, paths->count, sizeof(path), compare) != NULL;
}

/* @p path is taken over; NULL: there was no memory for it. */
static int add(struct paths *paths, char *path)
{
    if (path && paths->count == paths->capacity) {
        size_t capacity = paths->capacity * 2 + 64;
        char **items = reallocarray(paths->items, capacity, sizeof(*items));

        if (!items) {
            free(path);
            return -ENOMEM;
        }
        paths->items = items;
        paths->capacity = capacity;
    }
    if (!path)
        return -ENOMEM;
    paths->items[paths->count++] = path;
    return 0;
}

static void finish(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
}

static int add_resolved(struct paths *paths, const char *playlist, struct m3u8_text uri)
{
    char *path = NULL;
    int result = uri_resolve(playlist, uri, &path);

    if (result == -EREMOTE && memmem(uri.data, uri.size, "{$", 2))
        paths->has_unknown = true;
    if (result < 0)
        return result == -ENOMEM ? result : 0;
    return add(paths, path);
}

/* What a stream lists, and its playlist. */
static int add_stream(struct paths *known, const struct stream *stream)
{
    const struct m3u8 *playlist = &stream->version.playlist;
    const char *map = NULL;
    int result = add(known, strdup(stream->path));

    for (size_t i = 0; i < playlist->segment_count && result == 0; i++) {
        const struct m3u8_segment *segment = &playlist->segments[i];

        result = add_resolved(known, stream->path, segment->uri);
        if (result == 0 && segment->map.uri.data != map) {
            map = segment->map.uri.data;
            result = add_resolved(known, stream->path, segment->map.uri);
        }
    }
    for (size_t i = 0; i < playlist->part_count && result == 0; i++) {
        const struct m3u8_part *part = &playlist->parts[i];

        if (part->uri.data && (i == 0 || !m3u8_text_equals(part->uri, part[-1].uri)))
            result = add_resolved(known, stream->path, part->uri);
    }
    return result;
}

static bool ends_in(const char *name, const char *const *endings)
{
    const char *dot = strrchr(name, '.');

    for (; dot && *endings; endings++)
        if (strcmp(dot, *endings) == 0)
            return true;
    return false;
}

static bool is_playlist(const char *name)
{
    static const char *const endings[] = {".m3u8", NULL};

    return ends_in(name, endings);
}

bool leftover_is_temporary(const char *name)
{
    static const char *const endings[] = {".tmp", ".temp", ".part", NULL};

    return ends_in(name, endings);
}

static bool is_segment(const char *name)
{
    static const char *const endings[] = {".ts", ".m4s", ".mp4", ".cmfv", ".cmfa", ".aac", NULL};

    return ends_in(name, endings);
}

static int see_playlist(void *arg, const char *name)
{
    struct look *look = arg;
    char *path;

    if (!is_playlist(name))
        return 0;
    if (asprintf(&path, "%s%s", look->folder, name) < 0)
        return -ENOMEM;
    look->closed &= has(look->known, path);
    free(path);
    return 0;
}

static int see_name(void *arg, const char *name)
{
    const struct look *look = arg;
    struct findings *findings = &look->run->findings;
    char *path;

    if (asprintf(&path, "%s%s", look->folder, name) < 0)
        return -ENOMEM;
    if (leftover_is_temporary(name))
        findings_add(findings, RULE_SG_TEMP, path, "nothing temporary when all has ended",
                     "it is there");
    else if (look->closed && is_segment(name) && !has(look->known, path))
        findings_add(findings, RULE_SG_TEMP, path, "every segment is listed when all has ended",
                     "no playlist lists it");
    else
        findings_check(findings, RULE_SG_TEMP);
    free(path);
    return 0;
}

static int look_at(struct run *run, const struct paths *known, const char *folder)
{
    struct look look = {
        .run = run, .known = known, .folder = folder, .closed = !known->has_unknown};
    int result = folder_list(run->folder, folder, see_playlist, &look);

    if (result == 0)
        result = folder_list(run->folder, folder, see_name, &look);
    return result == -ENOMEM ? result : 0;
}

/* All folders that playlists among @p known lie in, each once. */
static int look_at_all(struct run *run, const struct paths *known)
{
    struct paths folders = {0};
    int result = 0;

    for (size_t i = 0; i < known->count && result == 0; i++) {
        const char *path = known->items[i];
        const char *slash = strrchr(path, '/');

        if (is_playlist(path))
            result = add(&folders, strndup(path, slash ? (size_t)(slash - path) + 1 : 0));
    }
    if (folders.count > 0)
        qsort(folders.items, folders.count, sizeof(*folders.items), compare);
    for (size_t i = 0; i < folders.count && result == 0; i++)
        if (i == 0 || strcmp(folders.items[i], folders.items[i - 1]) != 0)
            result = look_at(run, known, folders.items[i]);
    finish(&folders);
    return result;
}

static bool have_ended(const struct presentation *presentations, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < presentations[i].stream_count; j++)
            if (!presentations[i].streams[j].version.playlist.ended)
                return false;
    return true;
}

int leftover_judge(struct run *run, const struct presentation *presentations, size_t count)
{
    struct paths known = {0};
    int result = 0;

    if (!have_ended(presentations, count))
        return 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        if (presentations[i].path)
            result = add(&known, strdup(presentations[i].path));
        for (size_t j = 0; j < presentations[i].stream_count && result == 0; j++)
            result = add_stream(&known, &presentations[i].streams[j]);
    }
    if (known.count > 0)
        qsort(known.items, known.count, sizeof(*known.items), compare);
    if (result == 0)
        result = look_at_all(run, &known);
    finish(&known);
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search path goes from what the user says through what the administrator says to what the
 * package ships; what is compiled in comes last. A folder that does not exist is passed over, as
 * in $PATH; one that cannot be read is an error, for the preset meant may lie in it.
 */
#include "preset/source.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preset/embedded.h"
#include "preset/text.h"

#define SUFFIX ".conf"

/* Calls @p visit with each folder until it returns non-zero, and returns that. */
static int each_folder(int (*visit)(const char *folder, void *arg), void *arg)
{
    const char *path = getenv("HLSGEN_PRESET_PATH");
    int result = 0;

    for (path = path ? path : ""; *path && result == 0; path += strspn(path, ":")) {
        char folder[PATH_MAX];
        size_t length = strcspn(path, ":");

        if (length > 0 && length < sizeof(folder)) {
            memcpy(folder, path, length);
            folder[length] = '\0';
            result = visit(folder, arg);
        }
        path += length;
    }
    if (result == 0)
        result = visit(HLSGEN_SYSCONFDIR "/hlsgen/presets", arg);
    if (result == 0)
        result = visit(HLSGEN_DATADIR "/hlsgen/presets", arg);
    return result;
}

/* The length of a file name without its suffix; 0 when it is not a preset's. */
static size_t stem_length(const char *name)
{
    size_t length = strlen(name);
    size_t suffix = strlen(SUFFIX);

    if (length <= suffix || name[0] == '.' || strcmp(name + length - suffix, SUFFIX) != 0)
        return 0;
    return length - suffix;
}

/* A path or a name for an error. Of a long one the end tells more, and the reason needs room. */
static void quote(const char *path, char ret[SOURCE_PLACE_SIZE])
{
    static const char gap[] = "...";
    const size_t kept = SOURCE_PLACE_SIZE - sizeof(gap);
    bool is_long = strlen(path) > kept;

    if (is_long)
        path += strlen(path) - kept;
    while (is_long && (*path & 0xc0) == 0x80) /* within a character of UTF-8 */
        path++;
    (void)snprintf(ret, SOURCE_PLACE_SIZE, "%s%s", is_long ? gap : "", path);
    text_make_plain(ret);
}

static int read_text(int fd, struct source *source)
{
    source->size = 0;
    while (source->size < sizeof(source->text)) {
        ssize_t got = read(fd, source->text + source->size, sizeof(source->text) - source->size);

        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0)
            break;
        if (got > 0)
            source->size += (size_t)got;
    }
    return 0;
}

static int read_regular_file(int fd, struct source *source, struct error *err)
{
    struct stat st;
    int result = fstat(fd, &st) < 0 ? -errno : 0;

    if (result == 0 && !S_ISREG(st.st_mode))
        return error_set(err, -EINVAL, EX_NOINPUT, "%s: not a regular file", source->place);
    if (result == 0)
        result = read_text(fd, source);
    if (result < 0)
        return error_set_errno(err, result, EX_NOINPUT, "%s: cannot be read", source->place);
    if (source->size > SOURCE_SIZE_MAX)
        return error_set(err, -EFBIG, EX_DATAERR, "%s: larger than %zu KiB", source->place,
                         SOURCE_SIZE_MAX / 1024);
    return 0;
}

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
static int read_file(const char *path, struct source *source, struct error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int result = fd < 0 ? -errno : 0;

    quote(path, source->place);
    if (fd < 0)
        return error_set_errno(err, result, EX_NOINPUT, "%s: cannot be opened", source->place);
    result = read_regular_file(fd, source, err);
    close(fd);
    return result;
}

static int read_path(const char *path, struct source *source, struct error *err)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    size_t length = stem_length(file);

    if (length == 0)
        length = strlen(file);
    if (length >= sizeof(source->name)) {
        quote(path, source->place);
        return error_set_errno(err, -ENAMETOOLONG, EX_NOINPUT, "%s", source->place);
    }
    memcpy(source->name, file, length);
    source->name[length] = '\0';
    text_make_plain(source->name);
    return read_file(path, source, err);
}

struct search {
    const char *name;
    struct source *source;
    struct error *err;
};

/* 1 when the preset was found, 0 to look on. */
static int search_folder(const char *folder, void *arg)
{
    struct search *search = arg;
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s" SUFFIX, folder, search->name);
    int result;

    if (length >= (int)sizeof(path))
        return 0;
    result = read_file(path, search->source, search->err);
    if (result == -ENOENT || result == -ENOTDIR)
        return 0;
    return result < 0 ? result : 1;
}

static bool search_embedded(const char *name, struct source *source)
{
    for (const struct embedded_preset *preset = embedded_presets; preset->name; preset++) {
        if (strcmp(preset->name, name) != 0)
            continue;
        assert(preset->size <= SOURCE_SIZE_MAX);
        (void)snprintf(source->place, sizeof(source->place), "compiled-in %s" SUFFIX, name);
        memcpy(source->text, preset->text, preset->size);
        source->size = preset->size;
        return true;
    }
    return false;
}

static int offer(const char *name, void *arg)
{
    text_nearest_offer(arg, name);
    return 0;
}

static int reject_unknown(const char *name, struct error *err)
{
    struct text_nearest nearest = text_nearest_start(name);
    char quoted[SOURCE_PLACE_SIZE];

    quote(name, quoted);
    (void)source_list(offer, &nearest, NULL);
    if (nearest.best[0])
        return error_set(err, -ENOENT, EX_USAGE,
                         "unknown preset \"%s\", the nearest is %s; --list-presets shows all",
                         quoted, nearest.best);
    return error_set(err, -ENOENT, EX_USAGE, "unknown preset \"%s\"; --list-presets shows all",
                     quoted);
}

int source_read(const char *name, struct source *ret, struct error *err)
{
    struct search search = {.name = name, .source = ret, .err = err};
    int result;

    if (strchr(name, '/') || stem_length(name) > 0)
        return read_path(name, ret, err);
    if (name[0] == '\0' || strlen(name) >= sizeof(ret->name) || !text_is_plain(name, strlen(name)))
        return reject_unknown(name, err);
    memcpy(ret->name, name, strlen(name) + 1);
    result = each_folder(search_folder, &search);
    if (result != 0)
        return result < 0 ? result : 0;
    return search_embedded(name, ret) ? 0 : reject_unknown(name, err);
}

struct listing {
    int (*each)(const char *name, void *arg);
    void *arg;
    struct error *err;
};

static int list_entries(DIR *folder, const struct listing *listing)
{
    int result = 0;

    for (struct dirent *entry = readdir(folder); entry && result >= 0; entry = readdir(folder)) {
        char name[SOURCE_NAME_SIZE];
        size_t length = stem_length(entry->d_name);

        if (length == 0 || length >= sizeof(name) || !text_is_plain(entry->d_name, length))
            continue;
        memcpy(name, entry->d_name, length);
        name[length] = '\0';
        result = listing->each(name, listing->arg);
    }
    return result;
}

static int list_folder(const char *path, void *arg)
{
    const struct listing *listing = arg;
    DIR *folder = opendir(path);
    char quoted[SOURCE_PLACE_SIZE];
    int result;

    if (!folder && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!folder) {
        result = -errno;
        quote(path, quoted);
        return error_set_errno(listing->err, result, EX_NOINPUT, "%s: cannot be listed", quoted);
    }
    result = list_entries(folder, listing);
    closedir(folder);
    return result;
}

int source_list(int (*each)(const char *name, void *arg), void *arg, struct error *err)
{
    struct listing listing = {.each = each, .arg = arg, .err = err};
    int result = each_folder(list_folder, &listing);

    for (const struct embedded_preset *preset = embedded_presets; preset->name && result >= 0;
         preset++)
        result = each(preset->name, arg);
    return result;
}

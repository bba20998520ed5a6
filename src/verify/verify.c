/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify/folder.h"
#include "verify/leftover.h"
#include "verify/presentation.h"
#include "verify/watch.h"

#define MASTER "master.m3u8"

enum {
    PLAYLISTS_MAX = 4096, /* in one directory, without a multivariant playlist */
};

/* ---- which playlists ------------------------------------------------------------------------- */

struct names {
    char **items;
    size_t count;
};

static int add_name(struct names *names, const char *name)
{
    char **items = reallocarray(names->items, names->count + 1, sizeof(*items));

    if (!items)
        return -ENOMEM;
    names->items = items;
    items[names->count] = strdup(name);
    if (!items[names->count])
        return -ENOMEM;
    names->count++;
    return 0;
}

static int add_playlist(void *arg, const char *name)
{
    struct names *names = arg;
    const char *dot = strrchr(name, '.');

    if (!dot || dot == name || strcmp(dot, ".m3u8") != 0)
        return 0;
    return names->count < PLAYLISTS_MAX ? add_name(names, name) : -E2BIG;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void finish_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static bool is_multivariant(int folder, const char *name)
{
    struct buffer text = {0};
    bool is = folder_read_whole(folder, name, 0, -1, VERSION_MAX, &text) == 0 &&
              m3u8_is_multivariant((const char *)text.data, text.size);

    buffer_finish(&text);
    return is;
}

/* Multivariant playlists come first, in their order, so that what they name is known. */
static int put_in_order(int folder, struct names *names)
{
    char **items = calloc(names->count + 1, sizeof(*items));
    size_t first = 0;
    size_t others = 0;

    if (!items)
        return -ENOMEM;
    qsort(names->items, names->count, sizeof(*names->items), compare_names);
    for (size_t i = 0; i < names->count; i++) {
        if (is_multivariant(folder, names->items[i]))
            names->items[first++] = names->items[i];
        else
            items[others++] = names->items[i];
    }
    memcpy(names->items + first, items, others * sizeof(*items));
    free(items);
    return 0;
}

/* All playlists of the directory, multivariant ones first, in the order of their names; one that is
 * named master.m3u8 names the others. */
static int find_playlists(int folder, struct names *ret)
{
    int result = folder_list(folder, "", add_playlist, ret);

    if (result < 0)
        return result;
    for (size_t i = 0; i < ret->count; i++)
        if (strcmp(ret->items[i], MASTER) == 0) {
            finish_names(ret);
            *ret = (struct names){0};
            return add_name(ret, MASTER);
        }
    return ret->count > 0 ? put_in_order(folder, ret) : 0;
}

/* ---- the run --------------------------------------------------------------------------------- */

/* @p name may have been found in the directory. */
static int fail(const char *name, int result, struct error *err)
{
    (void)error_set(err, result, VERIFY_EXIT_NOTHING, "%s: %s", name, folder_explain(result));
    findings_make_printable(err->text);
    return result;
}

/* Whether the playlist @p name has been read, as a stream of a multivariant one. */
static bool is_read(const struct presentation *presentations, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < presentations[i].stream_count; k++)
            if (strcmp(presentations[i].streams[k].path, name) == 0)
                return true;
    return false;
}

/* Reads all that can be read. @return 0: something was; or the negative errno of one that was not
 */
static int read_all(struct run *run, const struct names *names, struct presentation *presentations,
                    size_t *ret_count, struct error *err)
{
    size_t bad = 0;
    int failure = 0;

    for (size_t i = 0; i < names->count && failure != -ENOMEM; i++) {
        int result;

        if (is_read(presentations, *ret_count, names->items[i]))
            continue;
        result = presentation_read(run, names->items[i], &presentations[*ret_count]);
        if (result == 0)
            (*ret_count)++;
        else if (result == -EBADMSG)
            bad++;
        else
            failure = fail(names->items[i], result, err);
        if (result < 0 && result != -EBADMSG)
            findings_add(&run->findings, RULE_PL_FETCH, names->items[i], "it can be read", "%s",
                         folder_explain(result));
    }
    return failure != -ENOMEM && *ret_count + bad > 0 ? 0 : failure;
}

/* @p whole: all playlists of the directory are among @p presentations. */
static int follow_and_judge(struct run *run, struct presentation *presentations, size_t count,
                            bool whole, int64_t seconds)
{
    int result = 0;

    if (seconds > 0 && count > 0)
        result = watch_follow(run, presentations, count, seconds);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count; i++)
        presentation_judge(&presentations[i], &run->findings);
    return whole && seconds == 0 ? leftover_judge(run, presentations, count) : 0;
}

static int check(struct run *run, const struct names *names, bool whole, int64_t seconds,
                 struct error *err)
{
    struct presentation *presentations = calloc(names->count, sizeof(*presentations));
    size_t count = 0;
    int result = presentations ? read_all(run, names, presentations, &count, err)
                               : fail("playlists", -ENOMEM, err);

    if (result == 0) {
        result = follow_and_judge(run, presentations, count, whole, seconds);
        if (result < 0)
            (void)fail("cannot go on", result, err);
    }
    for (size_t i = 0; i < count; i++)
        presentation_finish(&presentations[i]);
    free(presentations);
    return result;
}

int verify_folder(struct run *run, const char *playlist, int64_t seconds, struct error *err)
{
    struct names names = {0};
    int result = playlist ? add_name(&names, playlist) : find_playlists(run->folder, &names);

    run->hashes = seconds > 0; /* to be compared when they are removed */
    if (result == -E2BIG)
        (void)error_set(err, result, VERIFY_EXIT_NOTHING, "there are more than %d playlists",
                        PLAYLISTS_MAX);
    else if (result < 0)
        (void)error_set_errno(err, result, VERIFY_EXIT_NOTHING, "cannot list the directory");
    else if (names.count == 0)
        result = error_set(err, -ENOENT, VERIFY_EXIT_NOTHING, "there is no playlist (*.m3u8)");
    else
        result = check(run, &names, !playlist, seconds, err);
    finish_names(&names);
    return result;
}

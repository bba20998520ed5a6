/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"

#define MODE      0644U
#define MODE_READ 0444U

/* A playlist rounds a start down to milliseconds, and a duration to microseconds. */
#define DATE_EARLY NS_PER_US
#define DATE_LATE  (NS_PER_MS + NS_PER_US)

int store_init(struct store *ret, const struct fs *fs, const struct clock *clock, uint64_t map,
               int64_t stamp_count, int64_t retired_max)
{
    *ret = (struct store){
        .fs = fs,
        .clock = clock,
        .map = map,
        .stamps = calloc((size_t)stamp_count, sizeof(*ret->stamps)),
        .stamp_count = (size_t)stamp_count,
        .retired = calloc((size_t)retired_max, sizeof(*ret->retired)),
        .retired_max = (size_t)retired_max,
    };
    if (!ret->stamps || !ret->retired)
        return -ENOMEM;
    for (size_t i = 0; i < ret->stamp_count; i++)
        ret->stamps[i].number = -1;
    return 0;
}

size_t store_memory(int64_t stamp_count, int64_t retired_max)
{
    return (size_t)stamp_count * sizeof(struct stamp) +
           (size_t)retired_max * sizeof(struct retired);
}

void store_finish(struct store *store)
{
    free(store->stamps);
    free(store->retired);
    *store = (struct store){0};
}

static struct stamp *stamp_of(const struct store *store, int64_t number)
{
    return &store->stamps[(size_t)number % store->stamp_count];
}

int store_look(const struct store *store, int64_t number, struct fs_status *ret)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(number, store->map, name);
    return store->fs->status(store->fs->context, name, ret);
}

static bool keep_stamp(struct store *store, int64_t number, struct fs_status left, bool made)
{
    *stamp_of(store, number) = (struct stamp){.number = number, .left = left, .made = made};
    return true;
}

int store_put(struct store *store, int64_t number, const void *bytes, size_t size, int64_t time)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    bool made = stamp_of(store, number)->number != number || stamp_of(store, number)->made;
    struct fs_status left;
    struct fs_status now;
    int result = fs_write_file(store->fs, NAMES_SEGMENT_TMP, bytes, size, time, &left);

    if (result < 0)
        return result;
    playlist_segment_name(number, store->map, name);
    result = fs_put_in_place(store->fs, NAMES_SEGMENT_TMP, name);
    if (result < 0)
        return result;
    (void)keep_stamp(store, number, (struct fs_status){0}, made);
    result = store_look(store, number, &now);
    if (result == -ENOENT || (result == 0 && !fs_is_same(&now, &left)))
        return -EAGAIN; /* somebody put another file in its place before it got its name */
    if (result == 0)
        (void)keep_stamp(store, number, left, made);
    return result;
}

bool store_knows(const struct store *store, int64_t number)
{
    return stamp_of(store, number)->number == number;
}

int store_check(const struct store *store, int64_t number)
{
    const struct stamp *stamp = stamp_of(store, number);
    struct fs_status now;
    int result = stamp->number == number ? store_look(store, number, &now) : -ENOENT;

    if (result < 0)
        return result == -ENOENT ? 0 : result;
    return fs_is_same(&now, &stamp->left);
}

bool store_holds(const struct store *store, int64_t number, const void *bytes, size_t size,
                 void *scratch)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    struct fs_status status;

    playlist_segment_name(number, store->map, name);
    return store_look(store, number, &status) == 0 && status.size == (int64_t)size &&
           store->fs->read(store->fs->context, name, scratch, size) == (int64_t)size &&
           memcmp(bytes, scratch, size) == 0;
}

bool store_adopt(struct store *store, int64_t number, const void *bytes, size_t size, int64_t time,
                 void *scratch)
{
    struct fs_status status;
    int result = store_look(store, number, &status);

    if (result != -ENOENT)
        (void)keep_stamp(store, number, (struct fs_status){0}, false);
    return result == 0 && status.regular && status.mode == MODE && status.time == time &&
           status.size == (int64_t)size &&
           (!bytes || store_holds(store, number, bytes, size, scratch)) &&
           keep_stamp(store, number, status, false);
}

int store_adopt_unread(struct store *store, int64_t number, int64_t time)
{
    struct fs_status status;
    int result = store_look(store, number, &status);

    if (result < 0)
        return result == -ENOENT ? 0 : result;
    return status.regular && status.size > 0 && (status.mode & MODE_READ) == MODE_READ &&
           status.time >= time - DATE_EARLY && status.time <= time + DATE_LATE &&
           keep_stamp(store, number, status, false);
}

int store_remove(struct store *store, int64_t number)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    int result;

    playlist_segment_name(number, store->map, name);
    result = store->fs->unlink(store->fs->context, name);
    return result == -ENOENT ? 0 : result;
}

/* One that may have been listed. */
static int remove_retired(struct store *store, int64_t number)
{
    if (store->let_go)
        store->let_go(store->arg, number);
    return store_remove(store, number);
}

bool store_has_made(const struct store *store, int64_t number)
{
    const struct stamp *stamp = stamp_of(store, number);

    return stamp->number == number && stamp->made;
}

void store_discard(struct store *store, int64_t number)
{
    if (store_remove(store, number) < 0) {
        store_recall(store, number);
        store_retire(store, number, 0, 0);
    }
}

int store_reserve(struct store *store, int64_t more)
{
    size_t max = store->retired_max + (size_t)more;
    struct retired *retired = realloc(store->retired, max * sizeof(*retired));

    if (!retired)
        return -ENOMEM;
    store->retired = retired;
    store->retired_max = max;
    return 0;
}

void store_recall(struct store *store, int64_t number)
{
    for (size_t i = store->retired_count; i-- > 0;) {
        if (store->retired[i].number == number)
            store->retired[i] = store->retired[--store->retired_count];
    }
}

void store_retire(struct store *store, int64_t number, int64_t delay, int64_t spare)
{
    int64_t now = store->clock->monotonic(store->clock->context);
    struct retired *slot = &store->retired[0];

    if (store->retired_count < store->retired_max) {
        slot = &store->retired[store->retired_count++];
    } else {
        for (size_t i = 1; i < store->retired_count; i++) {
            if (store->retired[i].remove_at < slot->remove_at)
                slot = &store->retired[i];
        }
        (void)remove_retired(store, slot->number);
    }
    *slot = (struct retired){
        .number = number,
        .remove_at = now + delay,
        .spare_at = now + (spare < delay ? spare : delay),
    };
}

bool store_is_waiting(const struct store *store, int64_t number)
{
    for (size_t i = 0; i < store->retired_count; i++) {
        if (store->retired[i].number == number)
            return true;
    }
    return false;
}

bool store_is_waiting_before(const struct store *store, int64_t number)
{
    for (size_t i = 0; i < store->retired_count; i++) {
        if (store->retired[i].number < number)
            return true;
    }
    return false;
}

void store_list(const struct store *store, void (*each)(void *arg, int64_t number), void *arg)
{
    for (size_t i = 0; i < store->retired_count; i++)
        each(arg, store->retired[i].number);
    for (size_t i = 0; i < store->stamp_count; i++) {
        if (store->stamps[i].number >= 0 && store->stamps[i].left.regular)
            each(arg, store->stamps[i].number);
    }
}

void store_step(struct store *store, int64_t step)
{
    for (size_t i = 0; i < store->retired_count; i++)
        store->retired[i].spare_at -= step;
}

bool store_make_room(struct store *store)
{
    int64_t now = store->clock->monotonic(store->clock->context);
    struct retired *oldest = NULL;

    for (size_t i = 0; i < store->retired_count; i++) {
        struct retired *entry = &store->retired[i];

        if (entry->spare_at <= now && (!oldest || entry->number < oldest->number))
            oldest = entry;
    }
    if (!oldest || remove_retired(store, oldest->number) < 0)
        return false;
    *oldest = store->retired[--store->retired_count];
    return true;
}

int64_t store_next_removal(const struct store *store)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < store->retired_count; i++) {
        if (store->retired[i].remove_at < next)
            next = store->retired[i].remove_at;
    }
    return next;
}

int store_expire(struct store *store)
{
    int64_t now = store->clock->monotonic(store->clock->context);
    int result = 0;
    size_t i = 0;

    while (i < store->retired_count) {
        struct retired *entry = &store->retired[i];
        int removed = entry->remove_at <= now ? remove_retired(store, entry->number) : 1;

        if (removed == 0) {
            *entry = store->retired[--store->retired_count];
            continue;
        }
        if (removed < 0)
            result = removed;
        i++;
    }
    return result;
}

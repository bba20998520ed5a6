/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where all is well a renewal is one rename: the oldest lease becomes the next. A file is made only
 * at the start, and where others have touched one.
 */
#include "origin/leases.h"

#include <stdbool.h>

#include "base/clock.h"
#include "origin/names.h"

static const char content[] = "publishing\n";

enum {
    CONTENT_SIZE = sizeof(content) - 1,
};

/* Seconds since the Unix epoch at which the lease of @p now begins. */
static int64_t present(int64_t now)
{
    int64_t seconds = now / NS_PER_SECOND;

    return seconds - seconds % NAMES_LEASE_SECONDS;
}

uint64_t leases_room(size_t block_size)
{
    return (LEASES_HELD + 1) * fs_whole_blocks(CONTENT_SIZE, block_size);
}

void leases_init(struct leases *leases, const struct fs *fs)
{
    leases->fs = fs;
    for (size_t i = 0; i < LEASES_HELD; i++)
        leases->held[i].time = -1;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Whether it has a use while the lease of @p first is the present one. */
static bool is_useful(int64_t time, int64_t first)
{
    return time >= first - NAMES_LEASE_SECONDS && time <= first + NAMES_LEASE_SECONDS;
}

static int look_at(const struct leases *leases, int64_t time, struct fs_status *ret)
{
    char name[NAMES_LEASE_SIZE];

    names_lease(time, name);
    return leases->fs->status(leases->fs->context, name, ret);
}

static void drop(const struct leases *leases, struct lease *lease)
{
    char name[NAMES_LEASE_SIZE];

    names_lease(lease->time, name);
    (void)leases->fs->unlink(leases->fs->context, name);
    lease->time = -1;
}

static int move(const struct leases *leases, struct lease *lease, int64_t time)
{
    char from[NAMES_LEASE_SIZE];
    char to[NAMES_LEASE_SIZE];
    int result;

    names_lease(lease->time, from);
    names_lease(time, to);
    result = leases->fs->rename(leases->fs->context, from, to);
    if (result == 0)
        lease->time = time;
    return result;
}

static int make(const struct leases *leases, struct lease *lease, int64_t time, int64_t now)
{
    const struct fs *fs = leases->fs;
    char name[NAMES_LEASE_SIZE];
    struct fs_status left;
    int result = fs_write_file(fs, NAMES_LEASE_TMP, content, CONTENT_SIZE, now, &left);

    if (result < 0)
        return result;
    names_lease(time, name);
    result = fs_put_in_place(fs, NAMES_LEASE_TMP, name);
    if (result < 0)
        (void)fs->unlink(fs->context, NAMES_LEASE_TMP);
    else
        *lease = (struct lease){time, left};
    return result;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* The lease of @p time; with -1 a place for one. NULL: there is none. */
static struct lease *find(struct leases *leases, int64_t time)
{
    for (size_t i = 0; i < LEASES_HELD; i++)
        if (leases->held[i].time == time)
            return &leases->held[i];
    return NULL;
}

struct sweep {
    struct leases *leases;
    int64_t first; /* the present one */
};

static int sweep_name(void *arg, const char *name)
{
    const struct sweep *sweep = arg;
    struct leases *leases = sweep->leases;
    struct lease lease = {.time = names_lease_time(name)};
    struct lease *place = find(leases, -1);

    if (lease.time < 0)
        return 0;
    if (place && is_useful(lease.time, sweep->first) &&
        look_at(leases, lease.time, &lease.left) == 0 &&
        fs_is_as_written(&lease.left, CONTENT_SIZE, lease.left.time))
        *place = lease;
    else
        drop(leases, &lease);
    return 0;
}

void leases_resume(struct leases *leases, int64_t now)
{
    const struct fs *fs = leases->fs;
    struct sweep sweep = {leases, present(now)};

    (void)fs->unlink(fs->context, NAMES_LEASE_TMP);
    (void)fs->list(fs->context, sweep_name, &sweep);
}

/* What others have touched is not ours to go on with. */
static void drop_touched(struct leases *leases)
{
    for (size_t i = 0; i < LEASES_HELD; i++) {
        struct lease *lease = &leases->held[i];
        struct fs_status now;

        if (lease->time >= 0 &&
            (look_at(leases, lease->time, &now) != 0 || !fs_is_same(&now, &lease->left)))
            drop(leases, lease);
    }
}

static struct lease *find_useless(struct leases *leases, int64_t first)
{
    for (size_t i = 0; i < LEASES_HELD; i++)
        if (leases->held[i].time >= 0 && !is_useful(leases->held[i].time, first))
            return &leases->held[i];
    return NULL;
}

/* After a step of the clock: one of a later time would be good once more when that comes. */
static void drop_useless(struct leases *leases, int64_t first)
{
    struct lease *lease;

    while ((lease = find_useless(leases, first)))
        drop(leases, lease);
}

int leases_renew(struct leases *leases, int64_t now)
{
    int64_t first = present(now);
    int failure = 0;

    drop_touched(leases);
    for (int64_t time = first; time <= first + NAMES_LEASE_SECONDS; time += NAMES_LEASE_SECONDS) {
        struct lease *old = find_useless(leases, first);
        int result;

        if (find(leases, time))
            continue;
        result = old ? move(leases, old, time) : make(leases, find(leases, -1), time, now);
        failure = result < 0 ? result : failure;
    }
    drop_useless(leases, first);
    return failure;
}

void leases_withdraw(struct leases *leases, int64_t now)
{
    int64_t first = present(now);
    bool told = false;

    for (size_t i = 0; i < LEASES_HELD; i++)
        told |= leases->held[i].time >= 0 && leases->held[i].time < first;
    for (size_t i = 0; i < LEASES_HELD; i++) {
        struct lease *lease = &leases->held[i];

        if (lease->time < first)
            continue;
        if (told || move(leases, lease, first - NAMES_LEASE_SECONDS) < 0)
            drop(leases, lease);
        told = true;
    }
}

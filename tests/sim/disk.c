/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names lead to inodes, which are counted references and thus live as long as a name, a state of
 * a name that a power cut can bring back, or a descriptor leads to them.
 */
#include "tests/sim/disk.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int64_t disk_segment_number(const char *name)
{
    int64_t number = 0;
    const char *at = name + 3;

    if (strncmp(name, "seg", 3) != 0 || *at < '0' || *at > '9' || (at[0] == '0' && at[1] != '.'))
        return -1;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *at - '0', &number))
            return -1;
    }
    return strcmp(at, ".ts") == 0 || strcmp(at, ".m4s") == 0 ? number : -1;
}

/* ---- inodes ---------------------------------------------------------------------------------- */

static int add_inode(struct disk *disk, enum disk_kind kind)
{
    struct disk_inode *inode;
    int i = 0;

    while (i < disk->inode_end && disk->inodes[i].references > 0)
        i++;
    assert(i < DISK_INODES);
    if (i == disk->inode_end)
        disk->inode_end++;
    inode = &disk->inodes[i];
    inode->kind = kind;
    inode->mode = 0644;
    inode->time = inode->synced_time = disk->now;
    inode->size = 0;
    inode->synced = 0;
    inode->lost = false;
    inode->version = inode->born = ++disk->changes;
    return i;
}

static int hold(struct disk *disk, int inode)
{
    if (inode >= 0)
        disk->inodes[inode].references++;
    return inode;
}

static void drop(struct disk *disk, int inode)
{
    if (inode >= 0 && --disk->inodes[inode].references == 0)
        disk->used -= disk->inodes[inode].size;
}

void disk_touch(struct disk *disk, struct disk_inode *inode)
{
    inode->version = ++disk->changes;
}

static void set_content(struct disk *disk, struct disk_inode *inode, const void *data, size_t size)
{
    assert(size <= DISK_DATA_SIZE);
    if (size > 0)
        memcpy(inode->data, data, size);
    disk->used += size - inode->size;
    inode->size = inode->synced = size;
    disk_touch(disk, inode);
}

/* ---- names ----------------------------------------------------------------------------------- */

static uint64_t key_of(const char *name)
{
    uint64_t key = 0;

    for (; *name; name++)
        key = (key ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return key;
}

static struct disk_name *find_name(struct disk *disk, const char *name)
{
    uint64_t key = key_of(name);

    for (int i = 0; i < disk->name_count; i++) {
        if (disk->names[i].key == key && strcmp(disk->names[i].name, name) == 0)
            return &disk->names[i];
    }
    return NULL;
}

/* The name, which leads nowhere if it is new. */
static struct disk_name *have_name(struct disk *disk, const char *name)
{
    struct disk_name *found = find_name(disk, name);
    size_t length = strlen(name);

    if (found)
        return found;
    assert(disk->name_count < DISK_NAMES && length < DISK_NAME_SIZE);
    found = &disk->names[disk->name_count++];
    memcpy(found->name, name, length + 1);
    found->key = key_of(name);
    found->number = disk_segment_number(name);
    found->inode = -1;
    found->past_count = 0;
    return found;
}

static void forget_past(struct disk *disk, struct disk_name *name)
{
    while (name->past_count > 0)
        drop(disk, name->past[--name->past_count]);
}

/* What stands for nothing, and did not since the names were synced, is no name. */
static void tidy(struct disk *disk, struct disk_name *name)
{
    if (name->inode < 0 && name->past_count == 0)
        *name = disk->names[--disk->name_count];
}

/* Points the name elsewhere; what it stood for may come back. The eldest state is the durable one,
 * so if they are too many it is the second that is forgotten. */
static void point(struct disk *disk, struct disk_name *name, int inode)
{
    if (name->past_count == DISK_PAST) {
        drop(disk, name->past[1]);
        memmove(&name->past[1], &name->past[2], sizeof(int) * (DISK_PAST - 2));
        name->past_count--;
    }
    name->past[name->past_count++] = name->inode; /* with its reference */
    name->inode = hold(disk, inode);
    disk->changes++;
}

/* ---- calls ----------------------------------------------------------------------------------- */

void disk_clear(struct disk *disk)
{
    for (int i = 0; i < disk->inode_end; i++)
        disk->inodes[i].references = 0;
    disk->inode_end = 0;
    disk->name_count = 0;
    disk->used = 0;
    disk->room = SIZE_MAX;
    disk->changes++;
    for (int i = 0; i < DISK_DESCRIPTORS; i++)
        disk->descriptors[i] = -1;
}

int disk_create(struct disk *disk, const char *name)
{
    struct disk_name *entry = have_name(disk, name);
    int fd = 0;
    int inode;

    if (entry->inode >= 0)
        return -EEXIST;
    while (fd < DISK_DESCRIPTORS && disk->descriptors[fd] >= 0)
        fd++;
    assert(fd < DISK_DESCRIPTORS);
    inode = add_inode(disk, DISK_FILE);
    point(disk, entry, inode);
    disk->descriptors[fd] = hold(disk, inode);
    return fd;
}

static struct disk_inode *inode_of(struct disk *disk, int fd)
{
    assert(fd >= 0 && fd < DISK_DESCRIPTORS && disk->descriptors[fd] >= 0);
    return &disk->inodes[disk->descriptors[fd]];
}

int disk_write(struct disk *disk, int fd, const void *data, size_t size)
{
    struct disk_inode *inode = inode_of(disk, fd);
    size_t left = disk->room > disk->used ? disk->room - disk->used : 0;
    size_t fits = size < left ? size : left;

    assert(inode->size + fits <= DISK_DATA_SIZE);
    memcpy(inode->data + inode->size, data, fits);
    inode->size += fits;
    inode->time = disk->now;
    disk->used += fits;
    disk_touch(disk, inode);
    return fits < size ? -ENOSPC : 0;
}

void disk_set_time(struct disk *disk, int fd, int64_t time)
{
    struct disk_inode *inode = inode_of(disk, fd);

    inode->time = time;
    disk_touch(disk, inode);
}

void disk_sync(struct disk *disk, int fd)
{
    struct disk_inode *inode = inode_of(disk, fd);

    if (inode->lost)
        return;
    inode->synced = inode->size;
    inode->synced_time = inode->time;
}

void disk_fail_sync(struct disk *disk, int fd)
{
    inode_of(disk, fd)->lost = true;
}

void disk_close(struct disk *disk, int fd)
{
    (void)inode_of(disk, fd);
    drop(disk, disk->descriptors[fd]);
    disk->descriptors[fd] = -1;
}

int64_t disk_read(struct disk *disk, const char *name, void *data, size_t size)
{
    const struct disk_inode *inode = disk_find(disk, name);

    if (!inode)
        return -ENOENT;
    if (inode->kind != DISK_FILE)
        return 0;
    if (!(inode->mode & 0400))
        return -EACCES;
    if (inode->size < size)
        size = inode->size;
    memcpy(data, inode->data, size);
    return (int64_t)size;
}

int disk_status(const struct disk *disk, const char *name, struct fs_status *ret)
{
    const struct disk_inode *inode = disk_find((struct disk *)(uintptr_t)disk, name);

    if (!inode)
        return -ENOENT;
    *ret = (struct fs_status){
        .regular = inode->kind == DISK_FILE,
        .mode = inode->mode,
        .size = (int64_t)inode->size,
        .time = inode->time,
    };
    return 0;
}

void disk_sync_names(struct disk *disk)
{
    for (int i = disk->name_count - 1; i >= 0; i--) {
        forget_past(disk, &disk->names[i]);
        tidy(disk, &disk->names[i]);
    }
}

int disk_rename(struct disk *disk, const char *from, const char *to)
{
    struct disk_name *source = find_name(disk, from);
    struct disk_name *target;

    if (!source || source->inode < 0)
        return -ENOENT;
    target = find_name(disk, to);
    if (target && target->inode >= 0) {
        bool folder = disk->inodes[target->inode].kind == DISK_FOLDER;

        if (folder != (disk->inodes[source->inode].kind == DISK_FOLDER))
            return folder ? -EISDIR : -ENOTDIR;
    }
    target = have_name(disk, to);
    point(disk, target, source->inode);
    point(disk, have_name(disk, from), -1);
    return 0;
}

int disk_unlink(struct disk *disk, const char *name)
{
    struct disk_name *entry = find_name(disk, name);

    if (!entry || entry->inode < 0)
        return -ENOENT;
    if (disk->inodes[entry->inode].kind == DISK_FOLDER)
        return -EISDIR;
    point(disk, entry, -1);
    return 0;
}

/* ---- power ----------------------------------------------------------------------------------- */

void disk_end_process(struct disk *disk)
{
    for (int i = 0; i < DISK_DESCRIPTORS; i++) {
        if (disk->descriptors[i] >= 0)
            disk_close(disk, i);
    }
}

/* One of the states since the names were synced, the one of now being one of them. */
static void fall_back(struct disk *disk, struct disk_name *name, struct chance *chance)
{
    int64_t which = chance_below(chance, name->past_count + 1);

    if (which < name->past_count) {
        int inode = hold(disk, name->past[which]);

        drop(disk, name->inode);
        name->inode = inode;
    }
    forget_past(disk, name);
}

static void spoil(struct disk *disk, struct disk_inode *inode, struct chance *chance)
{
    size_t unsure = inode->size - inode->synced;
    size_t size = inode->size;

    if (inode->time != inode->synced_time && chance_one_in(chance, 2)) {
        inode->time = inode->synced_time;
        disk_touch(disk, inode);
    }
    if (unsure == 0)
        return;
    if (chance_one_in(chance, 2))
        size = inode->synced + (size_t)chance_below(chance, (int64_t)unsure + 1);
    else if (chance_one_in(chance, 2))
        memset(inode->data + inode->synced, 0, unsure);
    disk->used -= inode->size - size;
    inode->size = inode->synced = size;
    disk_touch(disk, inode);
}

void disk_cut_power(struct disk *disk, struct chance *chance)
{
    for (int i = disk->name_count - 1; i >= 0; i--) {
        fall_back(disk, &disk->names[i], chance);
        tidy(disk, &disk->names[i]);
    }
    for (int i = 0; i < disk->inode_end; i++) {
        if (disk->inodes[i].references > 0 && disk->inodes[i].kind == DISK_FILE)
            spoil(disk, &disk->inodes[i], chance);
    }
    disk->changes++;
}

/* ---- others ---------------------------------------------------------------------------------- */

struct disk_inode *disk_put(struct disk *disk, const char *name, enum disk_kind kind,
                            const void *data, size_t size)
{
    struct disk_name *entry = have_name(disk, name);
    int inode = add_inode(disk, kind);

    point(disk, entry, inode);
    forget_past(disk, entry);
    set_content(disk, &disk->inodes[inode], data, size);
    return &disk->inodes[inode];
}

void disk_remove(struct disk *disk, const char *name)
{
    struct disk_name *entry = find_name(disk, name);

    if (!entry)
        return;
    drop(disk, entry->inode);
    entry->inode = -1;
    forget_past(disk, entry);
    tidy(disk, entry);
    disk->changes++;
}

struct disk_inode *disk_find(struct disk *disk, const char *name)
{
    const struct disk_name *entry = find_name(disk, name);

    return entry && entry->inode >= 0 ? &disk->inodes[entry->inode] : NULL;
}

bool disk_is_open(const struct disk *disk, const struct disk_inode *inode)
{
    for (int i = 0; i < DISK_DESCRIPTORS; i++) {
        if (disk->descriptors[i] == inode - disk->inodes)
            return true;
    }
    return false;
}

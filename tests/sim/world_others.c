/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Others have the run of the directory: an administrator with rm, a backup tool, an attacker. What
 * they destroy is told to the reader, who does not blame the program for it.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/world_parts.h"

enum { /* those behind belong to fragmented MP4 */
       OWN_NAMES = 5,
       FOREIGN_NAMES = 16,
};

static const char *const own_names[] = {
    "stream.m3u8",         "hlsgen.state",         ".hlsgen-state.tmp",
    ".hlsgen-segment.tmp", ".hlsgen-playlist.tmp", ".hlsgen-init.tmp",
};

static const char *const iframes_names[] = {"iframes.m3u8", ".hlsgen-iframes.tmp"};

static const char *const report_names[] = {
    "status.json", "hlsgen.prom", ".hlsgen-status.tmp", ".hlsgen-alive.tmp", ".hlsgen-metrics.tmp",
};

static const char *const foreign_names[] = {
    "index.html",
    "seg007.ts",
    "seg-1.ts",
    "seg1.ts.bak",
    "segx.ts",
    "seg.ts",
    "SEG1.ts",
    "seg 1.ts",
    "seg1.tsx",
    ".hlsgen-segment.tmp.old",
    "seg99999999999999999999.ts",
    "stream.m3u8~",
    "seg+1.ts",
    "-rf",
    "hlsgen.alive-x",
    "hlsgen.alive-17",
    "init.mp4",
    "init-1.mp4",
    "init-0123456789ABCDEF.mp4",
    "seg1.m4s.bak",
};

static void choose_report(struct world *world, char name[DISK_NAME_SIZE])
{
    struct chance *chance = &world->chance;
    int64_t now = machine_realtime(&world->machine) / NS_PER_SECOND;
    int64_t later = chance_below(chance, 3) * 5 - 5;

    if (chance_one_in(chance, 2))
        strcpy(name, report_names[chance_below(chance, 5)]);
    else
        (void)snprintf(name, DISK_NAME_SIZE, "hlsgen.alive-%lld",
                       (long long)(now - now % 5 + later));
}

static const char *extension_of(const struct world *world)
{
    return world->machine.stream->mapped ? "m4s" : "ts";
}

/* An initialization section that is there. @return false: there is none */
static bool choose_section(struct world *world, char name[DISK_NAME_SIZE])
{
    const struct disk *disk = &world->machine.disk;
    int64_t from = chance_below(&world->chance, disk->name_count + 1);

    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *at = &disk->names[(from + i) % disk->name_count];

        if (at->inode >= 0 && strncmp(at->name, "init-", 5) == 0) {
            strcpy(name, at->name);
            return true;
        }
    }
    return false;
}

/* One of our names, likely one that is in use. */
static void choose_name(struct world *world, char name[DISK_NAME_SIZE])
{
    struct chance *chance = &world->chance;
    int64_t back = chance_below(chance, 2 * world->machine.stream->window + 4) - 2;

    if (world->machine.reports && chance_one_in(chance, 4))
        choose_report(world, name);
    else if (world->machine.stream->has_iframes && chance_one_in(chance, 8))
        strcpy(name, iframes_names[chance_below(chance, 2)]);
    else if (world->machine.stream->mapped && chance_one_in(chance, 4) &&
             choose_section(world, name))
        return;
    else if (chance_one_in(chance, 4))
        strcpy(name, own_names[chance_below(chance, OWN_NAMES + world->machine.stream->mapped)]);
    else
        (void)snprintf(name, DISK_NAME_SIZE, "seg%lld.%s",
                       (long long)(world->reader.newest > back ? world->reader.newest - back : 0),
                       extension_of(world));
}

static bool change(struct world *world, const char *name, enum trouble trouble)
{
    struct disk *disk = &world->machine.disk;
    struct disk_inode *file = disk_find(disk, name);
    struct chance *chance = &world->chance;
    struct m3u8 valid;
    size_t size;

    if (!file || file->kind != DISK_FILE || (trouble == TROUBLE_TRUNCATE && file->size == 0))
        return false;
    if (trouble == TROUBLE_OVERWRITE && disk_is_open(disk, file)) /* who could see that? */
        return false;
    if (trouble == TROUBLE_TOUCH && strstr(name, ".tmp")) /* or tell it from the program's? */
        return false;
    switch ((int)trouble) {
    case TROUBLE_TRUNCATE:
        size = chance_one_in(chance, 3) ? 0 : (size_t)chance_below(chance, (int64_t)file->size);
        while (!m3u8_parse(file->data, size, &valid)) /* a shorter one would be a lie */
            size--;
        disk->used -= file->size - size;
        file->size = file->synced = size;
        break;
    case TROUBLE_OVERWRITE:
        memset(file->data, '?', file->size > 16 ? 16 : file->size);
        break;
    case TROUBLE_CHMOD:
        file->mode = chance_one_in(chance, 2) ? 0600 : 0;
        break;
    default:
        break;
    }
    if (trouble != TROUBLE_CHMOD)
        /* Not within what a playlist tells of when it is due. */
        file->time = file->synced_time = machine_realtime(&world->machine) + 100 * NS_PER_SECOND;
    disk_touch(disk, file);
    return true;
}

static void remove_folder(struct world *world, const char *name)
{
    char copy[DISK_NAME_SIZE];

    strcpy(copy, name); /* which goes with it */
    world_trace(world, "the folder %s goes", copy);
    disk_remove(&world->machine.disk, copy);
    reader_hurt(&world->reader, copy);
}

bool world_clear_obstacles(struct world *world, bool all)
{
    struct disk *disk = &world->machine.disk;
    bool left = false;

    for (int i = disk->name_count - 1; i >= 0 && all; i--) {
        if (disk->names[i].inode >= 0 && disk->inodes[disk->names[i].inode].kind == DISK_FOLDER)
            remove_folder(world, disk->names[i].name);
    }
    for (int i = 0; i < WORLD_OBSTACLES; i++) {
        int64_t until = world->obstacles[i].until;

        if (all || until <= world->machine.now)
            world->obstacles[i].until = 0;
        if (!all && until != 0 && until <= world->machine.now)
            remove_folder(world, world->obstacles[i].name);
        left = left || world->obstacles[i].until != 0;
    }
    return left;
}

void world_follow_obstacle(struct world *world, const char *from, const char *to)
{
    for (int i = 0; i < WORLD_OBSTACLES; i++) {
        if (world->obstacles[i].until != 0 && strcmp(world->obstacles[i].name, from) == 0)
            strcpy(world->obstacles[i].name, to);
    }
}

static bool put_folder(struct world *world, const char *name)
{
    const struct disk_inode *file = disk_find(&world->machine.disk, name);
    int i = 0;

    while (i < WORLD_OBSTACLES && world->obstacles[i].until != 0)
        i++;
    if (i == WORLD_OBSTACLES || (file && file->kind == DISK_FOLDER))
        return false;
    strcpy(world->obstacles[i].name, name);
    world->obstacles[i].until =
        world->machine.now + 1 + chance_below(&world->chance, 10) * NS_PER_SECOND;
    (void)disk_put(&world->machine.disk, name, DISK_FOLDER, NULL, 0);
    return true;
}

static bool is_obstacle(const struct world *world, const char *name)
{
    for (int i = 0; i < WORLD_OBSTACLES; i++) {
        if (world->obstacles[i].until != 0 && strcmp(world->obstacles[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool replace(struct world *world, const char *name, enum trouble trouble)
{
    struct disk *disk = &world->machine.disk;

    switch ((int)trouble) {
    case TROUBLE_DELETE:
    case TROUBLE_STATE_LOST:
    case TROUBLE_PLAYLIST_LOST:
        if (!disk_find(disk, name))
            return false;
        disk_remove(disk, name);
        return true;
    case TROUBLE_LINK:
        (void)disk_put(disk, name, DISK_LINK, NULL, 0);
        return true;
    case TROUBLE_FIFO:
        (void)disk_put(disk, name, DISK_FIFO, NULL, 0);
        return true;
    case TROUBLE_FOLDER:
        return put_folder(world, name);
    default:
        return change(world, name,
                      chance_one_in(&world->chance, 2) ? TROUBLE_TRUNCATE : TROUBLE_OVERWRITE);
    }
}

/* A file of nobody's, which may look like ours. */
static bool put_foreign(struct world *world, enum trouble trouble)
{
    static const int64_t ahead[] = {2, 3, 100, 1000000000, 0};
    struct chance *chance = &world->chance;
    char name[DISK_NAME_SIZE];
    int64_t more = ahead[chance_below(chance, 5)];
    bool mapped = world->machine.stream->mapped;

    if (trouble == TROUBLE_FOREIGN_FILE)
        strcpy(name,
               foreign_names[chance_below(chance, mapped ? FOREIGN_NAMES + 4 : FOREIGN_NAMES)]);
    else if (more == 3 && mapped)
        strcpy(name, "init-0123456789abcdef.mp4");
    else
        (void)snprintf(name, sizeof(name), "seg%lld.%s",
                       more ? (long long)(world->reader.newest + more) : 999999999999999LL,
                       extension_of(world));
    if (disk_find(&world->machine.disk, name))
        return false;
    (void)disk_put(&world->machine.disk, name, DISK_FILE, "foreign", 7);
    reader_hurt(&world->reader, name);
    world_trace(world, "others make %s", name);
    return true;
}

/* With it what else the file is called: of a rename a power cut may leave both names. */
static void hurt(struct world *world, const char *name)
{
    struct disk *disk = &world->machine.disk;
    const struct disk_inode *file = disk_find(disk, name);

    reader_hurt(&world->reader, name);
    for (int i = 0; i < disk->name_count; i++) {
        if (file && disk->names[i].inode == (int)(file - disk->inodes))
            reader_hurt(&world->reader, disk->names[i].name);
    }
}

bool world_tamper(struct world *world, enum trouble trouble)
{
    char name[DISK_NAME_SIZE];

    if (world->machine.removed || world->machine.stream == NULL)
        return false;
    if (trouble == TROUBLE_FOREIGN_FILE || trouble == TROUBLE_STRANGE_SEGMENT)
        return put_foreign(world, trouble);
    choose_name(world, name);
    if (trouble == TROUBLE_STATE_LOST || trouble == TROUBLE_STATE_DAMAGED)
        strcpy(name, "hlsgen.state");
    if (trouble == TROUBLE_PLAYLIST_LOST || trouble == TROUBLE_PLAYLIST_DAMAGED)
        strcpy(name, "stream.m3u8");
    if (is_obstacle(world, name))
        return false;
    if (trouble >= TROUBLE_TRUNCATE && trouble <= TROUBLE_TOUCH ? !change(world, name, trouble)
                                                                : !replace(world, name, trouble))
        return false;
    world_trace(world, "others: %s %s", trouble_names[trouble], name);
    hurt(world, name);
    return true;
}

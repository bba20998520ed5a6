/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One directory of a file system in memory, and what a power cut leaves of it. POSIX promises
 * little, and the model gives no more:
 *
 *     data of a file   durable once disk_sync() of it has succeeded; else cut, empty or garbage
 *     its time         likewise: a sync that writes a new size writes the whole inode
 *     a name           durable once disk_sync_names() has succeeded; else each name is on its own
 *                      what it was at any instant since
 *
 * A process that is killed loses nothing of this, since the kernel lives on.
 */
#ifndef HLSGEN_TESTS_SIM_DISK_H
#define HLSGEN_TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fs.h"
#include "tests/sim/chance.h"

enum {
    DISK_INODES = 160,
    DISK_NAMES = 112,
    DISK_DESCRIPTORS = 4,
    DISK_DATA_SIZE = 16384,
    DISK_NAME_SIZE = 48,
    DISK_PAST = 8, /* states of a name that a power cut may bring back */
};

enum disk_kind {
    DISK_NOTHING,
    DISK_FILE,
    DISK_LINK,
    DISK_FIFO,
    DISK_FOLDER,
};

struct disk_inode {
    enum disk_kind kind;
    unsigned mode;
    int64_t time;        /* of modification, nanoseconds since the Unix epoch */
    int64_t synced_time; /* that is durable */
    size_t size;
    size_t synced;    /* bytes that are durable */
    bool lost;        /* a sync failed: no later one can tell of these bytes (fsync(2), EIO) */
    int references;   /* names, names of the past, descriptors */
    uint64_t version; /* another number with every change of content, mode or time */
    uint64_t born;    /* its first version */
    uint8_t data[DISK_DATA_SIZE];
};

struct disk_name {
    char name[DISK_NAME_SIZE];
    uint64_t key;        /* of the name, to find it fast */
    int64_t number;      /* the segment's, or -1 */
    int inode;           /* -1: there is no such name now */
    int past[DISK_PAST]; /* inodes, or -1, that it stood for since the names were synced */
    int past_count;
};

struct disk {
    struct disk_inode inodes[DISK_INODES];
    struct disk_name names[DISK_NAMES];
    int name_count;
    int inode_end;                     /* beyond the highest inode ever used */
    int descriptors[DISK_DESCRIPTORS]; /* inodes; -1: closed */
    uint64_t changes;                  /* of all that a reader can see */
    int64_t now;                       /* what a file is dated that is written to */
    size_t used;                       /* bytes of all files */
    size_t room;                       /* bytes that they may take */
};

void disk_clear(struct disk *disk);

/* ---- what a process can do; 0, what base/fs.h says, or a negative errno ---------------------- */

int disk_create(struct disk *disk, const char *name);
/** Writes @p size bytes, or as many as there is room for, and then returns -ENOSPC. */
int disk_write(struct disk *disk, int fd, const void *data, size_t size);
void disk_set_time(struct disk *disk, int fd, int64_t time);
void disk_sync(struct disk *disk, int fd);
/** As disk_sync() that fails. */
void disk_fail_sync(struct disk *disk, int fd);
void disk_close(struct disk *disk, int fd);
int64_t disk_read(struct disk *disk, const char *name, void *data, size_t size);
int disk_status(const struct disk *disk, const char *name, struct fs_status *ret);
void disk_sync_names(struct disk *disk);
int disk_rename(struct disk *disk, const char *from, const char *to);
int disk_unlink(struct disk *disk, const char *name);

/* ---- what else happens to it ----------------------------------------------------------------- */

/** All descriptors are closed. */
void disk_end_process(struct disk *disk);

/** The power fails; the process has ended before. */
void disk_cut_power(struct disk *disk, struct chance *chance);

/** Another process makes @p name what it says, in the place of what is there, durably. */
struct disk_inode *disk_put(struct disk *disk, const char *name, enum disk_kind kind,
                            const void *data, size_t size);

/** Another process removes @p name, durably. */
void disk_remove(struct disk *disk, const char *name);

/** The content of @p inode was changed by hand. */
void disk_touch(struct disk *disk, struct disk_inode *inode);

/* ---- looking at it --------------------------------------------------------------------------- */

/** NULL when there is no such name. */
struct disk_inode *disk_find(struct disk *disk, const char *name);

/** Whether a process has it open. */
bool disk_is_open(const struct disk *disk, const struct disk_inode *inode);

/** The segment's number in a name of the form seg<number>.ts or seg<number>.m4s, or -1. */
int64_t disk_segment_number(const char *name);

#endif

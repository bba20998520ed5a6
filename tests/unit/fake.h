/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine in memory: a disk behind base/fs.h and clocks behind base/clock.h. Calls to the disk
 * can be made to fail, are recorded, and can be looked at one by one; time passes in sleeps alone,
 * and what is to happen meanwhile is a script.
 */
#ifndef HLSGEN_TESTS_UNIT_FAKE_H
#define HLSGEN_TESTS_UNIT_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fs.h"

enum {
    FAKE_FILES_MAX = 256,
    FAKE_NAME_SIZE = 64,
};

enum fake_call {
    FAKE_CREATE,
    FAKE_WRITE,
    FAKE_SET_TIME,
    FAKE_SYNC,
    FAKE_CLOSE,
    FAKE_READ,
    FAKE_STATUS,
    FAKE_SYNC_DIRECTORY,
    FAKE_RENAME,
    FAKE_UNLINK,
    FAKE_LIST,
    FAKE_ANY, /**< for fake_disk_fail() */
};

struct fake_file {
    char name[FAKE_NAME_SIZE]; /**< "": it has none, or is none */
    struct buffer bytes;
    int64_t time;
    unsigned mode; /**< 0644, unless a test changes it */
    bool synced;   /**< since its last write */
    bool open;
};

struct fake_disk {
    struct fs fs; /**< for the code under test */
    struct fake_file files[FAKE_FILES_MAX];
    size_t room;          /**< bytes that all files together may take */
    struct buffer record; /**< see fake_disk_take_record() */
    int64_t unsynced;     /**< names made, replaced or removed since the directory was synced */

    /** Called after each call to the disk, a failed one too, with the name of the file it was for;
     * of a rename, the new one. May be NULL. */
    void (*after)(void *arg, enum fake_call call, const char *name);
    void *arg;

    enum fake_call fail_kind;
    int64_t fail_from;
    int64_t fail_until;
    int fail_error;
    int64_t calls; /**< of fail_kind, since fake_disk_fail() */
};

/** An empty disk with boundless room, which must not move in memory. */
void fake_disk_init(struct fake_disk *disk);
void fake_disk_finish(struct fake_disk *disk);

/**
 * From now on, of the calls of @p kind, those numbered @p first to @p first + @p count - 1,
 * counted from 1, fail with @p error and change nothing, but that a write leaves half of its bytes
 * and a close closes. No call fails with @p count 0.
 */
void fake_disk_fail(struct fake_disk *disk, enum fake_call kind, int64_t first, int64_t count,
                    int error);

/** The file of that name, or NULL. */
const struct fake_file *fake_disk_find(const struct fake_disk *disk, const char *name);

/** Puts a file there, as another process would; unrecorded. */
void fake_disk_put(struct fake_disk *disk, const char *name, const void *bytes, size_t size,
                   int64_t time);

/** Files with a name, and descriptors that are open. */
int fake_disk_count(const struct fake_disk *disk);
int fake_disk_count_open(const struct fake_disk *disk);

/** Bytes that all files take. */
size_t fake_disk_used(const struct fake_disk *disk);

/**
 * The calls since the last time, but for those that only look, one a line: "create a",
 * "rename a b"; valid until the next.
 */
const char *fake_disk_take_record(struct fake_disk *disk);

/** What happens when a sleep comes to an instant; zero where nothing does. */
struct fake_event {
    int64_t at;   /**< CLOCK_MONOTONIC */
    int64_t step; /**< the wall clock steps by this */
    int64_t stop; /**< the process stands still for so long */
    void (*act)(void *arg);
    void *arg;
    int signal; /**< ends the sleep */
};

struct fake_clock {
    struct clock clock; /**< for the code under test */
    int64_t monotonic;
    int64_t realtime;
    int64_t cpu;                     /**< stands, unless a test changes it */
    const struct fake_event *events; /**< in the order of their time; borrowed */
    size_t event_count;
};

/** Clocks that stand at these times, without events; they must not move in memory. */
void fake_clock_init(struct fake_clock *clock, int64_t monotonic, int64_t realtime);

/** Lets @p ns pass. */
void fake_clock_advance(struct fake_clock *clock, int64_t ns);

#endif

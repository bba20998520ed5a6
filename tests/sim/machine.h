/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A computer on which hlsgen lives and dies: a disk behind base/fs.h, clocks behind base/clock.h,
 * memory behind malloc(3), and somebody who is asked before and told after each call. The program
 * is what src/main.c runs, without encoder and sandbox: publisher_new(), live_start(), live_run().
 * It is killed by a jump out of a call.
 */
#ifndef HLSGEN_TESTS_SIM_MACHINE_H
#define HLSGEN_TESTS_SIM_MACHINE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fs.h"
#include "origin/leases.h"
#include "tests/sim/disk.h"
#include "tests/sim/stream.h"

enum machine_call {
    MACHINE_CREATE,
    MACHINE_WRITE,
    MACHINE_SET_TIME,
    MACHINE_SYNC,
    MACHINE_CLOSE,
    MACHINE_READ,
    MACHINE_STATUS,
    MACHINE_SYNC_NAMES,
    MACHINE_RENAME,
    MACHINE_UNLINK,
    MACHINE_LIST,
    MACHINE_CALLS,
};

/** How a life ended. */
enum machine_end {
    MACHINE_STOPPED, /**< by a signal that it took */
    MACHINE_GAVE_UP, /**< live_start() failed, or live_run() did */
    MACHINE_KILLED,
};

/** A call, before and after it. */
struct machine_event {
    enum machine_call call;
    const char *name; /**< "" when there is none; of a descriptor, that of its file */
    const char *to;   /**< of a rename, else "" */
    int64_t result;   /**< after it */
};

/** What stands in an event before a name in the folder of the alias. */
#define MACHINE_BELOW "below/"

/** A folder, as the program sees it. */
struct machine_folder {
    struct machine *machine;
    struct disk *disk;
    struct fs fs;
    char open_names[DISK_DESCRIPTORS][DISK_NAME_SIZE];
};

struct machine {
    struct disk disk;
    struct disk alias_disk;
    struct machine_folder top;
    struct machine_folder below; /**< of the alias */
    struct clock clock;
    int64_t now;      /**< true time, nanoseconds since the simulation began */
    int64_t boot;     /**< CLOCK_MONOTONIC minus that */
    int64_t realtime; /**< CLOCK_REALTIME minus that */
    int64_t slew;     /**< nanoseconds that CLOCK_REALTIME gains in a second */
    bool removed;     /**< somebody removed the directory */
    bool settled;     /**< live_start() has returned: nothing may be allocated any more */
    int64_t beat;     /**< nanoseconds between two beats, or 0 */
    bool reports;     /**< it leaves files about itself */
    struct leases leases;

    /* ---- who is asked; each gets the context, and may call machine_kill() ---- */

    void *context;
    /** Before a call. @return 0, or the negative errno with which it is to fail */
    int (*before)(void *context, const struct machine_event *event);
    void (*after)(void *context, const struct machine_event *event);
    /** To sleep: lets time pass. @return the signal that comes, or 0 at @p deadline */
    int (*sleep)(void *context, int64_t deadline);
    /** Before a clock is read. */
    void (*look)(void *context);
    /** @return whether there is no memory to be had */
    bool (*allocate)(void *context);

    const struct stream *stream; /**< of this life */
    jmp_buf end;
    void *blocks[24]; /**< what the program has allocated */
};

/** An empty machine; sets all but the context and the functions of who is asked. */
void machine_init(struct machine *machine);

/** Lives until it ends. @param ret_result what live_start() or live_run() returned */
enum machine_end machine_live(struct machine *machine, const struct stream *stream,
                              int *ret_result);

/** Ends the life at once, from inside a call. */
_Noreturn void machine_kill(struct machine *machine);

/** Lets time pass. */
void machine_advance(struct machine *machine, int64_t ns);

int64_t machine_monotonic(const struct machine *machine);
int64_t machine_realtime(const struct machine *machine);

#endif

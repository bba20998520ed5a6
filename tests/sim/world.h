/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that can happen to a program and its directory. A seed decides what, when and how often; it
 * is over some while after the troubles are, when everything must be well again.
 */
#ifndef HLSGEN_TESTS_SIM_WORLD_H
#define HLSGEN_TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/chance.h"
#include "tests/sim/machine.h"
#include "tests/sim/reader.h"

enum trouble {
    /* A call fails, once or for a while. */
    TROUBLE_ENOSPC,
    TROUBLE_EDQUOT,
    TROUBLE_EIO,
    TROUBLE_EROFS,
    TROUBLE_EMFILE,
    TROUBLE_SHORT_WRITE,
    TROUBLE_FULL_DISK,
    TROUBLE_NO_MEMORY,
    /* Time passes, or seems to. */
    TROUBLE_SLOW_CALL,
    TROUBLE_STOP_SECOND,
    TROUBLE_STOP_HALF_MINUTE,
    TROUBLE_STOP_BEYOND_WINDOW,
    TROUBLE_STEP_HOUR_FORWARD,
    TROUBLE_STEP_HOUR_BACK,
    TROUBLE_STEP_50_MS,
    TROUBLE_LEAP_SECOND,
    TROUBLE_SLEW,
    /* It ends. */
    TROUBLE_KILL,
    TROUBLE_POWER_CUT,
    TROUBLE_SIGNAL,
    TROUBLE_STATUS_SIGNAL,
    /* Others are at work in its directory. */
    TROUBLE_DELETE,
    TROUBLE_TRUNCATE,
    TROUBLE_OVERWRITE,
    TROUBLE_CHMOD,
    TROUBLE_TOUCH,
    TROUBLE_LINK,
    TROUBLE_FIFO,
    TROUBLE_FOLDER,
    TROUBLE_FOREIGN_FILE,
    TROUBLE_STRANGE_SEGMENT,
    TROUBLE_STATE_LOST,
    TROUBLE_STATE_DAMAGED,
    TROUBLE_PLAYLIST_LOST,
    TROUBLE_PLAYLIST_DAMAGED,
    TROUBLE_DIRECTORY_REMOVED,
    /* It is started again as another. */
    TROUBLE_OTHER_PRESET,
    TROUBLE_OTHER_DURATION,
    TROUBLE_OTHER_EPOCH,
    TROUBLE_OTHER_WINDOW,
    TROUBLES,
};

extern const char *const trouble_names[TROUBLES];

enum {
    WORLD_OBSTACLES = 4,
};

struct world {
    struct machine machine;
    struct reader reader;
    struct chance chance;
    bool traces;
    uint64_t seed;
    uint64_t hash; /**< of all that happened */

    uint64_t enabled;  /**< troubles of this seed, a bit each */
    int64_t distance;  /**< calls between two of them, on average */
    int64_t next_call; /**< calls until the next */
    int64_t next_look; /**< clock readings until the program is stopped; -1: it is not */
    int64_t stop;      /**< for so long */
    int64_t calm_from; /**< true time when the troubles are over */
    int64_t end;       /**< and when all is */
    bool calm;
    int jumps; /**< how often the wall clock was stepped an hour forward */

    int error; /**< with which calls fail for a while */
    unsigned error_calls;
    int64_t error_until;
    int64_t room_until;
    struct {
        char name[DISK_NAME_SIZE];
        int64_t until;
    } obstacles[WORLD_OBSTACLES]; /**< folders in the place of our files */
    bool kill_after;              /**< this call */
    bool cut;                     /**< the life ends by a power cut */
    bool out_of_memory;
    bool refused; /**< the program, by what it found in the directory */
    int64_t removed_at;
    int64_t signal_faults; /**< calls that had failed when the signal came */
    int64_t fault_count;

    int64_t second; /**< in which calls are counted */
    int64_t calls;

    int64_t counts[TROUBLES]; /**< how often it happened, over all seeds */
    int64_t lives;
    int64_t steps;
};

/** Runs a seed. @return NULL, or the invariant that did not hold, valid until the next */
const char *world_run(struct world *world, uint64_t seed);

/** Something happened of which the trace tells. */
void world_trace(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The troubles: which calls can fail and how, and what else can happen at any instant.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "tests/sim/world_parts.h"

#define BIT(call) (1U << (call))
#define ANY_CALL  (BIT(MACHINE_CALLS) - 1)

const char *const trouble_names[TROUBLES] = {
    [TROUBLE_ENOSPC] = "ENOSPC",
    [TROUBLE_EDQUOT] = "EDQUOT",
    [TROUBLE_EIO] = "EIO",
    [TROUBLE_EROFS] = "EROFS",
    [TROUBLE_EMFILE] = "EMFILE",
    [TROUBLE_SHORT_WRITE] = "short write",
    [TROUBLE_FULL_DISK] = "full disk",
    [TROUBLE_NO_MEMORY] = "no memory at the start",
    [TROUBLE_SLOW_CALL] = "call that takes 3 s",
    [TROUBLE_STOP_SECOND] = "stopped for 1 s",
    [TROUBLE_STOP_HALF_MINUTE] = "stopped for 30 s",
    [TROUBLE_STOP_BEYOND_WINDOW] = "stopped for more than the window",
    [TROUBLE_STEP_HOUR_FORWARD] = "clock stepped 1 h forward",
    [TROUBLE_STEP_HOUR_BACK] = "clock stepped 1 h back",
    [TROUBLE_STEP_50_MS] = "clock stepped 50 ms",
    [TROUBLE_LEAP_SECOND] = "leap second",
    [TROUBLE_SLEW] = "clock slewed",
    [TROUBLE_KILL] = "kill -9",
    [TROUBLE_POWER_CUT] = "power cut",
    [TROUBLE_SIGNAL] = "signal that ends it",
    [TROUBLE_STATUS_SIGNAL] = "SIGUSR1",
    [TROUBLE_DELETE] = "file deleted",
    [TROUBLE_TRUNCATE] = "file truncated",
    [TROUBLE_OVERWRITE] = "file overwritten",
    [TROUBLE_CHMOD] = "file made unreadable",
    [TROUBLE_TOUCH] = "file touched",
    [TROUBLE_LINK] = "symbolic link in place of a file",
    [TROUBLE_FIFO] = "FIFO in place of a file",
    [TROUBLE_FOLDER] = "directory in place of a file",
    [TROUBLE_FOREIGN_FILE] = "foreign file",
    [TROUBLE_STRANGE_SEGMENT] = "foreign file with the name of a segment to come",
    [TROUBLE_STATE_LOST] = "state file deleted",
    [TROUBLE_STATE_DAMAGED] = "state file damaged",
    [TROUBLE_PLAYLIST_LOST] = "playlist deleted",
    [TROUBLE_PLAYLIST_DAMAGED] = "playlist damaged",
    [TROUBLE_DIRECTORY_REMOVED] = "directory removed",
    [TROUBLE_OTHER_PRESET] = "restart with another preset",
    [TROUBLE_OTHER_DURATION] = "restart with another segment duration",
    [TROUBLE_OTHER_EPOCH] = "restart with another epoch",
    [TROUBLE_OTHER_WINDOW] = "restart with another window",
};

/* With which error a call can fail, and which calls a lasting cause of it lets fail. */
static const struct {
    int error;
    unsigned possible;
    unsigned lasting;
} faults[] = {
    [TROUBLE_ENOSPC] = {-ENOSPC, ANY_CALL & ~(BIT(MACHINE_READ) | BIT(MACHINE_STATUS)),
                        BIT(MACHINE_CREATE) | BIT(MACHINE_WRITE)},
    [TROUBLE_EDQUOT] = {-EDQUOT,
                        BIT(MACHINE_CREATE) | BIT(MACHINE_WRITE) | BIT(MACHINE_SYNC) |
                            BIT(MACHINE_CLOSE) | BIT(MACHINE_RENAME),
                        BIT(MACHINE_CREATE) | BIT(MACHINE_WRITE)},
    [TROUBLE_EIO] = {-EIO, ANY_CALL, ANY_CALL},
    [TROUBLE_EROFS] = {-EROFS,
                       BIT(MACHINE_CREATE) | BIT(MACHINE_WRITE) | BIT(MACHINE_SET_TIME) |
                           BIT(MACHINE_RENAME) | BIT(MACHINE_UNLINK) | BIT(MACHINE_SYNC) |
                           BIT(MACHINE_SYNC_NAMES),
                       BIT(MACHINE_CREATE) | BIT(MACHINE_WRITE) | BIT(MACHINE_SET_TIME) |
                           BIT(MACHINE_RENAME) | BIT(MACHINE_UNLINK)},
    [TROUBLE_EMFILE] = {-EMFILE, BIT(MACHINE_CREATE) | BIT(MACHINE_READ),
                        BIT(MACHINE_CREATE) | BIT(MACHINE_READ)},
    [TROUBLE_SHORT_WRITE] = {-ENOSPC, BIT(MACHINE_WRITE), BIT(MACHINE_WRITE)},
};

int64_t world_duration(const struct world *world)
{
    return timeline_duration_us(&world->machine.stream->line) * 1000;
}

void world_count(struct world *world, enum trouble trouble)
{
    world->counts[trouble]++;
    world->fault_count++;
    world->reader.trouble = world->machine.now;
    world_hash(world, (uint64_t)trouble);
}

/* An enabled one of a range; TROUBLES if the dice name none. */
enum trouble world_choose(struct world *world, enum trouble first, enum trouble last)
{
    for (int i = 0; i < 4; i++) {
        int64_t trouble = first + chance_below(&world->chance, last - first + 1);

        if (world->enabled & UINT64_C(1) << trouble)
            return (enum trouble)trouble;
    }
    return TROUBLES;
}

static void step_clock(struct world *world, int64_t ns)
{
    world_trace(world, "the wall clock steps by %lld ms", (long long)(ns / NS_PER_MS));
    world->machine.realtime += ns;
    if (!world->machine.settled)
        reader_step(&world->reader);
}

void world_stop(struct world *world, int64_t ns)
{
    world_trace(world, "stopped for %lld ms", (long long)(ns / NS_PER_MS));
    machine_advance(&world->machine, ns);
    world->removed_at += ns; /* who stands still cannot notice */
    world->reader.trouble = world->machine.now;
}

/* Between two readings of the clocks, or now. */
static void stop(struct world *world, int64_t ns)
{
    if (chance_one_in(&world->chance, 2)) {
        world_stop(world, ns);
        return;
    }
    world->next_look = chance_below(&world->chance, 16);
    world->stop = ns;
}

void world_bend_time(struct world *world, enum trouble trouble)
{
    struct chance *chance = &world->chance;

    switch ((int)trouble) {
    case TROUBLE_SLOW_CALL:
        world_stop(world, 3 * NS_PER_SECOND);
        break;
    case TROUBLE_STOP_SECOND:
        stop(world, NS_PER_SECOND);
        break;
    case TROUBLE_STOP_HALF_MINUTE:
        stop(world, 30 * NS_PER_SECOND);
        break;
    case TROUBLE_STOP_BEYOND_WINDOW:
        stop(world,
             world_duration(world) * (world->machine.stream->window + chance_below(chance, 4)));
        break;
    case TROUBLE_STEP_HOUR_FORWARD:
        if (world->jumps++ == 0) /* each leaves a window behind */
            step_clock(world, 3600 * NS_PER_SECOND);
        break;
    case TROUBLE_STEP_HOUR_BACK:
        step_clock(world, -3600 * NS_PER_SECOND);
        break;
    case TROUBLE_STEP_50_MS:
        step_clock(world, (chance_one_in(chance, 2) ? 50 : -50) * NS_PER_MS);
        break;
    case TROUBLE_LEAP_SECOND:
        step_clock(world, -NS_PER_SECOND);
        break;
    default:
        world->machine.slew = (chance_below(chance, 1001) - 500) * 1000;
        break;
    }
}

static void end_life(struct world *world, enum trouble trouble)
{
    world->cut = trouble == TROUBLE_POWER_CUT;
    world_trace(world, "%s", trouble_names[trouble]);
    machine_kill(&world->machine);
}

static void remove_directory(struct world *world)
{
    world_trace(world, "the directory is removed");
    world->machine.removed = true;
    world->removed_at = world->machine.now;
    (void)world_clear_obstacles(world, true);
    while (world->machine.disk.name_count > 0)
        disk_remove(&world->machine.disk, world->machine.disk.names[0].name);
    reader_forget(&world->reader);
}

/* What can happen at any instant, also during a sleep. @return a signal or 0 */
int world_disturb(struct world *world)
{
    enum trouble trouble = world_choose(world, TROUBLE_SLOW_CALL, TROUBLE_DIRECTORY_REMOVED);

    if (trouble == TROUBLES)
        return 0;
    if (trouble <= TROUBLE_SLEW) {
        world_count(world, trouble);
        world_bend_time(world, trouble);
        return 0;
    }
    if (trouble >= TROUBLE_DELETE && trouble < TROUBLE_DIRECTORY_REMOVED) {
        if (world_tamper(world, trouble))
            world_count(world, trouble);
        return 0;
    }
    if (trouble == TROUBLE_DIRECTORY_REMOVED && !chance_one_in(&world->chance, 4))
        return 0;
    world_count(world, trouble);
    switch ((int)trouble) {
    case TROUBLE_SIGNAL:
        return (int[]){SIGTERM, SIGINT, SIGHUP}[chance_below(&world->chance, 3)];
    case TROUBLE_STATUS_SIGNAL:
        return SIGUSR1;
    case TROUBLE_DIRECTORY_REMOVED:
        remove_directory(world);
        return 0;
    default:
        end_life(world, trouble);
        return 0;
    }
}

int world_fail_call(struct world *world, enum machine_call call)
{
    enum trouble trouble = world_choose(world, TROUBLE_ENOSPC, TROUBLE_FULL_DISK);
    struct chance *chance = &world->chance;

    if (trouble == TROUBLE_FULL_DISK) {
        world_count(world, trouble);
        world->machine.disk.room = world->machine.disk.used + (size_t)chance_below(chance, 200);
        world->room_until =
            world->machine.now + chance_below(chance, 8) * world_duration(world) / 2;
        world_trace(world, "the disk is full");
        return 0;
    }
    if (trouble == TROUBLES || !(faults[trouble].possible & BIT(call)))
        return 0;
    world_count(world, trouble);
    if (chance_one_in(chance, 3)) {
        world->error = faults[trouble].error;
        world->error_calls = faults[trouble].lasting;
        if (trouble == TROUBLE_EIO)
            world->error_calls &= (unsigned)chance_next(chance);
        world->error_until =
            world->machine.now + chance_below(chance, 8) * world_duration(world) / 2;
        world_trace(world, "from now on calls fail: %s", trouble_names[trouble]);
    }
    return faults[trouble].error;
}

void world_calm_down(struct world *world)
{
    world->calm = true;
    world->error_until = world->room_until = 0;
    world->machine.disk.room = SIZE_MAX;
    world->machine.slew = 0;
    world->next_look = -1;
    (void)world_clear_obstacles(world, true);
    world->reader.trouble = world->machine.now;
    world_trace(world, "from now on all is calm");
}

/* What lasts, and what has lasted long enough. @return the errno of the call */
int world_suffer(struct world *world, enum machine_call call)
{
    if (world->room_until != 0 && world->room_until <= world->machine.now) {
        world->room_until = 0;
        world->machine.disk.room = SIZE_MAX;
    }
    if (world_clear_obstacles(world, false) || world->room_until != 0)
        world->reader.trouble = world->machine.now;
    if (world->error_until > world->machine.now) {
        world->reader.trouble = world->machine.now;
        return world->error_calls & BIT(call) ? world->error : 0;
    }
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is asked before and told after each call of the program. It counts down to the next trouble.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "tests/sim/world_parts.h"

#define CALLS_MAX    4000   /* of the program in a second: it must not spin */
#define CALL_NS_MASK 0x3fff /* a call takes so long at most */

static const char *const call_names[MACHINE_CALLS] = {
    [MACHINE_CREATE] = "create",     [MACHINE_WRITE] = "write",
    [MACHINE_SET_TIME] = "set_time", [MACHINE_SYNC] = "sync",
    [MACHINE_CLOSE] = "close",       [MACHINE_READ] = "read",
    [MACHINE_STATUS] = "status",     [MACHINE_SYNC_NAMES] = "sync_directory",
    [MACHINE_RENAME] = "rename",     [MACHINE_UNLINK] = "unlink",
    [MACHINE_LIST] = "list",
};

/* ---- trace ----------------------------------------------------------------------------------- */

static struct world *traced; /* for lines of the program's log, which knows no context */

void world_trace(struct world *world, const char *format, ...)
{
    va_list args;

    if (!world->traces)
        return;
    (void)printf("%14.6f  ", (double)world->machine.now / 1e9);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
}

/* In the place of the program's own. */
void log_line(int priority, const char *format, ...)
{
    va_list args;

    if (!traced || !traced->traces)
        return;
    (void)printf("%14.6f  log <%d> ", (double)traced->machine.now / 1e9, priority);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
}

void world_hash(struct world *world, uint64_t value)
{
    world->hash = chance_mix(world->hash ^ value) + UINT64_C(0x9e3779b97f4a7c15);
}

static void trace_call(struct world *world, const struct machine_event *event)
{
    world_hash(world, (uint64_t)world->machine.now);
    world_hash(world, (uint64_t)event->result << 8 | (uint64_t)event->call);
    for (const char *at = event->name; *at; at++)
        world->hash = world->hash * 31 + (uint8_t)*at;
    world->steps++;
    if (world->traces)
        world_trace(world, "%s%s%s%s%s = %lld", call_names[event->call], *event->name ? " " : "",
                    event->name, *event->to ? " " : "", event->to, (long long)event->result);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void bound_calls(struct world *world)
{
    int64_t second = world->machine.now / NS_PER_SECOND;

    world->calls = second == world->second ? world->calls + 1 : 0;
    world->second = second;
    if (world->calls > CALLS_MAX)
        reader_fail(&world->reader, "%d calls in a second", CALLS_MAX);
    if (world->machine.removed &&
        world->machine.now - world->removed_at > 60 * NS_PER_SECOND + 3 * world_duration(world))
        reader_fail(&world->reader, "it goes on without a directory");
}

static bool is_due(struct world *world)
{
    if (world->calm || --world->next_call > 0)
        return false;
    world->next_call = 1 + chance_below(&world->chance, 2 * world->distance);
    return true;
}

static int before(void *context, const struct machine_event *event)
{
    struct world *world = context;
    int result;

    machine_advance(&world->machine, (int64_t)(chance_next(&world->chance) & CALL_NS_MASK));
    bound_calls(world);
    if (!world->calm && world->machine.now >= world->calm_from)
        world_calm_down(world);
    result = world_suffer(world, event->call);
    if (is_due(world)) {
        if (chance_one_in(&world->chance, 2))
            result = result < 0 ? result : world_fail_call(world, event->call);
        else if (chance_one_in(&world->chance, 2))
            (void)world_disturb(world);
        else
            world->kill_after = true;
    }
    if (result < 0) {
        world->fault_count++;
        world->reader.trouble = world->machine.now;
    }
    reader_look(&world->reader);
    reader_before(&world->reader, event);
    return result;
}

static void after(void *context, const struct machine_event *event)
{
    struct world *world = context;

    trace_call(world, event);
    if (event->call == MACHINE_RENAME && event->result == 0)
        world_follow_obstacle(world, event->name, event->to);
    reader_after(&world->reader, event);
    if (world->kill_after) {
        world->kill_after = false;
        (void)world_disturb(world);
        reader_look(&world->reader);
    }
}

/* ---- sleep, clocks, memory ------------------------------------------------------------------- */

static void check_calm(struct world *world)
{
    const struct reader *reader = &world->reader;

    if (world->calm && world->machine.now - reader->trouble > 3 * world_duration(world))
        reader_check_live(&world->reader);
}

/* Some way towards the deadline, or all of it and a little more. @return whether it is reached */
static bool pass_time(struct world *world, int64_t deadline, bool whole)
{
    struct machine *machine = &world->machine;
    int64_t left = deadline - machine_monotonic(machine);

    if (left > 0)
        machine_advance(machine, whole ? left : chance_below(&world->chance, left));
    if (whole)
        machine_advance(machine, (int64_t)(chance_next(&world->chance) & CALL_NS_MASK));
    if (!world->calm && machine->now >= world->calm_from)
        world_calm_down(world);
    return machine_monotonic(machine) >= deadline;
}

static int sleep_call(void *context, int64_t deadline)
{
    struct world *world = context;
    int signal = 0;

    bound_calls(world);
    check_calm(world);
    if (!world->calm && chance_one_in(&world->chance, 1 + world->distance / 16)) {
        (void)pass_time(world, deadline, false);
        signal = world_disturb(world);
        reader_look(&world->reader);
    }
    if (world->machine.now >= world->end)
        signal = SIGTERM;
    if (signal != 0) {
        world_trace(world, "signal %d", signal);
        world->signal_faults = world->fault_count;
        return signal;
    }
    (void)pass_time(world, deadline, true);
    (void)world_suffer(world, MACHINE_STATUS);
    reader_look(&world->reader);
    check_calm(world);
    return 0;
}

static void look(void *context)
{
    struct world *world = context;
    int64_t offset;

    if (world->next_look >= 0 && world->next_look-- == 0)
        world_stop(world, world->stop);
    offset = machine_realtime(&world->machine) - machine_monotonic(&world->machine);
    if (offset > world->reader.clock)
        world->reader.clock = offset;
    if (world->machine.realtime > world->reader.ahead)
        world->reader.ahead = world->machine.realtime;
}

static bool allocate(void *context)
{
    struct world *world = context;

    if (world->machine.settled)
        reader_fail(&world->reader, "memory is taken in the steady state");
    if (world->calm || !(world->enabled & UINT64_C(1) << TROUBLE_NO_MEMORY) ||
        !chance_one_in(&world->chance, 64))
        return false;
    world_count(world, TROUBLE_NO_MEMORY);
    world->out_of_memory = true;
    return true;
}

void world_listen(struct world *world)
{
    struct machine *machine = &world->machine;

    traced = world;
    machine->context = world;
    machine->before = before;
    machine->after = after;
    machine->sleep = sleep_call;
    machine->look = look;
    machine->allocate = allocate;
}

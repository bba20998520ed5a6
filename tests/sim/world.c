/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A seed first throws which troubles there can be at all and how dense they come: a few of a few
 * kinds tell more than some of each. Then each call of the program counts down to the next.
 */
#include "tests/sim/world.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/log.h"

#define BIT(call)    (1U << (call))
#define ANY_CALL     (BIT(MACHINE_CALLS) - 1)
#define CALLS_MAX    4000 /* of the program in a second: it must not spin */
#define CALL_NS_MASK 0x3fff

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

static const char *const call_names[MACHINE_CALLS] = {
    [MACHINE_CREATE] = "create",     [MACHINE_WRITE] = "write",
    [MACHINE_SET_TIME] = "set_time", [MACHINE_SYNC] = "sync",
    [MACHINE_CLOSE] = "close",       [MACHINE_READ] = "read",
    [MACHINE_STATUS] = "status",     [MACHINE_SYNC_NAMES] = "sync_directory",
    [MACHINE_RENAME] = "rename",     [MACHINE_UNLINK] = "unlink",
    [MACHINE_LIST] = "list",
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

/* ---- trace -------------------------------------------------------------------------------------
 */

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

static void add_to_hash(struct world *world, uint64_t value)
{
    world->hash = chance_mix(world->hash ^ value) + UINT64_C(0x9e3779b97f4a7c15);
}

static void trace_call(struct world *world, const struct machine_event *event)
{
    add_to_hash(world, (uint64_t)world->machine.now);
    add_to_hash(world, (uint64_t)event->result << 8 | (uint64_t)event->call);
    for (const char *at = event->name; *at; at++)
        world->hash = world->hash * 31 + (uint8_t)*at;
    world->steps++;
    if (world->traces)
        world_trace(world, "%s%s%s%s%s = %lld", call_names[event->call], *event->name ? " " : "",
                    event->name, *event->to ? " " : "", event->to, (long long)event->result);
}

/* ---- troubles ----------------------------------------------------------------------------------
 */

static int64_t duration(const struct world *world)
{
    return timeline_duration_us(&world->machine.stream->line) * 1000;
}

static void count(struct world *world, enum trouble trouble)
{
    world->counts[trouble]++;
    world->fault_count++;
    world->reader.trouble = world->machine.now;
    add_to_hash(world, (uint64_t)trouble);
}

/* An enabled one of a range; TROUBLES if the dice name none. */
static enum trouble choose(struct world *world, enum trouble first, enum trouble last)
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

static void stop_now(struct world *world, int64_t ns)
{
    world_trace(world, "stopped for %lld ms", (long long)(ns / NS_PER_MS));
    machine_advance(&world->machine, ns);
    world->reader.trouble = world->machine.now;
}

/* Between two readings of the clocks, or now. */
static void stop(struct world *world, int64_t ns)
{
    if (chance_one_in(&world->chance, 2)) {
        stop_now(world, ns);
        return;
    }
    world->next_look = chance_below(&world->chance, 16);
    world->stop = ns;
}

static void bend_time(struct world *world, enum trouble trouble)
{
    struct chance *chance = &world->chance;

    switch ((int)trouble) {
    case TROUBLE_SLOW_CALL:
        stop_now(world, 3 * NS_PER_SECOND);
        break;
    case TROUBLE_STOP_SECOND:
        stop(world, NS_PER_SECOND);
        break;
    case TROUBLE_STOP_HALF_MINUTE:
        stop(world, 30 * NS_PER_SECOND);
        break;
    case TROUBLE_STOP_BEYOND_WINDOW:
        stop(world, duration(world) * (world->machine.stream->window + chance_below(chance, 4)));
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
static int disturb(struct world *world)
{
    enum trouble trouble = choose(world, TROUBLE_SLOW_CALL, TROUBLE_DIRECTORY_REMOVED);

    if (trouble == TROUBLES)
        return 0;
    if (trouble <= TROUBLE_SLEW) {
        count(world, trouble);
        bend_time(world, trouble);
        return 0;
    }
    if (trouble >= TROUBLE_DELETE && trouble < TROUBLE_DIRECTORY_REMOVED) {
        if (world_tamper(world, trouble))
            count(world, trouble);
        return 0;
    }
    if (trouble == TROUBLE_DIRECTORY_REMOVED && !chance_one_in(&world->chance, 4))
        return 0;
    count(world, trouble);
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

/* ---- calls -------------------------------------------------------------------------------------
 */

static int fail_call(struct world *world, enum machine_call call)
{
    enum trouble trouble = choose(world, TROUBLE_ENOSPC, TROUBLE_FULL_DISK);
    struct chance *chance = &world->chance;

    if (trouble == TROUBLE_FULL_DISK) {
        count(world, trouble);
        world->machine.disk.room = world->machine.disk.used + (size_t)chance_below(chance, 200);
        world->room_until = world->machine.now + chance_below(chance, 8) * duration(world) / 2;
        world_trace(world, "the disk is full");
        return 0;
    }
    if (trouble == TROUBLES || !(faults[trouble].possible & BIT(call)))
        return 0;
    count(world, trouble);
    if (chance_one_in(chance, 3)) {
        world->error = faults[trouble].error;
        world->error_calls = faults[trouble].lasting;
        if (trouble == TROUBLE_EIO)
            world->error_calls &= (unsigned)chance_next(chance);
        world->error_until = world->machine.now + chance_below(chance, 8) * duration(world) / 2;
        world_trace(world, "from now on calls fail: %s", trouble_names[trouble]);
    }
    return faults[trouble].error;
}

static void calm_down(struct world *world)
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
static int suffer(struct world *world, enum machine_call call)
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

static void bound_calls(struct world *world)
{
    int64_t second = world->machine.now / NS_PER_SECOND;

    world->calls = second == world->second ? world->calls + 1 : 0;
    world->second = second;
    if (world->calls > CALLS_MAX)
        reader_fail(&world->reader, "%d calls in a second", CALLS_MAX);
    if (world->machine.removed &&
        world->machine.now - world->removed_at > 60 * NS_PER_SECOND + 3 * duration(world))
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
        calm_down(world);
    result = suffer(world, event->call);
    if (is_due(world)) {
        if (chance_one_in(&world->chance, 2))
            result = result < 0 ? result : fail_call(world, event->call);
        else if (chance_one_in(&world->chance, 2))
            (void)disturb(world);
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
        (void)disturb(world);
        reader_look(&world->reader);
    }
}

/* ---- sleep, clocks, memory ---------------------------------------------------------------------
 */

static void check_calm(struct world *world)
{
    const struct reader *reader = &world->reader;

    if (world->calm && world->machine.now - reader->trouble > 3 * duration(world))
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
        calm_down(world);
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
        signal = disturb(world);
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
    (void)suffer(world, MACHINE_STATUS);
    reader_look(&world->reader);
    check_calm(world);
    return 0;
}

static void look(void *context)
{
    struct world *world = context;
    int64_t offset;

    if (world->next_look >= 0 && world->next_look-- == 0)
        stop_now(world, world->stop);
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
    count(world, TROUBLE_NO_MEMORY);
    world->out_of_memory = true;
    return true;
}

/* ---- lives -------------------------------------------------------------------------------------
 */

static int64_t choose_epoch(struct world *world)
{
    static const int64_t before[] = {0, 3600, 40, 3};
    int64_t which = chance_below(&world->chance, 8);
    int64_t now = machine_realtime(&world->machine);

    return which < 4 ? 0
                     : now - before[which - 4] * NS_PER_SECOND - chance_below(&world->chance, 1000);
}

static void start_otherwise(struct world *world, struct stream *stream)
{
    enum trouble trouble = choose(world, TROUBLE_OTHER_PRESET, TROUBLE_OTHER_WINDOW);
    struct chance *chance = &world->chance;
    int64_t epoch = stream->line.epoch;
    int64_t window = stream->window;
    int preset = stream->preset;

    if (trouble == TROUBLES || !chance_one_in(chance, 2))
        return;
    count(world, trouble);
    if (trouble == TROUBLE_OTHER_PRESET)
        preset = (preset + 1) % 3;
    if (trouble == TROUBLE_OTHER_DURATION)
        preset = (preset + 1 + (int)chance_below(chance, STREAM_PRESETS - 1)) % STREAM_PRESETS;
    if (trouble == TROUBLE_OTHER_EPOCH)
        epoch = choose_epoch(world);
    if (trouble == TROUBLE_OTHER_WINDOW)
        window = 3 + chance_below(chance, 3);
    *stream = stream_make(preset, window, epoch);
}

/* What happens between two lives. */
static void rest(struct world *world, struct stream *stream)
{
    struct chance *chance = &world->chance;
    int64_t segments = chance_below(chance, 2) ? 0 : chance_below(chance, 3 * stream->window);

    world_trace(world, "it is down");
    if (world->cut) {
        world->machine.boot = chance_below(chance, 1000 * NS_PER_SECOND) - world->machine.now;
        disk_cut_power(&world->machine.disk, chance);
        reader_cut(&world->reader);
        world->cut = false;
    }
    if (world->machine.removed) {
        world->machine.removed = false;
        disk_clear(&world->machine.disk);
        reader_forget(&world->reader);
    }
    machine_advance(&world->machine,
                    chance_below(chance, NS_PER_SECOND) + segments * duration(world));
    while (!world->calm && chance_one_in(chance, 4)) {
        enum trouble trouble = choose(world, TROUBLE_STEP_HOUR_FORWARD, TROUBLE_PLAYLIST_DAMAGED);

        if (trouble >= TROUBLE_DELETE && trouble < TROUBLES && world_tamper(world, trouble))
            count(world, trouble);
        else if (trouble <= TROUBLE_SLEW)
            bend_time(world, trouble);
    }
    if (!world->calm)
        start_otherwise(world, stream);
    if (stream->line.epoch > machine_realtime(&world->machine)) /* would be refused */
        *stream = stream_make(stream->preset, stream->window, 0);
}

static void judge_end(struct world *world, enum machine_end end, int result, bool was_removed)
{
    struct reader *reader = &world->reader;

    world_trace(world, "ended: %d", result);
    if (end == MACHINE_STOPPED && world->signal_faults == world->fault_count && !was_removed &&
        !world_clear_obstacles(world, false))
        reader_check_stopped(reader);
    if (end == MACHINE_GAVE_UP && !reader->faults && !world->out_of_memory && !was_removed)
        reader_fail(reader, "it gave up for no reason: %d", result);
    world->out_of_memory = false;
}

static void run_lives(struct world *world)
{
    struct machine *machine = &world->machine;
    struct stream stream = stream_make((int)chance_below(&world->chance, STREAM_PRESETS),
                                       3 + chance_below(&world->chance, 3), choose_epoch(world));

    while (machine->now < world->end) {
        enum machine_end end;
        int result;

        world_trace(world, "starts: preset %d window %lld epoch %lld ns", stream.preset,
                    (long long)stream.window, (long long)stream.line.epoch);
        machine->stream = &stream;
        reader_start(&world->reader, &stream);
        world->lives++;
        end = machine_live(machine, &stream, &result);
        judge_end(world, end, result, machine->removed);
        if (!world->calm && machine->now >= world->calm_from)
            calm_down(world);
        if (machine->now < world->end)
            rest(world, &stream);
    }
    if (machine->now - world->reader.trouble > 100 * NS_PER_SECOND)
        reader_check_tidy(&world->reader);
}

/* Starts of the wall clock: now, at the end of 32-bit time, and far beyond. */
static const int64_t starts[] = {1795331234, 2147483600, 4294967200, 7258118400};

static void choose_seed(struct world *world)
{
    struct chance *chance = &world->chance;
    struct machine *machine = &world->machine;
    int64_t kind = chance_below(chance, 8);

    world->enabled = chance_next(chance) & chance_next(chance);
    world->distance = kind < 5 ? 200 : kind < 7 ? 30 : 8;
    if (kind == 0)
        world->enabled = chance_next(chance) & chance_next(chance) & chance_next(chance);
    machine->realtime =
        starts[chance_below(chance, 4)] * NS_PER_SECOND + chance_below(chance, 100 * NS_PER_SECOND);
    machine->boot = chance_below(chance, 1000 * NS_PER_SECOND);
    machine->beat = chance_one_in(chance, 4) ? 700 * NS_PER_MS : 0;
    world->next_call = chance_below(chance, 2 * world->distance);
    world->calm_from = (10 + chance_below(chance, 40)) * NS_PER_SECOND;
    world->end = world->calm_from + (chance_one_in(chance, 4) ? 150 : 25) * NS_PER_SECOND;
}

const char *world_run(struct world *world, uint64_t seed)
{
    struct machine *machine = &world->machine;

    traced = world;
    machine_init(machine);
    machine->context = world;
    machine->before = before;
    machine->after = after;
    machine->sleep = sleep_call;
    machine->look = look;
    machine->allocate = allocate;
    reader_init(&world->reader, machine);
    world->chance.state = chance_mix(seed + 1);
    world->hash = seed;
    world->jumps = 0;
    world->next_look = -1;
    world->calm = world->kill_after = world->cut = world->out_of_memory = false;
    world->error_until = world->room_until = 0;
    world->fault_count = world->signal_faults = world->second = world->calls = 0;
    for (int i = 0; i < WORLD_OBSTACLES; i++)
        world->obstacles[i].until = 0;
    choose_seed(world);
    if (setjmp(world->reader.failed) != 0)
        return world->reader.failure;
    run_lives(world);
    return NULL;
}

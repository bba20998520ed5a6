/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A seed first throws which troubles there can be at all and how dense they come: a few of a few
 * kinds tell more than some of each. Then one life follows on the other, until it is over.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/world_parts.h"

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
    enum trouble trouble = world_choose(world, TROUBLE_OTHER_PRESET, TROUBLE_OTHER_WINDOW);
    struct chance *chance = &world->chance;
    int64_t epoch = stream->line.epoch;
    int64_t window = stream->window;
    int preset = stream->preset;

    if (trouble == TROUBLES || !chance_one_in(chance, 2))
        return;
    world_count(world, trouble);
    if (trouble == TROUBLE_OTHER_PRESET)
        preset = (preset + 1) % 3;
    if (trouble == TROUBLE_OTHER_DURATION)
        preset = (preset + 1 + (int)chance_below(chance, STREAM_PRESETS - 1)) % STREAM_PRESETS;
    if (trouble == TROUBLE_OTHER_EPOCH)
        epoch = choose_epoch(world);
    if (trouble == TROUBLE_OTHER_WINDOW)
        window = 3 + chance_below(chance, 3);
    *stream = stream_make_like(stream, preset, window, epoch);
}

/* What happens between two lives. */
static void rest(struct world *world, struct stream *stream)
{
    struct chance *chance = &world->chance;
    int64_t segments = chance_below(chance, 2) ? 0 : chance_below(chance, 3 * stream->window);

    world_trace(world, "it is down");
    if (world->cut) {
        world->machine.boot = chance_below(chance, 1000 * NS_PER_SECOND) - world->machine.now;
        (void)world_clear_obstacles(world, true); /* or else there would be two of each */
        disk_cut_power(&world->machine.disk, chance);
        disk_cut_power(&world->machine.alias_disk, chance);
        reader_cut(&world->reader);
        world->cut = false;
    }
    if (world->machine.removed) {
        world->machine.removed = false;
        disk_clear(&world->machine.disk);
        disk_clear(&world->machine.alias_disk);
        reader_forget(&world->reader);
    }
    machine_advance(&world->machine,
                    chance_below(chance, NS_PER_SECOND) + segments * world_duration(world));
    while (!world->calm && chance_one_in(chance, 4)) {
        enum trouble trouble =
            world_choose(world, TROUBLE_STEP_HOUR_FORWARD, TROUBLE_PLAYLIST_DAMAGED);

        if (trouble >= TROUBLE_DELETE && trouble < TROUBLES && world_tamper(world, trouble))
            world_count(world, trouble);
        else if (trouble <= TROUBLE_SLEW)
            world_bend_time(world, trouble);
    }
    if (!world->calm)
        start_otherwise(world, stream);
    if (stream->line.epoch > machine_realtime(&world->machine)) /* would be refused */
        *stream = stream_make_like(stream, stream->preset, stream->window, 0);
}

/* When all has been well for long, there is a lease of the present. */
static void check_lease(struct world *world)
{
    struct machine *machine = &world->machine;
    struct reader *reader = &world->reader;
    int64_t now = machine_realtime(machine) / NS_PER_SECOND;
    char name[DISK_NAME_SIZE];

    if (!machine->reports || !world->calm || reader->playlist.ended ||
        machine->now - reader->trouble < 20 * NS_PER_SECOND)
        return;
    (void)snprintf(name, sizeof(name), "hlsgen.alive-%lld", (long long)(now - now % 5));
    if (!disk_find(&machine->disk, name))
        reader_fail(reader, "there is no %s", name);
}

static void judge_end(struct world *world, enum machine_end end, int result, bool was_removed)
{
    struct reader *reader = &world->reader;

    world_trace(world, "ended: %d", result);
    if (end == MACHINE_STOPPED && world->signal_faults == world->fault_count && !was_removed &&
        !world_clear_obstacles(world, false))
        reader_check_stopped(reader);
    if (end == MACHINE_STOPPED && result > 0 && !was_removed)
        check_lease(world);
    if (end == MACHINE_STOPPED && result == 0 && !was_removed)
        reader_check_ended(reader);
    world->refused = end == MACHINE_GAVE_UP && reader_expects_refusal(reader, result);
    if (end == MACHINE_GAVE_UP && !reader->faults && !world->out_of_memory && !was_removed &&
        !world->refused)
        reader_fail(reader, "it gave up for no reason: %d", result);
    world->out_of_memory = false;
}

/* Mostly a live one without end, as most are; and some are known by another name, too. */
static void choose_playlist(struct chance *chance, struct stream *stream)
{
    if (chance_one_in(chance, 4)) {
        stream->kind = PLAYLIST_EVENT;
        stream->length = STREAM_EVENT_LENGTH - chance_below(chance, 16);
    }
    if (chance_one_in(chance, 4))
        stream->follow = 1 + chance_below(chance, 20);
    stream->has_alias = chance_one_in(chance, 4);
}

static void run_lives(struct world *world)
{
    struct machine *machine = &world->machine;
    int preset = (int)chance_below(&world->chance, STREAM_PRESETS); /* one throw a statement: */
    int64_t window = 3 + chance_below(&world->chance, 3);           /* compilers choose the order */
    struct stream stream = stream_make(preset, window, choose_epoch(world));

    choose_playlist(&world->chance, &stream);
    stream.mapped = world->seed % 3 == 0;
    stream.has_iframes = world->seed % 2 == 0;

    for (int life = 0; machine->now < world->end; life++) {
        enum machine_end end;
        int result;

        world_trace(world, "starts: preset %d window %lld epoch %lld ns", stream.preset,
                    (long long)stream.window, (long long)stream.line.epoch);
        if (world->seed % 4 == 0) /* now one is wanted, now not */
            stream.has_iframes = life % 3 != 2;
        machine->stream = &stream;
        reader_start(&world->reader, &stream);
        world->lives++;
        end = machine_live(machine, &stream, &result);
        judge_end(world, end, result, machine->removed);
        if (!world->calm && machine->now >= world->calm_from)
            world_calm_down(world);
        if (machine->now < world->end)
            rest(world, &stream);
    }
    if (machine->now - world->reader.trouble > 100 * NS_PER_SECOND && !world->refused)
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
    machine->realtime = starts[chance_below(chance, 4)] * NS_PER_SECOND;
    machine->realtime += chance_below(chance, 100 * NS_PER_SECOND);
    machine->boot = chance_below(chance, 1000 * NS_PER_SECOND);
    machine->beat = chance_one_in(chance, 4) ? 700 * NS_PER_MS : 0;
    machine->reports = chance_one_in(chance, 4);
    world->next_call = chance_below(chance, 2 * world->distance);
    world->calm_from = (10 + chance_below(chance, 40)) * NS_PER_SECOND;
    world->end = world->calm_from + (chance_one_in(chance, 4) ? 150 : 25) * NS_PER_SECOND;
}

const char *world_run(struct world *world, uint64_t seed)
{
    struct machine *machine = &world->machine;

    machine_init(machine);
    world_listen(world);
    reader_init(&world->reader, machine);
    world->chance.state = chance_mix(seed + 1);
    world->hash = world->seed = seed;
    world->jumps = 0;
    world->next_look = -1;
    world->refused = false;
    world->calm = world->kill_after = world->cut = world->out_of_memory = false;
    world->error = 0;
    world->error_calls = 0;
    world->error_until = world->room_until = world->removed_at = world->stop = 0;
    world->fault_count = world->signal_faults = world->second = world->calls = 0;
    for (int i = 0; i < WORLD_OBSTACLES; i++)
        world->obstacles[i].until = 0;
    choose_seed(world);
    if (setjmp(world->reader.failed) != 0)
        return world->reader.failure;
    run_lives(world);
    return NULL;
}

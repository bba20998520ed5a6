/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Simulates lives of the publisher, a seed each, and holds them to the invariants of reader.h. A
 * seed gives the same life on every machine; `sim --seed N --trace` prints all that happens in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/world.h"

enum {
    REPLAYED = 500, /* seeds that are run again after all the others */
};

static struct world world; /* too large for a stack */

static int usage(void)
{
    (void)fprintf(stderr,
                  "usage: sim --seed N [--trace]\n"
                  "       sim --seeds FIRST COUNT\n");
    return 64;
}

static bool run(const char *program, uint64_t seed)
{
    const char *wrong = world_run(&world, seed);

    if (!wrong)
        return true;
    (void)printf("# seed %llu, at %.6f s, step %lld: %s\n# to see it: %s --seed %llu --trace\n",
                 (unsigned long long)seed, (double)world.machine.now / 1e9, (long long)world.steps,
                 wrong, program, (unsigned long long)seed);
    return false;
}

static int run_one(const char *program, uint64_t seed, bool traces)
{
    bool held;

    world.traces = traces;
    held = run(program, seed);
    (void)printf("# seed %llu: %lld steps, hash %016llx\n", (unsigned long long)seed,
                 (long long)world.steps, (unsigned long long)world.hash);
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Runs the seeds. @return whether all held; @p ret_hashes of the first REPLAYED of them */
static bool run_range(const char *program, uint64_t first, uint64_t count, uint64_t *ret_hashes)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!run(program, first + i))
            return false;
        if (i < REPLAYED)
            ret_hashes[i] = world.hash;
    }
    return true;
}

/* Nothing of one seed may reach into another. */
static bool replay(uint64_t first, uint64_t count, const uint64_t *hashes)
{
    bool same = true;

    for (uint64_t i = 0; i < count && i < REPLAYED; i++)
        same = !world_run(&world, first + i) && world.hash == hashes[i] && same;
    return same;
}

/* A line for all seeds, one for replaying, and one for each trouble: none is silently never tried.
 */
static int run_many(const char *program, uint64_t first, uint64_t count)
{
    uint64_t hashes[REPLAYED];
    int64_t counts[TROUBLES];
    bool held;
    int line = 0;

    (void)printf("TAP version 13\n");
    held = run_range(program, first, count, hashes);
    memcpy(counts, world.counts, sizeof(counts));
    (void)printf("%s %d - %llu seeds from %llu: %lld lives, %lld calls\n", held ? "ok" : "not ok",
                 ++line, (unsigned long long)count, (unsigned long long)first,
                 (long long)world.lives, (long long)world.steps);
    for (int i = 0; i < TROUBLES && held; i++)
        (void)printf("%s %d - %s: %lld times\n", counts[i] > 0 ? "ok" : "not ok", ++line,
                     trouble_names[i], (long long)counts[i]);
    for (int i = 0; i < TROUBLES; i++)
        held = held && counts[i] > 0;
    if (held) {
        held = replay(first, count, hashes);
        (void)printf("%s %d - seeds replay exactly\n", held ? "ok" : "not ok", ++line);
    }
    (void)printf("1..%d\n", line);
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* By the clock each run has seeds of its own; it prints them. */
static uint64_t first_seed(const char *text)
{
    return strcmp(text, "now") == 0 ? (uint64_t)time(NULL) * 10000000 : strtoull(text, NULL, 10);
}

int main(int argc, char **argv)
{
    if (argc >= 3 && argc <= 4 && strcmp(argv[1], "--seed") == 0)
        return run_one(argv[0], strtoull(argv[2], NULL, 10),
                       argc == 4 && strcmp(argv[3], "--trace") == 0);
    if (argc == 4 && strcmp(argv[1], "--seeds") == 0)
        return run_many(argv[0], first_seed(argv[2]), strtoull(argv[3], NULL, 10));
    return usage();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dice of a seed: the same seed throws the same numbers on every machine. */
#ifndef HLSGEN_TESTS_SIM_CHANCE_H
#define HLSGEN_TESTS_SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

/** SplitMix64: short, and good in all bits. */
static inline uint64_t chance_mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint64_t chance_next(struct chance *chance)
{
    return chance_mix(chance->state += UINT64_C(0x9e3779b97f4a7c15));
}

/** From 0 to @p count - 1. */
static inline int64_t chance_below(struct chance *chance, int64_t count)
{
    return (int64_t)(chance_next(chance) % (uint64_t)count);
}

static inline bool chance_one_in(struct chance *chance, int64_t count)
{
    return chance_below(chance, count) == 0;
}

#endif

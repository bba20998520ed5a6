/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits, the most significant one first: codes made ahead of time, and a writer of them. */
#ifndef HLSGEN_MEDIA_EXACT_BITS_H
#define HLSGEN_MEDIA_EXACT_BITS_H

#include <assert.h>
#include <endian.h>
#include <stdint.h>
#include <string.h>

enum {
    CODE_MAX = 63, /* bits that are written at once at most */
};

/** The lowest @c length bits of @c bits; those above are 0. Longer than CODE_MAX it is of no use
 * but to be compared by length. */
struct code {
    uint64_t bits;
    unsigned length;
};

static inline void code_add(struct code *code, uint64_t value, unsigned length)
{
    code->bits = code->bits << length | value;
    code->length += length;
}

static inline void code_append(struct code *code, struct code more)
{
    code_add(code, more.bits, more.length);
}

/** ue(v), 9.1; @p value below 2^31 - 1. */
static inline struct code code_of(uint32_t value)
{
    unsigned digits = 32 - (unsigned)__builtin_clz(value + 1);

    return (struct code){.bits = value + 1, .length = 2 * digits - 1};
}

/** se(v), 9.1.1. */
static inline struct code code_of_signed(int32_t value)
{
    return code_of(value > 0 ? 2 * (uint32_t)value - 1 : 2 * (uint32_t)-value);
}

/** Whole words go to memory as they fill up: nothing is written behind the last byte. */
struct bits {
    uint8_t *at;
    uint64_t word; /**< its lowest 64 - room bits are still to be written */
    unsigned room; /**< 1 to 64 */
};

static inline struct bits bits_make(uint8_t *to)
{
    return (struct bits){.at = to, .word = 0, .room = 64};
}

/** @param length up to CODE_MAX; @p value has no bits above it */
static inline void bits_put(struct bits *bits, uint64_t value, unsigned length)
{
    uint64_t full;

    assert(length <= CODE_MAX);
    if (length < bits->room) {
        bits->word = bits->word << length | value;
        bits->room -= length;
        return;
    }
    length -= bits->room;
    full = htobe64(bits->word << bits->room | value >> length);
    memcpy(bits->at, &full, sizeof(full));
    bits->at += sizeof(full);
    bits->word = value; /* what is written already is shifted out by what follows */
    bits->room = 64 - length;
}

static inline void bits_put_code(struct bits *bits, struct code code)
{
    bits_put(bits, code.bits, code.length);
}

static inline void bits_put_ue(struct bits *bits, uint32_t value)
{
    bits_put_code(bits, code_of(value));
}

static inline void bits_put_se(struct bits *bits, int32_t value)
{
    bits_put_code(bits, code_of_signed(value));
}

/** Zeros up to the next whole byte. */
static inline void bits_align(struct bits *bits)
{
    bits_put(bits, 0, bits->room % 8);
}

/** rbsp_trailing_bits(), 7.3.2.11. @return where the bytes end */
static inline uint8_t *bits_finish(struct bits *bits)
{
    bits_put(bits, 1, 1);
    bits_align(bits);
    for (unsigned left = 64 - bits->room; left > 0; left -= 8)
        *bits->at++ = (uint8_t)(bits->word >> (left - 8));
    return bits->at;
}

#endif

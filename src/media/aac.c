/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ID_END is three one bits, and zeros align it to a byte: the last one bit of the block is its last
 * bit. So the place for fill elements is found without decoding what stands before.
 */
#include "media/aac.h"

#include <errno.h>
#include <stdbool.h>

enum {
    ID_BITS = 3,
    ID_FIL = 6,
    ID_END = 7,
    COUNT_BITS = 4,
    COUNT_ESCAPE = 15, /* eight more bits follow */
    ESCAPE_BITS = 8,
    FILL_HEAD = ID_BITS + COUNT_BITS,
    FILL_MAX = COUNT_ESCAPE - 1 + 255, /* payload bytes of one element */
    EXT_FILL_DATA = 0x10,              /* extension_type 1, fill_nibble 0 */
    FILL_BYTE = 0xa5,
    TYPE_ESCAPE = 31, /* six more bits follow, counted from 32 */
};

struct bits {
    uint8_t *data;
    size_t position;
};

static void put_bits(struct bits *bits, unsigned value, unsigned count)
{
    while (count-- > 0) {
        uint8_t mask = (uint8_t)(0x80 >> (bits->position & 7));

        if (value >> count & 1)
            bits->data[bits->position / 8] |= mask;
        else
            bits->data[bits->position / 8] &= (uint8_t)~mask;
        bits->position++;
    }
}

/* One fill element that takes at most @p room bits, and leaves less than a head or another turn. */
static void put_fill(struct bits *bits, size_t room)
{
    size_t count = (room - FILL_HEAD) / 8;
    bool escaped = count >= COUNT_ESCAPE && room - FILL_HEAD - ESCAPE_BITS >= 8 * COUNT_ESCAPE;

    if (escaped)
        count = (room - FILL_HEAD - ESCAPE_BITS) / 8;
    else if (count >= COUNT_ESCAPE)
        count = COUNT_ESCAPE - 1;
    if (count > FILL_MAX)
        count = FILL_MAX;

    put_bits(bits, ID_FIL, ID_BITS);
    put_bits(bits, escaped ? COUNT_ESCAPE : (unsigned)count, COUNT_BITS);
    if (escaped)
        put_bits(bits, (unsigned)count - COUNT_ESCAPE + 1, ESCAPE_BITS);
    for (size_t i = 0; i < count; i++)
        put_bits(bits, i == 0 ? EXT_FILL_DATA : FILL_BYTE, 8);
}

/* The bit at which ID_END begins. */
static int find_end(const uint8_t *block, size_t size, size_t *ret_position)
{
    unsigned zeros = 0;

    while (size > 0 && block[size - 1] == 0)
        size--;
    if (size == 0)
        return -EINVAL;
    while (!(block[size - 1] >> zeros & 1))
        zeros++;
    if (size * 8 - zeros < ID_BITS)
        return -EINVAL;
    *ret_position = size * 8 - zeros - ID_BITS;
    return 0;
}

int aac_fill(uint8_t *block, size_t size, size_t target)
{
    struct bits bits = {.data = block};
    int result = find_end(block, size, &bits.position);

    if (result < 0)
        return result;
    while (target * 8 - bits.position - ID_BITS >= FILL_HEAD)
        put_fill(&bits, target * 8 - bits.position - ID_BITS);
    put_bits(&bits, ID_END, ID_BITS);
    if (bits.position < target * 8)
        put_bits(&bits, 0, (unsigned)(target * 8 - bits.position));
    return 0;
}

int aac_object_type(const uint8_t *config)
{
    int type = config[0] >> 3;

    return type == TYPE_ESCAPE ? 32 + ((config[0] & 7) << 3 | config[1] >> 5) : type;
}

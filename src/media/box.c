/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/box.h"

#include <string.h>

uint8_t *box_put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    return at + 4;
}

uint8_t *box_put64(uint8_t *at, uint64_t value)
{
    return box_put32(box_put32(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

uint8_t *box_put_type(uint8_t *at, const char *type)
{
    memcpy(at, type, 4);
    return at + 4;
}

uint8_t *box_begin(uint8_t *at, const char *type)
{
    return box_put_type(at + 4, type);
}

uint8_t *box_begin_full(uint8_t *at, const char *type, int version, uint32_t flags)
{
    return box_put32(box_begin(at, type), (uint32_t)version << 24 | flags);
}

void box_end(uint8_t *box, const uint8_t *end)
{
    (void)box_put32(box, (uint32_t)(end - box));
}

uint32_t box_read32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

int box_is(const uint8_t *box, const char *type)
{
    return memcmp(box + 4, type, 4) == 0;
}

/* Of a box that lies whole before @p end; of anything else 0. */
static size_t size_before(const uint8_t *at, const uint8_t *end)
{
    size_t left = (size_t)(end - at);
    size_t size = left >= BOX_HEAD ? box_read32(at) : 0;

    return size >= BOX_HEAD && size <= left ? size : 0;
}

const uint8_t *box_find(const uint8_t *at, const uint8_t *end, const char *type)
{
    size_t size = size_before(at, end);

    while (size > 0 && !box_is(at, type)) {
        at += size;
        size = size_before(at, end);
    }
    return size > 0 ? at : NULL;
}

const uint8_t *box_child(const uint8_t *box, const char *type)
{
    return box_find(box + BOX_HEAD, box + box_read32(box), type);
}

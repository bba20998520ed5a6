/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/mp4_box.h"

#include <errno.h>

enum {                   /* in the place of a size (4.2) */
       SIZE_FOLLOWS = 1, /* behind the type, with 64 bits */
       TO_THE_END = 0,
};

uint64_t mp4_take(struct mp4_bytes *bytes, size_t count)
{
    uint64_t value = 0;

    if (count > bytes->left) {
        bytes->short_of = true;
        bytes->left = 0;
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes->at[i];
    bytes->at += count;
    bytes->left -= count;
    return value;
}

void mp4_skip(struct mp4_bytes *bytes, size_t count)
{
    if (count > bytes->left) {
        bytes->short_of = true;
        count = bytes->left;
    }
    bytes->at += count;
    bytes->left -= count;
}

int mp4_box_take(struct mp4_bytes *rest, struct mp4_box *ret)
{
    struct mp4_bytes bytes = *rest;
    uint64_t size;
    uint32_t type;

    if (bytes.left == 0)
        return 0;
    size = mp4_take(&bytes, 4);
    type = (uint32_t)mp4_take(&bytes, 4);
    if (size == SIZE_FOLLOWS)
        size = mp4_take(&bytes, 8);
    else if (size == TO_THE_END)
        size = rest->left;
    if (bytes.short_of || size > rest->left || size < rest->left - bytes.left)
        return -EBADMSG;

    *ret = (struct mp4_box){type, {bytes.at, (size_t)size - (rest->left - bytes.left), false}};
    mp4_skip(rest, (size_t)size);
    return 1;
}

bool mp4_box_find(struct mp4_bytes boxes, uint32_t type, struct mp4_bytes *ret_body)
{
    struct mp4_box box;

    while (mp4_box_take(&boxes, &box) > 0) {
        if (box.type == type) {
            *ret_body = box.body;
            return true;
        }
    }
    return false;
}

struct mp4_full mp4_take_full(struct mp4_bytes *body)
{
    uint32_t word = (uint32_t)mp4_take(body, 4);

    return (struct mp4_full){(uint8_t)(word >> 24), word & 0xFFFFFF};
}

void mp4_type_name(uint32_t type, char ret[MP4_TYPE_SIZE])
{
    for (int i = 0; i < MP4_TYPE_SIZE - 1; i++) {
        char c = (char)(type >> (24 - 8 * i));

        ret[i] = c >= ' ' && c <= '~' ? c : '?';
    }
    ret[MP4_TYPE_SIZE - 1] = '\0';
}

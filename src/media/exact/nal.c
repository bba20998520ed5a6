/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of what is written once, bytes that look like a start code are broken up here. What is written
 * for each frame has none: exact.c says why.
 */
#include "media/exact/nal.h"

#include <errno.h>
#include <string.h>

enum {
    EMULATION_PREVENTION = 3, /* also the highest value that needs it, after two zeros */
};

uint8_t *nal_write_head(enum nal nal, uint8_t *to)
{
    const uint8_t head[NAL_HEAD_SIZE] = {0, 0, 0, 1, (uint8_t)nal};

    memcpy(to, head, sizeof(head));
    return to + sizeof(head);
}

/* Copies with emulation prevention bytes; without @p to it only counts. Returns the bytes. */
static size_t escape(uint8_t *to, const uint8_t *rbsp, size_t size)
{
    size_t count = 0;
    int zeros = 0;

    for (size_t i = 0; i < size; i++) {
        if (zeros == 2 && rbsp[i] <= EMULATION_PREVENTION) {
            if (to)
                to[count] = EMULATION_PREVENTION;
            count++;
            zeros = 0;
        }
        if (to)
            to[count] = rbsp[i];
        count++;
        zeros = rbsp[i] == 0 ? zeros + 1 : 0;
    }
    return count;
}

int nal_append(struct buffer *buffer, enum nal nal, const uint8_t *rbsp, size_t size)
{
    uint8_t *to = buffer_extend(buffer, NAL_HEAD_SIZE + escape(NULL, rbsp, size));

    if (!to)
        return -ENOMEM;
    escape(nal_write_head(nal, to), rbsp, size);
    return 0;
}

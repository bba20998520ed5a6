/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int buffer_reserve(struct buffer *buffer, size_t capacity)
{
    uint8_t *data;

    if (capacity <= buffer->capacity)
        return 0;
    data = realloc(buffer->data, capacity);
    if (!data)
        return -ENOMEM;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
    size_t needed = buffer->size + size;
    uint8_t *place;

    if (needed < size)
        return NULL;
    if (needed > buffer->capacity && buffer_reserve(buffer, needed + needed / 2) < 0)
        return NULL;
    place = buffer->data + buffer->size;
    buffer->size = needed;
    return place;
}

int buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    uint8_t *place = buffer_extend(buffer, size);

    if (!place)
        return -ENOMEM;
    memcpy(place, data, size);
    return 0;
}

void buffer_finish(struct buffer *buffer)
{
    if (!buffer)
        return;
    free(buffer->data);
    *buffer = (struct buffer){0};
}

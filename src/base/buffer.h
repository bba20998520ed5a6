/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A byte buffer that grows. Zero-initialised is empty and valid. */
#ifndef HLSGEN_BASE_BUFFER_H
#define HLSGEN_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data; /**< owned; NULL when nothing was ever added */
    size_t size;
    size_t capacity;
};

/** Makes room for @p capacity bytes in all, and no more; a smaller buffer stays as it is otherwise.
 * @return 0 or -ENOMEM */
int buffer_reserve(struct buffer *buffer, size_t capacity);

/** Makes room for @p size more bytes and counts them in. @return where they go, or NULL: no memory
 */
uint8_t *buffer_extend(struct buffer *buffer, size_t size);

/** Appends a copy of @p data. @return 0 or -ENOMEM */
int buffer_append(struct buffer *buffer, const void *data, size_t size);

/** Frees the bytes and makes the buffer empty; NULL is accepted. */
void buffer_finish(struct buffer *buffer);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits for an instant each: a binary heap, whose first is the one whose instant comes first,
 * and of equal ones the lowest item. */
#ifndef HLSGEN_ORIGIN_QUEUE_H
#define HLSGEN_ORIGIN_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct queue_entry {
    int64_t at;
    size_t item;
};

struct queue {
    struct queue_entry *entries; /**< the owner's, with room for all that can be in it at once */
    size_t count;
};

void queue_push(struct queue *queue, int64_t at, size_t item);

/** The first instant; INT64_MAX: there is none. */
int64_t queue_next(const struct queue *queue);

/** Takes the first item out, of which there must be one. */
size_t queue_pop(struct queue *queue);

/** Brings all instants forward by @p ns. */
void queue_advance(struct queue *queue, int64_t ns);

#endif

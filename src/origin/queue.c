/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The children of entry i are entries 2i + 1 and 2i + 2, and neither comes before it. */
#include "origin/queue.h"

#include <assert.h>
#include <stdbool.h>

static bool is_before(const struct queue_entry *a, const struct queue_entry *b)
{
    return a->at < b->at || (a->at == b->at && a->item < b->item);
}

void queue_push(struct queue *queue, int64_t at, size_t item)
{
    const struct queue_entry entry = {at, item};
    struct queue_entry *entries = queue->entries;
    size_t i = queue->count++;

    for (; i > 0 && is_before(&entry, &entries[(i - 1) / 2]); i = (i - 1) / 2)
        entries[i] = entries[(i - 1) / 2];
    entries[i] = entry;
}

int64_t queue_next(const struct queue *queue)
{
    return queue->count > 0 ? queue->entries[0].at : INT64_MAX;
}

size_t queue_pop(struct queue *queue)
{
    struct queue_entry *entries = queue->entries;
    size_t item = entries[0].item;
    struct queue_entry last;
    size_t child;
    size_t i = 0;

    assert(queue->count > 0);
    last = entries[--queue->count];
    while ((child = 2 * i + 1) < queue->count) {
        if (child + 1 < queue->count && is_before(&entries[child + 1], &entries[child]))
            child++;
        if (!is_before(&entries[child], &last))
            break;
        entries[i] = entries[child];
        i = child;
    }
    entries[i] = last;
    return item;
}

void queue_advance(struct queue *queue, int64_t ns)
{
    for (size_t i = 0; i < queue->count; i++)
        queue->entries[i].at -= ns;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An array in order: what comes is nearly always the highest number, and what goes the lowest. It
 * is short, or of an event, from which nothing goes.
 */
#include "origin/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ledger_init(struct ledger *ret, enum index_detail detail, int64_t max)
{
    *ret = (struct ledger){0};
    if (detail == INDEX_NONE)
        return 0;
    ret->entries = calloc((size_t)max, sizeof(*ret->entries));
    if (detail == INDEX_SHA256)
        ret->digests = calloc((size_t)max, sizeof(*ret->digests));
    if (!ret->entries || (detail == INDEX_SHA256 && !ret->digests))
        return -ENOMEM;
    ret->max = (size_t)max;
    return 0;
}

size_t ledger_memory(enum index_detail detail, int64_t max)
{
    size_t each = sizeof(struct ledger_entry) + (detail == INDEX_SHA256 ? SHA256_SIZE : 0);

    return detail == INDEX_NONE ? 0 : (size_t)max * each;
}

void ledger_finish(struct ledger *ledger)
{
    free(ledger->entries);
    free(ledger->digests);
    *ledger = (struct ledger){0};
}

int ledger_reserve(struct ledger *ledger, int64_t more)
{
    size_t max = ledger->max + (size_t)more;
    void *entries;
    void *digests;

    if (ledger->max == 0 || more == 0)
        return 0;
    entries = realloc(ledger->entries, max * sizeof(*ledger->entries));
    if (!entries)
        return -ENOMEM;
    ledger->entries = entries;
    if (ledger->digests) {
        digests = realloc(ledger->digests, max * sizeof(*ledger->digests));
        if (!digests)
            return -ENOMEM;
        ledger->digests = digests;
    }
    ledger->max = max;
    return 0;
}

/* The first entry whose number is not below @p number. */
static size_t find(const struct ledger *ledger, int64_t number)
{
    size_t low = 0;
    size_t high = ledger->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ledger->entries[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Moves the entries from @p from on to @p to. */
static void shift(struct ledger *ledger, size_t from, size_t to)
{
    size_t count = ledger->count - from;

    memmove(&ledger->entries[to], &ledger->entries[from], count * sizeof(*ledger->entries));
    if (ledger->digests)
        memmove(&ledger->digests[to], &ledger->digests[from], count * sizeof(*ledger->digests));
    ledger->count = to + count;
}

void ledger_forget(struct ledger *ledger, size_t i)
{
    ledger->changed |= ledger->entries[i].told;
    shift(ledger, i + 1, i);
}

/* Where @p number goes. @return NULL: it is the lowest of too many */
static struct ledger_entry *have_entry(struct ledger *ledger, int64_t number)
{
    size_t at = find(ledger, number);

    if (at < ledger->count && ledger->entries[at].number == number)
        return &ledger->entries[at];
    if (ledger->count == ledger->max) {
        if (at == 0)
            return NULL;
        ledger_forget(ledger, 0);
        at--;
    }
    shift(ledger, at, at + 1);
    ledger->entries[at] = (struct ledger_entry){.number = number, .published = INDEX_UNKNOWN};
    return &ledger->entries[at];
}

void ledger_note(struct ledger *ledger, const struct ledger_entry *entry, const void *bytes)
{
    struct ledger_entry *had = ledger->max > 0 ? have_entry(ledger, entry->number) : NULL;

    if (!had)
        return;
    had->size = entry->size;
    had->stand_by = entry->stand_by;
    had->listed_before = entry->listed_before;
    had->hashed = ledger->digests && bytes;
    if (had->hashed)
        sha256_of(bytes, (size_t)entry->size, ledger->digests[had - ledger->entries]);
    ledger->changed = true;
}

void ledger_publish(struct ledger *ledger, int64_t first, int64_t end, int64_t time)
{
    for (size_t i = find(ledger, first); i < ledger->count; i++) {
        struct ledger_entry *entry = &ledger->entries[i];

        if (entry->number >= end)
            break;
        if (entry->published != INDEX_UNKNOWN || entry->listed_before)
            continue;
        entry->published = time;
        ledger->changed = true;
    }
}

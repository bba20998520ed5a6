/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index.json of a publisher: of what the ledger remembers, that which is listed, retained, or
 * prepared and so the next to be listed. Who sees a segment in the playlist finds it in the index
 * that was there before.
 *
 * Nothing depends on this file. When it cannot be written, the one before stands, and is true of
 * all that it names: no name ever gets other bytes.
 */
#include "hls/playlist.h"
#include "origin/index_file.h"
#include "origin/names.h"
#include "origin/publisher_parts.h"

/* ---- what an earlier run left ---------------------------------------------------------------- */

struct look {
    struct publisher *publisher;
    void *scratch; /* room for the largest segment of this run's */
};

/* @return the bytes of the file, or NULL when it has not so many or there is no room for them */
static const void *read_back(const struct look *look, int64_t number, int64_t size)
{
    const struct publisher_config *config = &look->publisher->config;
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    if (size > (int64_t)config->segment_size)
        return NULL;
    playlist_segment_name(number, look->publisher->window.map, name);
    if (config->fs->read(config->fs->context, name, look->scratch, (size_t)size) != size)
        return NULL;
    return look->scratch;
}

/* With the bytes that it must have; of one that nobody makes again, those that it has. */
static void note_hashed(const struct look *look, struct ledger_entry *entry)
{
    struct publisher *publisher = look->publisher;
    const struct publisher_config *config = &publisher->config;
    size_t size;
    const void *bytes;

    if (entry->number < window_first_own(&publisher->window) || config->size) {
        bytes = read_back(look, entry->number, entry->size);
    } else {
        bytes =
            config->segment(config->source, entry->number - publisher->window.state.offset, &size);
        entry->size = (int64_t)size;
    }
    ledger_note(&publisher->ledger, entry, bytes);
}

static void note_found(void *arg, int64_t number)
{
    const struct look *look = arg;
    struct publisher *publisher = look->publisher;
    const struct playlist *listed = &publisher->window.listed;
    struct fs_status now;
    struct ledger_entry entry = {
        .number = number,
        .stand_by = publisher->config.stood_by ? INDEX_NOT_KNOWN : INDEX_NO,
        .listed_before = listed->count == 0 || number < window_end(listed),
    };

    if (store_look(&publisher->store, number, &now) != 0)
        return;
    entry.size = now.size;
    if (publisher->config.index == INDEX_SHA256)
        note_hashed(look, &entry);
    else
        ledger_note(&publisher->ledger, &entry, NULL);
}

void publisher_note_found(struct publisher *publisher, void *scratch)
{
    const struct fs *fs = publisher->config.fs;
    const struct playlist *listed = &publisher->window.listed;
    const struct playlist *coming = &publisher->coming;
    struct look look = {publisher, scratch};
    int64_t number = listed->sequence;

    (void)fs->unlink(fs->context, NAMES_INDEX_TMP);
    if (publisher->config.index == INDEX_NONE) { /* that of an earlier run would not go on */
        (void)fs->unlink(fs->context, NAMES_INDEX);
        return;
    }
    store_list(&publisher->store, note_found, &look);
    for (; number < window_end(listed) && number < coming->sequence; number++)
        note_found(&look, number); /* it leaves the playlist with the next one */
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool is_listed(const struct publisher *publisher, int64_t number)
{
    const struct playlist *listed = &publisher->window.listed;

    return number >= listed->sequence && number < window_end(listed);
}

/* Marks what is to be told, and forgets what will never be again. */
static void settle(struct publisher *publisher)
{
    struct ledger *ledger = &publisher->ledger;
    size_t i = 0;

    while (i < ledger->count) {
        struct ledger_entry *entry = &ledger->entries[i];
        bool tell = is_listed(publisher, entry->number) || entry->number == publisher->prepared ||
                    store_is_waiting(&publisher->store, entry->number);

        if (!tell && entry->number < publisher->window.listed.sequence) {
            ledger_forget(ledger, i);
            continue;
        }
        ledger->changed |= tell != entry->told;
        entry->told = tell;
        i++;
    }
}

struct telling {
    const struct publisher *publisher;
    size_t next; /* entry */
};

/* What follows from its number; of another stream, what its playlist says. */
static void add_times(const struct window *window, int64_t number, struct index_segment *segment)
{
    const struct playlist *listed = &window->listed;

    segment->index = segment->ticks = segment->duration_us = segment->due = INDEX_UNKNOWN;
    if (number >= window_first_own(window)) {
        segment->index = number - window->state.offset;
        segment->ticks = timeline_segment_ticks(window->line, segment->index);
        segment->duration_us = timeline_segment_us(window->line, segment->index);
        segment->due = window_due(window, number);
    } else if (number >= listed->sequence && number < window_end(listed)) {
        segment->duration_us = listed->entries[number - listed->sequence].duration_us;
        segment->due = window_due(window, number);
    }
}

static bool tell_next(void *context, struct index_segment *ret)
{
    struct telling *telling = context;
    const struct ledger *ledger = &telling->publisher->ledger;
    const struct ledger_entry *entry;
    size_t i = telling->next;

    while (i < ledger->count && !ledger->entries[i].told)
        i++;
    telling->next = i + 1;
    if (i >= ledger->count)
        return false;
    entry = &ledger->entries[i];
    *ret = (struct index_segment){
        .number = entry->number,
        .size = entry->size,
        .published = entry->published,
        .stand_by = entry->stand_by,
        .digest = entry->hashed ? ledger->digests[i] : NULL,
    };
    add_times(&telling->publisher->window, entry->number, ret);
    return true;
}

int publisher_describe(struct publisher *publisher)
{
    const struct publisher_config *config = &publisher->config;
    const struct index_head head = {
        .stream = config->stream,
        .target = publisher->window.state.target,
        .window = config->kind == PLAYLIST_EVENT ? 0 : config->window,
        .epoch = config->line->epoch,
        .map = publisher->window.map,
        .hashed = config->index == INDEX_SHA256,
    };
    struct telling telling = {.publisher = publisher};
    const struct index_source source = {&telling, tell_next};
    int result;

    if (publisher->was_ended) /* who ended it knew more */
        return 0;
    settle(publisher);
    if (!publisher->ledger.changed)
        return 0;
    result = index_file_write(config->fs, &head, &source,
                              config->clock->realtime(config->clock->context));
    if (result == 0)
        publisher->ledger.changed = false;
    return result;
}

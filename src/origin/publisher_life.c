/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A publisher's life, and what it takes of memory and of the disk. */
#include <errno.h>
#include <stdlib.h>

#include "hls/playlist.h"
#include "origin/publisher_parts.h"

int64_t publisher_segments_max(enum playlist_kind kind, int64_t length)
{
    if (kind == PLAYLIST_EVENT) /* listed, and the one to come or to mend */
        return length + 1;
    /* Listed, retired, the one just leaving, and the one to come. */
    return length + window_retained(length) + 2;
}

/* After a gap the segments before it are retired, and a whole new window is listed. */
static int64_t told_max(enum playlist_kind kind, int64_t length)
{
    return publisher_segments_max(kind, length) + (kind == PLAYLIST_EVENT ? 0 : length);
}

static size_t index_max(enum playlist_kind kind, int64_t length, enum index_detail index)
{
    return index == INDEX_NONE ? 0 : index_size(told_max(kind, length));
}

size_t publisher_file_max(enum playlist_kind kind, int64_t length, enum index_detail index)
{
    size_t playlist = playlist_size(length);
    size_t told = index_max(kind, length, index);

    return told > playlist ? told : playlist;
}

enum {
    SECTIONS = 3, /* the own one, one of an earlier stream, and one that is written */
};

uint64_t publisher_room(enum playlist_kind kind, int64_t length, enum index_detail index,
                        bool mapped, size_t segment_size, size_t block_size)
{
    uint64_t sections = mapped ? SECTIONS * fs_whole_blocks(SECTIONS_SIZE_MAX, block_size) : 0;
    size_t index_bytes = index_max(kind, length, index);

    /* Playlist, state and index are there twice, while they are replaced. */
    return (uint64_t)publisher_segments_max(kind, length) *
               fs_whole_blocks(segment_size, block_size) +
           sections + 2 * fs_whole_blocks(playlist_size(length), block_size) +
           2 * fs_whole_blocks(STATE_SIZE, block_size) +
           2 * fs_whole_blocks(index_bytes, block_size);
}

int publisher_new(const struct publisher_config *config, struct publisher **ret)
{
    struct publisher *publisher = calloc(1, sizeof(*publisher));
    struct window *window;
    size_t length = (size_t)config->length;
    int result;

    if (!publisher)
        return -ENOMEM;
    publisher->config = *config;
    publisher_init_places(publisher);
    publisher->newest = -1;
    publisher->prepared = publisher->cut = PUBLISHER_NONE;
    window = &publisher->window;
    sections_init(&publisher->sections, config->fs, config->section, config->section_size);
    window->line = config->line;
    window->map = publisher->sections.own.map;
    window->length = config->length;
    window->state.kind = config->kind;
    window->state.target = playlist_target(timeline_duration_us(config->line));
    window->listed.entries = calloc(length, sizeof(*window->listed.entries));
    publisher->coming.entries = calloc(length, sizeof(*publisher->coming.entries));
    publisher->text = malloc(playlist_size(config->length));
    result =
        store_init(&publisher->store, config->fs, config->clock, window->map, config->length + 1,
                   2 * publisher_segments_max(config->kind, config->length));
    publisher->store.let_go = publisher_let_go;
    publisher->store.arg = publisher;
    if (result == 0)
        result =
            ledger_init(&publisher->ledger, config->index, told_max(config->kind, config->length));
    if (result == 0 && config->picture)
        result = publisher_init_pictures(publisher, config->length + 1);
    if (result < 0 || !window->listed.entries || !publisher->coming.entries || !publisher->text) {
        (void)publisher_free(publisher);
        return -ENOMEM;
    }
    *ret = publisher;
    return 0;
}

size_t publisher_memory(enum playlist_kind kind, int64_t length, enum index_detail index,
                        bool mapped)
{
    return sizeof(struct publisher) + 2 * (size_t)length * sizeof(struct playlist_entry) +
           playlist_size(length) + publisher_pictures_memory(length + 1) +
           store_memory(length + 1, 2 * publisher_segments_max(kind, length)) +
           ledger_memory(index, told_max(kind, length)) + (mapped ? sections_memory() : 0);
}

struct publisher *publisher_free(struct publisher *publisher)
{
    if (!publisher)
        return NULL;
    store_finish(&publisher->store);
    sections_finish(&publisher->sections);
    ledger_finish(&publisher->ledger);
    free(publisher->coming.entries);
    free(publisher->window.listed.entries);
    free(publisher->pictures);
    free(publisher->text);
    free(publisher);
    return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the first picture of each segment lies, for the I-frame playlist. It is noted when the
 * bytes are at hand: when they are made, and of those that an earlier run made at the start, from
 * the files. So there is an I-frame playlist of the whole window from the first moment on, whether
 * that run had one or not. Of a file the beginning is read, so that large ones do not hold it up.
 */
#include <errno.h>
#include <stdlib.h>

#include "hls/iframes.h"
#include "origin/publisher_parts.h"

/* Enough for the first picture of another stream, whose segments may be larger than this one's; and
 * less than making pictures took, so that the budget has room for it. */
#define PICTURE_ROOM ((size_t)4 << 20)

int publisher_init_pictures(struct publisher *publisher, int64_t count)
{
    struct picture *pictures = malloc((size_t)count * sizeof(*pictures));

    if (!pictures)
        return -ENOMEM;
    for (int64_t i = 0; i < count; i++)
        pictures[i].number = PUBLISHER_NONE;
    free(publisher->pictures);
    publisher->pictures = pictures;
    publisher->picture_count = (size_t)count;
    return 0;
}

size_t publisher_pictures_memory(int64_t count)
{
    return (size_t)count * sizeof(struct picture);
}

static struct picture *picture_of(const struct publisher *publisher, int64_t number)
{
    return &publisher->pictures[(size_t)number % publisher->picture_count];
}

void publisher_note_picture(struct publisher *publisher, int64_t number, const uint8_t *bytes,
                            size_t size)
{
    const struct publisher_config *config = &publisher->config;

    if (publisher->pictures)
        *picture_of(publisher, number) =
            (struct picture){number, config->picture(config->source, bytes, size)};
}

size_t publisher_scratch_size(const struct publisher *publisher)
{
    size_t segment = publisher->config.segment_size;

    return publisher->pictures && segment < PICTURE_ROOM ? PICTURE_ROOM : segment;
}

void publisher_find_picture(struct publisher *publisher, int64_t number, void *scratch)
{
    const struct fs *fs = publisher->config.fs;
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    int64_t got;

    if (!publisher->pictures)
        return;
    playlist_segment_name(number, publisher->window.map, name);
    got = fs->read(fs->context, name, scratch, publisher_scratch_size(publisher));
    if (got > 0)
        publisher_note_picture(publisher, number, scratch, (size_t)got);
}

struct playlist publisher_iframes(const struct publisher *publisher,
                                  const struct playlist *playlist)
{
    for (int64_t i = 0; i < playlist->count; i++) {
        const struct picture *picture = picture_of(publisher, playlist->sequence + i);

        playlist->entries[i].iframe =
            picture->number == playlist->sequence + i ? picture->range : (struct playlist_range){0};
    }
    return iframes_of(playlist);
}

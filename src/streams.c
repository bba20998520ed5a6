/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streams of one rendition share all but their place in the directory and in time. Spread evenly,
 * stream i of N has its epoch i/N of a segment later: so its segments are due then, and its clock
 * shows the true time all the same.
 */
#include "streams.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "hls/playlist.h"
#include "origin/names.h"
#include "origin/outdir.h"
#include "origin/publisher.h"
#include "origin/vod.h"

enum {
    ALLOCATIONS = 8,       /* of a stream */
    ALLOCATION_EXTRA = 32, /* what malloc(3) may add to each */
};

struct stream {
    const struct streams_source *source;
    const struct rendition_stream *numbered;
    int directory;
    struct fs fs; /* of it */
    uint8_t digest[RENDITION_DIGEST_SIZE];
};

/* They share their sound, and each would hear the second of the first. */
int streams_check(int64_t number, bool spread_even, const struct preset *preset, struct error *err)
{
    if (number <= 1 || !spread_even || preset->audio.signal != SIGNAL_BEEP)
        return 0;
    return error_set(err, -EINVAL, EX_USAGE,
                     "--streams %" PRId64
                     " of %s, which beeps on each second of UTC: streams share"
                     " their sound, so give --spread none",
                     number, preset->name);
}

size_t streams_memory(int64_t window)
{
    return sizeof(struct timeline) + sizeof(struct rendition_stream) + sizeof(struct stream) +
           sizeof(struct live_stream) + publisher_memory(window) + live_memory() +
           ALLOCATIONS * (size_t)ALLOCATION_EXTRA;
}

static struct timeline line_of(const struct timeline *line, int64_t i, int64_t count)
{
    struct timeline moved = *line;

    moved.epoch += (timeline_start(line, 1) - line->epoch) * i / count;
    return moved;
}

int streams_init(int64_t number, const struct timeline *line, bool spread_even, struct streams *ret)
{
    size_t count = (size_t)(number > 0 ? number : 1);

    *ret = (struct streams){
        .count = (int64_t)count,
        .has_folders = number > 0,
        .lines = calloc(count, sizeof(*ret->lines)),
        .numbered = calloc(count, sizeof(*ret->numbered)),
        .each = calloc(count, sizeof(*ret->each)),
        .live = calloc(count, sizeof(*ret->live)),
    };
    if (!ret->lines || !ret->numbered || !ret->each || !ret->live)
        return -ENOMEM;
    for (int64_t i = 0; i < ret->count; i++) {
        ret->lines[i] = spread_even ? line_of(line, i, ret->count) : *line;
        ret->numbered[i] = (struct rendition_stream){
            .number = ret->has_folders ? i + 1 : 0,
            .line = &ret->lines[i],
        };
        ret->each[i].numbered = &ret->numbered[i];
        ret->live[i].line = &ret->lines[i];
    }
    return 0;
}

/* Of one stream that is the directory itself, for messages. */
static const char *path_of(const struct streams *streams, int64_t i, const char *path, char *text,
                           size_t size)
{
    char name[NAMES_STREAM_SIZE];

    if (!streams->has_folders)
        return path;
    names_stream(i + 1, name);
    (void)snprintf(text, size, "%s/%s", path, name);
    return text;
}

int streams_settle(struct streams *streams, int first, const char *path, uid_t uid,
                   struct error *err)
{
    int result = 0;

    for (int64_t i = 0; i < streams->count && result == 0; i++) {
        struct stream *stream = &streams->each[i];
        char text[sizeof(err->text)];
        const char *place = path_of(streams, i, path, text, sizeof(text));

        stream->directory = first + (int)i;
        stream->fs = fs_posix(&stream->directory);
        if (streams->has_folders)
            result = vod_check_absent(&stream->fs, place, err);
        if (result == 0)
            result = outdir_check_access(&stream->fs, place, uid, err);
    }
    return result;
}

static size_t size_of(void *source, int64_t index)
{
    const struct stream *stream = source;

    return rendition_segment_size(stream->source->rendition, index);
}

/* As encoders count. */
static int64_t position_of(const struct stream *stream)
{
    return stream->numbered->number > 0 ? stream->numbered->number - 1 : 0;
}

static const uint8_t *segment_of(void *source, int64_t index, size_t *ret_size)
{
    const struct stream *stream = source;
    const struct streams_source *shared = stream->source;

    *shared->segment_at_work = index;
    pacer_note(shared->pacer);
    *ret_size = rendition_segment_size(shared->rendition, index);
    if (shared->encoders)
        return encoders_segment(shared->encoders, position_of(stream), index);
    return rendition_segment(shared->rendition, stream->numbered, index);
}

static bool is_ready(void *source, int64_t index)
{
    const struct stream *stream = source;

    return encoders_is_ready(stream->source->encoders, position_of(stream), index);
}

int streams_make_publishers(struct streams *streams, const struct streams_source *source,
                            const struct clock *clock, int64_t window,
                            const struct progress *progress)
{
    int result = 0;

    for (int64_t i = 0; i < streams->count && result == 0; i++) {
        struct stream *stream = &streams->each[i];
        const struct publisher_config config = {
            .fs = &stream->fs,
            .clock = clock,
            .line = &streams->lines[i],
            .window = window,
            .segment_size = rendition_segment_max(source->rendition),
            .digest = stream->digest,
            .source = stream,
            .segment = segment_of,
            .ready = source->encoders ? is_ready : NULL,
            .size = source->encoders ? size_of : NULL,
        };

        stream->source = source;
        result = rendition_digest(source->rendition, stream->numbered, progress, stream->digest);
        if (result == 0)
            result = publisher_new(&config, &streams->live[i].publisher);
    }
    return result;
}

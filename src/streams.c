/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * N streams of one rendition share all but their place in the directory and in time. Spread evenly,
 * stream i of N has its epoch i/N of a segment later: so its segments are due then, and its clock
 * shows the true time all the same. The renditions of a ladder share their place in time.
 *
 * Clients that know no multivariant playlist look for stream.m3u8 at the top of the directory: one
 * rendition lies there, and its folder has a playlist that names the same segments.
 */
#include "streams.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sha256.h"
#include "hls/multivariant.h"
#include "origin/findings.h"
#include "origin/leases.h"
#include "origin/names.h"
#include "origin/outdir.h"
#include "origin/publisher.h"
#include "origin/status_files.h"
#include "origin/vod.h"

enum {
    ALLOCATIONS = 8,       /* of a stream */
    ALLOCATION_EXTRA = 32, /* what malloc(3) may add to each */
};

static bool is_ladder(const struct streams_plan *plan)
{
    return plan->ladder->has_renditions;
}

/* Renditions have all the same container. */
static bool is_mapped(const struct streams_plan *plan)
{
    return plan->ladder->common.stream.container == CONTAINER_FMP4;
}

int streams_check(const struct streams_plan *plan, struct error *err)
{
    const struct preset *preset = &plan->ladder->common;

    if (plan->number > 0 && is_ladder(plan))
        return error_set(err, -EINVAL, EX_USAGE,
                         "--streams is for presets of one stream, %s has %" PRId64
                         " renditions: start one hlsgen for each ladder",
                         preset->name, plan->ladder->count);
    /* They share their sound, and each would hear the second of the first. */
    if (plan->number > 1 && plan->spread_even && preset->audio.signal == SIGNAL_BEEP)
        return error_set(err, -EINVAL, EX_USAGE,
                         "--streams %" PRId64
                         " of %s, which beeps on each second of UTC: streams share"
                         " their sound, so give --spread none",
                         plan->number, preset->name);
    return 0;
}

static int64_t count_of(const struct streams_plan *plan)
{
    if (is_ladder(plan))
        return plan->ladder->count;
    return plan->number > 0 ? plan->number : 1;
}

int64_t streams_memory(const struct streams_plan *plan)
{
    size_t each = sizeof(struct stream) + sizeof(struct live_stream) +
                  publisher_memory(plan->kind, plan->length, plan->index, is_mapped(plan)) +
                  live_memory() + ALLOCATIONS * (size_t)ALLOCATION_EXTRA;

    return count_of(plan) * (int64_t)each;
}

/* Multivariant playlists, I-frame playlists, and the playlists of the alias: each twice while it is
 * replaced. */
static uint64_t room_of_playlists(const struct streams_plan *plan, size_t block_size)
{
    uint64_t playlist = 2 * fs_whole_blocks(playlist_size(plan->length), block_size);
    uint64_t master = 2 * fs_whole_blocks(multivariant_size(plan->ladder->count), block_size);
    uint64_t iframes = (uint64_t)ladder_count_iframes(plan->ladder);

    if (is_ladder(plan))
        return master + playlist + (iframes > 0 ? iframes + 1 : 0) * playlist;
    return iframes * (uint64_t)count_of(plan) * (master + playlist);
}

/* What tells of all of them. */
static uint64_t room_of_status(size_t block_size)
{
    return status_files_room(block_size) + leases_room(block_size);
}

uint64_t streams_room(const struct streams_plan *plan, size_t block_size, const size_t *sizes)
{
    uint64_t room = room_of_status(block_size) + room_of_playlists(plan, block_size);

    for (int64_t i = 0; i < count_of(plan); i++)
        room += publisher_room(plan->kind, plan->length, plan->index, is_mapped(plan),
                               sizes[is_ladder(plan) ? i : 0], block_size);
    return room;
}

/* ---- plan ------------------------------------------------------------------------------------ */

static struct timeline line_of(const struct streams_plan *plan, int64_t i, int64_t count)
{
    struct timeline line = plan->lines[is_ladder(plan) ? i : 0];

    if (!is_ladder(plan) && plan->spread_even)
        line.epoch += (timeline_start(&line, 1) - line.epoch) * i / count;
    return line;
}

static const char *folder_of(const struct streams_plan *plan, int64_t i)
{
    const struct ladder *ladder = plan->ladder;

    return is_ladder(plan) && i != ladder_top(ladder) ? ladder->renditions[i].rendition : "";
}

/* The directory is the first of the row, and a ladder's alias the last. */
static void plan_folders(struct streams *streams)
{
    const struct streams_plan *plan = streams->plan;
    int64_t count = 0;

    if (!is_ladder(plan)) {
        streams->folders.count = plan->number > 0 ? 1 + plan->number : 0;
        return;
    }
    streams->folder_names[count++] = "";
    for (int64_t i = 0; i < streams->count; i++) {
        if (streams->each[i].folder[0])
            streams->folder_names[count++] = streams->each[i].folder;
    }
    streams->folder_names[count++] = streams_top(streams)->preset->rendition;
    streams->folders = (struct folders){.count = count, .names = streams->folder_names};
}

int streams_init(const struct streams_plan *plan, struct streams *ret)
{
    size_t count = (size_t)count_of(plan);
    int64_t encoded = 0;

    *ret = (struct streams){
        .plan = plan,
        .count = (int64_t)count,
        .each = calloc(count, sizeof(*ret->each)),
        .live = calloc(count, sizeof(*ret->live)),
    };
    if (!ret->each || !ret->live)
        return -ENOMEM;
    for (int64_t i = 0; i < ret->count; i++) {
        struct stream *stream = &ret->each[i];
        int64_t rendition = is_ladder(plan) ? i : 0;

        *stream = (struct stream){
            .preset = &plan->ladder->renditions[rendition],
            .rendition = rendition,
            .line = line_of(plan, i, ret->count),
            .folder = folder_of(plan, i),
            .alias_directory = -1,
            .encoded = -1,
        };
        stream->numbered.number = plan->number > 0 ? i + 1 : 0;
        stream->numbered.line = &stream->line;
        if (preset_is_aperiodic(stream->preset))
            stream->encoded = encoded++;
        ret->live[i].line = &stream->line;
        ret->live[i].rendition = stream->preset->rendition;
    }
    plan_folders(ret);
    return 0;
}

struct stream *streams_top(const struct streams *streams)
{
    return &streams->each[is_ladder(streams->plan) ? ladder_top(streams->plan->ladder) : 0];
}

/* ---- place ----------------------------------------------------------------------------------- */

/* In the order of plan_folders(). */
static void find_directories(struct streams *streams, int directory)
{
    bool alone = streams->folders.count == 0;
    int next = alone ? directory : folders_first(streams->folders.count);

    streams->directory = next;
    streams->fs = fs_posix(&streams->directory);
    for (int64_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->each[i];
        bool at_top = alone || (is_ladder(streams->plan) && !stream->folder[0]);

        stream->directory = at_top ? streams->directory : ++next;
    }
    if (is_ladder(streams->plan))
        streams_top(streams)->alias_directory = ++next;
}

/* @param check whose it may be; NULL: anybody's */
static int settle(const struct fs *fs, const char *folder, const char *path, uid_t uid,
                  int (*check)(const struct fs *fs, const char *path, struct error *err),
                  struct error *err)
{
    char place[sizeof(err->text)];
    int result = 0;

    (void)snprintf(place, sizeof(place), "%s%s%s", path, folder[0] ? "/" : "", folder);
    if (check)
        result = check(fs, place, err);
    return result < 0 ? result : outdir_check_access(fs, place, uid, err);
}

int streams_settle(struct streams *streams, int directory, const char *path, uid_t uid,
                   struct error *err)
{
    const struct streams_plan *plan = streams->plan;
    bool finite = plan->kind == PLAYLIST_VOD;
    int result = 0;

    find_directories(streams, directory);
    for (int64_t i = 0; i < streams->count && result == 0; i++) {
        struct stream *stream = &streams->each[i];
        char text[FOLDERS_NAME_SIZE];
        const char *folder =
            plan->number > 0 ? folders_name(&streams->folders, 1 + i, text) : stream->folder;

        stream->fs = fs_posix(&stream->directory);
        stream->alias = fs_posix(&stream->alias_directory);
        result = settle(&stream->fs, folder, path, uid, finite ? vod_check : vod_check_absent, err);
        if (result == 0 && stream->alias_directory >= 0)
            result = settle(&stream->alias, stream->preset->rendition, path, uid,
                            finite ? NULL : vod_check_absent, err); /* it has no state */
    }
    return result;
}

/* ---- segments -------------------------------------------------------------------------------- */

int64_t streams_list_encoded(const struct streams *streams, struct rendition *const *renditions,
                             struct encoders_stream *ret)
{
    int64_t count = 0;

    for (int64_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->each[i];

        if (stream->encoded >= 0)
            ret[count++] = (struct encoders_stream){
                .rendition = renditions[stream->rendition],
                .stream = &stream->numbered,
                .name = stream->preset->rendition,
            };
    }
    return count;
}

static struct rendition *rendition_of(const struct stream *stream)
{
    return stream->source->renditions[stream->rendition];
}

static size_t size_of(void *source, int64_t index)
{
    return rendition_segment_size(rendition_of(source), index);
}

static const uint8_t *segment_of(void *source, int64_t index, size_t *ret_size)
{
    const struct stream *stream = source;
    const struct streams_source *shared = stream->source;

    *shared->segment_at_work = index;
    pacer_note(shared->pacer);
    *ret_size = rendition_segment_size(rendition_of(stream), index);
    if (stream->encoded >= 0)
        return encoders_segment(shared->encoders, stream->encoded, index);
    return rendition_segment(rendition_of(stream), &stream->numbered, index);
}

static struct playlist_range picture_of(void *source, const uint8_t *bytes, size_t size)
{
    struct rendition_range range = rendition_iframe(rendition_of(source), bytes, size);

    return (struct playlist_range){(int64_t)range.start, (int64_t)range.size};
}

static bool is_ready(void *source, int64_t index)
{
    const struct stream *stream = source;

    return encoders_is_ready(stream->source->encoders, stream->encoded, index);
}

static bool stood_by(void *source, int64_t index)
{
    const struct stream *stream = source;

    return encoders_stood_by(stream->source->encoders, stream->encoded, index);
}

/* What changes one rendition of a ladder, or its place, is a discontinuity of all: they are to have
 * equal discontinuity sequence numbers (RFC 8216 6.2.4). */
static void join_digests(struct streams *streams)
{
    int64_t top = streams_top(streams) - streams->each;
    struct sha256 joint;
    uint8_t digest[SHA256_SIZE];

    sha256_begin(&joint);
    sha256_add(&joint, &top, sizeof(top));
    for (int64_t i = 0; i < streams->count; i++)
        sha256_add(&joint, streams->each[i].digest, sizeof(streams->each[i].digest));
    sha256_end(&joint, digest);
    for (int64_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->each[i];
        struct sha256 own;

        sha256_begin(&own);
        sha256_add(&own, digest, sizeof(digest));
        sha256_add(&own, stream->digest, sizeof(stream->digest));
        sha256_end(&own, stream->digest);
    }
}

/* For a rendition that is new, or was away, beside others that have a past. */
static struct findings_break last_break(const struct streams *streams)
{
    struct findings_break last = {.index = -1};

    for (int64_t i = 0; i < streams->count; i++) {
        const struct stream *stream = &streams->each[i];
        struct findings_break found =
            findings_last_break(&stream->fs, &stream->line, stream->digest);

        if (found.discontinuities > last.discontinuities ||
            (found.discontinuities == last.discontinuities && found.index > last.index))
            last = found;
    }
    return last;
}

/* All that the multivariant playlist of a ladder names. */
static bool have_playlists(void *source)
{
    const struct streams *streams = ((const struct stream *)source)->all;
    bool all = true;

    for (int64_t i = 0; i < streams->count; i++)
        all = all && publisher_has_playlists(streams->live[i].publisher);
    return all;
}

static int make_publisher(const struct streams *streams, struct stream *stream,
                          const struct clock *clock, struct findings_break joined,
                          struct publisher **ret)
{
    const struct streams_plan *plan = streams->plan;
    bool encoded = stream->encoded >= 0;
    size_t section_size = 0;
    const uint8_t *section = rendition_init_section(rendition_of(stream), &section_size);
    const struct publisher_config config = {
        .fs = &stream->fs,
        .alias = stream->alias_directory >= 0 ? &stream->alias : NULL,
        .clock = clock,
        .line = &stream->line,
        .kind = plan->kind,
        .window = plan->ladder->common.stream.window,
        .length = plan->length,
        .follow = plan->follow,
        .joined = joined,
        .segment_size = rendition_segment_max(rendition_of(stream)),
        .digest = stream->digest,
        .section = section,
        .section_size = section_size,
        .source = stream,
        .segment = segment_of,
        .picture = preset_has_iframes(stream->preset) ? picture_of : NULL,
        .master_fs = is_ladder(plan) ? &streams_top(streams)->fs : &stream->fs,
        .master = stream->source->master,
        .master_size = stream->source->master_size,
        .complete = is_ladder(plan) ? have_playlists : NULL,
        .ready = encoded ? is_ready : NULL,
        .size = encoded ? size_of : NULL,
        .stood_by = encoded ? stood_by : NULL,
        .index = plan->index,
        .stream = {stream->preset->name, stream->preset->rendition, stream->numbered.number},
    };

    return publisher_new(&config, ret);
}

int streams_make_publishers(struct streams *streams, const struct streams_source *source,
                            const struct clock *clock, const struct progress *progress)
{
    struct findings_break joined = {.index = -1};
    int result = 0;

    for (int64_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->each[i];

        stream->all = streams;
        stream->source = source;
        rendition_digest(rendition_of(stream), &stream->numbered, progress, stream->digest);
    }
    if (is_ladder(streams->plan)) {
        join_digests(streams);
        joined = last_break(streams);
    }
    for (int64_t i = 0; i < streams->count && result == 0; i++)
        result =
            make_publisher(streams, &streams->each[i], clock, joined, &streams->live[i].publisher);
    return result;
}

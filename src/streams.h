/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The streams of a run: where each goes, when its segments are due, and what publishes them. They
 * are the one stream of a preset, N of it that differ in their clock, or the renditions of a
 * ladder.
 */
#ifndef HLSGEN_STREAMS_H
#define HLSGEN_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/pacer.h"
#include "encoders.h"
#include "hls/playlist.h"
#include "media/progress.h"
#include "media/rendition.h"
#include "origin/folders.h"
#include "origin/index.h"
#include "origin/live.h"
#include "preset/ladder.h"
#include "timeline/timeline.h"

/** What is to be published; all borrowed for the life of the process. */
struct streams_plan {
    const struct ladder *ladder;
    const struct timeline *lines; /**< one for each rendition */
    int64_t number;               /**< of streams, each in a folder of its own; 0: the preset as it
                                       is */
    bool spread_even;             /**< these are due one after the other; or else all at once */
    enum playlist_kind kind;      /**< PLAYLIST_VOD: they are finite */
    int64_t length;               /**< segments that a playlist can come to list */
    int64_t follow;               /**< segments after which it ends; 0: it does not */
    enum index_detail index;
};

struct streams_source;
struct streams;

struct stream {
    const struct streams *all;
    const struct preset *preset;
    int64_t rendition;    /**< which of the ladder */
    struct timeline line; /**< its own */
    struct rendition_stream numbered;
    const char *folder;  /**< of a ladder: its name, "" at the top of the directory */
    int directory;       /**< descriptor of it */
    int alias_directory; /**< of a ladder's stream at the top; or else -1 */
    struct fs fs;
    struct fs alias;
    int64_t encoded; /**< its number among those that are encoded afresh; or -1 */
    const struct streams_source *source;
    uint8_t digest[RENDITION_DIGEST_SIZE];
};

struct streams {
    const struct streams_plan *plan;
    int64_t count;
    struct folders folders;
    const char *folder_names[LADDER_MAX + 1]; /**< of a ladder: the directory, the renditions'
                                                   folders, and that of the alias */
    int directory;                            /**< descriptor of the output directory */
    struct fs fs;                             /**< of it: for what tells of all streams */
    struct stream *each;
    struct live_stream *live; /**< when they have publishers */
};

/** What streams share; all borrowed. */
struct streams_source {
    struct rendition *const *renditions; /**< those of the ladder */
    struct encoders *encoders;           /**< of segments made afresh; NULL: there are none */
    struct pacer *pacer;                 /**< told of the processor time that a segment took */
    const char *master; /**< text of the multivariant playlist of each folder that is to have one;
                             NULL: there is none */
    size_t master_size;
    volatile int64_t *segment_at_work; /**< set to the index of the segment that is asked for */
};

/** Refuses what cannot be published so. @return 0; -EINVAL with @p err filled (EX_USAGE) */
int streams_check(const struct streams_plan *plan, struct error *err);

/** Bytes of memory that live ones take together, beside what they share. */
int64_t streams_memory(const struct streams_plan *plan);

/** Bytes on disk at most of live ones, when each file takes whole blocks of @p block_size and a
 * segment of rendition i at most @p sizes[i] bytes. */
uint64_t streams_room(const struct streams_plan *plan, size_t block_size, const size_t *sizes);

/**
 * @param plan borrowed; its lines are those of the first stream: N of them spread evenly begin a
 *             little later each, and the last almost a segment later
 * @return 0 or -ENOMEM; what @p ret points to lasts as long as the process
 */
int streams_init(const struct streams_plan *plan, struct streams *ret);

/**
 * Shows that files can be made where each stream goes, and that no finite stream is where a live
 * one goes, nor the other way round.
 *
 * @param directory descriptor of the output directory, where there are no folders; or else they
 *                  are open, as folders_open() leaves them
 * @param path      of the directory, and @p uid the user, for a message
 * @return 0; a negative errno with @p err filled (EX_CANTCREAT)
 */
int streams_settle(struct streams *streams, int directory, const char *path, uid_t uid,
                   struct error *err);

/**
 * Lists those that are encoded afresh.
 *
 * @param ret room for all
 * @return how many they are
 */
int64_t streams_list_encoded(const struct streams *streams, struct rendition *const *renditions,
                             struct encoders_stream *ret);

/**
 * Makes a publisher for each stream.
 *
 * @param source, clock borrowed as long as the streams are used
 * @param progress      of their digests
 * @return 0 or a negative errno
 */
int streams_make_publishers(struct streams *streams, const struct streams_source *source,
                            const struct clock *clock, const struct progress *progress);

/** The stream at the top of the directory, or the first. */
struct stream *streams_top(const struct streams *streams);

#endif

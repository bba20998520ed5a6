/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver of finite streams (video on demand): writes the segments from index 0 on as fast as
 * the disk takes them, then the playlist.
 *
 *     check       before anything is encoded: no live stream is in the directory
 *     begin       the directory is given to this stream, unless another one has it
 *     run         segments, then the playlist; needs neither heap nor reading
 *
 * What holds at every instant, a kill or a power cut included: a segment is under its name whole or
 * not at all, and a playlist is there only when all segments are. So a run that was ended can be
 * begun again: what is whole is kept.
 */
#ifndef HLSGEN_ORIGIN_VOD_H
#define HLSGEN_ORIGIN_VOD_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fs.h"
#include "timeline/timeline.h"

/** All that it points to is borrowed for the driver's life. */
struct vod_config {
    const struct fs *fs;
    const struct clock *clock;
    const struct timeline *line;
    const char *path;      /**< of the directory, for messages */
    const uint8_t *digest; /**< of all that decides the bytes: STATE_DIGEST_SIZE bytes */
    int64_t segments;      /**< how many there are */

    void *source;

    /** Bytes of segment @p index. */
    size_t (*size)(void *source, int64_t index);

    /**
     * Makes segment @p index, whose bytes are valid until the next call.
     *
     * @return 0; a negative errno with @p err filled
     */
    int (*segment)(void *source, int64_t index, const uint8_t **ret, struct error *err);

    /** After each segment that was made; @p whole segments, from the first on, are there now. */
    void (*step)(void *source, int64_t whole);
};

struct vod;

/** Segments that hold @p duration_ms of @p line, the last one whole. */
int64_t vod_segments(const struct timeline *line, int64_t duration_ms);

/** Bytes on disk at most, as publisher_room(). */
uint64_t vod_room(int64_t segments, size_t segment_size, size_t block_size);

/** Bytes of memory that vod_new() takes. */
size_t vod_memory(int64_t segments);

/**
 * Refuses a directory in which something of hlsgen's is, unless that is a finite stream.
 *
 * @return 0; a negative errno with @p err filled (EX_CANTCREAT; EX_IOERR if it cannot be read)
 */
int vod_check(const struct fs *fs, const char *path, struct error *err);

/** Refuses a directory for a live stream in which a finite one is, likewise. */
int vod_check_absent(const struct fs *fs, const char *path, struct error *err);

/** @return 0 or -ENOMEM; @p ret is owned by the caller, freed by vod_free() */
int vod_new(const struct vod_config *config, struct vod **ret);

/** Accepts NULL. Always NULL. Leaves the directory as it is. */
struct vod *vod_free(struct vod *vod);

/** Refuses a directory in which another finite stream is, and writes down that this one is there.
 * @return as vod_check() */
int vod_begin(struct vod *vod, struct error *err);

/**
 * Makes what is missing. SIGTERM, SIGINT and SIGHUP end it between two segments.
 *
 * @return 0: all is there; a negative errno with @p err filled: EX_TEMPFAIL for a signal, EX_IOERR,
 *         or what the source says
 */
int vod_run(struct vod *vod, struct error *err);

/** How many segments vod_run() made. */
int64_t vod_made(const struct vod *vod);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver of finite streams (video on demand): writes segments as fast as the disk takes them,
 * then what names them. One stream, or all renditions of a ladder: each is a lane of its own, with
 * a directory of its own.
 *
 *     check       before anything is encoded: no live stream is in the directory
 *     begin       the directories are given to this stream, unless another one has them
 *     run         segments, then the rest; needs neither heap nor reading
 *
 * What holds at every instant, a kill or a power cut included: a segment is under its name whole or
 * not at all, and what names files is there only when they are. So a run that was ended can be
 * begun again: what is whole is kept. SHA256SUMS names all other files and comes last: where it is,
 * everything is.
 */
#ifndef HLSGEN_ORIGIN_VOD_H
#define HLSGEN_ORIGIN_VOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fs.h"
#include "hls/playlist.h"
#include "timeline/timeline.h"

/** A rendition, or the only stream. All that it points to is borrowed for the driver's life. */
struct vod_lane {
    const struct fs *fs;   /**< of its directory */
    const char *folder;    /**< name of that within the output directory; "": it is that itself */
    const char *rendition; /**< its name; "": it is the only stream */
    const struct timeline *line;
    const uint8_t *digest;  /**< of all that decides the bytes: STATE_DIGEST_SIZE bytes */
    const uint8_t *section; /**< the initialization section of its segments, of SECTIONS_SIZE_MAX
                                 bytes at most; NULL: none, they are MPEG-TS */
    size_t section_size;
    bool has_iframes; /**< it has an I-frame playlist */
    bool slow; /**< its segments take long to make: one that is there is read, to be hashed, and
                    vod_run() needs reading */
};

/** How far it is; segments of all lanes are counted. */
struct vod_figures {
    int64_t segments; /**< that there are to be */
    int64_t done;     /**< that are there, and hashed or about to be */
    int64_t made;     /**< that were written */
    int64_t bytes;    /**< of these */
};

/** All that it points to is borrowed for the driver's life. */
struct vod_config {
    const struct vod_lane *lanes; /**< the first is the output directory itself */
    int64_t count;                /**< of lanes */
    const struct fs *alias;       /**< NULL, or the folder whose playlist lists the segments of the
                                       first lane by "../" */
    const char *alias_folder;     /**< its name */
    const char *master;           /**< text of the multivariant playlist; NULL: there is none */
    size_t master_size;

    const struct clock *clock;
    const char *preset;  /**< its name */
    const char *path;    /**< of the output directory, for messages */
    int64_t first;       /**< index of the first segment, which is its number, too */
    int64_t segments;    /**< how many each lane has */
    size_t segment_size; /**< of the largest one */

    void *source;

    /** Bytes of segment @p index. */
    size_t (*size)(void *source, int64_t lane, int64_t index);

    /**
     * Makes segment @p index, whose bytes are valid until the next call.
     *
     * @return 0; a negative errno with @p err filled
     */
    int (*segment)(void *source, int64_t lane, int64_t index, const uint8_t **ret,
                   struct error *err);

    /** Where the first picture of a segment lies. NULL: there are no I-frame playlists. */
    struct playlist_range (*picture)(void *source, int64_t lane, const uint8_t *bytes, size_t size);

    /**
     * Sees to it that @p ret_digest will be the SHA-256 of @p bytes, which are no longer looked at
     * when it returns; and that all that were asked for are.
     */
    void (*hash)(void *source, const uint8_t *bytes, size_t size, uint8_t *ret_digest);
    void (*finish_hashing)(void *source);

    /** After each segment; and when SIGUSR1 asks. */
    void (*step)(void *source, const struct vod_figures *figures);
    void (*asked)(void *source, const struct vod_figures *figures);
};

struct vod;

/** Segments from @p first on that hold @p duration_ms of @p line, the last one whole. */
int64_t vod_segments(const struct timeline *line, int64_t first, int64_t duration_ms);

/** Bytes on disk at most, as publisher_room(). @param sizes of each lane's largest segment */
uint64_t vod_room(const size_t *sizes, int64_t lanes, int64_t segments, bool mapped,
                  bool has_iframes, size_t block_size);

/** Bytes of the largest file that is no segment, at most. */
size_t vod_file_max(int64_t lanes, int64_t segments);

/** Bytes of memory that vod_new() takes at most; @p size bytes has the largest segment. */
size_t vod_memory(int64_t lanes, int64_t segments, size_t size);

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

/** Accepts NULL. Always NULL. Leaves the directories as they are. */
struct vod *vod_free(struct vod *vod);

/** Refuses directories in one of which another finite stream is, and writes down in each that this
 * one is there. @return as vod_check() */
int vod_begin(struct vod *vod, struct error *err);

/**
 * Makes what is missing. SIGTERM, SIGINT and SIGHUP end it between two segments.
 *
 * @return 0: all is there; a negative errno with @p err filled: EX_TEMPFAIL for a signal, EX_IOERR,
 *         or what the source says
 */
int vod_run(struct vod *vod, struct error *err);

const struct vod_figures *vod_figures(const struct vod *vod);

#endif

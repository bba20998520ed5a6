/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the driver of finite streams share: vod.c the run, vod_owner.c whose the
 * directories are, vod_list.c which files there are, vod_files.c those that name others.
 */
#ifndef HLSGEN_ORIGIN_VOD_PARTS_H
#define HLSGEN_ORIGIN_VOD_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "hls/playlist.h"
#include "origin/state.h"
#include "origin/vod.h"

/** Files of one directory: a single one, or all segments of a lane. */
struct vod_files {
    const struct fs *fs;
    const char *folder;
    const char *name; /**< NULL: segments */
    const char *temporary;
    int64_t lane;
    uint64_t map;                    /**< of these segments, as in struct playlist_entry */
    uint8_t (*digests)[SHA256_SIZE]; /**< of each, when it has been written */
};

struct vod {
    struct vod_config config;
    struct vod_figures figures;
    bool hashed;    /**< all segments are, or are about to be */
    bool retracted; /**< nothing is there that names others */

    struct vod_files *files; /**< all but SHA256SUMS: segments and states, and then, in the order
                                  in which they are written, */
    int64_t sections_first;  /**< initialization sections, where there are, */
    int64_t named_first;     /**< those that name others, playlists first, and */
    int64_t index_first;     /**< index.json and the rest */
    int64_t files_count;
    struct vod_files **fetched; /**< of these, what clients fetch */
    int64_t fetched_count;
    struct vod_files **sorted;                     /**< all, in the order of their paths */
    char (*section_names)[PLAYLIST_MAP_NAME_SIZE]; /**< of each lane */
    int64_t *order; /**< numbers of the segments, in the order of their names */
    uint8_t (*digests)[SHA256_SIZE];
    struct playlist_range *pictures; /**< of each segment, lane by lane; NULL: nobody asks */
    struct playlist_entry *entries;
    char *text;    /**< room for a media playlist */
    uint8_t *read; /**< room for a segment that is read; NULL: none is */
};

/** What says whose a directory is. @return bytes of it */
size_t vod_owner_state(const struct vod *vod, char text[STATE_SIZE]);

enum {
    VOD_PATH_SIZE = 128,
};

/** The path of a file; of segments, that of @p number, or, if it is negative, what all begin with.
 */
void vod_write_path(const struct vod_files *files, int64_t number, char path[VOD_PATH_SIZE]);

/** Files, at most: all segments of a lane count as one, and SHA256SUMS is not among them. */
int64_t vod_count_files(int64_t lanes);

/** Bytes of memory that vod_files_init() takes, and on disk at most, beside segments. */
size_t vod_files_memory(int64_t lanes, int64_t segments);
uint64_t vod_files_room(int64_t lanes, int64_t segments, bool mapped, bool has_iframes,
                        size_t block_size);

/** @return 0 or -ENOMEM; vod_files_finish() comes after both */
int vod_files_init(struct vod *vod);
void vod_files_finish(struct vod *vod);

/** The date of all that is no segment: the last one is due then. */
int64_t vod_files_time(const struct vod *vod);

/** @return whether the initialization sections are there, if there are any; a negative errno with
 * @p err filled */
int vod_files_have_sections(const struct vod *vod, struct error *err);

/** Where the digest of a segment goes. */
uint8_t *vod_files_digest(const struct vod *vod, int64_t lane, int64_t index);

/** And where its first picture lies; there are I-frame playlists. */
struct playlist_range *vod_files_picture(const struct vod *vod, int64_t lane, int64_t index);

/** Writes all that name others, each when those are on disk. @return 0; a negative errno with @p
 * err filled */
int vod_files_put(struct vod *vod, struct error *err);

/** Removes them, in the other order. @return likewise */
int vod_files_retract(struct vod *vod, struct error *err);

/** Removes what a run with I-frame playlists left, if this one has none, and what named it. Reads.
 * @return likewise */
int vod_files_clear(struct vod *vod, struct error *err);

/** Writes a file under a temporary name and puts it in its place. @return likewise */
int vod_put(const struct vod *vod, const struct vod_files *file, const char *name,
            const void *bytes, size_t size, int64_t time, struct error *err);

/** Does the second alone. @return likewise, and then the temporary file is gone */
int vod_name(const struct vod *vod, const struct vod_files *file, const char *name,
             struct error *err);

/** The names in its directory have reached the disk. @return likewise */
int vod_sync(const struct vod *vod, const struct vod_files *file, struct error *err);

/** Fills @p err. Always @p result. */
int vod_fail_write(const struct vod *vod, const struct vod_files *file, const char *name,
                   int result, struct error *err);

#endif

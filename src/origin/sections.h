/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initialization sections in a directory of fragmented MP4 (RFC 8216 3.3): that of this run,
 * and those of earlier streams for as long as their segments are there. A section's file name is
 * the start of its SHA-256: so it never gets other bytes, and one that is found can be judged.
 * They are small and held in memory, so that what others take away can be put back.
 */
#ifndef HLSGEN_ORIGIN_SECTIONS_H
#define HLSGEN_ORIGIN_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fs.h"

enum {
    SECTIONS_SIZE_MAX = 4096, /**< bytes of one, at most */
};

/**
 * The date of their files, nanoseconds since the Unix epoch: they are of no time. It is the start
 * of 2000, since not every file system has years before 1980.
 */
#define SECTIONS_TIME (INT64_C(946684800) * NS_PER_SECOND)

struct section {
    uint64_t map; /**< as in struct playlist_entry; 0: there is none */
    const uint8_t *bytes;
    size_t size;
    void *kept;            /**< the same, to be freed; NULL: they are borrowed */
    struct fs_status left; /**< how its file was left */
};

struct sections {
    const struct fs *fs;
    struct section own; /**< of map 0: it has none, being MPEG-TS */
    struct section *found;
    size_t found_count;
};

/** What playlists call a section of these bytes. */
uint64_t sections_map_of(const void *bytes, size_t size);

/** @param bytes of the own one, SECTIONS_SIZE_MAX at most; NULL: the stream has none */
void sections_init(struct sections *ret, const struct fs *fs, const uint8_t *bytes, size_t size);

/** Bytes of memory that one found takes at most. */
size_t sections_memory(void);

/** Accepts a zeroed one. */
void sections_finish(struct sections *sections);

/**
 * Looks at the file that an earlier run left under the name of section @p map: it stays if it is
 * the own one, or what its name says; or else it goes. Reads, and uses the heap.
 *
 * @return 0; a negative errno: it cannot be read now
 */
int sections_find(struct sections *sections, uint64_t map);

/** Whether section @p map can be provided: it is the own one, or was found. */
bool sections_have(const struct sections *sections, uint64_t map);

/** Writes the own one, unless it is as it was left. @return 1 when it was written; 0; a negative
 * errno */
int sections_provide(struct sections *sections);

/** Does so with all. @return how many were written; a negative errno when one could not be */
int sections_mend(struct sections *sections);

/** Removes those that were found. @return 0; a negative errno: some are left */
int sections_drop_found(struct sections *sections);

#endif

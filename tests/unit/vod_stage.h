/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stage for the driver of finite streams: a directory and two folders, a source of segments of
 * which no two are alike, and what must be there when all is done.
 */
#ifndef HLSGEN_TESTS_UNIT_VOD_STAGE_H
#define HLSGEN_TESTS_UNIT_VOD_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "origin/vod.h"
#include "tests/unit/fake.h"

enum {
    LANES = 2,
    FIRST = 9, /**< so that the names of segments are not in the order of their numbers */
    SEGMENTS = 3,
    SIZE = 100,
    PATH_SIZE = 64,
};

enum {
    TOP,
    FOLDER,
    ALIAS,
    DISKS,
};

/** How many files SHA256SUMS names, if there is one lane. */
enum {
    FILES_OF_ONE = 7,
};

struct vod_stage {
    struct fake_disk disks[DISKS];
    struct fake_clock clock;
    int64_t lanes;    /**< of the stream that is made: 1, unless a test changes it */
    int64_t segments; /**< of each: SEGMENTS, likewise */
    uint8_t digests[LANES][32];
    bool slow;
    bool has_iframes; /**< and so a single one has a master.m3u8 */
    int64_t fails;    /**< index that cannot be made; -1: none */
    int64_t asked;    /**< how often a segment was */
    struct vod_figures told;
    struct error why;
};

extern struct vod_stage stage;

void stage_open(void);
void stage_close(void);

struct vod *stage_open_vod(int64_t first);

/** What a start does. */
int stage_make_from(int64_t first);
int stage_make(void);

/** NULL if there is none. */
const struct fake_file *stage_find(const char *path);

/** A copy of the text of a file, to be freed; NULL when there is none. */
char *stage_text_of(const char *path);

/** Whether segments of a lane are all there; those that are have the right bytes. */
bool stage_has_all_segments(int64_t lane);

/** Each file is there that a line of @p path, if there is such, names from its column @p column on;
 * what stands before is its digest. */
void stage_check_named(const char *path, size_t column);

/** All files are there, right to the byte, and no others. */
void stage_check_all(void);

#endif

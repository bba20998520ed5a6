/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of one playlist's segments: that they are there while they are listed, with the bytes
 * that they were listed with, and afterwards for as long as a client may ask for them (RFC 8216
 * 6.2.2). What is on the shelf is what is listed, and what was until its time is over.
 */
#ifndef HLSGEN_VERIFY_SHELF_H
#define HLSGEN_VERIFY_SHELF_H

#include "verify/publication.h"
#include "verify/stream.h"

/** What a file is known by without being read. */
struct shelf_state {
    int64_t size;
    int64_t time; /**< of modification, nanoseconds */
    uint64_t inode;
};

/** @return 0, or a negative errno of fstatat(2) */
int shelf_read_state(int folder, const char *path, struct shelf_state *ret);

bool shelf_is_same(const struct shelf_state *a, const struct shelf_state *b);

struct shelf_file {
    char *path;
    int64_t number; /**< of the segment */
    struct m3u8_range range;
    int64_t listed;    /**< the last look before; MOMENT_NONE: it was there at the first one */
    int64_t gone;      /**< from the directory: it was seen so then; MOMENT_NONE: it is there */
    int64_t removed;   /**< from the playlist: it was still listed then; MOMENT_NONE: it is */
    int64_t needed_ns; /**< its duration, and that of the longest playlist that listed it */
    int64_t duration_ns;
    bool hashed;
    bool told; /**< that its bytes have changed */
    uint8_t sha256[SHA256_SIZE];
    struct shelf_state state;
};

struct shelf {
    struct run *run;
    struct shelf_file *files; /**< by rising number */
    size_t count;
    size_t capacity;
    int64_t newest; /**< number of the newest segment ever put there */
    int64_t target_ns;
    size_t turn; /**< which one of those listed is looked at next */
};

/** Begins with an empty one; @p run is borrowed. */
void shelf_begin(struct shelf *ret, struct run *run);

/**
 * Puts there what the newest version of @p stream lists, whose segments have been read, and counts
 * as removed what it does not list. @return 0 or -ENOMEM
 */
int shelf_put(struct shelf *shelf, const struct stream *stream, const struct moment *when);

/** Looks at all files of the path @p path at @p now, since something was done with it. */
void shelf_look_at(struct shelf *shelf, const char *path, int64_t now);

/**
 * Judges what is gone, now that the playlist was seen at @p looked to be that of the last
 * shelf_put().
 */
void shelf_settle(struct shelf *shelf, int64_t looked);

/** Looks at what was removed from the playlist; to be called now and then. */
void shelf_look(struct shelf *shelf, int64_t now);

/** Accepts a zeroed one. */
void shelf_finish(struct shelf *shelf);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One media playlist that is followed: each of its versions is read, whole, and judged. */
#ifndef HLSGEN_VERIFY_FOLLOWER_H
#define HLSGEN_VERIFY_FOLLOWER_H

#include "verify/evolution.h"
#include "verify/shelf.h"

struct follower {
    struct run *run;
    struct stream *stream;
    struct evolution evolution;
    struct shelf shelf;
    struct shelf_state state; /**< of the file that holds the newest version */
    int64_t looked;           /**< when it was last seen to be this one */
    int64_t pending;          /**< since when it has been another that is not whole; MOMENT_NONE */
    bool writing;             /**< somebody writes into it in place */
    bool missing;
    bool torn; /**< it has been told that the next version was there in part */
};

/** Begins with the version that @p stream holds. @return 0 or -ENOMEM */
int follower_begin(struct follower *ret, struct run *run, struct stream *stream);

/**
 * Looks at the playlist, and reads it if it is another one.
 *
 * @return 1: segments were listed; 0: none were; -ENOMEM
 */
int follower_look(struct follower *follower);

/** Somebody has begun to write into the playlist in place, or has closed it. */
void follower_note_writing(struct follower *follower, bool writing);

/** The playlist is not there, if only for a moment. */
void follower_note_absence(struct follower *follower);

/** Judges what is to be said at the end. */
void follower_end(struct follower *follower);

/** Accepts a zeroed one. */
void follower_finish(struct follower *follower);

#endif

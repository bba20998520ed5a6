/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What publisher.c, which publishes, publisher_files.c, which has the files that are no segments,
 * describe.c, which tells of them, and takeover.c, which resumes, share; for these alone.
 */
#ifndef HLSGEN_ORIGIN_PUBLISHER_PARTS_H
#define HLSGEN_ORIGIN_PUBLISHER_PARTS_H

#include "origin/ledger.h"
#include "origin/publisher.h"
#include "origin/store.h"
#include "origin/window.h"

#define PUBLISHER_NONE INT64_C(-1) /**< no number */

/* A folder in which the playlist lies. */
struct place {
    const struct fs *fs;     /* NULL: there is none */
    const char *before;      /* what stands before the name of a segment */
    struct fs_status left;   /* how the playlist was left */
    struct fs_status coming; /* and the one to come, under its temporary name */
};

/* A file that stays as it is. */
struct fixed {
    const char *name; /* NULL: there is none */
    const char *temporary;
    const char *text;
    size_t size;
    struct fs_status left;
};

struct publisher {
    struct publisher_config config;
    struct store store;
    struct ledger ledger;
    struct window window;
    struct playlist coming; /* the one that is being made */
    struct place top;       /* where the segments are */
    struct place alias;
    struct fixed fixed;
    bool was_ended;   /* when this run began */
    int64_t newest;   /* index */
    int64_t cut;      /* from this number on they are cut, but still listed; PUBLISHER_NONE */
    int64_t prepared; /* number of a segment under its name that is not listed; PUBLISHER_NONE */
    char *text;       /* of the longest playlist */
};

/** Removes all temporary files. */
void publisher_remove_temporary(const struct publisher *publisher);

/** Writes @p playlist under its temporary name. @return 0 or a negative errno */
int publisher_write_playlist(struct publisher *publisher, const struct playlist *playlist);

/**
 * Gives it the name of the playlist.
 *
 * @return 0; a negative errno; -EAGAIN when somebody took it away
 */
int publisher_replace_playlist(struct publisher *publisher);

/** Removes the playlist; it is no error if there is none. */
int publisher_remove_playlist(const struct publisher *publisher);

/** The playlist on disk is not what it should be any more. */
void publisher_forget_playlist(struct publisher *publisher);

/** Takes the playlist and its alias over if they are as they would be written. Reads. */
void publisher_recognize_playlist(struct publisher *publisher);

/**
 * Removes what earlier runs left and nobody goes on with: what is ours beside the alias, and the
 * multivariant playlist unless there is to be one.
 */
void publisher_clear(struct publisher *publisher);

/** Each: @return 1 when it was not as it was left, and is again; 0; a negative errno */
int publisher_mend_playlist(struct publisher *publisher);
int publisher_mend_alias(struct publisher *publisher);
int publisher_mend_fixed(struct publisher *publisher);

/**
 * What an earlier run left is in the store: it is told of, too. Reads files.
 *
 * @param scratch room for the largest segment
 */
void publisher_note_found(struct publisher *publisher, void *scratch);

/** Segment @p number, of an earlier stream, is no more: the next playlist begins behind it. */
void publisher_cut(struct publisher *publisher, int64_t number);

#endif

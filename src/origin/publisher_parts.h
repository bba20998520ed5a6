/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What publisher.c, which publishes, publisher_life.c, which makes and frees it, publisher_files.c,
 * which has the files that are no segments, pictures.c, which knows the first picture of each
 * segment, describe.c, which tells of segments, and takeover.c, which resumes, share; for these
 * alone.
 */
#ifndef HLSGEN_ORIGIN_PUBLISHER_PARTS_H
#define HLSGEN_ORIGIN_PUBLISHER_PARTS_H

#include "origin/ledger.h"
#include "origin/publisher.h"
#include "origin/sections.h"
#include "origin/store.h"
#include "origin/window.h"

#define PUBLISHER_NONE INT64_C(-1) /**< no number */

/* A playlist in a folder. */
struct listing {
    const char *name;
    const char *temporary;
    bool iframes_only;
    struct fs_status left;   /* how it was left; zeroed: it is not as it should be */
    int64_t first;           /* before which the one on disk lists nothing; 0: nobody knows */
    struct fs_status coming; /* and the one to come, under its temporary name */
    int64_t coming_first;
};

/* A folder in which playlists lie. */
struct place {
    const struct fs *fs; /* NULL: there is none */
    const char *before;  /* what stands before the name of a segment */
    struct listing stream;
    struct listing iframes; /* if there is to be one */
};

/* Where the first picture of a segment lies. */
struct picture {
    int64_t number; /* of the segment */
    struct playlist_range range;
};

struct publisher {
    struct publisher_config config;
    struct store store;
    struct sections sections;
    struct ledger ledger;
    struct window window;
    struct playlist coming; /* the one that is being made */
    struct place top;       /* where the segments are */
    struct place alias;
    struct fs_status master; /* how it was left; zeroed: this run has left none */
    bool was_ended;          /* when this run began */
    int64_t newest;          /* index */
    int64_t cut;      /* from this number on they are cut, but still listed; PUBLISHER_NONE */
    int64_t prepared; /* number of a segment under its name that is not listed; PUBLISHER_NONE */
    char *text;       /* of the longest playlist */

    struct picture *pictures; /* of the last segments, each at its number modulo their count; NULL:
                                 nobody asks for them */
    size_t picture_count;
};

/** Where the playlists are, none of which is known yet. */
void publisher_init_places(struct publisher *publisher);

/** Removes all temporary files. */
void publisher_remove_temporary(const struct publisher *publisher);

/**
 * Writes @p playlist under its temporary name; and, as well as can be, its alias and the I-frame
 * playlists.
 *
 * @return 0 or a negative errno
 */
int publisher_write_playlist(struct publisher *publisher, const struct playlist *playlist);

/**
 * Gives it the name of the playlist, and the others theirs.
 *
 * @return 0; a negative errno; -EAGAIN when somebody took it away
 */
int publisher_replace_playlist(struct publisher *publisher);

/** A struct store's let_go() of struct publisher @p arg. */
void publisher_let_go(void *arg, int64_t number);

/** Removes all of them; it is no error if there is none. */
int publisher_remove_playlist(const struct publisher *publisher);

/** The playlists on disk are not what they should be any more. */
void publisher_forget_playlist(struct publisher *publisher);

/** Takes over those that are as they would be written. Reads. */
void publisher_recognize_playlist(struct publisher *publisher);

/**
 * Removes what earlier runs left and nobody goes on with: what is ours beside the alias, the
 * playlists if they are @p lost, and before what it names the multivariant playlist, unless it is
 * the one that is to be.
 *
 * @param lost nothing goes on with the playlists
 */
void publisher_clear(struct publisher *publisher, bool lost);

/** Each: @return 1 when it was not as it was left, and is again; 0; a negative errno */
int publisher_mend_playlist(struct publisher *publisher);
int publisher_mend_iframes(struct publisher *publisher);
int publisher_mend_alias(struct publisher *publisher);
int publisher_mend_master(struct publisher *publisher);

/**
 * What an earlier run left is in the store: it is told of, too. Reads files.
 *
 * @param scratch room for the largest segment
 */
void publisher_note_found(struct publisher *publisher, void *scratch);

/** Writes the own initialization section, unless it is as it was left. @return 1 when it was
 * written; 0; a negative errno */
int publisher_provide_section(struct publisher *publisher);

/** Segment @p number, of an earlier stream, is no more: the next playlist begins behind it. */
void publisher_cut(struct publisher *publisher, int64_t number);

/**
 * Makes room for the first pictures of @p count segments in a row, and forgets those that were
 * known.
 *
 * @return 0 or -ENOMEM
 */
int publisher_init_pictures(struct publisher *publisher, int64_t count);

/** Bytes of memory that it takes. */
size_t publisher_pictures_memory(int64_t count);

/** The bytes of segment @p number are known: so is its first picture. */
void publisher_note_picture(struct publisher *publisher, int64_t number, const uint8_t *bytes,
                            size_t size);

/** Bytes of room that reading what an earlier run left takes: for this run's largest segment, and
 * for a picture. */
size_t publisher_scratch_size(const struct publisher *publisher);

/**
 * Likewise, of the file that an earlier run left: if the picture lies whole in the beginning for
 * which there is room, it is known. Reads.
 *
 * @param scratch publisher_scratch_size() bytes
 */
void publisher_find_picture(struct publisher *publisher, int64_t number, void *scratch);

/** The I-frame playlist beside @p playlist, into whose entries it writes the pictures. */
struct playlist publisher_iframes(const struct publisher *publisher,
                                  const struct playlist *playlist);

#endif

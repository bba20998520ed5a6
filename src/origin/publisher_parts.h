/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What publisher.c, which publishes, and takeover.c, which resumes, share; for these two alone. */
#ifndef HLSGEN_ORIGIN_PUBLISHER_PARTS_H
#define HLSGEN_ORIGIN_PUBLISHER_PARTS_H

#include "origin/publisher.h"
#include "origin/store.h"
#include "origin/window.h"

#define PUBLISHER_NONE INT64_C(-1) /**< no number */

struct publisher {
    struct publisher_config config;
    struct store store;
    struct window window;
    struct playlist coming;       /* the one that is being made */
    struct fs_status listed_left; /* how the playlist was left */
    struct fs_status coming_left; /* and the one to come, under its temporary name */
    int64_t newest;               /* index */
    int64_t cut;      /* from this number on they are cut, but still listed; PUBLISHER_NONE */
    int64_t prepared; /* number of a segment under its name that is not listed; PUBLISHER_NONE */
    char *text;       /* of a playlist of a whole window */
};

/** What was done to names in the directory has reached the disk. */
int publisher_sync(const struct publisher *publisher);

/** Removes the playlist; it is no error if there is none. */
int publisher_remove_playlist(const struct publisher *publisher);

/** Segment @p number, of an earlier stream, is no more: the next playlist begins behind it. */
void publisher_cut(struct publisher *publisher, int64_t number);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run: which playlists are checked, and in which order. */
#ifndef HLSGEN_VERIFY_VERIFY_H
#define HLSGEN_VERIFY_VERIFY_H

#include "base/error.h"
#include "verify/stream.h"

enum {
    VERIFY_EXIT_BROKEN = 1,  /**< a rule of the profile is */
    VERIFY_EXIT_NOTHING = 2, /**< nothing was checked */
};

/**
 * Checks the playlist of this name in run->folder; NULL: master.m3u8, or, if there is none, all
 * playlists that lie in it.
 *
 * @param run     zeroed but for the folder; holds what was found afterwards
 * @param seconds for how long a live playlist is followed; 0: it is looked at once
 * @return 0; a negative errno with @p err filled: nothing was checked
 */
int verify_folder(struct run *run, const char *playlist, int64_t seconds, struct error *err);

#endif

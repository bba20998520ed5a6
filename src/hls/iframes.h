/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I-frame playlists (RFC 8216 4.3.3.6): model to model. */
#ifndef HLSGEN_HLS_IFRAMES_H
#define HLSGEN_HLS_IFRAMES_H

#include "hls/playlist.h"

/**
 * The I-frame playlist beside @p playlist: its last segments, up to all, of which the first
 * pictures are known without a gap, under the same numbers.
 *
 * @return it, to be written by playlist_write(); the entries are those of @p playlist, and without
 *         any there is nothing to be written
 */
struct playlist iframes_of(const struct playlist *playlist);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A multivariant playlist and the streams that it names; or a stream alone. */
#ifndef HLSGEN_VERIFY_PRESENTATION_H
#define HLSGEN_VERIFY_PRESENTATION_H

#include "verify/stream.h"

struct presentation {
    char *path; /**< of the multivariant playlist beneath the directory; NULL: there is none, and
                     one stream */
    struct version version;
    struct stream *streams; /**< each media playlist once, however often it is named */
    size_t stream_count;
    struct stream **variants;   /**< of version.playlist.variants[i]; NULL: not there */
    struct stream **renditions; /**< of version.playlist.renditions[i]; NULL: likewise, or without
                                     a URI */
};

/**
 * Reads the playlist @p path, and what it names, with all segments. Each playlist and each segment
 * is judged alone.
 *
 * @param ret freed by presentation_finish()
 * @return 0; -EBADMSG: it is no playlist, which has been filed; a negative errno: nothing was
 */
int presentation_read(struct run *run, const char *path, struct presentation *ret);

/** Judges what is to be seen of all its segments and playlists together. Once, when they are read.
 */
void presentation_judge(const struct presentation *presentation, struct findings *findings);

/** Accepts a zeroed one. */
void presentation_finish(struct presentation *presentation);

#endif

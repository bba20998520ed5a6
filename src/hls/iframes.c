/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each segment begins with the only picture in it that can be decoded alone. So the duration of an
 * I-frame, which lasts to the next one in its playlist, is that of the segment, and what is said of
 * the segments holds for their first pictures. One whose first picture is not known, as of sound
 * alone before another stream began, cannot be listed; nor can those before it, whose duration
 * would be wrong.
 */
#include "hls/iframes.h"

struct playlist iframes_of(const struct playlist *playlist)
{
    struct playlist iframes = *playlist;
    int64_t first = playlist->count;

    while (first > 0 && playlist->entries[first - 1].iframe.size > 0)
        first--;
    for (int64_t i = 0; i < first; i++)
        iframes.discontinuities += playlist->entries[i].discontinuity;
    iframes.entries += first;
    iframes.sequence += first;
    iframes.count -= first;
    iframes.iframes_only = true;
    return iframes;
}

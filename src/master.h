/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The multivariant playlist of a ladder, or of one stream, from what was measured of it. */
#ifndef HLSGEN_MASTER_H
#define HLSGEN_MASTER_H

#include <stddef.h>

#include "media/rendition.h"
#include "preset/ladder.h"

/**
 * Writes it: the rendition at the top comes first, then the others in their order; and the I-frame
 * playlists of those that have one, likewise.
 *
 * @param renditions one for each of the ladder
 * @param ret_text   owned by the caller, from malloc(3)
 * @return 0 or -ENOMEM
 */
int master_write(const struct ladder *ladder, struct rendition *const *renditions, char **ret_text,
                 size_t *ret_size);

#endif

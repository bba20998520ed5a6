/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a multivariant playlist says of a rendition: read from what was encoded and laid out. */
#ifndef HLSGEN_MEDIA_FACTS_H
#define HLSGEN_MEDIA_FACTS_H

#include <stdbool.h>

#include "media/audio.h"
#include "media/cycle.h"
#include "media/rendition.h"
#include "media/video.h"

/**
 * Names the codecs (RFC 6381 3.3).
 *
 * @param video, audio one of them may be NULL: there is none
 * @return 0; -EINVAL: the video has no sequence parameter set
 */
int facts_name_codecs(const struct video *video, const struct audio *audio,
                      char ret_codecs[RENDITION_CODECS_SIZE]);

/**
 * Measures the bit rates, and leaves the codecs as they are.
 *
 * @param alike whether the first pictures of segments are those of the cycle; else there is a bound
 *              of them alone
 */
void facts_measure(const struct cycle *cycle, const struct timeline *line, bool alike,
                   struct rendition_facts *ret);

#endif

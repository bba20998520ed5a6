/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_VERIFY_RULES_MEDIA_H
#define HLSGEN_VERIFY_RULES_MEDIA_H

#include "verify/stream.h"

/** Judges the rules that compare a media playlist with its media. Not of an I-frame playlist. */
void rules_media_judge(const struct stream *stream, struct findings *findings);

#endif

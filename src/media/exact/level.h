/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The level of a stream of High profile, one reference frame (Annex A). */
#ifndef HLSGEN_MEDIA_EXACT_LEVEL_H
#define HLSGEN_MEDIA_EXACT_LEVEL_H

#include "media/exact/exact.h"

/** level_idc: the lowest that allows the size, rate and bitrate; 62 if none does. */
int level_of(const struct exact_format *format);

#endif

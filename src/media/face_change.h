/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_MEDIA_FACE_CHANGE_H
#define HLSGEN_MEDIA_FACE_CHANGE_H

#include "media/face.h"
#include "media/face_layout.h"

/** An upper bound of what changes between a frame of @p preset and the next. */
struct face_change face_change_make(const struct preset *preset, const struct face_layout *layout,
                                    const struct face_code *code);

#endif

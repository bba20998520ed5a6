/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_VERIFY_RULES_IFRAMES_H
#define HLSGEN_VERIFY_RULES_IFRAMES_H

#include "verify/presentation.h"

/** Judges what I-frame playlists lead to (MV_IFRAME). */
void rules_iframes_judge(const struct presentation *presentation, struct findings *findings);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_VERIFY_RULES_SAME_H
#define HLSGEN_VERIFY_RULES_SAME_H

#include "verify/presentation.h"

/** Judges the rules XV_*: that all streams of a presentation have the same content at a time. */
void rules_same_judge(const struct presentation *presentation, struct findings *findings);

#endif

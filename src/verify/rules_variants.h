/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_VERIFY_RULES_VARIANTS_H
#define HLSGEN_VERIFY_RULES_VARIANTS_H

#include "verify/presentation.h"

/** Judges the rules that compare a multivariant playlist with the media, and these with each other.
 * Not of a stream alone. */
void rules_variants_judge(const struct presentation *presentation, struct findings *findings);

#endif

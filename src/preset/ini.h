/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The syntax of preset files: lines of "KEY = VALUE" under "[SECTION]" headings.
 */
#ifndef HLSGEN_PRESET_INI_H
#define HLSGEN_PRESET_INI_H

#include "preset/draft.h"
#include "preset/source.h"

/**
 * Takes all of @p source into @p draft, which says nothing yet.
 *
 * @return 0, or a negative errno with @p err filled (EX_DATAERR)
 */
int ini_read(const struct source *source, struct draft *draft, struct error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The syntax of preset files: lines of "KEY = VALUE" under "[SECTION]" headings.
 */
#ifndef HLSGEN_PRESET_INI_H
#define HLSGEN_PRESET_INI_H

#include "preset/keys.h"
#include "preset/source.h"

/**
 * Parses all of @p source into @p preset.
 *
 * @param ret_lines the line on which each key stands, 0 for those that do not occur
 * @return 0, or a negative errno with @p err filled (EX_DATAERR)
 */
int ini_read_preset(const struct source *source, struct preset *preset, int ret_lines[KEY_COUNT],
                    struct error *err);

#endif

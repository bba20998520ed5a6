/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shipped presets, compiled in so that the bare binary works. presets/embed.py writes the
 * definitions.
 */
#ifndef HLSGEN_PRESET_EMBEDDED_H
#define HLSGEN_PRESET_EMBEDDED_H

#include <stddef.h>

struct embedded_preset {
    const char *name;          /**< without ".conf"; NULL at the end of the table */
    const unsigned char *text; /**< the file, not terminated */
    size_t size;
};

extern const struct embedded_preset embedded_presets[];

#endif

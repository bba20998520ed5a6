/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Presets that renditions are made of, each in another way. */
#ifndef HLSGEN_TESTS_UNIT_SETUPS_H
#define HLSGEN_TESTS_UNIT_SETUPS_H

#include "preset/preset.h"

struct setup {
    const char *name;
    const char *codecs; /**< that its bytes tell */
    struct preset preset;
};

enum {
    SETUPS_COUNT = 12,
    SETUPS_WITH_VIDEO = 9, /**< the first of them */
};

extern const struct setup setups[SETUPS_COUNT];

#endif

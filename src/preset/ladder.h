/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ladder: the renditions that a preset file describes. [stream], [video], [audio] and [budget]
 * say what they have in common; a section [rendition NAME] holds keys of [video] that are
 * different for one of them. A file without such a section describes one stream.
 */
#ifndef HLSGEN_PRESET_LADDER_H
#define HLSGEN_PRESET_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "preset/preset.h"

struct source;

enum {
    LADDER_MAX = 16, /**< renditions, that of the sound included */
};

/** The name of the rendition that DELIVERY_GROUP adds. No section may have it. */
#define LADDER_AUDIO "audio"

struct ladder {
    struct preset common; /**< what the file says outside of its renditions; and the budgets, which
                               are those of all together */
    bool has_renditions;  /**< or else there is one, which is @p common */
    int64_t count;        /**< 1 to LADDER_MAX */
    struct preset renditions[LADDER_MAX]; /**< in the order of the file, that of the sound last;
                                               all have the same segment duration, to the tick */
};

/**
 * Loads the preset @p name. A name with a slash or ending in ".conf" is a path, taken as it is;
 * else it is looked up, first hit wins, as NAME.conf in each folder of $HLSGEN_PRESET_PATH (colon
 * separated), in SYSCONFDIR/hlsgen/presets, in DATADIR/hlsgen/presets, and among the presets
 * compiled in. Then @p overrides (of --set, "section.key=value" or "rendition NAME.key=value",
 * @p override_count of them) are applied and the whole is checked.
 *
 * @return 0, or a negative errno with @p err filled (EX_USAGE for an unknown name or a bad
 *         override, EX_NOINPUT for a path that cannot be read, EX_DATAERR for a bad file); @p
 *         ret_ladder is then untouched
 */
int ladder_load(const char *name, const char *const *overrides, size_t override_count,
                struct ladder *ret_ladder, struct error *err);

/** Makes a ladder of the text of @p source, as ladder_load() does of the one that it finds. */
int ladder_parse(const struct source *source, const char *const *overrides, size_t override_count,
                 struct ladder *ret_ladder, struct error *err);

/**
 * The rendition that lies at the top of the output directory, for those who know stream.m3u8 alone,
 * and comes first in the multivariant playlist: that with video of the bit rate nearest to 2
 * Mbit/s.
 */
int64_t ladder_top(const struct ladder *ladder);

/** How many of the renditions have I-frame playlists. */
int64_t ladder_count_iframes(const struct ladder *ladder);

/** Writes @p ladder as a preset file that loads to an equal one, every key with its text. */
void ladder_print(const struct ladder *ladder, FILE *out);

#endif

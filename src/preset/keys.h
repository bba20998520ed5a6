/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of preset files: the one table of them, and what two keys demand of each other.
 */
#ifndef HLSGEN_PRESET_KEYS_H
#define HLSGEN_PRESET_KEYS_H

#include <stdbool.h>

#include "preset/preset.h"
#include "preset/setting.h"

enum key {
    KEY_DESCRIPTION,
    KEY_SEGMENT_DURATION,
    KEY_WINDOW,
    KEY_CONTAINER,
    KEY_IFRAMES,
    KEY_ENCODER,
    KEY_PATTERN,
    KEY_COLOR,
    KEY_OVERLAY,
    KEY_SIZE,
    KEY_RATE,
    KEY_VIDEO_BITRATE,
    KEY_BITRATE_PATTERN,
    KEY_BITRATE_VARIATION,
    KEY_BITRATE_SEED,
    KEY_STUFFING,
    KEY_X264_PRESET,
    KEY_CYCLE,
    KEY_SIGNAL,
    KEY_TONE,
    KEY_AUDIO_BITRATE,
    KEY_DELIVERY,
    KEY_MEMORY_BUDGET,
    KEY_CPU_BUDGET,
    KEY_DISK_BUDGET,
    KEY_COUNT,
};

/** In the order of a preset file: keys of a section follow each other. */
extern const struct setting preset_keys[KEY_COUNT];

/** Every key at its default. */
void keys_set_defaults(struct preset *preset);

/** The index of a key in preset_keys, or -1. */
int keys_find(const char *section, const char *name);

/** The first key of a section, or -1. */
int keys_find_section(const char *section);

/** Why there is no such key, and which was meant. */
void keys_explain_unknown(const char *section, const char *name, struct error *reason);

/**
 * Whether the key means something, given the others: a color does for one pattern alone. Of a
 * delivery it is asked as if there were renditions.
 */
bool keys_apply(const struct preset *preset, enum key key);

/**
 * Checks the keys against each other. A key that means nothing is an error if given for this
 * preset, and else goes back to its default.
 *
 * @param given      which keys the source at hand has set for this preset, non-zero for those
 * @param inherited  of a rendition, those that it has set for all of them
 * @param ret_blamed on failure, the key of that source to blame: given, or else inherited
 * @return 0, or -EINVAL with @p reason filled
 */
int keys_settle(struct preset *preset, const int given[KEY_COUNT], const int inherited[KEY_COUNT],
                enum key *ret_blamed, struct error *reason);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a preset file says, or what all --set say, part by part, before a ladder is made of it.
 */
#ifndef HLSGEN_PRESET_DRAFT_H
#define HLSGEN_PRESET_DRAFT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "preset/keys.h"
#include "preset/ladder.h"
#include "preset/preset.h"

/** What begins the name of a section of a rendition, a blank behind it. */
#define DRAFT_RENDITION "rendition"

/** The values of one rendition, or of what all have in common. */
struct draft_part {
    struct preset preset; /**< values count where they are given; and the name of the rendition */
    int given[KEY_COUNT]; /**< the line of the file, or the number of the --set, from 1; 0: not */
};

struct draft {
    struct draft_part common;
    int64_t count;
    struct draft_part renditions[LADDER_MAX - 1];
};

/**
 * Adds a rendition that says nothing yet.
 *
 * @return it, or NULL with @p reason filled: why it cannot have this name, or be at all
 */
struct draft_part *draft_add(struct draft *draft, const char *name, struct error *reason);

/** NULL with @p reason filled where there is none of this name: which was meant. */
struct draft_part *draft_find(struct draft *draft, const char *name, struct error *reason);

/** NAME of "rendition NAME"; NULL for any other section. */
const char *draft_rendition_of(const char *section);

/** The section whose keys may stand in @p section: another one for a rendition. */
const char *draft_table_of(const char *section);

/**
 * Takes what all --set say into @p set, whose renditions are there, and say nothing yet.
 *
 * @return 0, or -EINVAL with @p err filled (EX_USAGE)
 */
int draft_take_overrides(struct draft *set, const char *const *overrides, size_t count,
                         struct error *err);

/** Fills @p err with what is wrong with one --set. Returns -EINVAL. */
int draft_reject_override(const char *override, const struct error *reason, struct error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The name of a rendition becomes that of a folder beside the files of hlsgen: letters that every
 * file system and every URI takes as they are, and no name that something else there has.
 */
#include "preset/draft.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "preset/text.h"

#define DIGITS     "0123456789"
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-_"

/* The folders of --streams: s0001. */
static bool is_of_stream(const char *name)
{
    return name[0] == 's' && strlen(name) == 5 && strspn(name + 1, DIGITS) == 4;
}

/* Other files have a dot in their names. */
static bool is_taken(const char *name)
{
    return strcmp(name, LADDER_AUDIO) == 0 || strcmp(name, "SHA256SUMS") == 0 || is_of_stream(name);
}

static struct draft_part *look_up(struct draft *draft, const char *name)
{
    for (int64_t i = 0; i < draft->count; i++)
        if (strcmp(draft->renditions[i].preset.rendition, name) == 0)
            return &draft->renditions[i];
    return NULL;
}

static int check_name(struct draft *draft, const char *name, struct error *reason)
{
    size_t length = strlen(name);

    if (length == 0 || length >= PRESET_RENDITION_SIZE || strspn(name, NAME_BYTES) != length)
        return error_set(reason, -EINVAL, EX_DATAERR,
                         "a name of 1 to %d letters, digits, '-' and '_' is wanted",
                         PRESET_RENDITION_SIZE - 1);
    if (is_taken(name))
        return error_set(reason, -EINVAL, EX_DATAERR, "hlsgen has another use for this name");
    if (look_up(draft, name))
        return error_set(reason, -EINVAL, EX_DATAERR, "this section is given twice");
    if (draft->count == LADDER_MAX - 1)
        return error_set(reason, -EINVAL, EX_DATAERR, "at most %d renditions are taken",
                         LADDER_MAX - 1);
    return 0;
}

struct draft_part *draft_add(struct draft *draft, const char *name, struct error *reason)
{
    struct draft_part *part;

    if (check_name(draft, name, reason) < 0)
        return NULL;
    part = &draft->renditions[draft->count++];
    memcpy(part->preset.rendition, name, strlen(name) + 1);
    return part;
}

struct draft_part *draft_find(struct draft *draft, const char *name, struct error *reason)
{
    struct draft_part *part = look_up(draft, name);
    struct text_nearest nearest = text_nearest_start(name);

    for (int64_t i = 0; i < draft->count && !part; i++)
        text_nearest_offer(&nearest, draft->renditions[i].preset.rendition);
    if (!part && draft->count == 0)
        (void)error_set(reason, -EINVAL, EX_USAGE, "this preset has no renditions");
    else if (!part)
        (void)error_set(reason, -EINVAL, EX_USAGE, "unknown rendition%s%s",
                        nearest.best[0] ? ", the nearest is " : "", nearest.best);
    return part;
}

const char *draft_rendition_of(const char *section)
{
    static const char start[] = DRAFT_RENDITION " ";

    return strncmp(section, start, sizeof(start) - 1) == 0 ? section + sizeof(start) - 1 : NULL;
}

const char *draft_table_of(const char *section)
{
    return draft_rendition_of(section) ? "video" : section;
}

/* ---- --set ----------------------------------------------------------------------------------- */

/* The words before the equals sign, split at the first dot. */
struct words {
    char section[SETTING_TEXT_SIZE];
    const char *key;
    const char *value;
};

static bool split(const char *override, struct words *ret, struct error *reason)
{
    size_t length = strcspn(override, "=");
    char *dot = NULL;

    if (length < sizeof(ret->section) && override[length] == '=') {
        memcpy(ret->section, override, length);
        ret->section[length] = '\0';
        dot = strchr(ret->section, '.');
    }
    if (!dot) {
        (void)error_set(reason, -EINVAL, EX_USAGE,
                        "SECTION.KEY=VALUE is wanted, as in video.bitrate=2000kbit/s");
        return false;
    }
    *dot = '\0';
    ret->key = dot + 1;
    ret->value = override + length + 1;
    return true;
}

static int take_override(struct draft *set, const char *override, int number, struct error *reason)
{
    struct draft_part *part = &set->common;
    struct words words;
    const char *name;
    int key;
    int result;

    if (!split(override, &words, reason))
        return -EINVAL;
    name = draft_rendition_of(words.section);
    if (name)
        part = draft_find(set, name, reason);
    if (!part)
        return -EINVAL;
    key = keys_find(draft_table_of(words.section), words.key);
    if (key < 0) {
        keys_explain_unknown(draft_table_of(words.section), words.key, reason);
        return -EINVAL;
    }
    result = setting_parse(&preset_keys[key], words.value, &part->preset, reason);
    if (result == 0)
        part->given[key] = number;
    return result;
}

int draft_take_overrides(struct draft *set, const char *const *overrides, size_t count,
                         struct error *err)
{
    struct error reason;

    for (size_t i = 0; i < count; i++)
        if (take_override(set, overrides[i], (int)i + 1, &reason) < 0)
            return draft_reject_override(overrides[i], &reason, err);
    return 0;
}

int draft_reject_override(const char *override, const struct error *reason, struct error *err)
{
    return error_set(err, -EINVAL, EX_USAGE, "--set %s: %s", override, reason->text);
}

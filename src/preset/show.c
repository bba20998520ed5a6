/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Presets as text for people: the list of all, and one as a file with its explanations.
 */
#include "preset/ladder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "preset/draft.h"
#include "preset/keys.h"
#include "preset/source.h"
#include "preset/text.h"

struct names {
    char (*items)[SOURCE_NAME_SIZE];
    size_t count;
    struct error *err;
};

static int add_name(const char *name, void *arg)
{
    struct names *names = arg;
    size_t size = sizeof(names->items[0]);
    void *items = reallocarray(names->items, names->count + 1, size);

    if (!items)
        return error_set_errno(names->err, -ENOMEM, EX_OSERR, "list of presets");
    names->items = items;
    (void)snprintf(names->items[names->count++], size, "%s", name);
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* A preset that cannot be loaded is listed with the reason in the place of its description. */
static void list_preset(const char *name, int width, FILE *out)
{
    struct ladder ladder;
    struct error err;

    if (ladder_load(name, NULL, 0, &ladder, &err) < 0)
        (void)fprintf(out, "%-*s  cannot be used: %s\n", width, name, err.text);
    else
        (void)fprintf(out, "%-*s  %s\n", width, name, ladder.common.stream.description);
}

int preset_list(FILE *out, struct error *err)
{
    struct names names = {.err = err};
    size_t width = 0;
    int result = source_list(add_name, &names, err);

    if (names.count > 0)
        qsort(names.items, names.count, sizeof(names.items[0]), compare_names);
    for (size_t i = 0; i < names.count; i++)
        width = strlen(names.items[i]) > width ? strlen(names.items[i]) : width;
    for (size_t i = 0; i < names.count && result == 0; i++)
        if (i == 0 || strcmp(names.items[i - 1], names.items[i]) != 0)
            list_preset(names.items[i], (int)width, out);
    free(names.items);
    return result;
}

static bool key_applies(const struct ladder *ladder, int key)
{
    return keys_apply(&ladder->common, (enum key)key) &&
           (key != KEY_DELIVERY || ladder->has_renditions);
}

static void print_common(const struct ladder *ladder, FILE *out)
{
    const char *section = "";

    for (int key = 0; key < KEY_COUNT; key++) {
        const struct setting *row = &preset_keys[key];
        char description[SETTING_DESCRIPTION_SIZE];
        char value[SETTING_TEXT_SIZE];

        if (strcmp(row->section, section) != 0)
            (void)fprintf(out, "\n[%s]\n", row->section);
        else
            (void)fputc('\n', out);
        section = row->section;
        setting_describe(row, description);
        setting_format(row, &ladder->common, value);
        (void)fputs("# ", out);
        text_wrap(out, description, 2, "# ");
        (void)fprintf(out, "%s%s = %s\n", key_applies(ladder, key) ? "" : "# ", row->name, value);
    }
}

/* The keys of [video] that differ; those that mean nothing here would be refused. */
static void print_rendition(const struct ladder *ladder, const struct preset *preset, FILE *out)
{
    (void)fprintf(out, "\n[" DRAFT_RENDITION " %s]\n", preset->rendition);
    for (int key = 0; key < KEY_COUNT; key++) {
        const struct setting *row = &preset_keys[key];
        char value[SETTING_TEXT_SIZE];
        char common[SETTING_TEXT_SIZE];

        setting_format(row, preset, value);
        setting_format(row, &ladder->common, common);
        if (strcmp(row->section, "video") == 0 && keys_apply(preset, (enum key)key) &&
            strcmp(value, common) != 0)
            (void)fprintf(out, "%s = %s\n", row->name, value);
    }
}

void ladder_print(const struct ladder *ladder, FILE *out)
{
    (void)fprintf(out, "# hlsgen preset %s\n", ladder->common.name);
    print_common(ladder, out);
    for (int64_t i = 0; i < ladder->count && ladder->has_renditions; i++)
        if (strcmp(ladder->renditions[i].rendition, LADDER_AUDIO) != 0)
            print_rendition(ladder, &ladder->renditions[i], out);
}

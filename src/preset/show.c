/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Presets as text for people: the list of all, and one as a file with its explanations.
 */
#include "preset/preset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    struct preset preset;
    struct error err;

    if (preset_load(name, NULL, 0, &preset, &err) < 0)
        (void)fprintf(out, "%-*s  cannot be used: %s\n", width, name, err.text);
    else
        (void)fprintf(out, "%-*s  %s\n", width, name, preset.stream.description);
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

void preset_print(const struct preset *preset, FILE *out)
{
    const char *section = "";

    (void)fprintf(out, "# hlsgen preset %s\n", preset->name);
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
        setting_format(row, preset, value);
        (void)fputs("# ", out);
        text_wrap(out, description, 2, "# ");
        (void)fprintf(out, "%s%s = %s\n", keys_apply(preset, (enum key)key) ? "" : "# ", row->name,
                      value);
    }
}

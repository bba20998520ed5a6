/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variables of playlists (bis 4.3, 4.4.2.3). What a reference makes of a URI or of a quoted string
 * is a text of its own, which the playlist keeps; all of these together are bounded, since a short
 * playlist can ask for much. Whose value another playlist or a query has stays a reference.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify/m3u8_reading.h"

enum {
    VARIABLES_MAX = 100,
    MADE_MAX = 16 << 20, /* bytes of a playlist; as many URIs of a day take 2 MB */
};

/** Text that has been made. */
struct m3u8_made {
    struct m3u8_made *next;
    char text[];
};

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

/* @return bytes of the reference {$NAME} at the front of @p text, 0: there is none */
static size_t reference_size(struct m3u8_text text)
{
    size_t at = 2;

    if (text.size < 2 || memcmp(text.data, "{$", 2) != 0)
        return 0;
    while (at < text.size && is_name_byte(text.data[at]))
        at++;
    return at > 2 && at < text.size && text.data[at] == '}' ? at + 1 : 0;
}

static const struct m3u8_variable *find(const struct m3u8_reading *reading, struct m3u8_text name)
{
    for (size_t i = 0; i < reading->variable_count; i++)
        if (m3u8_text_equals(reading->variables[i].name, name))
            return &reading->variables[i];
    return NULL;
}

static void file_fault(const struct m3u8_reading *reading, const char *wanted,
                       struct m3u8_text name)
{
    m3u8_file(reading, reading->playlist.is_multivariant ? RULE_MV_PARSE : RULE_PL_PARSE,
              reading->line, wanted, "variable \"%.*s\"", M3U8_SHOWN(name));
}

/* The next stretch of @p text, which it leaves: a reference, by what it stands for, or what is
 * before one. */
static struct m3u8_text take_stretch(const struct m3u8_reading *reading, struct m3u8_text *text,
                                     bool files)
{
    size_t size = reference_size(*text);
    struct m3u8_text stretch = {text->data, size};
    const struct m3u8_variable *variable;

    if (size > 0) {
        struct m3u8_text name = {text->data + 2, size - 3};

        variable = find(reading, name);
        if (variable && variable->value.data)
            stretch = variable->value;
        else if (!variable && files)
            file_fault(reading, "EXT-X-DEFINE of each variable before its use", name);
    } else {
        const char *next = memchr(text->data + 1, '{', text->size - 1);

        size = stretch.size = next ? (size_t)(next - text->data) : text->size;
    }
    *text = (struct m3u8_text){text->data + size, text->size - size};
    return stretch;
}

void m3u8_variables_replace(struct m3u8_reading *reading, struct m3u8_text *text)
{
    struct m3u8_text rest = *text;
    size_t room = MADE_MAX - reading->made_size;
    size_t size = sizeof(struct m3u8_made);
    struct m3u8_made *made;
    char *end;

    if (text->size == 0 || !memmem(text->data, text->size, "{$", 2))
        return;
    while (rest.size > 0)
        size += take_stretch(reading, &rest, true).size;
    made = size <= room ? malloc(size) : NULL;
    if (!made) {
        reading->failure = size <= room ? -ENOMEM : -EFBIG;
        return;
    }
    end = made->text;
    for (rest = *text; rest.size > 0;) {
        struct m3u8_text stretch = take_stretch(reading, &rest, false);

        memcpy(end, stretch.data, stretch.size);
        end += stretch.size;
    }
    made->next = reading->playlist.made;
    reading->playlist.made = made;
    reading->made_size += size;
    *text = (struct m3u8_text){made->text, (size_t)(end - made->text)};
}

void m3u8_variables_define(struct m3u8_reading *reading, const struct m3u8_attributes *attributes)
{
    static const enum m3u8_attribute kinds[] = {ATTRIBUTE_NAME, ATTRIBUTE_IMPORT,
                                                ATTRIBUTE_QUERYPARAM};
    struct m3u8_variable variable = {.value = {NULL, 0}};
    struct m3u8_variable *added;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !variable.name.data; i++)
        variable.name = attributes->of[kinds[i]];
    if (attributes->of[ATTRIBUTE_NAME].data)
        variable.value = attributes->of[ATTRIBUTE_VALUE];
    if (!variable.name.data)
        return;
    if (find(reading, variable.name)) {
        file_fault(reading, "each variable once", variable.name);
        return;
    }
    if (reading->variable_count == VARIABLES_MAX) {
        reading->failure = -EFBIG;
        return;
    }
    added = m3u8_add((void **)&reading->variables, &reading->variable_count,
                     &reading->variable_room, sizeof(*added));
    if (added)
        *added = variable;
    else
        reading->failure = -ENOMEM;
}

void m3u8_variables_finish(struct m3u8 *playlist)
{
    while (playlist->made) {
        struct m3u8_made *made = playlist->made;

        playlist->made = made->next;
        free(made);
    }
}

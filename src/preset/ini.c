/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inih splits the lines; what it would take in silence is refused before it sees a line. It knows
 * neither line numbers nor empty or repeated sections, and how it treats continuation lines,
 * comments behind a value and "KEY: VALUE" depends on how a distribution has built it. So lines
 * reach it through a reader that counts them, drops their leading blanks (no continuation), checks
 * their form and watches the headings.
 */
#include "preset/ini.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <ini.h>

#include "preset/text.h"

#define LINE_MAX_BYTES 190 /* inih's usual buffer has 200 */

struct reading {
    const struct source *source;
    const char *rest;             /* the lines not yet read */
    int line;                     /* number of the last one read */
    bool section_seen[KEY_COUNT]; /* by the first key of the section */
    struct draft *draft;
    struct draft_part *part; /* that the section at hand belongs to */
    struct error *err;
    int result; /* of the first failure, which ends the reading */
};

__attribute__((format(printf, 2, 3))) static bool fail(struct reading *reading, const char *format,
                                                       ...)
{
    char text[sizeof(reading->err->text)];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    reading->result = error_set(reading->err, -EINVAL, EX_DATAERR, "%s:%d: %s",
                                reading->source->place, reading->line, text);
    return false;
}

/* Only the first word counts: what follows it may be the name of a rendition. */
static bool reject_section(struct reading *reading, const char *name)
{
    char word[LINE_MAX_BYTES];
    struct text_nearest nearest;

    if (strcmp(name, DRAFT_RENDITION) == 0)
        return fail(reading, "[%s]: a name is wanted, as in [" DRAFT_RENDITION " 720p]", name);
    (void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, " "), name);
    nearest = text_nearest_start(word);
    for (int key = 0; key < KEY_COUNT; key++)
        text_nearest_offer(&nearest, preset_keys[key].section);
    text_nearest_offer(&nearest, DRAFT_RENDITION);
    return fail(reading, "[%s]: unknown section%s%s", name,
                nearest.best[0] ? ", the nearest is " : "", nearest.best);
}

static bool begin_rendition(struct reading *reading, const char *section, const char *name)
{
    struct error reason;

    reading->part = draft_add(reading->draft, name, &reason);
    return reading->part || fail(reading, "[%s]: %s", section, reason.text);
}

static bool begin_section(struct reading *reading, const char *name)
{
    const char *rendition = draft_rendition_of(name);
    int section = keys_find_section(name);

    if (rendition)
        return begin_rendition(reading, name, rendition);
    if (section < 0)
        return reject_section(reading, name);
    if (reading->section_seen[section])
        return fail(reading, "[%s]: this section is given twice", name);
    reading->section_seen[section] = true;
    reading->part = &reading->draft->common;
    return true;
}

/* "[name]" and nothing else, once in a file. */
static bool check_heading(struct reading *reading, const char *line)
{
    size_t length = strcspn(line + 1, "]");
    char name[LINE_MAX_BYTES];

    memcpy(name, line + 1, length);
    name[length] = '\0';
    if (strcmp(line + 1 + length, "]") != 0)
        return fail(reading, "%s: a section is wanted alone on its line, as in [video]", line);
    return begin_section(reading, name);
}

/* Checks a line whose blanks at both ends are gone. */
static bool check_line(struct reading *reading, const char *line)
{
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
        return true;
    if (line[0] == '[')
        return check_heading(reading, line);
    if (line[strcspn(line, "=:")] != '=')
        return fail(reading, "%s: KEY = VALUE is wanted, as in window = 10", line);
    if (strstr(line, " ;"))
        return fail(reading, "%s: a comment needs a line of its own", line);
    return true;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Takes the next line off the text, without the blanks around it; false at the end. */
static bool next_line(struct reading *reading, const char **ret_line, size_t *ret_length)
{
    const char *end = reading->source->text + reading->source->size;
    const char *line = reading->rest;
    const char *newline = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
    const char *stop = newline ? newline : end;

    if (line >= end)
        return false;
    reading->rest = newline ? newline + 1 : end;
    reading->line++;
    while (line < stop && is_blank(*line))
        line++;
    while (stop > line && is_blank(stop[-1]))
        stop--;
    *ret_line = line;
    *ret_length = (size_t)(stop - line);
    return true;
}

/* The reader for inih: as fgets(3). */
static char *read_line(char *buffer, int size, void *stream)
{
    struct reading *reading = stream;
    const char *line;
    size_t length;

    if (reading->result < 0 || !next_line(reading, &line, &length))
        return NULL;
    if (!text_is_plain(line, length)) {
        fail(reading,
             "not text: UTF-8 without control characters and with Unix line ends is "
             "wanted");
        return NULL;
    }
    if (length > LINE_MAX_BYTES || length + 2 > (size_t)size) {
        fail(reading, "longer than %d bytes", LINE_MAX_BYTES);
        return NULL;
    }
    memcpy(buffer, line, length);
    buffer[length] = '\0';
    if (!check_line(reading, buffer))
        return NULL;
    memcpy(buffer + length, "\n", 2);
    return buffer;
}

/* The handler for inih: 1 to go on, 0 for an error. */
static int take_value(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    struct draft_part *part = reading->part;
    const char *table = draft_table_of(section);
    struct error reason;
    int key = keys_find(table, name);

    if (!part)
        return fail(reading, "%s = %s: a section is wanted before the first key, as in [stream]",
                    name, value);
    if (key < 0) {
        keys_explain_unknown(table, name, &reason);
        return fail(reading, "[%s] %s: %s", section, name, reason.text);
    }
    if (part->given[key] > 0)
        return fail(reading, "[%s] %s: given twice, first on line %d", section, name,
                    part->given[key]);
    if (setting_parse(&preset_keys[key], value, &part->preset, &reason) < 0)
        return fail(reading, "[%s] %s = %s: %s", section, name, value, reason.text);
    part->given[key] = reading->line;
    return 1;
}

int ini_read(const struct source *source, struct draft *draft, struct error *err)
{
    struct reading reading = {
        .source = source,
        .rest = source->text,
        .draft = draft,
        .err = err,
    };
    int broken;

    broken = ini_parse_stream(read_line, &reading, take_value, &reading);
    if (reading.result == 0 && broken != 0)
        fail(&reading, "inih cannot parse this (%d)", broken);
    return reading.result;
}

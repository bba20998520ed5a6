/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file in a wrong encoding or a binary one must not reach the parser, nor its bytes a terminal;
 * hence UTF-8 is decoded here in full. Misspelt names are found by the Levenshtein distance.
 */
#include "preset/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BYTE_ORDER_MARK 0xfeff

/* Bytes of a sequence by its first byte; 0 for one that cannot begin a character. */
static size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2)
        return 0;
    if (first < 0xe0)
        return 2;
    if (first < 0xf0)
        return 3;
    return first < 0xf5 ? 4 : 0;
}

static bool is_character(uint32_t code, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

    if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return false;
    return code >= 0x20 && (code < 0x7f || code > 0x9f) && code != BYTE_ORDER_MARK;
}

/* Bytes of the plain character that @p text begins with; 0 when it begins with none. */
static size_t plain_length(const char *text, size_t length)
{
    const unsigned char *byte = (const unsigned char *)text;
    size_t size = sequence_length(*byte);
    uint32_t code;

    if (size == 0 || size > length)
        return 0;
    code = size == 1 ? *byte : *byte & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (byte[i] & 0x3f);
    }
    return is_character(code, size) ? size : 0;
}

bool text_is_plain(const char *text, size_t length)
{
    while (length > 0) {
        size_t size = plain_length(text, length);

        if (size == 0)
            return false;
        text += size;
        length -= size;
    }
    return true;
}

void text_make_plain(char *text)
{
    while (*text) {
        size_t size = plain_length(text, strlen(text));

        if (size == 0) {
            *text = '?';
            size = 1;
        }
        text += size;
    }
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Both are shorter than TEXT_NEAREST_MAX. */
static size_t edit_distance(const char *from, const char *to)
{
    size_t row[TEXT_NEAREST_MAX];
    size_t width = strlen(to);

    for (size_t column = 0; column <= width; column++)
        row[column] = column;
    for (size_t line = 0; from[line]; line++) {
        size_t diagonal = row[0]++;

        for (size_t column = 1; column <= width; column++) {
            size_t replaced = diagonal + (from[line] != to[column - 1]);

            diagonal = row[column];
            row[column] = least(replaced, row[column] + 1, row[column - 1] + 1);
        }
    }
    return row[width];
}

struct text_nearest text_nearest_start(const char *word)
{
    return (struct text_nearest){.word = word, .distance = SIZE_MAX};
}

/* More edits than a third of the word make another word, unless one holds the other. */
static bool is_near(const char *word, const char *candidate, size_t distance)
{
    if (distance <= strlen(word) / 3 + 1)
        return true;
    return strlen(word) > 2 && (strstr(candidate, word) || strstr(word, candidate));
}

void text_nearest_offer(struct text_nearest *nearest, const char *candidate)
{
    size_t distance;

    if (strlen(nearest->word) >= TEXT_NEAREST_MAX || strlen(candidate) >= TEXT_NEAREST_MAX)
        return;
    distance = edit_distance(nearest->word, candidate);
    if (distance >= nearest->distance || !is_near(nearest->word, candidate, distance))
        return;
    nearest->distance = distance;
    (void)snprintf(nearest->best, sizeof(nearest->best), "%s", candidate);
}

void text_wrap(FILE *out, const char *text, int column, const char *margin)
{
    const char *gap = "";

    while (*text) {
        int length = (int)strcspn(text, " ");

        if (column + (int)strlen(gap) + length > TEXT_COLUMNS) {
            column = fprintf(out, "\n%s", margin) - 1;
            gap = "";
        }
        column += fprintf(out, "%s%.*s", gap, length, text);
        gap = " ";
        text += length;
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}

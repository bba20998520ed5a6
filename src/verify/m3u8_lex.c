/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes, lines and values of playlists (RFC 8216 4.1, 4.2). Everything is read once from the front,
 * so that the time is linear in the size, whoever wrote the text; and numbers are clamped, so that
 * none is too big to reckon with.
 */
#include "verify/m3u8_lex.h"

#include <string.h>

#include "base/clock.h"
#include "base/utc.h"

enum {
    INTEGER_DIGITS_MAX = 20,
    DECIMALS = 9, /* that are kept */
};

bool m3u8_lines_next(struct m3u8_lines *lines, struct m3u8_line *ret)
{
    const char *start = lines->data + lines->at;
    size_t left = lines->size - lines->at;
    const char *feed;
    size_t size;

    if (left == 0)
        return false;
    feed = memchr(start, '\n', left);
    size = feed ? (size_t)(feed - start) : left;
    ret->begin = lines->at;
    ret->end = lines->at + size + (feed != NULL);
    ret->number = ++lines->number;
    if (size > 0 && start[size - 1] == '\r')
        size--;
    ret->text = (struct m3u8_text){start, size};
    lines->at = ret->end;
    return true;
}

/* Length of the UTF-8 sequence at @p at and what it codes; 0: it is none (RFC 3629 4). */
static size_t take_code_point(const uint8_t *at, size_t left, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = *at < 0x80 ? 1 : *at < 0xC0 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
    uint32_t code = length == 1 ? *at : *at & (0x7FU >> length);

    if (length == 0 || length > left || *at > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3F);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0;
    *ret_code = code;
    return length;
}

/* What is wrong with one code point; M3U8_BYTES_FAULTS: nothing. */
static enum m3u8_bytes judge_code_point(uint32_t code, bool feed_follows)
{
    if (code == '\r')
        return feed_follows ? M3U8_BYTES_FAULTS : M3U8_BYTES_CARRIAGE_RETURN;
    if ((code < 0x20 && code != '\n') || (code >= 0x7F && code < 0xA0))
        return M3U8_BYTES_CONTROL;
    return M3U8_BYTES_FAULTS;
}

void m3u8_check_bytes(const char *data, size_t size, int ret_lines[M3U8_BYTES_FAULTS])
{
    const uint8_t *bytes = (const uint8_t *)data;
    size_t length;
    int line = 1;

    memset(ret_lines, 0, M3U8_BYTES_FAULTS * sizeof(*ret_lines));
    if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        ret_lines[M3U8_BYTES_ORDER_MARK] = 1;
    for (size_t at = 0; at < size; at += length) {
        uint32_t code = 0;
        enum m3u8_bytes fault = M3U8_BYTES_NOT_UTF8;

        length = take_code_point(bytes + at, size - at, &code);
        if (length > 0)
            fault = judge_code_point(code, at + 1 < size && bytes[at + 1] == '\n');
        else
            length = 1;
        if (fault < M3U8_BYTES_FAULTS && ret_lines[fault] == 0)
            ret_lines[fault] = line;
        line += code == '\n';
    }
    if (size > 0 && data[size - 1] != '\n')
        ret_lines[M3U8_BYTES_OPEN_END] = line;
}

bool m3u8_text_is(struct m3u8_text text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

bool m3u8_text_begins(struct m3u8_text text, const char *word)
{
    size_t length = strlen(word);

    return text.size >= length && memcmp(text.data, word, length) == 0;
}

bool m3u8_text_equals(struct m3u8_text a, struct m3u8_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

struct m3u8_text m3u8_text_split(struct m3u8_text text, char mark, struct m3u8_text *ret_rest)
{
    const char *found = text.size > 0 ? memchr(text.data, mark, text.size) : NULL;
    size_t size = found ? (size_t)(found - text.data) : text.size;

    *ret_rest =
        found ? (struct m3u8_text){found + 1, text.size - size - 1} : (struct m3u8_text){NULL, 0};
    return (struct m3u8_text){text.data, size};
}

struct m3u8_text m3u8_text_trim(struct m3u8_text text)
{
    for (; text.size > 0 && text.data[0] == ' '; text.size--)
        text.data++;
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* @p count digits, no fewer than one; clamped. */
static bool read_digits(const char *digits, size_t count, int64_t *ret)
{
    int64_t value = 0;

    if (count == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        value = value > M3U8_VALUE_MAX / 10 ? M3U8_VALUE_MAX : value * 10 + (digits[i] - '0');
    }
    *ret = value < M3U8_VALUE_MAX ? value : M3U8_VALUE_MAX;
    return true;
}

bool m3u8_read_integer(struct m3u8_text text, int64_t *ret)
{
    return text.size <= INTEGER_DIGITS_MAX && read_digits(text.data, text.size, ret);
}

bool m3u8_read_decimal(struct m3u8_text text, int64_t *ret, int *ret_decimals)
{
    struct m3u8_text rest;
    struct m3u8_text whole = m3u8_text_split(text, '.', &rest);
    int64_t value;
    int64_t part = 0;

    if (!read_digits(whole.data, whole.size, &value))
        return false;
    if (rest.data) {
        int64_t all;

        if (!read_digits(rest.data, rest.size, &all))
            return false;
        for (size_t i = 0; i < DECIMALS; i++)
            part = part * 10 + (i < rest.size ? rest.data[i] - '0' : 0);
    }
    *ret = value >= M3U8_VALUE_MAX / NS_PER_SECOND ? M3U8_VALUE_MAX : value * NS_PER_SECOND + part;
    *ret_decimals = rest.size < DECIMALS ? (int)rest.size : DECIMALS;
    return true;
}

bool m3u8_read_resolution(struct m3u8_text text, int *ret_width, int *ret_height)
{
    struct m3u8_text rest;
    struct m3u8_text first = m3u8_text_split(text, 'x', &rest);
    int64_t width;
    int64_t height;

    if (!m3u8_read_integer(first, &width) || !m3u8_read_integer(rest, &height))
        return false;
    *ret_width = width < INT32_MAX ? (int)width : INT32_MAX;
    *ret_height = height < INT32_MAX ? (int)height : INT32_MAX;
    return true;
}

bool m3u8_read_range(struct m3u8_text text, struct m3u8_range *ret)
{
    struct m3u8_text rest;
    struct m3u8_text first = m3u8_text_split(text, '@', &rest);
    struct m3u8_range range = {.offset = -1};

    if (!m3u8_read_integer(first, &range.size) ||
        (rest.data && !m3u8_read_integer(rest, &range.offset)))
        return false;
    *ret = range;
    return true;
}

/* Z, +hh:mm, or +hh: seconds east of Greenwich. */
static bool read_zone(struct m3u8_text text, int64_t *ret_seconds)
{
    int64_t hours;
    int64_t minutes = 0;

    if (m3u8_text_is(text, "Z")) {
        *ret_seconds = 0;
        return true;
    }
    if ((text.size != 3 && text.size != 6) || (text.data[0] != '+' && text.data[0] != '-') ||
        !read_digits(text.data + 1, 2, &hours) || hours > 23)
        return false;
    if (text.size == 6 &&
        (text.data[3] != ':' || !read_digits(text.data + 4, 2, &minutes) || minutes > 59))
        return false;
    *ret_seconds = (hours * 60 + minutes) * 60 * (text.data[0] == '-' ? -1 : 1);
    return true;
}

/* Takes "." and digits, if they are there, in nanoseconds. */
static bool take_fraction(struct m3u8_text *text, int64_t *ret_ns)
{
    size_t count = 1;
    int64_t ns = 0;

    if (text->size > 0 && text->data[0] == '.') {
        while (count < text->size && text->data[count] >= '0' && text->data[count] <= '9')
            count++;
        if (count == 1)
            return false;
        for (size_t i = 1; i <= DECIMALS; i++)
            ns = ns * 10 + (i < count ? text->data[i] - '0' : 0);
        *text = (struct m3u8_text){text->data + count, text->size - count};
    }
    *ret_ns = ns;
    return true;
}

bool m3u8_read_date(struct m3u8_text text, int64_t *ret_ns)
{
    char date[UTC_SECONDS_LENGTH + 1] = "";
    struct m3u8_text rest;
    int64_t seconds;
    int64_t ns;
    int64_t zone;

    if (text.size <= UTC_SECONDS_LENGTH)
        return false;
    memcpy(date, text.data, UTC_SECONDS_LENGTH);
    rest = (struct m3u8_text){text.data + UTC_SECONDS_LENGTH, text.size - UTC_SECONDS_LENGTH};
    if (!utc_parse_seconds(date, &seconds) || !take_fraction(&rest, &ns) || !read_zone(rest, &zone))
        return false;
    seconds -= zone;
    if (seconds >= M3U8_VALUE_MAX / NS_PER_SECOND || seconds <= -M3U8_VALUE_MAX / NS_PER_SECOND)
        *ret_ns = M3U8_NONE;
    else
        *ret_ns = seconds * NS_PER_SECOND + ns;
    return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/put.h"

#include <string.h>

#include "base/clock.h"
#include "base/utc.h"

enum {
    DIGITS_MAX = 20,
};

char *put_text(char *at, const char *text)
{
    return stpcpy(at, text);
}

char *put_digits(char *at, uint64_t number, int width)
{
    char digits[DIGITS_MAX];
    int count = 0;

    for (; number > 0 || count < width; number /= 10)
        digits[DIGITS_MAX - ++count] = (char)('0' + number % 10);
    memcpy(at, digits + DIGITS_MAX - count, (size_t)count);
    return at + count;
}

static char *put_sign(char *at, int64_t number)
{
    if (number < 0)
        *at++ = '-';
    return at;
}

static uint64_t magnitude(int64_t number)
{
    return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

char *put_decimal(char *at, int64_t number, int places)
{
    uint64_t left = magnitude(number);
    uint64_t unit = 1;

    for (int i = 0; i < places; i++)
        unit *= 10;
    at = put_digits(put_sign(at, number), left / unit, 1);
    if (places == 0)
        return at;
    *at++ = '.';
    return put_digits(at, left % unit, places);
}

char *put_json_number(char *at, int64_t number)
{
    return number == PUT_UNKNOWN ? put_text(at, "null") : put_decimal(at, number, 0);
}

char *put_json_key(char *at, const char *key)
{
    *at++ = '"';
    at = put_text(at, key);
    return put_text(at, "\":");
}

char *put_json_field(char *at, const char *key, int64_t number)
{
    return put_json_number(put_json_key(at, key), number);
}

char *put_json_string(char *at, const char *text)
{
    *at++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *at++ = '\\';
        *at++ = *text;
    }
    *at++ = '"';
    return at;
}

char *put_json_date(char *at, int64_t ns)
{
    char text[UTC_TEXT_SIZE];

    if (ns == PUT_UNKNOWN)
        return put_text(at, "null");
    utc_format(ns, text);
    *at++ = '"';
    at = put_text(at, text) - 1;
    at = put_digits(at, (uint64_t)((ns % NS_PER_MS + NS_PER_MS) % NS_PER_MS / NS_PER_US), 3);
    return put_text(at, "Z\"");
}

char *put_json_seconds(char *at, int64_t us)
{
    return us == PUT_UNKNOWN ? put_text(at, "null") : put_decimal(at, us, 6);
}

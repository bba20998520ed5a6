/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What describes a picture: its size, how many there are in a second, and a color.
 */
#include "preset/setting.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "preset/preset.h"

#define NUMBER_DIGITS_MAX 7

/* Reads digits up to @p stop, which may be '\0'; returns what follows it, NULL if malformed. */
static const char *parse_digits(const char *text, char stop, int *ret_number)
{
    size_t length = strspn(text, "0123456789");
    int number = 0;

    if (length == 0 || length > NUMBER_DIGITS_MAX || text[length] != stop)
        return NULL;
    for (size_t i = 0; i < length; i++)
        number = number * 10 + (text[i] - '0');
    *ret_number = number;
    return text + length + 1;
}

static bool is_within(const struct setting *setting, int64_t number)
{
    return number >= setting->min && number <= setting->max;
}

static int parse_size(const struct setting *setting, const char *text, void *value,
                      struct error *reason)
{
    int size[2];
    char range[SETTING_TEXT_SIZE];
    const char *height = parse_digits(text, 'x', &size[0]);

    if (!height || !parse_digits(height, '\0', &size[1]))
        return error_set(reason, -EINVAL, EX_DATAERR, "WIDTHxHEIGHT is wanted, as in %s",
                         setting->fallback);
    if (!is_within(setting, size[0]) || !is_within(setting, size[1])) {
        setting_range(setting, range);
        return error_set(reason, -EINVAL, EX_DATAERR, "out of range, %s", range);
    }
    if (size[0] % 2 != 0 || size[1] % 2 != 0) /* 4:2:0: a chroma sample covers 2x2 luma samples */
        return error_set(reason, -EINVAL, EX_DATAERR, "width and height must be even, as in %s",
                         setting->fallback);
    memcpy(value, size, sizeof(size));
    return 0;
}

static void format_size(const void *value, const struct setting *setting, char *ret, size_t size)
{
    int sides[2];

    (void)setting;
    memcpy(sides, value, sizeof(sides));
    (void)snprintf(ret, size, "%dx%d", sides[0], sides[1]);
}

static void range_size(const struct setting *setting, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%" PRId64 "x%" PRId64 " to %" PRId64 "x%" PRId64, setting->min,
                   setting->min, setting->max, setting->max);
}

const struct kind kind_size = {
    .parse = parse_size,
    .format = format_size,
    .range = range_size,
};

/* Whole rates, and those of NTSC: thousands over 1001. One rate has one spelling. */
static bool parse_fraction(const char *text, struct rational *ret_rate)
{
    struct rational rate = {.den = 1};
    const char *den;

    if (parse_digits(text, '\0', &rate.num)) {
        *ret_rate = rate;
        return true;
    }
    den = parse_digits(text, '/', &rate.num);
    if (!den || strcmp(den, "1001") != 0 || rate.num % 1000 != 0)
        return false;
    rate.den = 1001;
    *ret_rate = rate;
    return true;
}

static int parse_rate(const struct setting *setting, const char *text, void *value,
                      struct error *reason)
{
    struct rational rate;
    char range[SETTING_TEXT_SIZE];

    if (!parse_fraction(text, &rate))
        return error_set(reason, -EINVAL, EX_DATAERR,
                         "frames per second are wanted, whole or thousands over 1001, without a "
                         "unit, as in %s or 30000/1001",
                         setting->fallback);
    if (rate.num < setting->min * rate.den || rate.num > setting->max * rate.den) {
        setting_range(setting, range);
        return error_set(reason, -EINVAL, EX_DATAERR, "out of range, %s", range);
    }
    memcpy(value, &rate, sizeof(rate));
    return 0;
}

static void format_rate(const void *value, const struct setting *setting, char *ret, size_t size)
{
    const struct rational *rate = value;

    (void)setting;
    if (rate->den == 1)
        (void)snprintf(ret, size, "%d", rate->num);
    else
        (void)snprintf(ret, size, "%d/%d", rate->num, rate->den);
}

static void range_rate(const struct setting *setting, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%" PRId64 " to %" PRId64, setting->min, setting->max);
}

const struct kind kind_rate = {
    .parse = parse_rate,
    .format = format_rate,
    .range = range_rate,
};

static int parse_color(const struct setting *setting, const char *text, void *value,
                       struct error *reason)
{
    uint32_t color = 0;

    if (text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
        return error_set(reason, -EINVAL, EX_DATAERR, "#RRGGBB is wanted, as in %s",
                         setting->fallback);
    for (const char *digit = text + 1; *digit; digit++) {
        int nibble = isdigit((unsigned char)*digit) ? *digit - '0' : (*digit | 0x20) - 'a' + 10;
        color = color << 4 | (uint32_t)nibble;
    }
    *(uint32_t *)value = color;
    return 0;
}

static void format_color(const void *value, const struct setting *setting, char *ret, size_t size)
{
    (void)setting;
    (void)snprintf(ret, size, "#%06" PRIx32, *(const uint32_t *)value);
}

const struct kind kind_color = {
    .parse = parse_color,
    .format = format_color,
};

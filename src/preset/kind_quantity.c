/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers with a unit. A kind is a table of units; values are integers in the smallest of them, and
 * decimals are taken as long as they make a whole number of it.
 */
#include "preset/setting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGITS       "0123456789"
#define DECIMALS_MAX 9

struct unit {
    const char *name;
    int64_t factor; /* in the smallest unit */
};

enum decimal {
    DECIMAL_OK,
    DECIMAL_MALFORMED,
    DECIMAL_TOO_FINE,
    DECIMAL_TOO_LARGE,
};

/* Multiplies by ten and adds a digit; false on overflow. */
static bool append_digit(int64_t *value, char digit)
{
    return !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_add_overflow(*value, digit - '0', value);
}

/* Reads all @p length of "12" or "1.5", times @p factor. */
static enum decimal parse_decimal(const char *text, size_t length, int64_t factor,
                                  int64_t *ret_value)
{
    size_t point = strspn(text, DIGITS);
    size_t decimals = point < length ? length - point - 1 : 0;
    int64_t mantissa = 0;
    int64_t scale = 1;

    if (point < length && (decimals == 0 || strspn(text + point + 1, DIGITS) != decimals))
        return DECIMAL_MALFORMED;
    if (decimals > DECIMALS_MAX)
        return DECIMAL_TOO_FINE;
    for (size_t i = 0; i < length; i++)
        if (i != point && !append_digit(&mantissa, text[i]))
            return DECIMAL_TOO_LARGE;
    if (__builtin_mul_overflow(mantissa, factor, &mantissa))
        return DECIMAL_TOO_LARGE;
    for (size_t i = 0; i < decimals; i++)
        scale *= 10;
    if (mantissa % scale != 0)
        return DECIMAL_TOO_FINE;
    *ret_value = mantissa / scale;
    return DECIMAL_OK;
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
    for (; units->name; units++)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

static const char *example_of(const struct setting *setting)
{
    return setting->fallback ? setting->fallback : setting->example;
}

static int reject_unit(const struct setting *setting, const char *unit, struct error *reason)
{
    const struct unit *units = setting->kind->units;
    char known[64] = "";

    if (setting->kind == &kind_count)
        return error_set(reason, -EINVAL, EX_DATAERR, "it takes no unit, as in %s",
                         example_of(setting));
    if (unit[0] == '\0')
        return error_set(reason, -EINVAL, EX_DATAERR, "a unit is missing, as in %s",
                         example_of(setting));
    for (const struct unit *u = units; u->name; u++) {
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof(known) - used, "%s%s", u == units ? "" : ", ", u->name);
    }
    return error_set(reason, -EINVAL, EX_DATAERR, "the unit must be one of %s, as in %s", known,
                     example_of(setting));
}

static int check_range(const struct setting *setting, int64_t value, struct error *reason)
{
    char range[SETTING_TEXT_SIZE];

    if (value >= setting->min && value <= setting->max)
        return 0;
    setting_range(setting, range);
    return error_set(reason, -EINVAL, EX_DATAERR, "out of range, %s", range);
}

static int parse_quantity(const struct setting *setting, const char *text, void *value,
                          struct error *reason)
{
    size_t length = strspn(text, DIGITS ".");
    const struct unit *unit = find_unit(setting->kind->units, text + length);
    int64_t parsed = INT64_MAX;
    int result;

    if (strspn(text, DIGITS) == 0)
        return error_set(reason, -EINVAL, EX_DATAERR, "it must begin with a digit, as in %s",
                         example_of(setting));
    if (text[strcspn(text, " \t")] != '\0')
        return error_set(reason, -EINVAL, EX_DATAERR, "no blank belongs in it, as in %s",
                         example_of(setting));
    if (!unit)
        return reject_unit(setting, text + length, reason);
    switch (parse_decimal(text, length, unit->factor, &parsed)) {
    case DECIMAL_MALFORMED:
        return error_set(reason, -EINVAL, EX_DATAERR, "not a number, as in %s",
                         example_of(setting));
    case DECIMAL_TOO_FINE:
        return error_set(reason, -EINVAL, EX_DATAERR, "too many decimals, as in %s",
                         example_of(setting));
    case DECIMAL_TOO_LARGE:
    case DECIMAL_OK:
        break;
    }
    result = check_range(setting, parsed, reason);
    if (result == 0)
        *(int64_t *)value = parsed;
    return result;
}

static void format_number(const struct unit *units, int64_t value, char *ret, size_t size)
{
    while (value % units->factor != 0)
        units++; /* ends, for every table has a unit of factor 1 */
    (void)snprintf(ret, size, "%" PRId64 "%s", value / units->factor, units->name);
}

static void format_quantity(const void *value, const struct setting *setting, char *ret,
                            size_t size)
{
    format_number(setting->kind->units, *(const int64_t *)value, ret, size);
}

static void range_quantity(const struct setting *setting, char *ret, size_t size)
{
    char min[32];
    char max[32];

    format_number(setting->kind->units, setting->min, min, sizeof(min));
    format_number(setting->kind->units, setting->max, max, sizeof(max));
    (void)snprintf(ret, size, "%s to %s", min, max);
}

/* A value is written in the first unit that gives a whole number. */
static const struct unit counts[] = {{"", 1}, {0}};
static const struct unit durations[] = {
    {"s", 1000}, {"ms", 1}, {"min", 60000}, {"h", 3600000}, {0}};
static const struct unit bitrates[] = {{"kbit/s", 1000}, {"bit/s", 1}, {"Mbit/s", 1000000}, {0}};
static const struct unit frequencies[] = {{"kHz", 1000}, {"Hz", 1}, {0}};
static const struct unit bytes[] = {
    {"GB", 1000000000}, {"MB", 1000000}, {"kB", 1000}, {"B", 1}, {0}};
static const struct unit percents[] = {{"%", 1}, {0}};

#define QUANTITY(table)                                                                            \
    {                                                                                              \
        parse_quantity, format_quantity, range_quantity, table                                     \
    }

const struct kind kind_count = QUANTITY(counts);
const struct kind kind_duration = QUANTITY(durations);
const struct kind kind_bitrate = QUANTITY(bitrates);
const struct kind kind_frequency = QUANTITY(frequencies);
const struct kind kind_bytes = QUANTITY(bytes);
const struct kind kind_percent = QUANTITY(percents);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A point in time: ISO 8601 in UTC to the second, or seconds since the Unix epoch. The calendar is
 * the C library's; a date that it would have to correct, as 30 February, is refused.
 */
#include "preset/setting.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/utc.h"

static bool parse_calendar(const char *text, int64_t *ret_seconds)
{
    return utc_parse_seconds(text, ret_seconds) && strcmp(text + UTC_SECONDS_LENGTH, "Z") == 0;
}

/* Ten digits hold every second that nanoseconds in 64 bits can. */
static bool parse_seconds(const char *text, int64_t *ret_seconds)
{
    size_t length = strspn(text + 1, "0123456789");
    int64_t seconds = 0;

    if (length == 0 || length > 10 || text[1 + length] != '\0')
        return false;
    for (size_t i = 1; i <= length; i++)
        seconds = seconds * 10 + (text[i] - '0');
    *ret_seconds = seconds;
    return true;
}

static void format_time(const void *value, const struct setting *setting, char *ret, size_t size)
{
    time_t seconds = (time_t)(*(const int64_t *)value / NS_PER_SECOND);
    struct tm tm;

    (void)setting;
    (void)gmtime_r(&seconds, &tm);
    (void)strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void range_time(const struct setting *setting, char *ret, size_t size)
{
    char min[32];
    char max[32];

    format_time(&setting->min, setting, min, sizeof(min));
    format_time(&setting->max, setting, max, sizeof(max));
    (void)snprintf(ret, size, "%s to %s", min, max);
}

static int parse_time(const struct setting *setting, const char *text, void *value,
                      struct error *reason)
{
    char range[SETTING_TEXT_SIZE];
    int64_t seconds;
    bool formed = text[0] == '@' ? parse_seconds(text, &seconds) : parse_calendar(text, &seconds);

    if (!formed)
        return error_set(reason, -EINVAL, EX_USAGE,
                         "a UTC time to the second is wanted, as in %s or @0", setting->fallback);
    if (seconds < setting->min / NS_PER_SECOND || seconds > setting->max / NS_PER_SECOND) {
        range_time(setting, range, sizeof(range));
        return error_set(reason, -EINVAL, EX_USAGE, "out of range, %s", range);
    }
    *(int64_t *)value = seconds * NS_PER_SECOND;
    return 0;
}

const struct kind kind_time = {
    .parse = parse_time,
    .format = format_time,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

void utc_format(int64_t ns, char text[UTC_TEXT_SIZE])
{
    int64_t rest = ns % NS_PER_SECOND;
    time_t seconds = ns / NS_PER_SECOND - (rest < 0);
    int64_t ms = (rest < 0 ? rest + NS_PER_SECOND : rest) / NS_PER_MS;
    struct tm date;
    size_t used;

    (void)gmtime_r(&seconds, &date); /* fails only for years that an int does not hold */
    used = strftime(text, UTC_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &date);
    (void)snprintf(text + used, UTC_TEXT_SIZE - used, ".%03uZ", (uint16_t)ms);
}

/* Whether @p text begins with the form of @p pattern, in which a 0 stands for any digit. */
static bool has_form(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '0' ? (*text < '0' || *text > '9') : *text != *pattern)
            return false;
    return true;
}

static int digits(const char *text, size_t count)
{
    int number = 0;

    for (size_t i = 0; i < count; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

bool utc_parse_seconds(const char *text, int64_t *ret_seconds)
{
    struct tm date;
    struct tm corrected;
    int64_t seconds;

    if (!has_form(text, "0000-00-00T00:00:00"))
        return false;
    date = (struct tm){
        .tm_year = digits(text, 4) - 1900,
        .tm_mon = digits(text + 5, 2) - 1,
        .tm_mday = digits(text + 8, 2),
        .tm_hour = digits(text + 11, 2),
        .tm_min = digits(text + 14, 2),
        .tm_sec = digits(text + 17, 2),
    };
    corrected = date;
    seconds = timegm(&corrected);
    if (date.tm_mon != corrected.tm_mon || date.tm_mday != corrected.tm_mday ||
        date.tm_hour != corrected.tm_hour || date.tm_min != corrected.tm_min ||
        date.tm_sec != corrected.tm_sec)
        return false;
    *ret_seconds = seconds;
    return true;
}

bool utc_parse(const char *text, int64_t *ret_ns)
{
    int64_t seconds;

    if (!utc_parse_seconds(text, &seconds) || !has_form(text + UTC_SECONDS_LENGTH, ".000Z") ||
        seconds < 0 || seconds >= INT64_MAX / NS_PER_SECOND)
        return false;
    *ret_ns = seconds * NS_PER_SECOND + digits(text + UTC_SECONDS_LENGTH + 1, 3) * NS_PER_MS;
    return true;
}

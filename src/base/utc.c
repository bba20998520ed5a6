/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

void utc_format(int64_t ns, char text[UTC_TEXT_SIZE])
{
    time_t seconds = ns / NS_PER_SECOND - (ns % NS_PER_SECOND < 0);
    int64_t ms = (ns - seconds * NS_PER_SECOND) / NS_PER_MS;
    struct tm date;
    size_t used;

    (void)gmtime_r(&seconds, &date); /* fails only for years that an int does not hold */
    used = strftime(text, UTC_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &date);
    (void)snprintf(text + used, UTC_TEXT_SIZE - used, ".%03uZ", (uint16_t)ms);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Years are counted from March, so that the leap day is a year's last, and in eras of 400 years,
 * which all have the same days.
 */
#include "base/utc.h"

#include <stdio.h>

#include "base/clock.h"

enum {
    DAYS_OF_ERA = 146097,
    DAYS_TO_1970 = 719468, /* from 0000-03-01 */
    MS_OF_DAY = 86400000,
};

/* Days from 1 March to the first of the month that is @p month months later. */
static int64_t days_before_month(int64_t month)
{
    return (153 * month + 2) / 5;
}

static int64_t divide_down(int64_t num, int64_t den)
{
    return num / den - (num % den < 0);
}

int64_t utc_days(int64_t year, int month, int day)
{
    int64_t from_march = (month + 9) % 12;
    int64_t march_year = month <= 2 ? year - 1 : year;
    int64_t era = divide_down(march_year, 400);
    int64_t of_era = march_year - era * 400;

    return era * DAYS_OF_ERA + of_era * 365 + of_era / 4 - of_era / 100 +
           days_before_month(from_march) + day - 1 - DAYS_TO_1970;
}

void utc_format(int64_t ns, char text[UTC_TEXT_SIZE])
{
    int64_t ms = divide_down(ns, NS_PER_MS);
    int64_t days = divide_down(ms, MS_OF_DAY);
    int64_t of_day = ms - days * MS_OF_DAY;
    int64_t era = divide_down(days + DAYS_TO_1970, DAYS_OF_ERA);
    int64_t day = days + DAYS_TO_1970 - era * DAYS_OF_ERA; /* of the era */
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t month;

    day -= year * 365 + year / 4 - year / 100; /* of the year from March */
    month = (5 * day + 2) / 153;
    day -= days_before_month(month);
    /* The casts say how many digits there can be. */
    (void)snprintf(text, UTC_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   (uint16_t)(year + era * 400 + (month >= 10)), (uint8_t)((month + 2) % 12 + 1),
                   (uint8_t)(day + 1), (uint8_t)(of_day / 3600000), (uint8_t)(of_day / 60000 % 60),
                   (uint8_t)(of_day / 1000 % 60), (uint16_t)(of_day % 1000));
}

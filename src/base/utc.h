/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dates of the proleptic Gregorian calendar in UTC, without the C library's time zones. */
#ifndef HLSGEN_BASE_UTC_H
#define HLSGEN_BASE_UTC_H

#include <stdint.h>

/** "2026-11-22T01:02:03.456Z" and a NUL; years to 9999 have four digits. */
#define UTC_TEXT_SIZE 40

/** Days from 1970-01-01 to a date; @p month and @p day count from 1. */
int64_t utc_days(int64_t year, int month, int day);

/** Writes @p ns, nanoseconds since the Unix epoch, as ISO 8601 date-time with milliseconds and Z.
 */
void utc_format(int64_t ns, char text[UTC_TEXT_SIZE]);

#endif

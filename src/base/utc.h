/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_BASE_UTC_H
#define HLSGEN_BASE_UTC_H

#include <stdbool.h>
#include <stdint.h>

/** "2026-11-22T01:02:03.456Z" and a NUL, with room to spare. */
#define UTC_TEXT_SIZE 40

/**
 * Writes @p ns, nanoseconds since the Unix epoch, as an ISO 8601 date-time in UTC with
 * milliseconds, rounded down.
 */
void utc_format(int64_t ns, char text[UTC_TEXT_SIZE]);

/** "2026-11-22T01:02:03" */
#define UTC_SECONDS_LENGTH 19

/**
 * Reads a date-time to the second, as it stands at the start of @p text. A date that is none, as 30
 * February, is refused.
 *
 * @param ret_seconds since the Unix epoch
 * @return whether there is one; @p ret_seconds is otherwise untouched
 */
bool utc_parse_seconds(const char *text, int64_t *ret_seconds);

/** "2026-11-22T01:02:03.456Z" */
#define UTC_LENGTH 24

/** Likewise what utc_format() writes, from 1970 on, to nanoseconds that 64 bits hold. */
bool utc_parse(const char *text, int64_t *ret_ns);

#endif

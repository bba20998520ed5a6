/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_BASE_UTC_H
#define HLSGEN_BASE_UTC_H

#include <stdint.h>

/** "2026-11-22T01:02:03.456Z" and a NUL, with room to spare. */
#define UTC_TEXT_SIZE 40

/**
 * Writes @p ns, nanoseconds since the Unix epoch, as an ISO 8601 date-time in UTC with
 * milliseconds, rounded down.
 */
void utc_format(int64_t ns, char text[UTC_TEXT_SIZE]);

#endif

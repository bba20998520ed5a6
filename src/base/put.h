/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text written by hand, not by printf(3): some of it is written anew for each segment of each of a
 * thousand streams. Each function puts something at @p at, where there is room for it, and returns
 * the place behind it, where a NUL may stand.
 */
#ifndef HLSGEN_BASE_PUT_H
#define HLSGEN_BASE_PUT_H

#include <stdint.h>

/** A number that is not known. */
#define PUT_UNKNOWN INT64_MIN

enum {
    PUT_NUMBER_SIZE = 22, /**< bytes that any number takes at most, with its sign and a point */
};

char *put_text(char *at, const char *text);

/** With zeros in front, if it has fewer than @p width digits. */
char *put_digits(char *at, uint64_t number, int width);

/** Of @p number / 10^@p places, all its digits: 1234567 with 6 places is "1.234567". */
char *put_decimal(char *at, int64_t number, int places);

/* ---- JSON (RFC 8259): what is not known is null. --------------------------------------------- */

char *put_json_number(char *at, int64_t number);

/** "key": */
char *put_json_key(char *at, const char *key);

/** "key":number */
char *put_json_field(char *at, const char *key, int64_t number);

/** Of text without control characters, as names are. */
char *put_json_string(char *at, const char *text);

/** Nanoseconds since the Unix epoch as a date-time in UTC, to the microsecond below. */
char *put_json_date(char *at, int64_t ns);

/** Of microseconds. */
char *put_json_seconds(char *at, int64_t us);

#endif

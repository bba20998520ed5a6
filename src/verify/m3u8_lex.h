/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest parts of a playlist: its bytes, its lines, and the values that stand in them. */
#ifndef HLSGEN_VERIFY_M3U8_LEX_H
#define HLSGEN_VERIFY_M3U8_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/m3u8.h"

/** What is greater is taken for this, so that two can be added. */
#define M3U8_VALUE_MAX (INT64_MAX / 2)

/** For "%.*s": as much of a text as a finding has room for. */
#define M3U8_SHOWN(text) ((int)((text).size < 80 ? (text).size : 80)), (text).data

struct m3u8_line {
    struct m3u8_text text; /**< without its end */
    size_t begin, end;     /**< bytes of the whole, end included */
    int number;            /**< from 1 on */
};

/** Lines that are yet to come. */
struct m3u8_lines {
    const char *data;
    size_t size;
    size_t at;
    int number;
};

/** Takes the next line; the last one need not end (4.1). @return whether there was one */
bool m3u8_lines_next(struct m3u8_lines *lines, struct m3u8_line *ret);

/** What is wrong with the bytes of a playlist (4.1). */
enum m3u8_bytes {
    M3U8_BYTES_ORDER_MARK,
    M3U8_BYTES_NOT_UTF8,
    M3U8_BYTES_CONTROL,
    M3U8_BYTES_CARRIAGE_RETURN, /**< that no line feed follows */
    M3U8_BYTES_OPEN_END,        /**< the last line does not end */
    M3U8_BYTES_FAULTS,
};

/** @param ret_lines of each fault the line where it first is; 0: nowhere */
void m3u8_check_bytes(const char *data, size_t size, int ret_lines[M3U8_BYTES_FAULTS]);

bool m3u8_text_is(struct m3u8_text text, const char *word);
bool m3u8_text_begins(struct m3u8_text text, const char *word);
bool m3u8_text_equals(struct m3u8_text a, struct m3u8_text b);

/** The bytes before the first @p mark, and @p ret_rest those behind it; all and none (data NULL)
 * where there is no mark. */
struct m3u8_text m3u8_text_split(struct m3u8_text text, char mark, struct m3u8_text *ret_rest);

/** Without the blanks around it. */
struct m3u8_text m3u8_text_trim(struct m3u8_text text);

/** Each of these reads the whole of @p text, and leaves what it returns to alone if it is not of
 * its form. A decimal-integer (4.2): */
bool m3u8_read_integer(struct m3u8_text text, int64_t *ret);

/** A decimal-floating-point, in billionths. @param ret_decimals how many there are */
bool m3u8_read_decimal(struct m3u8_text text, int64_t *ret, int *ret_decimals);

/** A decimal-resolution. */
bool m3u8_read_resolution(struct m3u8_text text, int *ret_width, int *ret_height);

/** <n>[@<o>] (4.3.2.2). An offset that is not said becomes -1. */
bool m3u8_read_range(struct m3u8_text text, struct m3u8_range *ret);

/**
 * An extended date-time of ISO 8601 with its zone, Z, +hh:mm or +hh (4.3.2.6).
 *
 * @param ret_ns since the Unix epoch; M3U8_NONE: further from it than 64 bits take
 */
bool m3u8_read_date(struct m3u8_text text, int64_t *ret_ns);

#endif

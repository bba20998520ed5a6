/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A failure, told in one line.
 *
 * Functions return 0 (or a count) on success and a negative errno or AVERROR on failure, which
 * callers pass on unchanged. Where a person has to act on the failure, the function also takes a
 * `struct error *` and fills it: what happened, where, what would be right, and the sysexits(3)
 * code the program should end with. Only main and the drivers print it.
 */
#ifndef HLSGEN_BASE_ERROR_H
#define HLSGEN_BASE_ERROR_H

#include <sysexits.h>

struct error {
    int exit_code;  /**< one of sysexits(3) */
    char text[512]; /**< one line, no newline, no program name */
};

/**
 * Fills @p err and returns @p code, so that a failing function can end with
 * `return error_set(err, -EINVAL, EX_DATAERR, "...")`.
 *
 * @param err       may be NULL: then only the code is returned
 * @param code      negative errno or AVERROR; not added to the text
 * @param exit_code one of sysexits(3)
 */
int error_set(struct error *err, int code, int exit_code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Like error_set(), with ": " and the system's words for errno @p -code appended. */
int error_set_errno(struct error *err, int code, int exit_code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif

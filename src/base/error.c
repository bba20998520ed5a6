/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static void fill(struct error *err, int exit_code,
                                                       const char *format, va_list args)
{
    err->exit_code = exit_code;
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
}

int error_set(struct error *err, int code, int exit_code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (err)
        fill(err, exit_code, format, args);
    va_end(args);
    return code;
}

int error_set_errno(struct error *err, int code, int exit_code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (err) {
        size_t used;

        fill(err, exit_code, format, args);
        used = strlen(err->text);
        (void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(-code));
    }
    va_end(args);
    return code;
}

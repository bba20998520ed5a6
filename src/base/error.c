/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, int code, int exit_code, const char *format, ...)
{
    va_list args;

    if (!err)
        return code;
    err->exit_code = exit_code;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return code;
}

int error_set_errno(struct error *err, int code, int exit_code, const char *format, ...)
{
    size_t used;
    va_list args;

    if (!err)
        return code;
    err->exit_code = exit_code;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(-code));
    return code;
}

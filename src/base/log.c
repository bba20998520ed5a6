/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool log_for_journal;

void log_init(void)
{
    log_for_journal = getenv("JOURNAL_STREAM") != NULL;
}

void log_line(int priority, const char *format, ...)
{
    char line[1024];
    int used;
    int body;
    va_list args;

    if (log_for_journal)
        used = snprintf(line, sizeof(line), "<%d>", priority);
    else
        used = snprintf(line, sizeof(line), "hlsgen: ");

    va_start(args, format);
    body = vsnprintf(line + used, sizeof(line) - (size_t)used, format, args);
    va_end(args);
    if (body < 0)
        return;
    used += body;
    if (used > (int)sizeof(line) - 1)
        used = (int)sizeof(line) - 1;
    for (int i = 0; i < used; i++) /* what is quoted from outside must not end or color the line */
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[used++] = '\n'; /* takes the place of the terminating NUL */
    if (write(STDERR_FILENO, line, (size_t)used) < 0)
        return; /* there is nowhere left to say so */
}

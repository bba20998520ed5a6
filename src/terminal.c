/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define AFTER_NS (500 * NS_PER_MS)
#define EVERY_NS (50 * NS_PER_MS)

struct terminal terminal_open(int64_t now)
{
    return (struct terminal){.there = isatty(STDERR_FILENO), .next = now + AFTER_NS};
}

void terminal_show(struct terminal *terminal, int64_t now, const char *format, ...)
{
    va_list arguments;

    if (!terminal->there || now < terminal->next)
        return;
    (void)fputs("\r\033[K", stderr);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    terminal->next = now + EVERY_NS;
    terminal->shows = true;
}

void terminal_clear(struct terminal *terminal)
{
    if (terminal->shows)
        (void)fputs("\r\033[K", stderr);
    terminal->shows = false;
}

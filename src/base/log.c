/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool log_for_journal;
static unsigned lines_dropped;

void log_init(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char expected[64];

    if (!stream || fstat(STDERR_FILENO, &status) < 0)
        return;
    (void)snprintf(expected, sizeof(expected), "%ju:%ju", (uintmax_t)status.st_dev,
                   (uintmax_t)status.st_ino);
    log_for_journal = strcmp(stream, expected) == 0;
}

/* Whether a line can be written without waiting: a pipe that is ready takes 4096 bytes. */
static bool stderr_is_ready(void)
{
    static const struct timespec at_once = {0, 0};
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

    return ppoll(&ready, 1, &at_once, NULL) == 1 && ready.revents & POLLOUT;
}

/* What is quoted from outside must neither end the line nor color it. */
static void defuse(char *line, int length)
{
    for (int i = 0; i < length; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
}

const char *log_prefix(int priority)
{
    static const char *const of_journal[] = {"<0>", "<1>", "<2>", "<3>",
                                             "<4>", "<5>", "<6>", "<7>"};

    return log_for_journal ? of_journal[priority] : "hlsgen: ";
}

static void write_line(char *line, size_t size, int length)
{
    if (length > (int)size - 1)
        length = (int)size - 1;
    defuse(line, length);
    line[length++] = '\n'; /* takes the place of the terminating NUL */
    if (write(STDERR_FILENO, line, (size_t)length) < 0)
        lines_dropped++;
}

static void report_dropped(void)
{
    char line[64];
    int used = snprintf(line, sizeof(line), "%sstderr was full lines_dropped=%u",
                        log_prefix(LOG_WARNING), lines_dropped);

    lines_dropped = 0;
    write_line(line, sizeof(line), used);
}

void log_line(int priority, const char *format, ...)
{
    char line[1024];
    int used = snprintf(line, sizeof(line), "%s", log_prefix(priority));
    int body;
    va_list args;

    va_start(args, format);
    body = vsnprintf(line + used, sizeof(line) - (size_t)used, format, args);
    va_end(args);
    if (body < 0)
        return;
    if (!stderr_is_ready()) {
        lines_dropped++;
        return;
    }
    write_line(line, sizeof(line), used + body);
    if (lines_dropped > 0 && stderr_is_ready())
        report_dropped();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines on stderr: one write(2) a line, so that lines of several processes never mix, and
 * nothing but the stack behind it, so that logging works in the confined steady state. A line never
 * waits: when stderr takes none, because nobody reads it, lines are dropped and counted.
 *
 * Where stderr is the journal (JOURNAL_STREAM, systemd.exec(5)) a line begins with the priority
 * prefix of sd-daemon(3), "<N>"; elsewhere with "hlsgen: ". A line is a short sentence, then
 * key=value pairs.
 */
#ifndef HLSGEN_BASE_LOG_H
#define HLSGEN_BASE_LOG_H

#include <syslog.h>

/** Finds out whether stderr is the journal. Call once, before the first line. */
void log_init(void);

/** What a line of @p priority begins with; a string constant. After log_init(). */
const char *log_prefix(int priority);

/** Writes one line; longer than 1 KiB is cut. @p priority is one of syslog(3): LOG_ERR ... */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)  log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)

#endif

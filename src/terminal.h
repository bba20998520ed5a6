/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of progress on stderr where that is a terminal, each written over the one before. Short
 * work shows none.
 */
#ifndef HLSGEN_TERMINAL_H
#define HLSGEN_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

struct terminal {
    bool there;
    bool shows;   /**< a line stands there */
    int64_t next; /**< CLOCK_MONOTONIC: when the next line may be written */
};

/** @param now CLOCK_MONOTONIC, here and below */
struct terminal terminal_open(int64_t now);

/** Writes the line, if it is time to. */
void terminal_show(struct terminal *terminal, int64_t now, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Takes it away: something else comes, or the work is done. */
void terminal_clear(struct terminal *terminal);

#endif

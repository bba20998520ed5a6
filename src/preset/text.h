/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that people write: whether it can be read, and what they may have meant; and text for them.
 */
#ifndef HLSGEN_PRESET_TEXT_H
#define HLSGEN_PRESET_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Whether @p length bytes are UTF-8 (RFC 3629) without control characters; a tab is one. */
bool text_is_plain(const char *text, size_t length);

/** Puts '?' in the place of each byte that keeps @p text from being plain. */
void text_make_plain(char *text);

#define TEXT_COLUMNS 80

/**
 * Writes ASCII words, breaking lines before TEXT_COLUMNS, and a newline at the end.
 *
 * @param column where the first word goes, from 0
 * @param margin what every further line begins with
 */
void text_wrap(FILE *out, const char *text, int column, const char *margin);

#define TEXT_NEAREST_MAX 64

/** Finds the candidate nearest to a word, as they are offered one by one. */
struct text_nearest {
    const char *word;            /**< borrowed */
    char best[TEXT_NEAREST_MAX]; /**< "" as long as nothing is near */
    size_t distance;             /**< of best: edits that turn one into the other */
};

struct text_nearest text_nearest_start(const char *word);

/** Keeps @p candidate if it resembles the word, and more so than those before it. */
void text_nearest_offer(struct text_nearest *nearest, const char *candidate);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is logged, caught instead of written to stderr. */
#ifndef HLSGEN_TESTS_UNIT_LOGGED_H
#define HLSGEN_TESTS_UNIT_LOGGED_H

struct logged {
    int file;
    int saved; /**< stderr, meanwhile */
};

struct logged logged_begin(void);

/** @return what was logged since, to be freed */
char *logged_end(struct logged *logged);

/** How often @p part stands in @p text. */
int logged_count(const char *text, const char *part);

#endif

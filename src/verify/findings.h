/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was checked, and what was found wrong: of each rule how often, and the first few whole.
 * Memory is bounded, whatever a stream has of faults.
 */
#ifndef HLSGEN_VERIFY_FINDINGS_H
#define HLSGEN_VERIFY_FINDINGS_H

#include <stdarg.h>
#include <stdint.h>

#include "verify/rules.h"

enum {
    FINDINGS_KEPT = 8,         /**< of each rule; the others are counted */
    FINDINGS_PLACE_SIZE = 160, /**< text is cut to these, NUL included */
    FINDINGS_TEXT_SIZE = 160,
};

struct finding {
    char place[FINDINGS_PLACE_SIZE]; /**< "720p/seg12.ts packet 17", "stream.m3u8 line 3" */
    char found[FINDINGS_TEXT_SIZE];
    char wanted[FINDINGS_TEXT_SIZE];
};

struct findings {
    struct {
        int64_t checked; /**< above 0: there was occasion to judge it */
        int64_t count;   /**< how often it was broken */
        struct finding kept[FINDINGS_KEPT];
    } of[RULES];
};

/** There was occasion to judge @p rule. */
void findings_check(struct findings *findings, enum rule_id rule);

/**
 * @p rule is broken. Counts as an occasion, too. Bytes of @p place and text that are not printable
 * ASCII become "?".
 *
 * @param wanted what would be right
 * @param found  a format of printf(3): what is there
 */
void findings_add(struct findings *findings, enum rule_id rule, const char *place,
                  const char *wanted, const char *found, ...) __attribute__((format(printf, 5, 6)));
void findings_vadd(struct findings *findings, enum rule_id rule, const char *place,
                   const char *wanted, const char *found, va_list args)
    __attribute__((format(printf, 5, 0)));

/** Makes bytes of @p text, a name that was found, say, into "?" likewise. */
void findings_make_printable(char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/findings.h"

#include <stdio.h>

/* What is printed is somebody else's text: it must not reach a terminal as it is. */
void findings_make_printable(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

static void copy(char *to, size_t size, const char *text)
{
    (void)snprintf(to, size, "%s", text);
    findings_make_printable(to);
}

void findings_check(struct findings *findings, enum rule_id rule)
{
    findings->of[rule].checked++;
}

void findings_vadd(struct findings *findings, enum rule_id rule, const char *place,
                   const char *wanted, const char *found, va_list args)
{
    int64_t count = findings->of[rule].count++;
    struct finding *kept;

    findings->of[rule].checked++;
    if (count >= FINDINGS_KEPT)
        return;
    kept = &findings->of[rule].kept[count];
    copy(kept->place, sizeof(kept->place), place);
    copy(kept->wanted, sizeof(kept->wanted), wanted);
    (void)vsnprintf(kept->found, sizeof(kept->found), found, args);
    findings_make_printable(kept->found);
}

void findings_add(struct findings *findings, enum rule_id rule, const char *place,
                  const char *wanted, const char *found, ...)
{
    va_list args;

    va_start(args, found);
    findings_vadd(findings, rule, place, wanted, found, args);
    va_end(args);
}

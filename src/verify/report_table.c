/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "verify/report.h"

/* Whether all of them want the same: then it is said once. */
static bool want_the_same(const struct finding *kept, int64_t count)
{
    bool same = count > 1;

    for (int64_t i = 1; i < count; i++)
        same = same && strcmp(kept[i].wanted, kept[0].wanted) == 0;
    return same;
}

static void print_broken(const struct findings *findings, enum rule_id rule, FILE *out)
{
    const struct finding *found = findings->of[rule].kept;
    int64_t count = findings->of[rule].count;
    int64_t kept = count < FINDINGS_KEPT ? count : FINDINGS_KEPT;
    bool same = want_the_same(found, kept);

    (void)fprintf(out, "%s (%s, %s): %s\n", rules[rule].name, report_rank(rules[rule].rank),
                  rules[rule].clause, rules[rule].text);
    for (int64_t i = 0; i < kept; i++)
        (void)fprintf(out, "  %s: %s%s%s\n", found[i].place, found[i].found,
                      same ? "" : "; wanted: ", same ? "" : found[i].wanted);
    if (kept < count)
        (void)fprintf(out, "  and %" PRId64 " more\n", count - kept);
    if (same)
        (void)fprintf(out, "  wanted: %s\n", found[0].wanted);
}

static void print_sums(const struct run *run, const int sums[], FILE *out)
{
    (void)fprintf(out, "Playlists: %" PRId64, run->playlists);
    if (run->versions > run->playlists)
        (void)fprintf(out, " in %" PRId64 " versions", run->versions);
    (void)fprintf(out,
                  ", segments: %" PRId64 ", bytes: %" PRId64
                  ". Rules that hold: %d, that are broken: %d, not judged: %d.\n",
                  run->segments, run->bytes, sums[RULE_PASSED], sums[RULE_BROKEN],
                  sums[RULE_NOT_JUDGED]);
    if (run->elsewhere > 0)
        (void)fprintf(out,
                      "%" PRId64
                      " URIs lead out of the directory and were not followed. "
                      "Of those with .. check the directory above.\n",
                      run->elsewhere);
    if (run->encrypted > 0)
        (void)fprintf(out, "%" PRId64 " segments are encrypted and were not measured.\n",
                      run->encrypted);
    if (!*run->layers)
        (void)fputs("Not confined (--sandbox=off).\n", out);
    else if (*run->gaps)
        (void)fprintf(out, "Confined, but for %s.\n", run->gaps);
}

void report_table(const struct run *run, enum profile profile, FILE *out)
{
    int sums[] = {[RULE_NOT_JUDGED] = 0, [RULE_PASSED] = 0, [RULE_BROKEN] = 0};

    for (int rule = 0; rule < RULES; rule++) {
        enum rule_state state = report_state(&run->findings, (enum rule_id)rule, profile);

        sums[state]++;
        if (state == RULE_BROKEN)
            print_broken(&run->findings, (enum rule_id)rule, out);
    }
    print_sums(run, sums, out);
}

void report_rules(FILE *out)
{
    for (int rule = 0; rule < RULES; rule++)
        (void)fprintf(out, "%-15s %-6s %s (%s)\n", rules[rule].name, report_rank(rules[rule].rank),
                      rules[rule].text, rules[rule].clause);
}

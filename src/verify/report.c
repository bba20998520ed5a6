/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/report.h"

const char *const profile_names[] = {
    [PROFILE_RFC] = "rfc",
    [PROFILE_APPLE] = "apple",
    [PROFILE_ALL] = "all",
    NULL,
};

static bool is_in(enum rule_rank rank, enum profile profile)
{
    switch (rank) {
    case RANK_MUST:
        return true;
    case RANK_SHOULD:
    case RANK_APPLE:
        return profile != PROFILE_RFC;
    case RANK_OWN:
        return profile == PROFILE_ALL;
    }
    return false;
}

enum rule_state report_state(const struct findings *findings, enum rule_id rule,
                             enum profile profile)
{
    if (!is_in(rules[rule].rank, profile) || findings->of[rule].checked == 0)
        return RULE_NOT_JUDGED;
    return findings->of[rule].count > 0 ? RULE_BROKEN : RULE_PASSED;
}

int report_count_broken(const struct findings *findings, enum profile profile)
{
    int count = 0;

    for (int rule = 0; rule < RULES; rule++)
        count += report_state(findings, (enum rule_id)rule, profile) == RULE_BROKEN;
    return count;
}

const char *report_rank(enum rule_rank rank)
{
    static const char *const names[] = {
        [RANK_MUST] = "MUST",
        [RANK_SHOULD] = "SHOULD",
        [RANK_APPLE] = "Apple",
        [RANK_OWN] = "own",
    };

    return names[rank];
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found, for people and for programs. */
#ifndef HLSGEN_VERIFY_REPORT_H
#define HLSGEN_VERIFY_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "verify/stream.h"

/** Whose rules count. */
enum profile {
    PROFILE_RFC,   /**< RANK_MUST */
    PROFILE_APPLE, /**< and RANK_APPLE, RANK_SHOULD */
    PROFILE_ALL,   /**< and RANK_OWN */
};

/** What --profile takes: a name for each, then NULL. */
extern const char *const profile_names[];

/** What has become of a rule. */
enum rule_state {
    RULE_NOT_JUDGED, /**< there was no occasion, or it is not in the profile */
    RULE_PASSED,
    RULE_BROKEN,
};

enum rule_state report_state(const struct findings *findings, enum rule_id rule,
                             enum profile profile);

/** @return how many rules of the profile are broken */
int report_count_broken(const struct findings *findings, enum profile profile);

/** "MUST", "SHOULD", "Apple", "own" */
const char *report_rank(enum rule_rank rank);

void report_table(const struct run *run, enum profile profile, FILE *out);

/** As hlsgen-verify(1) says. Whether it could be written @p out knows. @return 0 or -ENOMEM */
int report_json(const struct run *run, enum profile profile, FILE *out);

/** Writes all rules that there are. */
void report_rules(FILE *out);

#endif

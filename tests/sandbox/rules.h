/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the policy's tables say of a system call, told without a filter.
 */
#ifndef HLSGEN_TESTS_SANDBOX_RULES_H
#define HLSGEN_TESTS_SANDBOX_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/policy.h"

struct call {
    long number;
    uint64_t arguments[6];
};

/** The rules of all groups as one row; NULL beyond the last. */
const struct policy_rule *rule_at(const struct policy *policy, size_t index);

/** The first rule that holds for @p call: its group, and its index for rule_at(). NULL: none. */
const struct policy_group *rule_find(const struct policy *policy, const struct call *call,
                                     const struct policy_values *values, size_t *ret_index);

/** Whether every call that @p narrow holds for is one that @p wide holds for. */
bool rule_is_within(const struct policy_rule *narrow, const struct policy_rule *wide);

#endif

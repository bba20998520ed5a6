/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sandbox/rules.h"

const struct policy_rule *rule_at(const struct policy *policy, size_t index)
{
    size_t i = 0;

    while (i < policy->count && index >= policy->groups[i].count)
        index -= policy->groups[i++].count;
    return i < policy->count ? &policy->groups[i].rules[index] : NULL;
}

static bool holds(const struct policy_rule *rule, const struct call *call,
                  const struct policy_values *values)
{
    if (rule->call != call->number)
        return false;
    for (size_t i = 0; i < POLICY_CHECKS && rule->checks[i].mask; i++) {
        const struct policy_check *check = &rule->checks[i];

        if ((call->arguments[check->argument] & policy_mask(check, values)) !=
            policy_value(check, values))
            return false;
    }
    return true;
}

const struct policy_group *rule_find(const struct policy *policy, const struct call *call,
                                     const struct policy_values *values, size_t *ret_index)
{
    size_t before = 0;

    for (size_t i = 0; i < policy->count; i++) {
        const struct policy_group *group = &policy->groups[i];

        for (size_t j = 0; j < group->count; j++) {
            if (!holds(&group->rules[j], call, values))
                continue;
            *ret_index = before + j;
            return group;
        }
        before += group->count;
    }
    return NULL;
}

static bool implies(const struct policy_check *narrow, const struct policy_check *wide)
{
    return narrow->argument == wide->argument && narrow->source == wide->source &&
           (narrow->mask & wide->mask) == wide->mask && (narrow->value & wide->mask) == wide->value;
}

bool rule_is_within(const struct policy_rule *narrow, const struct policy_rule *wide)
{
    bool within = narrow->call == wide->call;

    for (size_t i = 0; within && i < POLICY_CHECKS && wide->checks[i].mask; i++) {
        within = false;
        for (size_t j = 0; j < POLICY_CHECKS && narrow->checks[j].mask; j++)
            within = implies(&narrow->checks[j], &wide->checks[i]) || within;
    }
    return within;
}

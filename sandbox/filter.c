/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the policy's tables to a seccomp filter, by libseccomp. The default is to kill the process,
 * and so is a call of another architecture (int 0x80, x32), where numbers mean other calls.
 */
#include "sandbox/layers.h"

#include <errno.h>
#include <seccomp.h>

#ifdef HLSGEN_SANITIZED

/* A sanitizer's run-time library needs calls that no policy foresees. */
int filter_enter(const struct policy *policy, int directory)
{
    (void)policy;
    (void)directory;
    return -EOPNOTSUPP;
}

#else

static int add_rule(scmp_filter_ctx filter, const struct policy_rule *rule, uint32_t action,
                    int directory)
{
    struct scmp_arg_cmp compares[POLICY_CHECKS];
    unsigned int count = 0;

    while (count < POLICY_CHECKS && rule->checks[count].mask != 0) {
        const struct policy_check *check = &rule->checks[count];

        compares[count++] = (struct scmp_arg_cmp){
            .arg = check->argument,
            .op = SCMP_CMP_MASKED_EQ,
            .datum_a = check->mask,
            .datum_b = check->directory ? (uint32_t)directory : check->value,
        };
    }
    /* "exact": a call that cannot be filtered on this architecture as written is an error. */
    return seccomp_rule_add_exact_array(filter, action, rule->call, count, compares);
}

static int add_policy(scmp_filter_ctx filter, const struct policy *policy, int directory)
{
    for (size_t i = 0; i < policy->count; i++) {
        const struct policy_group *group = &policy->groups[i];
        uint32_t action =
            group->refusal ? SCMP_ACT_ERRNO((uint32_t)group->refusal) : SCMP_ACT_ALLOW;

        for (size_t j = 0; j < group->count; j++) {
            int result = add_rule(filter, &group->rules[j], action, directory);

            if (result < 0)
                return result;
        }
    }
    return 0;
}

int filter_enter(const struct policy *policy, int directory)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int result;

    if (!filter)
        return -ENOMEM;
    result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (result == 0) /* no_new_privs is a layer of its own */
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    if (result == 0) /* the kernel's errno, not libseccomp's -ECANCELED */
        result = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    if (result == 0)
        result = add_policy(filter, policy, directory);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter against its tables. Every rule is exercised with arguments that fulfil it, which must
 * pass, and with each bit of each checked argument turned over, which must kill; and every call
 * without a rule must kill. Descriptors and pointers without a check are bad ones: what passes the
 * filter then does nothing.
 */
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sandbox/policy.h"
#include "tests/sandbox/trial.h"

#define LAST_CALL 600 /* beyond the calls of the newest kernel */
#define X32_BIT   0x40000000

/*
 * uretprobe() and uprobe() of x86-64: Linux runs them past every filter, since it plants them into
 * processes itself. Outside such a probe they do nothing but fail.
 */
#ifdef __x86_64__
#define IS_UNFILTERABLE(number) ((number) == 335 || (number) == 336)
#else
#define IS_UNFILTERABLE(number) false
#endif

struct call {
    long number;
    uint64_t arguments[6];
};

static uint64_t wanted(const struct policy_check *check, const struct scene *scene)
{
    return check->directory ? (uint32_t)scene->directory : check->value;
}

static bool rule_holds(const struct policy_rule *rule, const struct call *call,
                       const struct scene *scene)
{
    if (rule->call != call->number)
        return false;
    for (size_t i = 0; i < POLICY_CHECKS && rule->checks[i].mask; i++) {
        const struct policy_check *check = &rule->checks[i];

        if ((call->arguments[check->argument] & check->mask) != wanted(check, scene))
            return false;
    }
    return true;
}

/* What the tables say of @p call. */
static struct outcome foretell(const struct policy *policy, const struct call *call,
                               const struct scene *scene)
{
    for (size_t i = 0; i < policy->count; i++)
        for (size_t j = 0; j < policy->groups[i].count; j++)
            if (rule_holds(&policy->groups[i].rules[j], call, scene))
                return (struct outcome){policy->groups[i].refusal ? REFUSED : WORKS,
                                        policy->groups[i].refusal};
    return (struct outcome){KILLED, 0};
}

/* What the next child calls. */
static struct call next_call;

static int make_call(const struct scene *scene)
{
    const uint64_t *a = next_call.arguments;

    (void)scene;
    return syscall(next_call.number, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 ? -errno : 0;
}

/* An allowed call may fail for its bad arguments; it must only have reached the kernel. */
static bool agrees(const struct policy *policy, const struct stage *stage, const struct call *call,
                   const struct scene *scene)
{
    struct outcome said = foretell(policy, call, scene);
    struct outcome done;
    bool same;

    next_call = *call;
    done = trial_run(scene, stage, make_call);
    if (said.verdict == WORKS)
        same = done.verdict == WORKS || done.verdict == REFUSED;
    else
        same = done.verdict == said.verdict && done.error == said.error;
    if (!same)
        printf("# call %ld: %s\n", call->number, outcome_text(done));
    return same;
}

static bool check_bits_agree(const struct policy *policy, const struct stage *stage,
                             const struct call *good, const struct policy_check *check,
                             const struct scene *scene)
{
    bool all = true;

    for (unsigned int bit = 0; bit < 64; bit += bit < 32 ? 1 : 8) {
        struct call call = *good;

        call.arguments[check->argument] ^= UINT64_C(1) << bit;
        all = agrees(policy, stage, &call, scene) && all;
    }
    return all;
}

static void try_rule(const struct policy *policy, const struct stage *stage,
                     const struct policy_rule *rule, const struct scene *scene)
{
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, rule->call);
    struct call good = {.number = rule->call, .arguments = {UINT64_MAX}};
    size_t count = 0;
    bool all;

    for (; count < POLICY_CHECKS && rule->checks[count].mask; count++)
        good.arguments[rule->checks[count].argument] = wanted(&rule->checks[count], scene);
    all = agrees(policy, stage, &good, scene);
    for (size_t i = 0; i < count; i++)
        all = check_bits_agree(policy, stage, &good, &rule->checks[i], scene) && all;
    tap_result(all, "%s: %s passes as written, %zu arguments are checked", stage->name, name,
               count);
    free(name);
}

static void try_others(const struct policy *policy, const struct stage *stage, long base,
                       const char *what, const struct scene *scene)
{
    bool all = true;
    int count = 0;

    for (long number = 0; number <= LAST_CALL; number++) {
        struct call call = {.number = base + number, .arguments = {UINT64_MAX}};

        if (foretell(policy, &call, scene).verdict != KILLED || IS_UNFILTERABLE(call.number))
            continue;
        all = agrees(policy, stage, &call, scene) && all;
        count++;
    }
    tap_result(all, "%s: %d %s kill", stage->name, count, what);
}

static void try_policy(const struct policy *policy, const struct stage *stage,
                       const struct scene *scene)
{
    for (size_t i = 0; i < policy->count; i++)
        for (size_t j = 0; j < policy->groups[i].count; j++)
            try_rule(policy, stage, &policy->groups[i].rules[j], scene);
    try_others(policy, stage, 0, "calls without a rule", scene);
#ifdef __x86_64__
    try_others(policy, stage, X32_BIT, "calls of the x32 ABI", scene);
#endif
}

int main(void)
{
    struct scene scene;

    tap_start();
    scene_make(AS_USER, &scene);
    try_policy(&policy_setup, &stage_setup_filter, &scene);
    try_policy(&policy_steady, &stage_steady_filter, &scene);
    scene_remove(&scene);
    return tap_finish();
}

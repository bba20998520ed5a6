/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the policy's tables to a seccomp filter, by libseccomp. The default is a trap, which
 * incident.c reports. A call of another architecture (int 0x80, x32), where numbers mean other
 * calls, kills the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/layers.h"
#include "sandbox/policy.h"
#include "sandbox/status.h"

const char *sandbox_library(void)
{
    static char text[32];
    const struct scmp_version *version = seccomp_version();

    (void)snprintf(text, sizeof(text), "%u.%u.%u", version->major, version->minor, version->micro);
    return text;
}

#ifdef HLSGEN_SANITIZED

/* A sanitizer's run-time library needs calls that no policy foresees. */
int filter_enter_setup(const struct sandbox_config *config)
{
    (void)config;
    return -EOPNOTSUPP;
}

int filter_enter_steady(const struct sandbox_config *config)
{
    (void)config;
    return -EOPNOTSUPP;
}

int filter_enter_worker(const struct sandbox_config *config)
{
    (void)config;
    return -EOPNOTSUPP;
}

#else

static uint32_t action_of(const struct policy_group *group)
{
    switch (group->action) {
    case POLICY_ALLOW:
        return SCMP_ACT_ALLOW;
    case POLICY_REFUSE:
        return SCMP_ACT_ERRNO(EPERM);
    case POLICY_LACK:
        return SCMP_ACT_ERRNO(ENOSYS);
    case POLICY_KILL:
        break;
    }
    return SCMP_ACT_KILL_PROCESS;
}

static int add_rule(scmp_filter_ctx filter, const struct policy_rule *rule, uint32_t action,
                    const struct policy_values *values)
{
    struct scmp_arg_cmp compares[POLICY_CHECKS];
    unsigned int count = 0;

    for (; count < POLICY_CHECKS && rule->checks[count].mask != 0; count++)
        compares[count] = (struct scmp_arg_cmp){
            .arg = rule->checks[count].argument,
            .op = SCMP_CMP_MASKED_EQ,
            .datum_a = policy_mask(&rule->checks[count], values),
            .datum_b = policy_value(&rule->checks[count], values),
        };
    /* "exact": a call that cannot be filtered on this architecture as written is an error. */
    return seccomp_rule_add_exact_array(filter, action, rule->call, count, compares);
}

static int add_group(scmp_filter_ctx filter, const struct policy_group *group,
                     const struct policy_values *values)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct policy_rule *rule = &group->rules[i];
        bool is_absent = rule->call < 0; /* fork() on aarch64, say: nobody can call it */
        int result = 0;

        if (!is_absent || group->action != POLICY_KILL)
            result = add_rule(filter, rule, action_of(group), values);
        if (result < 0)
            return result;
    }
    return 0;
}

static int load(const struct policy *policy, const struct policy_values *values)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    int result;

    if (!filter)
        return -ENOMEM;
    result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (result == 0) /* no_new_privs is a layer of its own */
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    if (result == 0) /* the kernel's errno, not libseccomp's -ECANCELED */
        result = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    for (size_t i = 0; result == 0 && i < policy->count; i++)
        result = add_group(filter, &policy->groups[i], values);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result;
}

/* The number that each file will have: the lowest free one when the first filter is entered. */
static int file_number(int open)
{
    static int number = -1;

    if (number >= 0)
        return number;
    number = fcntl(open, F_DUPFD_CLOEXEC, 0);
    return number < 0 || close(number) < 0 ? -errno : number;
}

static int enter(const struct policy *policy, const struct sandbox_config *config)
{
    int file = file_number(config->directory);
    bool has_folders = config->folders > 0;
    const struct policy_values values = {
        .numbers =
            {
                [POLICY_DIRECTORY] = has_folders ? config->folders : config->directory,
                [POLICY_FILE] = file,
                [POLICY_NOTIFY] = config->notify,
                [POLICY_STATUS] = status_descriptor(),
                [POLICY_RULESET] = landlock_steady_ruleset(),
                [POLICY_PROCESS] = getpid(),
                [POLICY_WATCH] = config->watch,
            },
        /* Of a power of two and the numbers up to the next: all bits from its own on. */
        .directories = has_folders ? ~((uint32_t)config->folders - 1) : UINT32_MAX,
    };

    return file < 0 ? file : load(policy, &values);
}

/* libseccomp would tell a refusal as an invalid argument. */
static int ask_kernel(void)
{
    const uint32_t action = SECCOMP_RET_TRAP;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 ? -errno : 0;
}

static const struct policy *first_policy(const struct sandbox_config *config)
{
    if (config->reads)
        return &policy_reader;
    return config->threads > 0 ? &policy_setup_threads : &policy_setup;
}

int filter_enter_setup(const struct sandbox_config *config)
{
    int result = ask_kernel();

    return result < 0 ? result : enter(first_policy(config), config);
}

int filter_enter_steady(const struct sandbox_config *config)
{
    return enter(config->threads_stay ? &policy_steady_threads : &policy_steady, config);
}

int filter_enter_worker(const struct sandbox_config *config)
{
    return enter(&policy_worker, config);
}

#endif

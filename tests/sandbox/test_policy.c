/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter against its tables. Every rule is exercised with arguments that fulfil it, which must
 * pass, and with each bit of each checked argument turned over, which must be trapped; every call
 * without a rule must be trapped, and every call of the group that kills must kill. Descriptors and
 * pointers without a check are bad ones: what passes the filter then does nothing.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox/incident.h"
#include "sandbox/layers.h"
#include "sandbox/status.h"
#include "tests/sandbox/rules.h"
#include "tests/sandbox/trial.h"

#define LAST_CALL  600 /* beyond the calls of the newest kernel */
#define STEADY_MAX 14  /* system calls that the steady state may have */
#define WORKER_MAX 16  /* likewise a thread that encodes */
#define READER_MAX 28  /* likewise a program that only reads */
#define X32_BIT    0x40000000
#define FOLDERS    64 /* descriptor of the first, where there are some */

/*
 * uretprobe() and uprobe() of x86-64: Linux runs them past every filter, since it plants them into
 * processes itself. Outside such a probe they do nothing but fail.
 */
#ifdef __x86_64__
#define IS_UNFILTERABLE(number) ((number) == 335 || (number) == 336)
#else
#define IS_UNFILTERABLE(number) false
#endif

/* What the rules compare with; of the process itself in every child. */
static struct policy_values values;
static int null_device;
static bool has_folders; /* the directory is published into by way of some in it */
static bool has_threads; /* that encode */
static bool is_reader;

/* ---- stages ---------------------------------------------------------------------------------- */

/* Without thousands of lines about what was trapped. */
static int enter_silently(const struct stage *stage, const struct sandbox_config *config)
{
    struct sandbox_config notifying = *config;

    notifying.notify = values.numbers[POLICY_NOTIFY];
    notifying.folders = has_folders ? FOLDERS : 0;
    notifying.folders_count = has_folders ? FOLDERS : 0;
    notifying.threads = has_threads;
    notifying.threads_stay = has_threads;
    notifying.reads = is_reader;
    notifying.watch = values.numbers[POLICY_WATCH];
    values.numbers[POLICY_PROCESS] = getpid(); /* which the steady state may not ask */
    return dup2(null_device, STDERR_FILENO) < 0 ? -errno : stage->enter(&notifying);
}

/* The call that starts a thread is let through, and then fails. */
static int enter_setup(const struct sandbox_config *config)
{
    const struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_NPROC, &none) < 0)
        return -errno;
    return enter_silently(&stage_setup_filter, config);
}

static int enter_steady(const struct sandbox_config *config)
{
    return enter_silently(&stage_steady_filter, config);
}

static int enter_worker(const struct sandbox_config *config)
{
    return enter_silently(&stage_worker_filter, config);
}

static int enter_both(const struct sandbox_config *config)
{
    int result = enter_setup(config);

    return result < 0 ? result : enter_steady(config);
}

static const struct stage setup = {"set-up filter", enter_setup};
static const struct stage steady = {"steady filter", enter_steady};
static const struct stage both = {"both filters", enter_both};
static const struct stage setup_folders = {"set-up filter with folders", enter_setup};
static const struct stage steady_folders = {"steady filter with folders", enter_steady};
static const struct stage setup_threads = {"set-up filter with threads", enter_setup};
static const struct stage steady_threads = {"steady filter with threads", enter_steady};
static const struct stage both_threads = {"both filters with threads", enter_both};
static const struct stage worker = {"filter of a thread", enter_worker};
static const struct stage reader = {"filter of a reader", enter_setup};

/* ---- what the tables say --------------------------------------------------------------------- */

/* A call as its rule wants it, but for one bit. */
struct attempt {
    long number;
    const struct policy_rule *rule;    /* NULL: none */
    const struct policy_check *turned; /* of which one bit is turned over; NULL: none */
    unsigned int bit;
};

static struct call call_of(const struct attempt *attempt)
{
    struct call call = {.number = attempt->number, .arguments = {UINT64_MAX}};

    for (size_t i = 0; attempt->rule && i < POLICY_CHECKS && attempt->rule->checks[i].mask; i++) {
        const struct policy_check *check = &attempt->rule->checks[i];

        call.arguments[check->argument] = policy_value(check, &values);
    }
    if (attempt->turned)
        call.arguments[attempt->turned->argument] ^= UINT64_C(1) << attempt->bit;
    return call;
}

static struct outcome outcome_of(enum policy_action action)
{
    switch (action) {
    case POLICY_ALLOW:
        return (struct outcome){WORKS, 0};
    case POLICY_REFUSE:
        return (struct outcome){REFUSED, EPERM};
    case POLICY_LACK:
        return (struct outcome){REFUSED, ENOSYS};
    case POLICY_KILL:
        break;
    }
    return (struct outcome){KILLED, 0};
}

static struct outcome foretell(const struct policy *policy, const struct call *call)
{
    size_t index;
    const struct policy_group *group = rule_find(policy, call, &values, &index);

    return group ? outcome_of(group->action) : (struct outcome){TRAPPED, 0};
}

/* ---- what the kernel does -------------------------------------------------------------------- */

/* What the next child attempts. */
static struct attempt next;

static int make_call(const struct scene *scene)
{
    const struct call call = call_of(&next);
    const uint64_t *a = call.arguments;

    (void)scene;
    return syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 ? -errno : 0;
}

/* An allowed call may fail for its bad arguments; it must only have reached the kernel. */
static bool agrees(const struct policy *policy, const struct stage *stage,
                   const struct attempt *attempt, const struct scene *scene)
{
    struct call call = call_of(attempt);
    struct outcome said = foretell(policy, &call);
    struct outcome done;
    bool same;

    next = *attempt;
    done = trial_run(scene, stage, make_call);
    if (said.verdict == WORKS)
        same = done.verdict == WORKS || done.verdict == REFUSED;
    else
        same = done.verdict == said.verdict && done.error == said.error;
    if (!same)
        printf("# call %ld, bit %u: %s\n", call.number, attempt->bit, outcome_text(done));
    return same;
}

static void try_rule(const struct policy *policy, const struct stage *stage,
                     const struct policy_rule *rule, const struct scene *scene)
{
    struct attempt attempt = {.number = rule->call, .rule = rule};
    struct call call = call_of(&attempt);
    struct outcome said = foretell(policy, &call);
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, rule->call);
    bool all = agrees(policy, stage, &attempt, scene);
    size_t count = 0;

    for (; count < POLICY_CHECKS && rule->checks[count].mask; count++) {
        attempt.turned = &rule->checks[count];
        for (attempt.bit = 0; attempt.bit < 64; attempt.bit += attempt.bit < 32 ? 1 : 8)
            all = agrees(policy, stage, &attempt, scene) && all;
    }
    tap_result(all, "%s: %s: %s as written, %zu arguments are checked", stage->name, name,
               outcome_text(said), count);
    free(name);
}

static void try_rules(const struct policy *policy, const struct stage *stage,
                      const struct scene *scene)
{
    const struct policy_rule *rule;

    for (size_t i = 0; (rule = rule_at(policy, i)); i++)
        if (rule->call >= 0) /* this architecture has it */
            try_rule(policy, stage, rule, scene);
}

static void try_others(const struct policy *policy, const struct stage *stage,
                       const struct scene *scene)
{
    bool all = true;
    int count = 0;

    for (long number = 0; number <= LAST_CALL; number++) {
        const struct attempt attempt = {.number = number};
        struct call call = call_of(&attempt);

        if (foretell(policy, &call).verdict != TRAPPED || IS_UNFILTERABLE(number))
            continue;
        all = agrees(policy, stage, &attempt, scene) && all;
        count++;
    }
    tap_result(all, "%s: %d calls without a rule are trapped", stage->name, count);
}

/* Filters add up: what @p policy kills, of one of them, is killed under both. */
static void try_outright(const struct policy *policy, const struct stage *stage,
                         const struct scene *scene)
{
    const struct policy_rule *rule;
    bool all = true;
    int count = 0;

    for (size_t i = 0; (rule = rule_at(policy, i)); i++) {
        const struct attempt attempt = {.number = rule->call, .rule = rule};
        struct call call = call_of(&attempt);

        if (rule->call < 0 || foretell(policy, &call).verdict != KILLED)
            continue;
        all = agrees(policy, stage, &attempt, scene) && all;
        count++;
    }
    tap_result(all, "%s: %d calls kill", stage->name, count);
}

/* ---- other architectures --------------------------------------------------------------------- */

#ifdef __x86_64__

static void try_x32(const struct stage *stage, const struct scene *scene)
{
    bool all = true;

    for (long number = 0; number <= LAST_CALL; number++) {
        next = (struct attempt){.number = X32_BIT + number};
        all = trial_run(scene, stage, make_call).verdict == KILLED && all;
    }
    tap_result(all, "%s: %d calls of the x32 ABI kill", stage->name, LAST_CALL + 1);
}

/* getpid() of 32-bit programs, which is writev() by number here. */
static int call_as_i386(const struct scene *scene)
{
    long result = 20;

    (void)scene;
    __asm__ volatile("int $0x80" : "+a"(result) : : "r8", "r9", "r10", "r11", "memory");
    return result > 0 ? 0 : (int)result;
}

static void try_i386(const struct stage *stage, const struct scene *scene)
{
    if (trial_run(scene, &stage_none, call_as_i386).verdict == WORKS)
        tap_result(trial_run(scene, stage, call_as_i386).verdict == KILLED, "%s: int 0x80 kills",
                   stage->name);
    else
        tap_skip("this kernel runs no 32-bit programs", "%s: int 0x80 kills", stage->name);
}

static void try_architectures(const struct stage *stage, const struct scene *scene)
{
    try_x32(stage, scene);
    try_i386(stage, scene);
}

#else

static void try_architectures(const struct stage *stage, const struct scene *scene)
{
    (void)scene;
    tap_skip("this architecture has one ABI", "%s: calls of other ABIs kill", stage->name);
}

#endif

/* ---- the tables alone ------------------------------------------------------------------------ */

/* How many rules of @p policy hold for every call that @p rule holds for. */
static int count_wider(const struct policy *policy, const struct policy_rule *rule)
{
    const struct policy_rule *wide;
    int count = 0;

    for (size_t i = 0; (wide = rule_at(policy, i)); i++)
        count += rule_is_within(rule, wide);
    return count;
}

static void try_redundancy(const struct policy *policy, const char *name)
{
    const struct policy_rule *rule;
    bool all = true;

    for (size_t i = 0; (rule = rule_at(policy, i)); i++) {
        if (count_wider(policy, rule) == 1) /* itself */
            continue;
        printf("# a rule for call %d lies within another\n", rule->call);
        all = false;
    }
    tap_result(all, "%s: no rule lies within another", name);
}

/* Whether @p policy allows what the rule allows. */
static bool has_rule(const struct policy *policy, const struct policy_rule *rule)
{
    return count_wider(policy, rule) == 1;
}

static enum policy_action action_at(const struct policy *policy, size_t index)
{
    size_t i = 0;

    while (index >= policy->groups[i].count)
        index -= policy->groups[i++].count;
    return policy->groups[i].action;
}

/* What a policy of a later phase allows is allowed in set-up, too, or could not be done. */
static void try_table(const struct policy *policy, const struct stage *stage,
                      const struct policy *before, int calls_max)
{
    const struct policy_rule *rule;
    bool seen[LAST_CALL] = {false};
    bool in_setup = true;
    int calls = 0;

    for (size_t i = 0; (rule = rule_at(policy, i)); i++) {
        if (action_at(policy, i) != POLICY_ALLOW)
            continue;
        in_setup = has_rule(before, rule) && in_setup;
        calls += !seen[rule->call];
        seen[rule->call] = true;
    }
    tap_result(in_setup, "%s: every rule is one of set-up, too", stage->name);
    tap_result(calls <= calls_max, "%s: %d system calls, %d at most", stage->name, calls,
               calls_max);
}

/* ---- folders --------------------------------------------------------------------------------- */

static int number_next; /* that the next child takes for a directory's */

static int sync_number(const struct scene *scene)
{
    (void)scene;
    return fsync(number_next) < 0 ? -errno : 0;
}

static bool is_taken(int number, const struct scene *scene)
{
    number_next = number;
    return trial_run(scene, &steady_folders, sync_number).verdict != TRAPPED;
}

static void try_folder_numbers(const struct scene *scene)
{
    const int others[] = {AT_FDCWD, -1, STDERR_FILENO, scene->directory, FOLDERS - 1, 2 * FOLDERS};
    bool all = true;
    bool any = false;

    for (int number = FOLDERS; number < 2 * FOLDERS; number++)
        all = is_taken(number, scene) && all;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        any = is_taken(others[i], scene) || any;
    tap_result(all, "%s: %d descriptors are those of folders", steady_folders.name, FOLDERS);
    tap_result(!any, "%s: no other is, nor that of the directory itself", steady_folders.name);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* A descriptor open now and closed again has the number of the next file. */
static void find_values(const struct scene *scene)
{
    int file = fcntl(scene->directory, F_DUPFD_CLOEXEC, 0);

    if (file < 0)
        err(1, "fcntl");
    (void)close(file);
    values.numbers[POLICY_DIRECTORY] = has_folders ? FOLDERS : scene->directory;
    values.directories = has_folders ? ~(FOLDERS - 1U) : UINT32_MAX;
    values.numbers[POLICY_FILE] = file;
    values.numbers[POLICY_NOTIFY] = scene->outside;
    values.numbers[POLICY_STATUS] = status_descriptor();
    values.numbers[POLICY_RULESET] = landlock_steady_ruleset();
    values.numbers[POLICY_PROCESS] = getpid();
    values.numbers[POLICY_WATCH] = scene->outside;
}

static void try_policy(const struct policy *policy, const struct stage *stage,
                       const struct scene *scene)
{
    try_redundancy(policy, stage->name);
    try_rules(policy, stage, scene);
    try_others(policy, stage, scene);
    try_architectures(stage, scene);
}

int main(void)
{
    const struct sandbox_start start = {.keep = -1, .line_prefix = ""};
    struct scene scene;

    tap_start();
    null_device = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null_device < 0 || incident_catch(&start) < 0)
        err(1, "handlers");
    status_open();
    scene_make(AS_USER, &scene);
    find_values(&scene);
    try_policy(&policy_setup, &setup, &scene);
    try_policy(&policy_steady, &steady, &scene);
    try_outright(&policy_setup, &both, &scene);
    try_table(&policy_steady, &steady, &policy_setup, STEADY_MAX);
    has_threads = true;
    try_policy(&policy_setup_threads, &setup_threads, &scene);
    try_policy(&policy_steady_threads, &steady_threads, &scene);
    try_policy(&policy_worker, &worker, &scene);
    try_outright(&policy_setup_threads, &both_threads, &scene);
    try_outright(&policy_steady_threads, &both_threads, &scene);
    try_table(&policy_steady_threads, &steady_threads, &policy_setup_threads, STEADY_MAX + 1);
    try_table(&policy_worker, &worker, &policy_setup_threads, WORKER_MAX);
    has_threads = false;
    is_reader = true;
    try_policy(&policy_reader, &reader, &scene);
    try_table(&policy_reader, &reader, &policy_reader, READER_MAX);
    is_reader = false;
    has_folders = true;
    find_values(&scene);
    try_rules(&policy_setup, &setup_folders, &scene);
    try_rules(&policy_steady, &steady_folders, &scene);
    try_folder_numbers(&scene);
    scene_remove(&scene);
    return tap_finish();
}

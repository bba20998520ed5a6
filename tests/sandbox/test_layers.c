/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of sandbox.h: which layers they name in each mode, and what becomes of a layer that
 * cannot be had.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/sandbox/trial.h"

#define SETUP_LAYERS "rlimits,user,capabilities,no-dump,no-new-privs,mdwe,landlock,seccomp"

#define SET_MDWE 65 /* linux/prctl.h since Linux 6.3 */

/* ---- modes ------------------------------------------------------------------------------------
 */

static int check_lists(const char *layers, const char *gaps)
{
    if (strcmp(sandbox_layers(), layers) == 0 && strcmp(sandbox_gaps(), gaps) == 0)
        return 0;
    warnx("# layers \"%s\", gaps \"%s\"", sandbox_layers(), sandbox_gaps());
    return -ENOTRECOVERABLE;
}

static int strict_names_all(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    struct sandbox_failure failure;

    if (check_lists("none", "") < 0 || sandbox_enter(&config, &failure) < 0 ||
        check_lists(SETUP_LAYERS, "") < 0 || sandbox_tighten(&config, &failure) < 0)
        return -ENOTRECOVERABLE;
    return check_lists(SETUP_LAYERS ",seccomp-steady", "");
}

static int off_changes_user_only(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    struct sandbox_failure failure;

    config.mode = SANDBOX_OFF;
    if (sandbox_enter(&config, &failure) < 0 || sandbox_tighten(&config, &failure) < 0)
        return -ENOTRECOVERABLE;
    if (getuid() == 0 || prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) != 0)
        return -ENOTRECOVERABLE;
    return check_lists(scene->identity == AS_ROOT ? "user" : "none", "");
}

/* Nobody is named for root to become: a refusal, or, where the mode allows it, a gap. */
static int root_stays(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    struct sandbox_failure failure;

    config.change_user = false;
    if (sandbox_enter(&config, &failure) != -EPERM || strcmp(failure.layer, "user") != 0)
        return -ENOTRECOVERABLE;
    config.mode = SANDBOX_BEST_EFFORT;
    if (sandbox_enter(&config, &failure) < 0)
        return -ENOTRECOVERABLE;
    return strcmp(sandbox_gaps(), "user") == 0 ? 0 : -ENOTRECOVERABLE;
}

/* ---- a layer that cannot be had ---------------------------------------------------------------
 */

struct lack {
    const char *layer;
    int call;      /* that fails ... */
    int64_t first; /* ... with this first argument; -1: with any */
    int error;
    bool as_root; /* who needs the call for this layer */
    bool as_user;
    bool doubled; /* strict goes on: a required layer refuses the same */
};

static const struct lack lacks[] = {
    {"rlimits", SYS_prlimit64, -1, EPERM, true, true, false},
    {"user", SYS_setresuid, -1, EINVAL, true, false, false},
    {"user", SYS_setgroups, -1, EPERM, true, false, false},
    {"capabilities", SYS_capset, -1, EPERM, false, true, false},
    {"no-dump", SYS_prctl, PR_SET_DUMPABLE, EPERM, true, true, false},
    {"no-new-privs", SYS_prctl, PR_SET_NO_NEW_PRIVS, EPERM, true, true, false},
    {"mdwe", SYS_prctl, SET_MDWE, EINVAL, true, true, true},
    {"mdwe", SYS_prctl, SET_MDWE, EPERM, true, true, false},
    {"landlock", SYS_landlock_create_ruleset, -1, ENOSYS, true, true, false},
    {"landlock", SYS_landlock_restrict_self, -1, EPERM, true, true, false},
    {"seccomp", SYS_seccomp, -1, EINVAL, true, true, false},
};

static const struct lack *lack;

/* The program must end, and say which layer, why, and what to do. */
static int expect_failure(const struct sandbox_config *config)
{
    struct sandbox_failure failure = {0};
    int result = sandbox_enter(config, &failure);

    if (result != -lack->error || failure.error != lack->error)
        return -ENOTRECOVERABLE;
    return strcmp(failure.layer, lack->layer) == 0 && failure.advice[0] ? 0 : -ENOTRECOVERABLE;
}

static int strict_fails(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    int result = deny_call(lack->call, lack->first, lack->error);

    return result < 0 ? result : expect_failure(&config);
}

/* SETUP_LAYERS without @p name. */
static void all_layers_but(const char *name, char *ret_rest)
{
    const char *rest = SETUP_LAYERS;

    *ret_rest = '\0';
    while (*rest) {
        size_t length = strcspn(rest, ",");

        if (strlen(name) != length || strncmp(rest, name, length) != 0) {
            strcat(ret_rest, *ret_rest ? "," : "");
            strncat(ret_rest, rest, length);
        }
        rest += length + (rest[length] == ',');
    }
}

static int expect_gap(const struct sandbox_config *config)
{
    struct sandbox_failure failure;
    char rest[sizeof(SETUP_LAYERS)];

    if (sandbox_enter(config, &failure) < 0)
        return -ENOTRECOVERABLE;
    all_layers_but(lack->layer, rest);
    return check_lists(rest, lack->layer);
}

static int strict_goes_on(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    int result = deny_call(lack->call, lack->first, lack->error);

    return result < 0 ? result : expect_gap(&config);
}

/* To become the user that was asked for is no option, whatever the mode. */
static int best_effort_goes_on(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    int result = deny_call(lack->call, lack->first, lack->error);

    if (result < 0)
        return result;
    config.mode = SANDBOX_BEST_EFFORT;
    return strcmp(lack->layer, "user") == 0 ? expect_failure(&config) : expect_gap(&config);
}

static void try_lacks(const struct scene *scene)
{
    char name[96];

    for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
        lack = &lacks[i];
        if (!(scene->identity == AS_ROOT ? lack->as_root : lack->as_user))
            continue;
        (void)snprintf(name, sizeof(name), "strict %s lack of %s (call %d, error %d)",
                       lack->doubled ? "reports the" : "fails for", lack->layer, lack->call,
                       lack->error);
        trial_expect_work(scene, &stage_none, name, lack->doubled ? strict_goes_on : strict_fails);
        (void)snprintf(name, sizeof(name), "best-effort for lack of %s (call %d)", lack->layer,
                       lack->call);
        trial_expect_work(scene, &stage_none, name, best_effort_goes_on);
    }
}

/* -----------------------------------------------------------------------------------------------
 */

static void try_as(enum identity identity)
{
    struct scene scene;

    scene_make(identity, &scene);
    trial_expect_work(&scene, &stage_none, "strict names every layer, in order", strict_names_all);
    trial_expect_work(&scene, &stage_none, "off enters none but the user", off_changes_user_only);
    if (identity == AS_ROOT)
        trial_expect_work(&scene, &stage_none, "to stay root is refused", root_stays);
    try_lacks(&scene);
    scene_remove(&scene);
}

int main(void)
{
    return tap_run(try_as, "modes");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of sandbox.h: which layers they name in each mode, and what becomes of a layer that
 * cannot be had.
 */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/layers.h"
#include "tests/sandbox/trial.h"

#define SETUP_LAYERS                                                                               \
    "keyring,namespaces,root,rlimits,securebits,user,capabilities,no-dump,no-new-privs,mdwe,"      \
    "landlock,seccomp"

#define SET_MDWE 65 /* linux/prctl.h since Linux 6.3 */

/* ---- modes ----------------------------------------------------------------------------------- */

static int check_lists(const char *entered, const char *gaps)
{
    if (strcmp(sandbox_layers(), entered) == 0 && strcmp(sandbox_gaps(), gaps) == 0)
        return 0;
    warnx("# layers \"%s\", gaps \"%s\"", sandbox_layers(), sandbox_gaps());
    return -ENOTRECOVERABLE;
}

static int strict_names_all(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    struct sandbox_failure failure;

    if (check_lists("none", "") < 0 || trial_enter_setup(&config, &failure) < 0 ||
        check_lists(SETUP_LAYERS, "") < 0 || sandbox_tighten(&config, &failure) < 0)
        return -ENOTRECOVERABLE;
    return check_lists(SETUP_LAYERS ",landlock-steady,seccomp-steady", "");
}

static int off_changes_user_only(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    struct sandbox_failure failure;

    config.mode = SANDBOX_OFF;
    if (trial_enter_setup(&config, &failure) < 0 || sandbox_tighten(&config, &failure) < 0)
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
    if (trial_enter_setup(&config, &failure) != -EPERM || strcmp(failure.layer, "user") != 0)
        return -ENOTRECOVERABLE;
    config.mode = SANDBOX_BEST_EFFORT;
    if (sandbox_enter(&config, &failure) < 0)
        return -ENOTRECOVERABLE;
    return strcmp(sandbox_gaps(), "user") == 0 ? 0 : -ENOTRECOVERABLE;
}

/* ---- a layer that cannot be had -------------------------------------------------------------- */

enum {
    ROOT = 1,
    USER = 2,
    BOTH = ROOT | USER,
};

struct lack {
    const char *layer;
    int call;         /* that fails ... */
    int64_t first;    /* ... with this first argument; -1: with any */
    int error;        /* 0: it says that it has succeeded, and has done nothing */
    int who;          /* needs the call for this layer */
    const char *gaps; /* strict goes on with these, "" if it finds another way; NULL: it fails */
};

#define NO_NAMESPACES "namespaces(landlock+seccomp)"
#define NO_ROOT       "root(landlock+seccomp)"
#define NO_SECUREBITS "securebits(seccomp)"

static const struct lack lacks[] = {
    {"keyring", SYS_keyctl, -1, ENOSYS, BOTH, "keyring(seccomp)"},
    {"namespaces", SYS_unshare, -1, EPERM, ROOT, NO_NAMESPACES},
    /* Nor has an ordinary user a capability then: for chroot(2), and to lock the securebits. */
    {"namespaces", SYS_unshare, -1, EPERM, USER, NO_NAMESPACES "," NO_ROOT "," NO_SECUREBITS},
    {"namespaces", SYS_mount, -1, EACCES, BOTH, NO_NAMESPACES},
    {"root", SYS_open_tree, -1, ENOSYS, BOTH, ""},
    {"root", SYS_mount_setattr, -1, EINVAL, BOTH, ""},
    {"root", SYS_move_mount, -1, EPERM, BOTH, ""},
    {"root", SYS_pivot_root, -1, EINVAL, BOTH, ""},
    {"root", SYS_umount2, -1, ENOTRECOVERABLE, BOTH, NULL},
    {"rlimits", SYS_prlimit64, -1, EPERM, BOTH, NULL},
    {"securebits", SYS_prctl, PR_SET_SECUREBITS, EPERM, BOTH, NO_SECUREBITS},
    {"user", SYS_setresuid, -1, EINVAL, ROOT, NULL},
    {"user", SYS_setgroups, -1, EPERM, ROOT, NULL},
    {"user", SYS_capset, -1, ENOSYS, ROOT, NULL},
    {"user", SYS_setgroups, -1, 0, ROOT, NULL},
    {"user", SYS_setresgid, -1, 0, ROOT, NULL},
    {"user", SYS_setresuid, -1, 0, ROOT, NULL},
    {"capabilities", SYS_capset, -1, 0, USER, NULL},
    {"capabilities", SYS_capset, -1, EPERM, USER, NULL},
    {"no-dump", SYS_prctl, PR_SET_DUMPABLE, EPERM, BOTH, NULL},
    {"no-new-privs", SYS_prctl, PR_SET_NO_NEW_PRIVS, EPERM, BOTH, NULL},
    {"mdwe", SYS_prctl, SET_MDWE, EINVAL, BOTH, "mdwe(seccomp)"},
    {"mdwe", SYS_prctl, SET_MDWE, EPERM, BOTH, "mdwe(seccomp)"},
    {"landlock", SYS_landlock_create_ruleset, -1, ENOSYS, BOTH, NULL},
    {"landlock", SYS_landlock_restrict_self, -1, EPERM, BOTH, NULL},
    {"landlock", SYS_landlock_restrict_self, -1, 0, BOTH, NULL},
    {"seccomp", SYS_seccomp, -1, EINVAL, BOTH, NULL},
};

static const struct lack *lack;

/* The program must end, and say which layer, why, and what to do. */
static int expect_failure(const struct sandbox_config *config)
{
    struct sandbox_failure failure = {0};
    int result = trial_enter_setup(config, &failure);
    int expected = lack->error ? lack->error : EPERM; /* what was not done is found out */

    if (result != -expected || failure.error != expected)
        return -ENOTRECOVERABLE;
    return strcmp(failure.layer, lack->layer) == 0 && failure.advice[0] ? 0 : -ENOTRECOVERABLE;
}

/* Whether @p list has the layer of this name and length. */
static bool lists(const char *list, const char *name, size_t length)
{
    for (; *list; list += strcspn(list, ","), list += *list == ',')
        if (strcspn(list, ",(") == length && strncmp(list, name, length) == 0)
            return true;
    return false;
}

/* SETUP_LAYERS without those of @p gaps. */
static void all_layers_but(const char *gaps, char *ret_rest)
{
    const char *rest = SETUP_LAYERS;

    *ret_rest = '\0';
    while (*rest) {
        size_t length = strcspn(rest, ",");

        if (!lists(gaps, rest, length)) {
            strcat(ret_rest, *ret_rest ? "," : "");
            strncat(ret_rest, rest, length);
        }
        rest += length + (rest[length] == ',');
    }
}

static int expect_gaps(const struct sandbox_config *config, const char *gaps)
{
    struct sandbox_failure failure;
    char rest[sizeof(SETUP_LAYERS)];

    if (trial_enter_setup(config, &failure) < 0)
        return -ENOTRECOVERABLE;
    all_layers_but(gaps, rest);
    return check_lists(rest, gaps);
}

static int make_lack(const struct scene *scene)
{
    const gid_t group = 1; /* to be lost */

    if (scene->identity == AS_ROOT && setgroups(1, &group) < 0)
        return -errno;
    return deny_call(lack->call, lack->first, lack->error);
}

static int strict_without(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    int result = make_lack(scene);

    if (result < 0)
        return result;
    return lack->gaps ? expect_gaps(&config, lack->gaps) : expect_failure(&config);
}

/* To become the user that was asked for is no option, nor to stay between two roots. */
static int best_effort_without(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    int result = make_lack(scene);

    if (result < 0)
        return result;
    config.mode = SANDBOX_BEST_EFFORT;
    if (strcmp(lack->layer, "user") == 0 || lack->error == ENOTRECOVERABLE)
        return expect_failure(&config);
    return expect_gaps(&config, lack->gaps ? lack->gaps : lack->layer);
}

/* In what stage_unfiltered is: Landlock could be entered, and its stricter ruleset cannot. */
static int strict_needs_steady_ruleset(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    struct sandbox_failure failure = {0};

    if (close(landlock_steady_ruleset()) < 0 || sandbox_tighten(&config, &failure) != -EBADF)
        return -ENOTRECOVERABLE;
    return strcmp(failure.layer, "landlock-steady") == 0 ? 0 : -ENOTRECOVERABLE;
}

static void try_lacks(const struct scene *scene)
{
    char name[96];

    for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
        lack = &lacks[i];
        if (!(lack->who & (scene->identity == AS_ROOT ? ROOT : USER)))
            continue;
        (void)snprintf(name, sizeof(name), "strict %s lack of %s (call %d, error %d)",
                       lack->gaps ? "reports the" : "fails for", lack->layer, lack->call,
                       lack->error);
        trial_expect_work(scene, &stage_none, name, strict_without);
        (void)snprintf(name, sizeof(name), "best-effort for lack of %s (call %d)", lack->layer,
                       lack->call);
        trial_expect_work(scene, &stage_none, name, best_effort_without);
    }
}

/* -----------------------------------------------------------------------------------------------
 */

static int isolate(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    struct sandbox_failure failure;

    return sandbox_isolate(&config, &failure) < 0 ? -failure.error : -(sandbox_gaps()[0] != '\0');
}

static void try_modes(const struct scene *scene)
{
    trial_expect_work(scene, &stage_none, "strict names every layer, in order", strict_names_all);
    trial_expect_work(scene, &stage_none, "off enters none but the user", off_changes_user_only);
    if (scene->identity == AS_ROOT)
        trial_expect_work(scene, &stage_none, "to stay root is refused", root_stays);
    try_lacks(scene);
    trial_expect_work(scene, &stage_unfiltered, "strict fails for lack of landlock-steady",
                      strict_needs_steady_ruleset);
}

static void try_as(enum identity identity)
{
    struct scene scene;

    scene_make(identity, &scene);
    if (trial_run(&scene, &stage_none, isolate).verdict == WORKS)
        try_modes(&scene);
    else
        tap_skip("no keyring, namespaces or root of its own to be had, as in a chroot",
                 "%s: all modes", scene_identity(&scene));
    scene_remove(&scene);
}

int main(void)
{
    return tap_run(try_as, "modes");
}

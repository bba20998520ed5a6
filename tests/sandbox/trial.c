/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A layer is never left again, so every trial has a child of its own. It ends with 0, with the
 * errno of the attempt, or by the signal of the filter. What goes wrong around a trial ends the
 * test program at once, without a plan, which TAP takes for a failure.
 */
#include "tests/sandbox/trial.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/layers.h"

#define NOT_ENTERED 200 /* exit code; no errno is as large */

/* ---- scene ----------------------------------------------------------------------------------- */

static void own(int at, const char *name)
{
    if (geteuid() == 0 &&
        fchownat(at, name, TRIAL_USER, TRIAL_USER, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
        err(1, "chown %s", name);
}

static int make_folder(int at, const char *name)
{
    int fd;

    if (mkdirat(at, name, 0755) < 0)
        err(1, "mkdir %s", name);
    own(at, name);
    fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err(1, "open %s", name);
    return fd;
}

static void make_file(int at, const char *name)
{
    int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd < 0)
        err(1, "create %s", name);
    (void)close(fd);
    own(at, name);
}

void scene_make(enum identity identity, struct scene *ret_scene)
{
    int base;

    ret_scene->identity = identity;
    (void)snprintf(ret_scene->path, sizeof(ret_scene->path), "/tmp/hlsgen-sandbox-XXXXXX");
    if (!mkdtemp(ret_scene->path) || chmod(ret_scene->path, 0755) < 0)
        err(1, "mkdtemp");
    base = open(ret_scene->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base < 0)
        err(1, "open %s", ret_scene->path);
    ret_scene->directory = make_folder(base, "hls");
    ret_scene->outside = make_folder(base, "outside");
    (void)close(base);
    make_file(ret_scene->directory, "file");
    make_file(ret_scene->outside, "file");
    (void)close(make_folder(ret_scene->directory, "folder"));
    if (symlinkat("../outside/new", ret_scene->directory, "link") < 0)
        err(1, "symlink");
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *place)
{
    (void)st;
    (void)type;
    (void)place;
    return remove(path);
}

void scene_remove(struct scene *scene)
{
    (void)close(scene->directory);
    (void)close(scene->outside);
    if (nftw(scene->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0)
        err(1, "remove %s", scene->path);
}

/* ---- stages ---------------------------------------------------------------------------------- */

int trial_enter_setup(const struct sandbox_config *config, struct sandbox_failure *failure)
{
    int result = sandbox_isolate(config, failure);

    return result < 0 ? result : sandbox_enter(config, failure);
}

static int report(int result, const struct sandbox_failure *failure)
{
    if (result < 0)
        warnx("# %s: %s (%s)", failure->layer, strerror(failure->error), failure->advice);
    return result;
}

static int enter_sandbox(const struct sandbox_config *config)
{
    struct sandbox_failure failure;

    return report(trial_enter_setup(config, &failure), &failure);
}

static int enter_steady(const struct sandbox_config *config)
{
    struct sandbox_failure failure;
    int result = enter_sandbox(config);

    return result < 0 ? result : report(sandbox_tighten(config, &failure), &failure);
}

static int enter_unfiltered(const struct sandbox_config *config)
{
    struct sandbox_config best_effort = *config;
    int result = deny_call(SCMP_SYS(seccomp), -1, EINVAL);

    best_effort.mode = SANDBOX_BEST_EFFORT;
    if (result == 0)
        result = enter_sandbox(&best_effort);
    if (result == 0 && !strstr(sandbox_gaps(), "seccomp"))
        result = -ENOTRECOVERABLE;
    return result;
}

static int enter_setup_filter(const struct sandbox_config *config)
{
    return layers_enter_alone(layers_find("seccomp"), config);
}

static int enter_steady_filter(const struct sandbox_config *config)
{
    return layers_enter_alone(layers_find("seccomp-steady"), config);
}

static int enter_worker_filter(const struct sandbox_config *config)
{
    return layers_enter_alone(layers_find("seccomp-worker"), config);
}

static int enter_nothing(const struct sandbox_config *config)
{
    (void)config;
    return 0;
}

const struct stage stage_none = {"none", enter_nothing};
const struct stage stage_setup = {"set-up", enter_sandbox};
const struct stage stage_steady = {"steady", enter_steady};
const struct stage stage_unfiltered = {"unfiltered", enter_unfiltered};
const struct stage stage_setup_filter = {"set-up filter", enter_setup_filter};
const struct stage stage_steady_filter = {"steady filter", enter_steady_filter};
const struct stage stage_worker_filter = {"filter of a thread", enter_worker_filter};

int deny_call(int call, int64_t first, int error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    struct scmp_arg_cmp is_first = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (uint64_t)first};
    int result;

    if (!filter)
        return -ENOMEM;
    result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)error), call, first >= 0,
                                    &is_first);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result;
}

/* ---- trials ---------------------------------------------------------------------------------- */

struct sandbox_config trial_config(const struct scene *scene)
{
    return (struct sandbox_config){
        .mode = SANDBOX_STRICT,
        .directory = scene->directory,
        .notify = -1,
        .change_user = scene->identity == AS_ROOT,
        .uid = TRIAL_USER,
        .gid = TRIAL_USER,
        .file_size = TRIAL_FILE_SIZE,
        .memory = TRIAL_MEMORY,
    };
}

void trial_assume(enum identity identity)
{
    if (identity == AS_ROOT || geteuid() != 0)
        return;
    if (setgroups(0, NULL) < 0 || setresgid(TRIAL_USER, TRIAL_USER, TRIAL_USER) < 0 ||
        setresuid(TRIAL_USER, TRIAL_USER, TRIAL_USER) < 0)
        err(NOT_ENTERED, "becoming user %d", TRIAL_USER);
    /* As after execve(2): or else its own files in /proc would be root's. */
    if (prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L) < 0)
        err(NOT_ENTERED, "dumpable");
}

/* An alarm under way, and blocked: the one signal that nobody has to send. */
static void arm_alarm(void)
{
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    sigset_t alarm_only;

    (void)sigemptyset(&alarm_only);
    (void)sigaddset(&alarm_only, SIGALRM);
    if (sigprocmask(SIG_BLOCK, &alarm_only, NULL) < 0 || setitimer(ITIMER_REAL, &soon, NULL) < 0)
        err(NOT_ENTERED, "alarm");
}

static _Noreturn void run_child(const struct scene *scene, const struct stage *stage,
                                attempt_fn *attempt)
{
    struct sandbox_config config = trial_config(scene);

    trial_assume(scene->identity);
    arm_alarm();
    if (stage->enter(&config) < 0)
        _exit(NOT_ENTERED);
    _exit(-attempt(scene));
}

struct outcome trial_run(const struct scene *scene, const struct stage *stage, attempt_fn *attempt)
{
    int status;
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0)
        run_child(scene, stage, attempt);
    if (child < 0 || waitpid(child, &status, 0) != child)
        err(1, "child");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return (struct outcome){KILLED, 0};
    if (!WIFEXITED(status) || WEXITSTATUS(status) == NOT_ENTERED)
        return (struct outcome){BROKEN, status};
    if (WEXITSTATUS(status) == 0)
        return (struct outcome){WORKS, 0};
    if (WEXITSTATUS(status) == SANDBOX_EXIT_VIOLATION)
        return (struct outcome){TRAPPED, 0};
    return (struct outcome){REFUSED, WEXITSTATUS(status)};
}

void trial_expect_work(const struct scene *scene, const struct stage *stage, const char *name,
                       attempt_fn *attempt)
{
    struct outcome outcome = trial_run(scene, stage, attempt);

    tap_result(outcome.verdict == WORKS, "%s: %s: %s", scene_identity(scene), name,
               outcome_text(outcome));
}

const char *scene_identity(const struct scene *scene)
{
    return scene->identity == AS_ROOT ? "root" : "user";
}

const char *outcome_text(struct outcome outcome)
{
    static char text[64];

    switch (outcome.verdict) {
    case WORKS:
        return "works";
    case TRAPPED:
        return "trapped";
    case KILLED:
        return "killed";
    case REFUSED:
        (void)snprintf(text, sizeof(text), "refused, %s", strerrorname_np(outcome.error));
        break;
    case BROKEN:
        (void)snprintf(text, sizeof(text), "broken, wait status 0x%x", (unsigned)outcome.error);
        break;
    }
    return text;
}

/* ---- a whole test program -------------------------------------------------------------------- */

int tap_run(void (*try_as)(enum identity identity), const char *what)
{
    tap_start();
    try_as(AS_USER);
    if (geteuid() == 0)
        try_as(AS_ROOT);
    else
        tap_skip("this test was not started as root", "all %s, started as root", what);
    return tap_finish();
}

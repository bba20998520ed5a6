/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe cannot say much once it is confined: it has its exit status, which is 0 or the errno of
 * the attack, and its stderr, on which the handler of a trapped call writes a line, and which is a
 * pipe. An alarm that no filter holds up ends one that hangs.
 */
#include "sandbox/check/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/status.h"

#define SECONDS_MAX 30

/* Exit codes, beside those of the program and the errno of a refusal. */
#define NOT_ENTERED 255 /* a byte of errno comes before it on stderr */
#define NOT_READY   254 /* for the attack: a finding about nothing */

/* What else the check has open, the more workers the more, would count against the limit. */
static int open_streams(const struct site *site, int report)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        dup2(report, STDERR_FILENO) < 0)
        return -errno;
    (void)close_range(STDERR_FILENO + 1, (unsigned)site->folder - 1, 0);
    closefrom(site->folder + 1);
    status_open(); /* "self" was the parent's */
    return 0;
}

/* Where there is no way into the stage. */
static _Noreturn void give_up(int result)
{
    unsigned char error = (unsigned char)-result;

    (void)!write(STDERR_FILENO, &error, 1);
    _exit(NOT_ENTERED);
}

/* ---- stages ---------------------------------------------------------------------------------- */

static struct sandbox_config config_of(const struct scene *scene, const struct stage *stage)
{
    const struct scene_owner *owner = &scene->site->owner;

    return (struct sandbox_config){
        .mode = stage->mode,
        .directory = scene->directory,
        .notify = -1,
        .change_user = owner->change,
        .uid = owner->uid,
        .gid = owner->gid,
        .file_size = PROBE_FILE_SIZE,
        .memory = PROBE_MEMORY,
        .reads = stage->reads,
        .watch = -1,
    };
}

static int enter_setup(const struct sandbox_config *config, struct sandbox_failure *failure)
{
    int result = sandbox_isolate(config, failure);

    return result < 0 ? result : sandbox_enter(config, failure);
}

/* As a thread does: the one that there is. */
static int enter_encoding(const struct sandbox_config *config, struct sandbox_failure *failure)
{
    struct sandbox_config threaded = *config;
    int result;

    threaded.threads = 1;
    result = enter_setup(&threaded, failure);
    return result < 0 ? result : sandbox_enter_worker(&threaded, 0, NULL, failure);
}

static int enter_stage(const struct stage *stage, const struct sandbox_config *config)
{
    struct sandbox_failure failure;
    int result = 0;

    switch (stage->kind) {
    case STAGE_UNCONFINED:
        return 0;
    case STAGE_ALONE:
        return layers_enter_alone(&layers[stage->layer], config);
    case STAGE_ENCODING:
        return enter_encoding(config, &failure);
    case STAGE_SETUP:
    case STAGE_STEADY:
        result = enter_setup(config, &failure);
        if (result == 0 && stage->kind == STAGE_STEADY)
            result = sandbox_tighten(config, &failure);
        break;
    }
    return result;
}

/* ---- attacks --------------------------------------------------------------------------------- */

static int try_attack(const struct attack *attack, const struct scene *scene)
{
    const uintptr_t *arguments = attack->arguments;

    if (attack->run)
        return attack->run(scene);
    return attack_reached(syscall(attack->call, arguments[0], arguments[1], arguments[2],
                                  arguments[3], arguments[4], arguments[5]),
                          attack->passes);
}

/*
 * The victim of an attack from outside: says on its stderr that it is confined, and sleeps. Without
 * all layers it begins as the user, so that it is never the user ID alone that protects it.
 */
static _Noreturn void be_victim(const struct scene *scene, const struct stage *stage)
{
    struct sandbox_config config = config_of(scene, stage);
    const struct timespec long_enough = {.tv_sec = SECONDS_MAX};
    struct pollfd nothing = {.fd = -1};

    (void)alarm(SECONDS_MAX);
    if (!scene->confined) {
        config.change_user = false;
        if (scene_become(&scene->site->owner) < 0 || prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L) < 0)
            _exit(NOT_ENTERED);
    }
    if (enter_stage(stage, &config) < 0 || write(STDERR_FILENO, "", 1) != 1)
        _exit(NOT_ENTERED);
    for (;;) /* a sleep that every filter lets through */
        (void)ppoll(&nothing, 1, &long_enough, NULL);
}

static int start_victim(struct scene *scene, const struct stage *stage)
{
    int ready[2];
    char byte;
    bool confined;

    if (pipe2(ready, O_CLOEXEC) < 0)
        return -errno;
    scene->victim = fork();
    if (scene->victim == 0) {
        if (dup2(ready[1], STDERR_FILENO) < 0 || close(ready[0]) < 0 || close(ready[1]) < 0)
            _exit(NOT_ENTERED);
        be_victim(scene, stage);
    }
    (void)close(ready[1]);
    confined = scene->victim > 0 && read(ready[0], &byte, 1) == 1;
    (void)close(ready[0]);
    return confined ? 0 : -EPERM;
}

static _Noreturn void attack_from_outside(struct scene *scene, const struct stage *stage,
                                          const struct attack *attack)
{
    int result = start_victim(scene, stage);

    if (result < 0)
        give_up(result);
    if (scene_become(&scene->site->owner) < 0)
        _exit(NOT_READY);
    result = try_attack(attack, scene);
    if (kill(scene->victim, SIGKILL) == 0)
        (void)waitpid(scene->victim, NULL, 0); /* not every container has an init that would */
    _exit(-result);
}

static _Noreturn void be_probe(const struct site *site, const struct stage *stage,
                               const struct attack *attack, bool from_outside)
{
    struct sandbox_config config;
    struct scene scene;
    int result;

    if (scene_make(site, &scene) < 0)
        _exit(NOT_READY);
    scene.confined = stage->kind != STAGE_UNCONFINED && stage->kind != STAGE_ALONE;
    if (attack->prepare)
        attack->prepare(&scene);
    if (from_outside)
        attack_from_outside(&scene, stage, attack);
    config = config_of(&scene, stage);
    result = enter_stage(stage, &config);
    if (result < 0)
        give_up(result);
    _exit(-try_attack(attack, &scene));
}

/* A child with a pipe as its stderr. @return as fork(2), or a negative errno; the pipe's end */
static pid_t fork_reporting(const struct site *site, int *ret_report)
{
    int report[2];
    pid_t child;

    if (pipe2(report, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    child = fork();
    if (child == 0) {
        (void)alarm(SECONDS_MAX);
        if (open_streams(site, report[1]) < 0)
            _exit(NOT_READY);
        return 0;
    }
    (void)close(report[1]);
    if (child < 0) {
        child = -errno;
        (void)close(report[0]);
        return child;
    }
    *ret_report = report[0];
    return child;
}

pid_t probe_start(const struct site *site, const struct stage *stage, const struct attack *attack,
                  bool from_outside, int *ret_report)
{
    pid_t probe = fork_reporting(site, ret_report);

    if (probe == 0)
        be_probe(site, stage, attack, from_outside);
    return probe;
}

/* ---- results --------------------------------------------------------------------------------- */

/* The word after "call=" in the handler's line. */
static void find_call(const char *line, char ret_call[24])
{
    const char *name = strstr(line, " call=");
    size_t length;

    ret_call[0] = '\0';
    if (!name)
        return;
    name += strlen(" call=");
    length = strcspn(name, " \n");
    if (length < 24) {
        memcpy(ret_call, name, length);
        ret_call[length] = '\0';
    }
}

struct outcome probe_read(int status, int report)
{
    char line[512];
    ssize_t length = read(report, line, sizeof(line) - 1);
    struct outcome outcome = {.kind = OUTCOME_BROKEN};

    (void)close(report);
    line[length > 0 ? length : 0] = '\0';
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        outcome.kind = OUTCOME_KILLED;
    if (!WIFEXITED(status))
        return outcome;
    switch (WEXITSTATUS(status)) {
    case 0:
        outcome.kind = OUTCOME_THROUGH;
        break;
    case NOT_ENTERED:
        outcome.kind = OUTCOME_NOT_ENTERED;
        outcome.error = (unsigned char)line[0];
        break;
    case NOT_READY:
    case SANDBOX_EXIT_CRASH:
        break;
    case SANDBOX_EXIT_VIOLATION:
        outcome.kind = OUTCOME_TRAPPED;
        find_call(line, outcome.call);
        break;
    default:
        outcome.kind = OUTCOME_REFUSED;
        outcome.error = WEXITSTATUS(status);
    }
    return outcome;
}

/* ---- what is in force ------------------------------------------------------------------------ */

static _Noreturn void answer(const struct site *site, enum sandbox_mode mode)
{
    struct probe_force force = {0};
    struct sandbox_failure failure = {0};
    struct sandbox_config config;
    struct scene scene;
    int result = scene_make(site, &scene);

    if (result == 0) {
        config = config_of(&scene, &(struct stage){.kind = STAGE_STEADY, .mode = mode});
        result = enter_setup(&config, &failure);
    }
    if (result == 0)
        result = sandbox_tighten(&config, &failure);
    force.failed = failure.layer;
    force.advice = failure.advice;
    force.error = -result;
    force.status_error = sandbox_read_status(&force.status, NULL);
    memccpy(force.layers, sandbox_layers(), '\0', sizeof(force.layers));
    memccpy(force.gaps, sandbox_gaps(), '\0', sizeof(force.gaps));
    (void)!write(STDERR_FILENO, &force, sizeof(force)); /* shorter than PIPE_BUF: whole */
    _exit(0);
}

int probe_ask(const struct site *site, enum sandbox_mode mode, struct probe_force *ret_force)
{
    int report = -1;
    pid_t child = fork_reporting(site, &report);
    ssize_t length;

    if (child == 0)
        answer(site, mode);
    if (child < 0)
        return child;
    if (waitpid(child, NULL, 0) != child)
        return -errno;
    length = read(report, ret_force, sizeof(*ret_force));
    (void)close(report);
    scene_clear(site);
    return length == sizeof(*ret_force) ? 0 : -ENOTRECOVERABLE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the probes, as many at once as there are processors, each in the site of its worker: every
 * attack without confinement, in both phases and in a thread that encodes; and, if it got through
 * unconfined, with each layer alone.
 */
#include "sandbox/check/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/check/report.h"

#define WORKERS_MAX 4 /* each is up to four processes, and a service may be allowed few */

const struct attack_group *const attack_groups[] = {
    &attacks_network, &attacks_execution, &attacks_processes, &attacks_paths,
    &attacks_files,   &attacks_mounts,    &attacks_memory,    &attacks_kernel,
    &attacks_rights,  &attacks_budgets,   &attacks_outside,
};

const size_t attack_groups_count = sizeof(attack_groups) / sizeof(attack_groups[0]);

struct worker {
    struct site site;
    char name[12];
    pid_t probe; /* 0: none */
    int report;
    struct report_row *row;
    struct stage stage;
};

struct check {
    struct report report;
    char path[PATH_MAX]; /* of the folder that holds the sites */
    int parent;
    int folder;
    struct worker workers[WORKERS_MAX];
    size_t workers_count;
};

/* ---- probes ---------------------------------------------------------------------------------- */

/* Where the result of a probe belongs. */
static struct outcome *outcome_of(struct report_row *row, const struct stage *stage)
{
    switch (stage->kind) {
    case STAGE_UNCONFINED:
        return &row->unconfined;
    case STAGE_SETUP:
        return &row->setup;
    case STAGE_ENCODING:
        return &row->encoding;
    case STAGE_STEADY:
        return &row->steady;
    case STAGE_ALONE:
        break;
    }
    return &row->alone[stage->layer];
}

/* A layer that cannot be entered here is not tried again. From outside a plain user enters it. */
static void keep_result(struct report *report, const struct worker *worker, struct outcome outcome)
{
    *outcome_of(worker->row, &worker->stage) = outcome;
    if (worker->stage.kind == STAGE_ALONE && outcome.kind == OUTCOME_NOT_ENTERED &&
        !worker->row->group->from_outside)
        report->layer_errors[worker->stage.layer] = outcome.error ? outcome.error : ENOTRECOVERABLE;
}

/* Waits for one probe to end. */
static int reap(struct check *check)
{
    int status;
    pid_t ended = waitpid(-1, &status, 0);

    if (ended < 0)
        return -errno;
    for (size_t i = 0; i < check->workers_count; i++) {
        struct worker *worker = &check->workers[i];

        if (worker->site.peer == ended)
            return -ECHILD; /* nothing that follows would mean anything */
        if (worker->probe != ended)
            continue;
        keep_result(&check->report, worker, probe_read(status, worker->report));
        worker->probe = 0;
        scene_clear(&worker->site);
    }
    return 0;
}

static struct worker *find_idle(struct check *check)
{
    for (size_t i = 0; i < check->workers_count; i++)
        if (check->workers[i].probe == 0)
            return &check->workers[i];
    return NULL;
}

static bool is_interrupted(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
            sigismember(&pending, SIGHUP) == 1);
}

static int start(struct check *check, struct report_row *row, struct stage stage)
{
    struct worker *worker;
    pid_t probe;

    if (is_interrupted())
        return -EINTR;
    while (!(worker = find_idle(check))) {
        int result = reap(check);

        if (result < 0)
            return result;
    }
    stage.mode = check->report.config->mode;
    probe =
        probe_start(&worker->site, &stage, row->attack, row->group->from_outside, &worker->report);
    if (probe < 0)
        return probe;
    worker->probe = probe;
    worker->row = row;
    worker->stage = stage;
    return 0;
}

static int finish(struct check *check)
{
    int result = 0;

    for (size_t i = 0; i < check->workers_count; i++)
        while (result == 0 && check->workers[i].probe > 0)
            result = reap(check);
    return result;
}

static int try_layers(struct check *check, struct report_row *row)
{
    int result = 0;

    for (size_t i = 0; i < layers_count && result == 0; i++)
        if (check->report.layer_errors[i] == 0)
            result = start(check, row, (struct stage){.kind = STAGE_ALONE, .layer = i});
    return result;
}

static int make_attack(struct check *check, struct report_row *row)
{
    static const enum stage_kind kinds[] = {STAGE_UNCONFINED, STAGE_SETUP, STAGE_ENCODING,
                                            STAGE_STEADY};
    int result = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && result == 0; i++) {
        if (kinds[i] == STAGE_SETUP && row->attack->needed)
            row->setup.kind = OUTCOME_NEEDED;
        else
            result = start(check, row, (struct stage){.kind = kinds[i]});
    }
    while (result == 0 && row->unconfined.kind == OUTCOME_UNTRIED)
        result = reap(check);
    if (result < 0 || row->unconfined.kind != OUTCOME_THROUGH)
        return result;
    return try_layers(check, row);
}

/* With a line of progress on a terminal. */
static int make_attacks(struct check *check)
{
    bool on_terminal = isatty(STDERR_FILENO);
    size_t count = check->report.count;
    int result = 0;
    int finished;

    for (size_t i = 0; i < count && result == 0; i++) {
        if (on_terminal)
            (void)fprintf(stderr, "\rchecking %zu/%zu", i + 1, count);
        result = make_attack(check, &check->report.rows[i]);
    }
    finished = finish(check);
    if (on_terminal)
        (void)fputs("\r\033[K", stderr);
    return result < 0 ? result : finished;
}

/* ---- places ---------------------------------------------------------------------------------- */

/* A temporary folder, into which the user can come but where he can make nothing. */
static int make_folder(struct check *check)
{
    char *parent = realpath(check->report.config->folder, NULL);
    int length;

    if (!parent)
        return -errno;
    length = snprintf(check->path, sizeof(check->path), "%s/hlsgen-check-XXXXXX", parent);
    check->parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(parent);
    if (check->parent < 0)
        return -errno;
    if (length >= (int)sizeof(check->path))
        return -ENAMETOOLONG;
    if (!mkdtemp(check->path))
        return -errno;
    check->folder = open(check->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (check->folder < 0 || fchmod(check->folder, 0755) < 0)
        return -errno;
    return 0;
}

/* One at least: where processes are few, as in some services, there are fewer. */
static int make_workers(struct check *check)
{
    const struct check_config *config = check->report.config;
    const struct scene_owner owner = {config->change_user, config->uid, config->gid};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int result = 0;

    while (result == 0 && check->workers_count < WORKERS_MAX &&
           (long)check->workers_count < processors) {
        struct worker *worker = &check->workers[check->workers_count];

        (void)snprintf(worker->name, sizeof(worker->name), "%zu", check->workers_count);
        result = site_make(check->folder, check->path, worker->name, &owner, &worker->site);
        if (result == 0)
            check->workers_count++;
    }
    return check->workers_count > 0 ? 0 : result;
}

static void clean_up(struct check *check)
{
    (void)finish(check);
    for (size_t i = 0; i < check->workers_count; i++)
        site_remove(&check->workers[i].site, check->folder, check->workers[i].name);
    if (check->folder >= 0) {
        (void)close(check->folder);
        (void)unlinkat(check->parent, strrchr(check->path, '/') + 1, AT_REMOVEDIR);
    }
    if (check->parent >= 0)
        (void)close(check->parent);
    free(check->report.rows);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int list_rows(struct report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < attack_groups_count; i++)
        count += attack_groups[i]->count;
    report->rows = calloc(count, sizeof(*report->rows));
    if (!report->rows)
        return -ENOMEM;
    for (size_t i = 0; i < attack_groups_count; i++)
        for (size_t j = 0; j < attack_groups[i]->count; j++)
            report->rows[report->count++] = (struct report_row){
                .group = attack_groups[i], .attack = &attack_groups[i]->attacks[j]};
    return 0;
}

static int ask_what_is_in_force(struct check *check, struct sandbox_failure *failure)
{
    struct probe_force *force = &check->report.force;
    int result = probe_ask(&check->workers[0].site, check->report.config->mode, force);

    if (result < 0)
        return result;
    *failure = (struct sandbox_failure){force->failed, force->error, force->advice};
    return -force->error;
}

static int run_check(struct check *check, struct sandbox_failure *failure)
{
    int result = list_rows(&check->report);

    if (result == 0)
        result = make_folder(check);
    if (result == 0)
        result = make_workers(check);
    if (result == 0)
        result = ask_what_is_in_force(check, failure);
    return result < 0 ? result : make_attacks(check);
}

/* Children are waited for, and an alarm ends those that hang: whatever was inherited. */
static void take_signals(void)
{
    sigset_t needed;

    (void)sigemptyset(&needed);
    (void)sigaddset(&needed, SIGALRM);
    (void)sigprocmask(SIG_UNBLOCK, &needed, NULL);
    (void)signal(SIGALRM, SIG_DFL);
    (void)signal(SIGCHLD, SIG_DFL);
}

int check_run(const struct check_config *config, FILE *out, struct check_sums *ret_sums,
              struct sandbox_failure *failure)
{
    struct check check = {.report.config = config, .parent = -1, .folder = -1};
    int result;

    *failure = (struct sandbox_failure){0};
    take_signals();
    (void)fflush(NULL); /* or else each child would have its copy */
    result = run_check(&check, failure);
    if (result == 0) {
        *ret_sums = report_sums(&check.report);
        (config->json ? report_write_json : report_write_table)(&check.report, out);
    }
    clean_up(&check);
    return result;
}

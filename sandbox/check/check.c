/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the probes, as many at once as there are processors, each in the site of its worker. First
 * every attack without confinement and in both phases; then those that got through unconfined with
 * each layer alone.
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

static const struct attack_group *const groups[] = {
    &attacks_network, &attacks_execution, &attacks_processes, &attacks_paths,
    &attacks_files,   &attacks_mounts,    &attacks_memory,    &attacks_kernel,
    &attacks_rights,  &attacks_budgets,   &attacks_outside,
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* What a probe does with a row: one of these, or AROUND_LAYERS plus a layer. */
enum {
    UNCONFINED,
    SETUP,
    STEADY,
    AROUND_LAYERS,
};

struct worker {
    struct site site;
    char name[12];
    pid_t probe; /* 0: none */
    int report;
    size_t row;
    size_t turn;
};

struct check {
    struct report report;
    char path[PATH_MAX]; /* of the folder that holds the sites */
    int parent;
    int folder;
    struct worker workers[WORKERS_MAX];
    size_t workers_count;
};

/* ---- probes ------------------------------------------------------------------------------------
 */

static struct probe_stage stage_of(const struct check *check, size_t turn)
{
    static const enum probe_phase phases[] = {
        [UNCONFINED] = PROBE_UNCONFINED,
        [SETUP] = PROBE_SETUP,
        [STEADY] = PROBE_STEADY,
        [AROUND_LAYERS] = PROBE_ALONE,
    };
    size_t layer = turn < AROUND_LAYERS ? 0 : turn - AROUND_LAYERS;

    return (struct probe_stage){
        .phase = phases[turn < AROUND_LAYERS ? turn : AROUND_LAYERS],
        .mode = check->report.config->mode,
        .layer = &layers[layer],
    };
}

static void keep_result(struct report *report, const struct worker *worker, struct outcome outcome)
{
    struct report_row *row = &report->rows[worker->row];
    size_t layer = worker->turn - AROUND_LAYERS; /* if it is one */

    if (worker->turn == UNCONFINED)
        row->unconfined = outcome;
    else if (worker->turn == SETUP)
        row->setup = outcome;
    else if (worker->turn == STEADY)
        row->steady = outcome;
    else if (outcome.verdict != VERDICT_BROKEN)
        row->alone |= (outcome.verdict != VERDICT_THROUGH ? 1U : 0U) << layer;
    else if (!row->group->from_outside) /* there the user enters it, who may be allowed less */
        report->layer_errors[layer] = outcome.error ? outcome.error : ENOTRECOVERABLE;
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

static int start(struct check *check, size_t row, size_t turn)
{
    const struct report_row *what = &check->report.rows[row];
    struct probe_stage stage = stage_of(check, turn);
    struct worker *worker;
    pid_t probe;

    if (is_interrupted())
        return -EINTR;
    while (!(worker = find_idle(check))) {
        int result = reap(check);

        if (result < 0)
            return result;
    }
    probe = probe_start(&worker->site, &stage, what->attack, what->group->from_outside,
                        &worker->report);
    if (probe < 0)
        return probe;
    worker->probe = probe;
    worker->row = row;
    worker->turn = turn;
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

/*
 * Turns @p from to @p to - 1 of every row; layers only of those that got through unconfined, and as
 * long as they can be entered.
 */
static int take_turns(struct check *check, size_t from, size_t to)
{
    int result = 0;
    int finished;

    for (size_t row = 0; row < check->report.count && result == 0; row++) {
        const struct report_row *what = &check->report.rows[row];

        if (from >= AROUND_LAYERS && what->unconfined.verdict != VERDICT_THROUGH)
            continue;
        for (size_t turn = from; turn < to && result == 0; turn++)
            if (turn < AROUND_LAYERS || check->report.layer_errors[turn - AROUND_LAYERS] == 0)
                result = start(check, row, turn);
    }
    finished = finish(check);
    return result < 0 ? result : finished;
}

/* ---- places ------------------------------------------------------------------------------------
 */

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

/* ---- the whole ---------------------------------------------------------------------------------
 */

static int list_rows(struct report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < GROUPS; i++)
        count += groups[i]->count;
    report->rows = calloc(count, sizeof(*report->rows));
    if (!report->rows)
        return -ENOMEM;
    for (size_t i = 0; i < GROUPS; i++)
        for (size_t j = 0; j < groups[i]->count; j++)
            report->rows[report->count++] =
                (struct report_row){.group = groups[i], .attack = &groups[i]->attacks[j]};
    return 0;
}

static int ask_what_is_in_force(struct check *check, struct sandbox_failure *failure)
{
    struct probe_force *force = &check->report.force;
    int result = probe_ask(&check->workers[0].site, check->report.config->mode, force);

    if (result < 0 || !force->failed)
        return result;
    *failure = (struct sandbox_failure){force->failed, force->error, force->advice};
    return -force->error;
}

static int make_attacks(struct check *check, struct sandbox_failure *failure)
{
    int result = list_rows(&check->report);

    if (result == 0)
        result = make_folder(check);
    if (result == 0)
        result = make_workers(check);
    if (result == 0)
        result = ask_what_is_in_force(check, failure);
    if (result == 0)
        result = take_turns(check, UNCONFINED, AROUND_LAYERS);
    if (result == 0)
        result = take_turns(check, AROUND_LAYERS, AROUND_LAYERS + layers_count);
    return result;
}

int check_run(const struct check_config *config, FILE *out, struct check_sums *ret_sums,
              struct sandbox_failure *failure)
{
    struct check check = {.report.config = config, .parent = -1, .folder = -1};
    int result;

    *failure = (struct sandbox_failure){0};
    (void)fflush(NULL); /* or else each child would have its copy */
    result = make_attacks(&check, failure);
    if (result == 0) {
        *ret_sums = report_sums(&check.report);
        (config->json ? report_write_json : report_write_table)(&check.report, out);
    }
    clean_up(&check);
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The phases, one function each, over what lives through them all. That is not freed at the end:
 * the last filter lets no memory go.
 */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "confinement.h"
#include "master.h"
#include "media/renditions.h"
#include "origin/folders.h"
#include "origin/publisher.h"
#include "origin/status.h"
#include "origin/vod.h"
#include "run_parts.h"

volatile int64_t run_segment_at_work = -1;

/* ---- phases ---------------------------------------------------------------------------------- */

bool run_is_finite(const struct run *run)
{
    return run->job.cli->vod > 0;
}

/* Bytes on disk at most, by an upper bound of what a segment takes. */
static uint64_t room_of(const struct run *run)
{
    const struct job *job = &run->job;
    size_t sizes[LADDER_MAX];

    job_segment_bounds(job, sizes);
    if (run_is_finite(run))
        return vod_room(sizes, job->ladder.count, job->segments,
                        job->ladder.common.stream.container == CONTAINER_FMP4,
                        ladder_count_iframes(&job->ladder) > 0, run->block_size);
    return streams_room(&job->plan, run->block_size, sizes);
}

static int open_directory(struct run *run, struct error *err)
{
    const struct job *job = &run->job;
    const char *path = job->cli->out;
    const struct folders *folders = &run->streams.folders;
    int result = folders->count > 0 ? folders_allow(folders, err) : 0;

    if (result == 0)
        result = outdir_open(path, job->account.uid, job->account.gid, &run->outdir, err);
    if (result < 0)
        return result;
    result = outdir_block_size(&run->outdir, &run->block_size);
    if (result < 0)
        result = error_set_errno(err, result, EX_IOERR, "cannot look into %s", path);
    else
        result = budget_check_disk(&job->budget, room_of(run), &run->outdir, &run->streams.folders,
                                   path, err);
    if (result < 0)
        outdir_abandon(&run->outdir, path);
    return result;
}

static int open_folders(struct run *run, struct error *err)
{
    const struct folders *folders = &run->streams.folders;
    const struct account *account = &run->job.account;

    if (folders->count == 0)
        return 0;
    run->sandbox.folders = folders_first(folders->count);
    run->sandbox.folders_count = (int)folders->count;
    return folders_open(folders, run->outdir.fd, run->job.cli->out, account->uid, account->gid,
                        err);
}

/* The first of those that make renditions is there already. */
static int count_threads(const struct job *job)
{
    return job->making - 1 + job->encoding + job->hashing;
}

static size_t live_file_max(const struct streams_plan *plan)
{
    size_t beside = publisher_file_max(plan->kind, plan->length, plan->index);

    return beside > STATUS_SIZE ? beside : STATUS_SIZE;
}

/* Of the largest file. */
static size_t file_size_of(const struct job *job)
{
    size_t segment = job_segment_bound(job);
    size_t other = job->segments > 0 ? vod_file_max(job->ladder.count, job->segments)
                                     : live_file_max(&job->plan);

    return 2 * segment + other;
}

static int confine(struct run *run, struct error *err)
{
    const struct job *job = &run->job;
    struct sandbox_failure failure;
    int result;

    run->sandbox = (struct sandbox_config){
        .mode = (enum sandbox_mode)job->cli->sandbox,
        .directory = run->outdir.fd,
        .notify = run->teller.service.notify.fd,
        .change_user = job->account.change,
        .uid = job->account.uid,
        .gid = job->account.gid,
        .file_size = file_size_of(job),
        .memory = (size_t)job->budget.data_limit,
        .threads = count_threads(job),
        .threads_stay = job->encoding + job->hashing > 0,
    };
    result = sandbox_isolate(&run->sandbox, &failure);
    if (result < 0)
        return confinement_fail(&failure, result, err);
    result = outdir_lock(&run->outdir, job->cli->out, err); /* it was opened anew */
    if (result == 0)
        result = open_folders(run, err);
    if (result < 0)
        return result;
    result = sandbox_enter(&run->sandbox, &failure);
    if (result < 0)
        return confinement_fail(&failure, result, err);
    return streams_settle(&run->streams, run->outdir.fd, job->cli->out, job->account.uid, err);
}

/* With which a signal ends the process: a finite stream is not there then. */
static int signal_code(const struct run *run)
{
    return run_is_finite(run) ? EX_TEMPFAIL : EX_OK;
}

/* Not by exit(3): libraries free memory in its handlers, which the last filter does not let go. */
_Noreturn void run_end(struct run *run, int exit_code)
{
    service_tell_stopping(&run->teller.service);
    _exit(exit_code);
}

/* By a signal that comes while the first windows, or a finite stream, wait for the encoders. */
static _Noreturn void end_early(struct run *run)
{
    terminal_clear(&run->teller.terminal);
    if (run_is_finite(run))
        log_error("ended by a signal, the same command goes on from what is there");
    run_end(run, signal_code(run));
}

/* The first windows are encoded, which may take long: the workers keep to the budget. */
static void tell_encoded(void *context, int64_t done, int64_t total)
{
    struct run *run = context;
    int taken = run->clock.sleep_until(run->clock.context, 0); /* only looks for a signal */

    if (taken != 0 && taken != SIGUSR1)
        end_early(run);
    if (!run_is_finite(run)) /* which tells by itself */
        teller_tell_encoded(&run->teller, done, total);
}

/* What is listed lasts as long as the process. */
static int start_encoders(struct run *run, struct error *err)
{
    struct encoders_stream *encoded = calloc((size_t)run->streams.count, sizeof(*encoded));
    const struct encoders_config config = {
        .streams = encoded,
        .count = encoded ? streams_list_encoded(&run->streams, run->renditions, encoded) : 0,
        .window = run->job.ladder.common.stream.window,
        .threads = run->job.encoding,
        .sandbox = &run->sandbox,
        .pacer = &run->job.budget.pacer,
        .waits = {.step = tell_encoded, .context = run},
    };

    if (!encoded)
        return -ENOMEM;
    if (config.count > 0)
        return encoders_start(&config, &run->encoders, err);
    free(encoded);
    return 0;
}

static int end_threads(const struct run *run, struct error *err)
{
    struct sandbox_failure failure;
    int result = sandbox_end_threads(&run->sandbox, &failure);

    return result < 0 ? confinement_fail(&failure, result, err) : 0;
}

static int write_master(struct run *run)
{
    const struct ladder *ladder = &run->job.ladder;

    if (!ladder->has_renditions && ladder_count_iframes(ladder) == 0)
        return 0;
    return master_write(ladder, run->renditions, &run->master, &run->master_size);
}

static int render(struct run *run, struct error *err)
{
    struct job *job = &run->job;
    struct making making = {
        .ladder = &job->ladder,
        .lines = job->lines,
        .threads = job->making,
        .sandbox = &run->sandbox,
        .pacer = &job->budget.pacer,
        .teller = &run->teller,
        .signal_code = signal_code(run),
    };
    int result = making_run(&making, run->renditions, err);

    if (result == 0)
        result = write_master(run);
    if (result == 0)
        result = start_encoders(run, err);
    if (result == 0)
        result = run_is_finite(run) ? run_begin_finite(run, &making, err)
                                    : run_make_publishers(run, &making);
    return result == 0 ? end_threads(run, err) : result;
}

int run_tighten(struct run *run, struct error *err)
{
    struct sandbox_failure failure;
    int result;

    memory_give_back(); /* what the encoders used */
    result = sandbox_tighten(&run->sandbox, &failure);
    return result < 0 ? confinement_fail(&failure, result, err) : 0;
}

/*
 * Whether that is why a phase failed. Libraries have other codes for it, but the C library leaves
 * its own behind.
 */
static bool lacks_memory(int result, const struct error *err)
{
    return result == -ENOMEM || (result < 0 && errno == ENOMEM && err->exit_code == EX_SOFTWARE);
}

static int run_phases(struct run *run, struct error *err)
{
    int result = open_directory(run, err);

    if (result == 0)
        result = confine(run, err);
    if (result == 0)
        result = render(run, err);
    if (result < 0)
        return result;
    return run_is_finite(run) ? run_finite(run, err) : run_live(run, err);
}

int run_streams(const struct cli *cli, struct clock clock, struct service service,
                struct error *err)
{
    static struct run run; /* what it holds is held to the end */
    int result;

    run.clock = clock;
    run.started = clock.realtime(clock.context);
    run.teller = teller_make(&run.clock, service);
    result = job_read(cli, &run.clock, &run.job, err);
    if (result == 0)
        result = streams_init(&run.job.plan, &run.streams);
    if (result == 0)
        result = run_phases(&run, err);
    /* -ENOMEM may come without a text. */
    return lacks_memory(result, err) ? budget_explain_memory(&run.job.budget, err) : result;
}

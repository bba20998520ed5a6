/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last phase of a live run: the first windows, then every segment at its instant. */
#include "run_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "confinement.h"
#include "origin/live.h"
#include "origin/names.h"
#include "origin/publisher.h"

int run_make_publishers(struct run *run, struct making *making)
{
    struct progress progress = making_progress(making);
    int result;

    run->source = (struct streams_source){
        .renditions = run->renditions,
        .encoders = run->encoders,
        .pacer = &run->job.budget.pacer,
        .master = run->master,
        .master_size = run->master_size,
        .segment_at_work = &run_segment_at_work,
    };
    clock_let_signals_end(true, making->signal_code);
    result = streams_make_publishers(&run->streams, &run->source, &run->clock, &progress);
    clock_let_signals_end(false, making->signal_code);
    terminal_clear(&run->teller.terminal);
    return result;
}

static struct publisher *top_publisher(const struct streams *streams)
{
    return streams->live[streams_top(streams) - streams->each].publisher;
}

/* Bytes on disk at most, by the sizes that the segments have. */
static uint64_t measured_room(const struct run *run)
{
    size_t sizes[LADDER_MAX];

    for (int64_t i = 0; i < run->job.ladder.count; i++)
        sizes[i] = rendition_segment_max(run->renditions[i]);
    return streams_room(&run->job.plan, run->block_size, sizes);
}

static void log_start(const struct run *run)
{
    const struct job *job = &run->job;
    const struct stream *top = streams_top(&run->streams);
    const struct publisher *publisher = top_publisher(&run->streams);
    const struct rendition *rendition = run->renditions[top->rendition];
    char count[32] = "";

    if (run->streams.count > 1)
        (void)snprintf(count, sizeof(count), " %s=%" PRId64,
                       job->ladder.has_renditions ? "renditions" : "streams", run->streams.count);
    log_info("publishing preset=%s out=%s%s newest=%" PRId64
             " segment_bytes=%zu"
             " cycle_segments=%" PRId64 " disk_bytes=%" PRIu64 " start_ms=%" PRId64,
             job->ladder.common.name, job->cli->out, count,
             publisher_number(publisher, publisher_newest(publisher)),
             rendition_segment_max(rendition), rendition_cycle(rendition), measured_room(run),
             teller_elapsed_ms(&run->teller));
}

static void tell_started(void *context, int64_t streams)
{
    struct run *run = context;

    teller_tell_started(&run->teller, streams, run->streams.count);
}

static void tell_alive(void *context, const struct live_figures *figures)
{
    const struct run *run = context;

    service_tell_alive(&run->teller.service, figures);
}

static int report(void *context, const struct live_figures *figures,
                  const struct live_lateness *lateness)
{
    struct run *run = context;

    return reporter_write(&run->reporter, figures, lateness);
}

static void tell_more(void *context)
{
    const struct run *run = context;

    budget_log(&run->job.budget);
    if (run->encoders)
        encoders_log(run->encoders);
    confinement_log(&run->sandbox);
}

/* Of an earlier run: as publisher_resume(). */
static int fail_publish(const struct run *run, int result, struct error *err)
{
    bool others =
        result == -EMEDIUMTYPE || result == -EPROTOTYPE || result == -EEXIST || result == -E2BIG;

    return error_set(err, result, others ? EX_CANTCREAT : EX_IOERR, "cannot publish into %s: %s",
                     run->job.cli->out, live_reason(result));
}

/* When all that it names is there. What fails is mended later. */
static void put_master(const struct run *run)
{
    const struct streams *streams = &run->streams;
    int result = 0;

    for (int64_t i = 0; i < streams->count; i++) {
        int put = publisher_put_master(streams->live[i].publisher);

        result = put < 0 ? put : result;
    }
    if (result < 0)
        log_warning("cannot write %s/" NAMES_MASTER ", trying again: %s", run->job.cli->out,
                    live_reason(result));
}

static int64_t count_ended(const struct run *run)
{
    int64_t count = 0;

    for (int64_t i = 0; i < run->streams.count; i++)
        count += publisher_has_ended(run->streams.live[i].publisher);
    return count;
}

/* The command that made it end may be given again. */
static int check_end(const struct run *run, struct error *err)
{
    const struct streams_plan *plan = &run->job.plan;

    if (count_ended(run) > 0 && plan->follow == 0 && plan->kind != PLAYLIST_EVENT)
        return error_set(err, -EEXIST, EX_CANTCREAT,
                         "%s holds a live stream that has ended (--follow): empty it, or name"
                         " another directory",
                         run->job.cli->out);
    return 0;
}

static _Noreturn void end_live(struct run *run, int result)
{
    if (result == -ENOENT)
        log_error("%s was removed, nothing can be published into it", run->job.cli->out);
    run_end(run, result == -ENOENT ? EX_CANTCREAT : EX_OK);
}

/* Does not return but on failure. */
static int start_live(struct run *run, struct live *live, struct error *err)
{
    int result = live_start(live);

    if (result == 0 && run->encoders)
        encoders_hurry(run->encoders);
    terminal_clear(&run->teller.terminal);
    if (result > 0)
        run_end(run, EX_OK);
    if (result < 0)
        return fail_publish(run, result, err);
    result = check_end(run, err);
    if (result < 0)
        return result;
    put_master(run);
    reporter_resume(&run->reporter);
    result = run_tighten(run, err);
    if (result < 0)
        return result;
    confinement_log(&run->sandbox);
    if (count_ended(run) < run->streams.count)
        log_start(run);
    live_tell(live);
    service_tell_ready(&run->teller.service);
    end_live(run, live_run(live));
}

int run_live(struct run *run, struct error *err)
{
    const struct live_config config = {
        .streams = run->streams.live,
        .count = run->streams.count,
        .clock = &run->clock,
        .window = run->job.ladder.common.stream.window,
        .observer = {.context = run,
                     .started = tell_started,
                     .beat_interval = service_beat_interval(&run->teller.service),
                     .beat = tell_alive,
                     .asked = tell_more,
                     .report = report},
    };
    const struct reporter_config of_reporter = {
        .streams = &run->streams,
        .renditions = run->renditions,
        .sandbox = &run->sandbox,
        .clock = &run->clock,
        .started = run->started,
        .disk = (int64_t)measured_room(run),
    };
    struct live *live;
    int result = live_new(&config, &live);

    if (result < 0)
        return result;
    reporter_init(&of_reporter, &run->reporter);
    result = start_live(run, live, err);
    (void)live_free(live);
    return result;
}

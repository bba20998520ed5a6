/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The phases, one function each, over what lives through them all. That is not freed at the end:
 * the last filter lets no memory go.
 */
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "account.h"
#include "base/log.h"
#include "base/memory.h"
#include "budget.h"
#include "confinement.h"
#include "encoders.h"
#include "finite.h"
#include "hls/playlist.h"
#include "media/footprint.h"
#include "media/rendition.h"
#include "origin/folders.h"
#include "origin/live.h"
#include "origin/outdir.h"
#include "origin/publisher.h"
#include "origin/vod.h"
#include "preset/preset.h"
#include "streams.h"
#include "terminal.h"
#include "timeline/timeline.h"

struct run {
    const struct cli *cli;
    struct preset preset;
    struct timeline line; /* of the first stream */
    struct clock clock;
    struct account account;
    struct budget budget;
    struct service service;
    struct outdir outdir;
    struct sandbox_config sandbox;
    struct rendition *rendition;
    struct streams_source source;
    struct encoders *encoders; /* NULL: the templates are all that there is */
    int threads;               /* of these */
    struct streams streams;
    int64_t segments; /* of a finite stream; 0: it is live */
    struct fs fs;     /* of the directory, for a finite stream */
    struct finite *finite;
    struct terminal terminal;
    int64_t started;   /* CLOCK_MONOTONIC */
    int percent;       /* encoded */
    bool told_waiting; /* for processor time */
};

volatile int64_t run_segment_at_work = -1;

/* ---- phases ------------------------------------------------------------------------------------
 */

/* Bytes that the streams take, beside what they share. */
static int64_t memory_of(const struct run *run, int64_t count)
{
    if (run->segments > 0)
        return (int64_t)finite_memory(run->segments);
    return count * (int64_t)streams_memory(run->preset.stream.window);
}

/* Unless it is said how many: one for each processor, or as many as the budget has room for. */
static int init_budget(struct run *run, struct error *err)
{
    const struct preset *preset = &run->preset;
    int64_t streams = run->cli->streams;
    int64_t count = streams > 0 ? streams : 1;
    int64_t of_streams = memory_of(run, count);
    int result;

    if (!preset_is_aperiodic(preset))
        return budget_init(&run->budget, preset, &run->line, streams, of_streams, &run->clock, err);
    run->threads = run->cli->workers > 0 ? (int)run->cli->workers : encoders_threads_default();
    for (;;) {
        int64_t of_threads = footprint_workers(preset, &run->line, run->threads, count);

        result = budget_init(&run->budget, preset, &run->line, streams, of_streams + of_threads,
                             &run->clock, err);
        if (result == 0 || run->cli->workers > 0 || run->threads == 1)
            return result;
        run->threads--;
    }
}

static int read_settings(struct run *run, struct error *err)
{
    const struct cli *cli = run->cli;
    const struct preset *preset = &run->preset;
    int result = cli_load_preset(cli, &run->preset, err);

    if (result == 0)
        result = rendition_check(preset, err);
    if (result == 0)
        result = streams_check(cli->streams, cli->spread == SPREAD_EVEN, preset, err);
    if (result < 0)
        return result;
    if (!cli->vod && cli->epoch > run->clock.realtime(run->clock.context))
        return error_set(err, -EINVAL, EX_TEMPFAIL,
                         "--epoch lies in the future, or the clock is not set yet: media time"
                         " cannot have begun then");
    run->line = timeline_make(cli->epoch, preset->stream.segment_duration, preset->video.rate.num,
                              preset->video.rate.den);
    if (cli->vod) {
        run->segments = run->budget.segments = vod_segments(&run->line, cli->vod);
        run->budget.disk_unbounded = !cli->disk_budget; /* that of the preset is for a window */
    }
    result = account_resolve(cli->user, &run->account, err);
    if (result < 0)
        return result;
    result = init_budget(run, err);
    if (result < 0)
        return result;
    return streams_init(cli->streams, &run->line, cli->spread == SPREAD_EVEN, &run->streams);
}

static int open_directory(struct run *run, struct error *err)
{
    int result = 0;

    if (run->streams.has_folders)
        result = folders_allow(run->streams.count, err);
    if (result == 0)
        result = outdir_open(run->cli->out, run->account.uid, run->account.gid, &run->outdir, err);
    if (result < 0)
        return result;
    result = budget_check_disk(&run->budget, &run->line, &run->outdir, run->cli->out, err);
    if (result < 0)
        outdir_abandon(&run->outdir, run->cli->out);
    return result;
}

static int open_folders(struct run *run, struct error *err)
{
    int64_t count = run->streams.count;

    if (!run->streams.has_folders)
        return 0;
    run->sandbox.folders = folders_first(count);
    run->sandbox.folders_count = (int)count;
    return folders_open(run->outdir.fd, run->cli->out, count, run->account.uid, run->account.gid,
                        err);
}

/* No stream is written into the directory of one that ends, nor the other way round. */
static int check_kind(struct run *run, struct error *err)
{
    run->fs = fs_posix(&run->outdir.fd);
    if (run->segments > 0)
        return vod_check(&run->fs, run->cli->out, err);
    if (run->streams.has_folders) /* where each is looked at, and nothing else can be any more */
        return 0;
    return vod_check_absent(&run->fs, run->cli->out, err);
}

static int confine(struct run *run, struct error *err)
{
    struct sandbox_failure failure;
    int result;

    run->sandbox = (struct sandbox_config){
        .mode = (enum sandbox_mode)run->cli->sandbox,
        .directory = run->outdir.fd,
        .notify = run->service.notify.fd,
        .change_user = run->account.change,
        .uid = run->account.uid,
        .gid = run->account.gid,
        .file_size = 2 * rendition_segment_bound(&run->preset, &run->line) +
                     playlist_size(run->segments > 0 ? run->segments : run->preset.stream.window),
        .memory = (size_t)run->budget.data_limit,
        .threads = run->threads,
    };
    result = sandbox_isolate(&run->sandbox, &failure);
    if (result < 0)
        return confinement_fail(&failure, result, err);
    result = outdir_lock(&run->outdir, run->cli->out, err); /* it was opened anew */
    if (result == 0)
        result = open_folders(run, err);
    if (result < 0)
        return result;
    result = sandbox_enter(&run->sandbox, &failure);
    if (result < 0)
        return confinement_fail(&failure, result, err);
    result = check_kind(run, err);
    if (result < 0)
        return result;
    return streams_settle(&run->streams,
                          run->streams.has_folders ? run->sandbox.folders : run->outdir.fd,
                          run->cli->out, run->account.uid, err);
}

static void tell_progress(void *context)
{
    struct run *run = context;
    int64_t now = run->clock.monotonic(run->clock.context);

    terminal_show(&run->terminal, now, "encoding %3d %%", run->percent);
    service_tell_progress(&run->service, now, run->percent);
}

static void tell_started(void *context, int64_t streams)
{
    struct run *run = context;
    int64_t now = run->clock.monotonic(run->clock.context);

    if (run->streams.count > 1)
        terminal_show(&run->terminal, now, "publishing %" PRId64 "/%" PRId64, streams,
                      run->streams.count);
    service_tell_started(&run->service, now, streams, run->streams.count);
}

/* The pacer waits: told once, for it may take long. */
static void tell_waiting(void *context)
{
    struct run *run = context;

    if (!run->told_waiting) {
        terminal_clear(&run->terminal);
        log_notice(
            "encoding waits for its budget of processor time percent=%d"
            " cpu_budget_percent=%" PRId64,
            run->percent, run->preset.budget.cpu);
    }
    run->told_waiting = true;
    tell_progress(run);
}

/* With which a signal ends the process: a finite stream is not there then. */
static int signal_code(const struct run *run)
{
    return run->segments > 0 ? EX_TEMPFAIL : EX_OK;
}

static void pace_step(void *context, int64_t done, int64_t total)
{
    struct run *run = context;
    const struct pacer_listener listener = {.waits = tell_waiting, .context = run};

    run->percent = (int)(done * 100 / total);
    tell_progress(run);
    if (pacer_next(&run->budget.pacer, &listener) != 0)
        _exit(signal_code(run)); /* as a signal does that comes while it works */
}

/* Not by exit(3): libraries free memory in its handlers, which the last filter does not let go. */
static _Noreturn void end(struct run *run, int exit_code)
{
    service_tell_stopping(&run->service);
    _exit(exit_code);
}

/* By a signal that comes while the first windows, or a finite stream, wait for the encoders. */
static _Noreturn void end_early(struct run *run)
{
    terminal_clear(&run->terminal);
    if (run->segments > 0)
        log_error("ended by a signal, the same command goes on from what is there");
    end(run, signal_code(run));
}

/* The first windows are encoded, which may take long: the workers keep to the budget. */
static void tell_encoded(void *context, int64_t done, int64_t total)
{
    struct run *run = context;
    int taken = run->clock.sleep_until(run->clock.context, 0); /* only looks for a signal */

    if (taken != 0 && taken != SIGUSR1)
        end_early(run);
    if (run->segments > 0)
        return; /* it tells by itself */
    run->percent = (int)(done * 100 / total);
    tell_progress(run);
}

static int start_encoders(struct run *run, struct error *err)
{
    const struct encoders_config config = {
        .preset = &run->preset,
        .rendition = run->rendition,
        .streams = run->streams.numbered,
        .count = run->streams.count,
        .threads = run->threads,
        .sandbox = &run->sandbox,
        .pacer = &run->budget.pacer,
        .waits = {.step = tell_encoded, .context = run},
    };

    return run->threads > 0 ? encoders_start(&config, &run->encoders, err) : 0;
}

static int render(struct run *run, struct error *err)
{
    struct progress progress = {.step = pace_step, .context = run};
    int result;

    clock_let_signals_end(true, signal_code(run)); /* nothing has been published */
    result = rendition_make(&run->preset, &run->line, &progress, &run->rendition, err);
    if (result == 0)
        result = start_encoders(run, err);
    if (result == 0 && run->segments == 0) {
        run->source = (struct streams_source){
            .rendition = run->rendition,
            .encoders = run->encoders,
            .pacer = &run->budget.pacer,
            .segment_at_work = &run_segment_at_work,
        };
        result = streams_make_publishers(&run->streams, &run->source, &run->clock,
                                         run->preset.stream.window, &progress);
    }
    clock_let_signals_end(false, EX_OK);
    terminal_clear(&run->terminal);
    return result;
}

static int tighten(struct run *run, struct error *err)
{
    struct sandbox_failure failure;
    int result;

    memory_give_back(); /* what the encoders used */
    result = sandbox_tighten(&run->sandbox, &failure);
    return result < 0 ? confinement_fail(&failure, result, err) : 0;
}

static void log_start(const struct run *run)
{
    const struct publisher *first = run->streams.live[0].publisher;
    int64_t now = run->clock.monotonic(run->clock.context);
    char streams[32] = "";

    if (run->streams.has_folders)
        (void)snprintf(streams, sizeof(streams), " streams=%" PRId64, run->streams.count);
    log_info("publishing preset=%s out=%s%s newest=%" PRId64
             " segment_bytes=%zu"
             " cycle_segments=%" PRId64 " start_ms=%" PRId64,
             run->preset.name, run->cli->out, streams,
             publisher_number(first, publisher_newest(first)),
             rendition_segment_max(run->rendition), rendition_cycle(run->rendition),
             (now - run->started) / NS_PER_MS);
}

static void tell_alive(void *context, const struct live_figures *figures)
{
    const struct run *run = context;

    service_tell_alive(&run->service, figures);
}

static void tell_more(void *context)
{
    const struct run *run = context;

    budget_log(&run->budget);
    if (run->encoders)
        encoders_log(run->encoders);
    confinement_log(&run->sandbox);
}

/* Does not return but on failure. */
static int start_live(struct run *run, struct live *live, struct error *err)
{
    int result = live_start(live);

    if (result == 0 && run->encoders)
        encoders_hurry(run->encoders);
    terminal_clear(&run->terminal);
    if (result > 0)
        end(run, EX_OK);
    if (result < 0)
        return error_set(err, result, EX_IOERR, "cannot publish into %s: %s", run->cli->out,
                         live_reason(result));
    result = tighten(run, err);
    if (result < 0)
        return result;
    confinement_log(&run->sandbox);
    log_start(run);
    service_tell_ready(&run->service);
    result = live_run(live);
    if (result != -ENOENT)
        end(run, EX_OK);
    log_error("%s was removed, nothing can be published into it", run->cli->out);
    end(run, EX_CANTCREAT);
}

static int publish(struct run *run, struct error *err)
{
    const struct live_config config = {
        .streams = run->streams.live,
        .count = run->streams.count,
        .clock = &run->clock,
        .window = run->preset.stream.window,
        .observer = {.context = run,
                     .started = tell_started,
                     .beat_interval = service_beat_interval(&run->service),
                     .beat = tell_alive,
                     .asked = tell_more},
    };
    struct live *live;
    int result = live_new(&config, &live);

    return result < 0 ? result : start_live(run, live, err);
}

static int begin_finite(struct run *run, struct error *err)
{
    const struct progress progress = {.step = pace_step, .context = run};
    const struct finite_config config = {
        .preset = &run->preset,
        .rendition = run->rendition,
        .encoders = run->encoders,
        .stream = &run->streams.numbered[0],
        .segments = run->segments,
        .fs = &run->fs,
        .path = run->cli->out,
        .clock = &run->clock,
        .segment_at_work = &run_segment_at_work,
        .terminal = &run->terminal,
    };
    int result = finite_begin(&config, &progress, &run->finite, err);

    terminal_clear(&run->terminal);
    return result;
}

/* Does not return but on failure. Segments that are encoded afresh need what encoding may. */
static int publish_finite(struct run *run, struct error *err)
{
    int result = begin_finite(run, err);

    if (result == 0 && finite_is_plain(run->finite))
        result = tighten(run, err);
    if (result < 0)
        return result;
    confinement_log(&run->sandbox);
    result = finite_run(run->finite, err);
    if (result < 0)
        log_error("%s", err->text);
    end(run, result < 0 ? err->exit_code : EX_OK);
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
    return run->segments > 0 ? publish_finite(run, err) : publish(run, err);
}

int run_streams(const struct cli *cli, struct clock clock, struct service service,
                struct error *err)
{
    static struct run run; /* what it holds is held to the end */
    int64_t started = clock.monotonic(clock.context);
    int result;

    run = (struct run){
        .cli = cli,
        .clock = clock,
        .service = service,
        .started = started,
        .terminal = terminal_open(started),
    };
    result = read_settings(&run, err);
    if (result < 0)
        return result;
    result = run_phases(&run, err);
    /* -ENOMEM may come without a text. */
    return lacks_memory(result, err) ? budget_explain_memory(&run.budget, err) : result;
}

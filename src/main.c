/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The phases of a run, each a step that cannot be taken back:
 *
 *     options and preset      read, checked; nothing has been changed yet
 *     output directory        opened, locked, room checked
 *     confinement             that directory is the root; no capability, no network, no other user
 *     render                  one cycle encoded and made into templates; encoders freed
 *     first window            published back-dated
 *     second confinement      only what publishing needs
 *     live                    until a signal
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "budget.h"
#include "cli.h"
#include "hls/playlist.h"
#include "media/footprint.h"
#include "media/library.h"
#include "media/rendition.h"
#include "origin/live.h"
#include "origin/outdir.h"
#include "preset/preset.h"
#include "sandbox/check/check.h"
#include "sandbox/sandbox.h"
#include "service.h"
#include "timeline/timeline.h"

/* All that lives through the phases. It is not freed at the end: the last filter lets no memory go.
 */
struct run {
    const struct cli *cli;
    struct preset preset;
    struct timeline line;
    struct clock clock;
    struct account account;
    struct budget budget;
    struct service service;
    struct outdir outdir;
    struct fs fs;
    struct sandbox_config sandbox;
    struct rendition *rendition;
    uint8_t digest[RENDITION_DIGEST_SIZE];
    struct publisher *publisher;
    int64_t started;     /* CLOCK_MONOTONIC */
    int percent;         /* encoded */
    bool shows_progress; /* stderr is a terminal, and a line of progress stands on it */
    bool on_terminal;
    bool told_waiting; /* for processor time */
};

static int fail_sandbox(const struct sandbox_failure *failure, int result, struct error *err)
{
    return error_set(err, result, EX_NOPERM, "confinement: cannot enter %s: %s; %s", failure->layer,
                     strerror(failure->error), failure->advice);
}

/* ---- phases ------------------------------------------------------------------------------------
 */

static int read_settings(struct run *run, struct error *err)
{
    const struct cli *cli = run->cli;
    const struct preset *preset = &run->preset;
    int result = cli_load_preset(cli, &run->preset, err);

    if (result < 0)
        return result;
    if (cli->epoch > run->clock.realtime(run->clock.context))
        return error_set(err, -EINVAL, EX_TEMPFAIL,
                         "--epoch lies in the future, or the clock is not set yet: media time"
                         " cannot have begun then");
    run->line = timeline_make(cli->epoch, preset->stream.segment_duration, preset->video.rate.num,
                              preset->video.rate.den);
    result = account_resolve(cli->user, &run->account, err);
    if (result < 0)
        return result;
    return budget_init(&run->budget, preset, &run->line, &run->clock, err);
}

static int open_directory(struct run *run, struct error *err)
{
    int result = outdir_open(run->cli->out, run->account.uid, run->account.gid, &run->outdir, err);

    if (result < 0)
        return result;
    result = budget_check_disk(&run->preset, &run->line, &run->outdir, run->cli->out, err);
    if (result < 0)
        outdir_abandon(&run->outdir, run->cli->out);
    run->fs = fs_posix(&run->outdir.fd);
    return result;
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
                     playlist_size(run->preset.stream.window),
        .memory = (size_t)run->budget.data_limit,
    };
    result = sandbox_isolate(&run->sandbox, &failure);
    if (result < 0)
        return fail_sandbox(&failure, result, err);
    result = outdir_lock(&run->outdir, run->cli->out, err); /* it was opened anew */
    if (result < 0)
        return result;
    result = sandbox_enter(&run->sandbox, &failure);
    if (result < 0)
        return fail_sandbox(&failure, result, err);
    return outdir_check_access(&run->fs, run->cli->out, run->account.uid, err);
}

static void clear_progress(struct run *run)
{
    if (run->shows_progress)
        (void)fprintf(stderr, "\r\033[K");
    run->shows_progress = false;
}

/* A line on a terminal once encoding has taken half a second. */
static void show_progress(struct run *run, int64_t now)
{
    if (!run->on_terminal || now - run->started < NS_PER_SECOND / 2)
        return;
    run->shows_progress = true;
    (void)fprintf(stderr, "\rencoding %3d %%", run->percent);
}

static void tell_progress(void *context)
{
    struct run *run = context;
    int64_t now = run->clock.monotonic(run->clock.context);

    show_progress(run, now);
    service_tell_progress(&run->service, now, run->percent);
}

/* The pacer waits: told once, for it may take long. */
static void tell_waiting(void *context)
{
    struct run *run = context;

    if (!run->told_waiting) {
        clear_progress(run);
        log_notice(
            "encoding waits for its budget of processor time percent=%d"
            " cpu_budget_percent=%" PRId64,
            run->percent, run->preset.budget.cpu);
    }
    run->told_waiting = true;
    tell_progress(run);
}

static void pace_step(void *context, int64_t done, int64_t total)
{
    struct run *run = context;
    const struct pacer_listener listener = {.waits = tell_waiting, .context = run};

    run->percent = (int)(done * 100 / total);
    tell_progress(run);
    if (pacer_next(&run->budget.pacer, &listener) != 0)
        _exit(EX_OK); /* as a signal does that comes while it works */
}

/* The segment at work, for a line about an incident. */
static volatile int64_t segment_at_work = -1;

static const uint8_t *segment_of(void *source, int64_t index)
{
    struct run *run = source;

    segment_at_work = index;
    pacer_note(&run->budget.pacer);
    return rendition_segment(run->rendition, index);
}

static int render(struct run *run, struct error *err)
{
    struct progress progress = {.step = pace_step, .context = run};
    struct publisher_config config = {
        .fs = &run->fs,
        .clock = &run->clock,
        .line = &run->line,
        .window = run->preset.stream.window,
    };
    int result;

    clock_let_signals_end(true); /* nothing has been published */
    result = rendition_make(&run->preset, &run->line, &progress, &run->rendition, err);
    if (result == 0)
        result = rendition_digest(run->rendition, &progress, run->digest);
    clock_let_signals_end(false);
    clear_progress(run);
    if (result < 0)
        return result;
    config.segment_size = rendition_segment_size(run->rendition);
    config.digest = run->digest;
    config.segment = segment_of;
    config.source = run;
    return publisher_new(&config, &run->publisher);
}

static int tighten(struct run *run, struct error *err)
{
    struct sandbox_failure failure;
    int result;

    (void)malloc_trim(0); /* what the encoders used goes back to the system */
    result = sandbox_tighten(&run->sandbox, &failure);
    return result < 0 ? fail_sandbox(&failure, result, err) : 0;
}

/* What is in force by our own account, then by the kernel's. */
static void log_confinement(const struct run *run)
{
    bool lacks = sandbox_gaps()[0] != '\0';
    struct sandbox_status status;
    char text[SANDBOX_STATUS_TEXT_SIZE];
    int result;

    if (run->sandbox.mode == SANDBOX_OFF) {
        log_warning("not confined (--sandbox=off) layers=%s", sandbox_layers());
        return;
    }
    log_line(lacks && run->sandbox.mode == SANDBOX_BEST_EFFORT ? LOG_WARNING : LOG_INFO,
             "confined layers=%s missing=%s", sandbox_layers(), lacks ? sandbox_gaps() : "none");
    result = sandbox_read_status(&status);
    if (result == 0) {
        sandbox_status_text(&status, text);
        log_info("the kernel says %s", text);
    } else {
        log_notice("the kernel cannot be asked what is in force: %s",
                   result == -ENOENT ? "there is no /proc" : strerror(-result));
    }
}

static void log_start(const struct run *run)
{
    int64_t now = run->clock.monotonic(run->clock.context);

    log_info("publishing preset=%s out=%s newest=%" PRId64
             " segment_bytes=%zu"
             " cycle_segments=%" PRId64 " start_ms=%" PRId64,
             run->preset.name, run->cli->out,
             publisher_number(run->publisher, publisher_newest(run->publisher)),
             rendition_segment_size(run->rendition), rendition_cycle(run->rendition),
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
    log_confinement(run);
}

/* Does not return but on failure. */
static int publish(struct run *run, struct error *err)
{
    struct live_config live = {
        .publisher = run->publisher,
        .clock = &run->clock,
        .line = &run->line,
        .window = run->preset.stream.window,
        .observer = {.context = run,
                     .beat_interval = service_beat_interval(&run->service),
                     .beat = tell_alive,
                     .asked = tell_more},
    };
    int result = live_start(&live);

    if (result < 0)
        return error_set(err, result, EX_IOERR, "cannot publish into %s: %s", run->cli->out,
                         live_reason(result));
    result = tighten(run, err);
    if (result < 0)
        return result;
    log_confinement(run);
    log_start(run);
    service_tell_ready(&run->service);
    result = live_run(&live);
    service_tell_stopping(&run->service);
    if (result == -ENOENT)
        log_error("%s was removed, nothing can be published into it", run->cli->out);
    /* Not exit(3): libraries free memory in its handlers, which the last filter does not let go. */
    _exit(result == -ENOENT ? EX_CANTCREAT : EX_OK);
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
    int result;

    run->started = run->clock.monotonic(run->clock.context);
    run->on_terminal = isatty(STDERR_FILENO);
    result = read_settings(run, err);
    if (result < 0)
        return result;
    result = open_directory(run, err);
    if (result == 0)
        result = confine(run, err);
    if (result == 0)
        result = render(run, err);
    if (result == 0)
        result = publish(run, err);
    /* -ENOMEM may come without a text. */
    return lacks_memory(result, err) ? budget_explain_memory(&run->budget, err) : result;
}

/* ---- other actions -----------------------------------------------------------------------------
 */

static int print_preset(const struct cli *cli, struct error *err)
{
    struct preset preset;
    int result = cli_load_preset(cli, &preset, err);

    if (result == 0)
        preset_print(&preset, stdout);
    return result;
}

/* Exit code 1 when an attack was not stopped: that is an answer, not a failure of the check. */
static int check_sandbox(const struct cli *cli, struct error *err)
{
    struct check_config config = {.mode = (enum sandbox_mode)cli->sandbox, .json = cli->json != 0};
    struct sandbox_failure failure;
    struct account account;
    struct check_sums sums;
    int result = account_resolve(cli->user, &account, err);

    if (result < 0)
        return result;
    config.change_user = account.change;
    config.uid = account.uid;
    config.gid = account.gid;
    config.folder = cli->out ? cli->out : getenv("TMPDIR");
    if (!config.folder || !*config.folder)
        config.folder = "/tmp";
    result = check_run(&config, stdout, &sums, &failure);
    if (result < 0 && failure.layer)
        return fail_sandbox(&failure, result, err);
    if (result == -EINTR)
        return error_set(err, result, EX_TEMPFAIL, "the check was interrupted");
    if (result < 0)
        return error_set_errno(err, result, EX_CANTCREAT, "cannot check the confinement in %s",
                               config.folder);
    if (sums.stopped < sums.attacks)
        return error_set(err, -EPERM, EXIT_FAILURE, "%zu of %zu attacks were not stopped",
                         sums.attacks - sums.stopped, sums.attacks);
    return 0;
}

static void print_version(void)
{
    (void)printf("hlsgen " HLSGEN_VERSION "\n");
    library_print_versions(stdout);
    (void)printf("Licence GPL-2.0-or-later; there is no warranty.\n");
}

static int act(const struct cli *cli, struct clock clock, struct service service, struct error *err)
{
    struct run run = {.cli = cli, .clock = clock, .service = service};

    switch ((enum cli_action)cli->action) {
    case CLI_RUN:
        return run_phases(&run, err);
    case CLI_LIST_PRESETS:
        return preset_list(stdout, err);
    case CLI_PRINT_PRESET:
        return print_preset(cli, err);
    case CLI_CHECK_SANDBOX:
        return check_sandbox(cli, err);
    case CLI_HELP:
        cli_print_help(stdout);
        return 0;
    case CLI_VERSION:
        print_version();
        return 0;
    }
    return error_set(err, -EINVAL, EX_SOFTWARE, "unknown action");
}

/* A library that lacks memory says so in lines of its own; one is enough, at the end. */
static void log_library(const char *line)
{
    if (errno != ENOMEM)
        log_warning("%s", line);
}

int main(int argc, char **argv)
{
    struct error err = {.exit_code = EX_SOFTWARE};
    struct sandbox_start start = {.segment = &segment_at_work};
    struct sandbox_failure failure;
    struct service service;
    struct clock clock;
    struct cli cli;
    int result;

    clock = clock_system_init();
    (void)setenv("TZ", "UTC0", 1); /* or else a zone with leap seconds would shift the dates */
    log_init();
    (void)mallopt(M_MMAP_THRESHOLD, FOOTPRINT_HEAP_BLOCK_MAX);
    start.line_prefix = log_prefix(LOG_CRIT);
    service = (struct service){.notify = notify_open()};
    start.keep = service.notify.fd;
    library_init(log_library);
    result = sandbox_prepare(&start, &failure);
    if (result < 0)
        (void)error_set(&err, result, EX_NOPERM, "cannot start: %s: %s; %s", failure.layer,
                        strerror(failure.error), failure.advice);
    if (result == 0)
        result = cli_parse(argc, argv, &cli, &err);
    if (result == 0)
        result = act(&cli, clock, service, &err);
    if (result == 0 && fflush(stdout) != 0)
        result = error_set_errno(&err, -errno, EX_IOERR, "cannot write to standard output");
    if (result < 0)
        log_error("%s", err.text);
    return result < 0 ? err.exit_code : EX_OK;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asks for, done; one line about a failure, and its exit code. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli.h"
#include "confinement.h"
#include "health.h"
#include "media/footprint.h"
#include "media/library.h"
#include "preset/preset.h"
#include "run.h"
#include "sandbox/check/check.h"
#include "sandbox/sandbox.h"
#include "service.h"

static int print_preset(const struct cli *cli, struct error *err)
{
    struct ladder ladder;
    int result = cli_load_preset(cli, &ladder, err);

    if (result == 0)
        ladder_print(&ladder, stdout);
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
        return confinement_fail(&failure, result, err);
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

static int check_health(const struct cli *cli, struct clock clock, struct error *err)
{
    int result = health_check(cli->out, clock.realtime(clock.context), err);

    if (result == 0)
        (void)puts("publishing");
    return result;
}

static void print_version(void)
{
    (void)printf("hlsgen " HLSGEN_VERSION "\n");
    library_print_versions(stdout);
    (void)printf("Licence GPL-2.0-or-later; there is no warranty.\n");
}

static int act(const struct cli *cli, struct clock clock, struct service service, struct error *err)
{
    switch ((enum cli_action)cli->action) {
    case CLI_RUN:
        return run_streams(cli, clock, service, err);
    case CLI_LIST_PRESETS:
        return preset_list(stdout, err);
    case CLI_PRINT_PRESET:
        return print_preset(cli, err);
    case CLI_CHECK_SANDBOX:
        return check_sandbox(cli, err);
    case CLI_HEALTH:
        return check_health(cli, clock, err);
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
    struct sandbox_start start = {.segment = &run_segment_at_work};
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

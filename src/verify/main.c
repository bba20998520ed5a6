/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hlsgen-verify: opens one directory, reads what it holds, and says what is wrong with it. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "verify/cli.h"
#include "verify/folder.h"
#include "verify/report.h"
#include "verify/verify.h"

/* Most private memory: playlists of days, and what is known of their segments. */
#define MEMORY ((size_t)1 << 30)

#define EXIT_INTERRUPTED 130 /* as by SIGINT in a shell */

/* ---- the directory --------------------------------------------------------------------------- */

/* Opens the directory in which the file @p place lies; its name follows the last slash. */
static int open_folder_of(const char *place, const char **ret_name)
{
    const char *slash = strrchr(place, '/');
    char *folder = strndup(place, slash ? (size_t)(slash - place) + 1 : 0);
    int fd = folder ? folder_open(*folder ? folder : ".") : -ENOMEM;

    free(folder);
    *ret_name = slash ? slash + 1 : place;
    return fd;
}

/* Opens @p place, or the directory that it lies in. @return 0 or a negative errno, err filled */
static int open_place(const char *place, int *ret_folder, const char **ret_playlist,
                      struct error *err)
{
    const char *playlist = NULL;
    int fd = folder_open(place);

    if (fd == -ENOTDIR)
        fd = open_folder_of(place, &playlist);
    if (fd == -ENOENT && strstr(place, "://"))
        return error_set(err, fd, EX_USAGE, "%s: want a directory or a file, not a URL", place);
    if (fd < 0)
        return error_set_errno(err, fd, VERIFY_EXIT_NOTHING, "%s", place);
    *ret_folder = fd;
    *ret_playlist = playlist;
    return 0;
}

/* ---- the confinement ------------------------------------------------------------------------- */

static int fail(const struct sandbox_failure *failure, int result, struct error *err)
{
    return error_set(err, result, EX_NOPERM, "confinement: cannot enter %s: %s; %s", failure->layer,
                     strerror(failure->error), failure->advice);
}

/*
 * What libraries would ask the system for later. stdio asks what a stream without a buffer is;
 * jansson has its seed from a file.
 */
static int settle_libraries(void)
{
    static char buffer[1 << 16];

    json_object_seed(0);
    return setvbuf(stdout, buffer, _IOFBF, sizeof(buffer)) != 0 ? -ENOMEM : 0;
}

/* From here on there is nothing but the directory, to be read. */
static int confine(const struct cli *cli, struct run *run, struct error *err)
{
    struct sandbox_failure failure;
    struct sandbox_config config;
    int result = sandbox_reader(cli->sandbox, run->folder, run->watch, MEMORY, &config);

    if (result == 0)
        result = settle_libraries();
    if (result < 0)
        return error_set_errno(err, result, EX_OSERR, "cannot prepare the confinement");
    result = sandbox_isolate(&config, &failure);
    if (result == 0)
        result = sandbox_enter(&config, &failure);
    if (result < 0)
        return fail(&failure, result, err);
    run->layers = cli->sandbox == SANDBOX_OFF ? "" : sandbox_layers();
    run->gaps = sandbox_gaps();
    return 0;
}

/* ---- the report ------------------------------------------------------------------------------ */

/* What could not be written, whenever that was. */
static int finish_output(struct error *err)
{
    errno = EIO;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    return error_set_errno(err, -errno, EX_IOERR, "cannot write to standard output");
}

static int write_report(const struct run *run, const struct cli *cli, struct error *err)
{
    if (!cli->json)
        report_table(run, cli->profile, stdout);
    else if (report_json(run, cli->profile, stdout) < 0)
        return error_set_errno(err, -ENOMEM, EX_OSERR, "cannot make the report");
    return 0;
}

/*
 * inotify(7) takes paths, which begin at the working directory. A signal ends the program at once
 * while all is read first, and later the watch.
 */
static int prepare_watch(struct run *run, struct error *err)
{
    run->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    run->clock = clock_system_init();
    clock_let_signals_end(true, EXIT_INTERRUPTED);
    if (fchdir(run->folder) < 0)
        return error_set_errno(err, -errno, VERIFY_EXIT_NOTHING, "cannot enter the directory");
    return 0;
}

/* @return 0: nothing is broken; 1: something is; or a negative errno, err filled */
static int verify_and_report(const struct cli *cli, struct run *run, struct error *err)
{
    const char *playlist = NULL;
    int result = open_place(cli->place, &run->folder, &playlist, err);

    if (result == 0 && cli->watch > 0)
        result = prepare_watch(run, err);
    if (result == 0)
        result = confine(cli, run, err);
    if (result == 0)
        result = verify_folder(run, playlist, cli->watch, err);
    if (result == 0)
        result = write_report(run, cli, err);
    if (result < 0)
        return result;
    return report_count_broken(&run->findings, cli->profile) > 0 ? VERIFY_EXIT_BROKEN : 0;
}

static int verify(const struct cli *cli, struct error *err)
{
    struct run *run = calloc(1, sizeof(*run));
    int result;

    if (!run)
        return error_set_errno(err, -ENOMEM, EX_OSERR, "cannot begin");
    run->watch = -1;
    result = verify_and_report(cli, run, err);
    index_json_finish(&run->index);
    free(run);
    return result;
}

static int act(const struct cli *cli, struct error *err)
{
    switch (cli->action) {
    case CLI_VERIFY:
        return verify(cli, err);
    case CLI_LIST_RULES:
        report_rules(stdout);
        return 0;
    case CLI_HELP:
        cli_print_help(stdout);
        return 0;
    case CLI_VERSION:
        (void)puts("hlsgen-verify " HLSGEN_VERSION
                   "\nLicence GPL-2.0-or-later; there is no warranty.");
        return 0;
    }
    return error_set(err, -EINVAL, EX_SOFTWARE, "unknown action");
}

int main(int argc, char **argv)
{
    struct sandbox_start start = {.keep = -1, .line_prefix = "hlsgen-verify: "};
    struct error err = {.exit_code = EX_SOFTWARE};
    struct sandbox_failure failure;
    struct cli cli;
    int result = sandbox_prepare(&start, &failure);

    if (result < 0)
        (void)error_set(&err, result, EX_NOPERM, "cannot start: %s: %s; %s", failure.layer,
                        strerror(failure.error), failure.advice);
    if (result == 0)
        result = cli_parse(argc, argv, &cli, &err);
    if (result == 0)
        result = act(&cli, &err);
    if (result >= 0 && finish_output(&err) < 0)
        result = -EIO;
    if (result < 0)
        (void)fprintf(stderr, "hlsgen-verify: %s\n", err.text);
    _exit(result < 0 ? err.exit_code : result); /* what libraries do at exit(3) is not allowed */
}

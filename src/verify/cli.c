/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_MAX INT64_C(2678400) /* seconds: 31 days */

static int parse_watch(const char *text, struct cli *cli, struct error *err)
{
    char *end;

    errno = 0;
    cli->watch = strtoll(text, &end, 10);
    if (errno || end == text || *end || cli->watch < 1 || cli->watch > WATCH_MAX)
        return error_set(err, -EINVAL, EX_USAGE, "--watch=%s: want seconds, 1 to %lld", text,
                         (long long)WATCH_MAX);
    return 0;
}

/* Which of @p names, that NULL ends, @p text is. */
static int parse_name(const char *option, const char *text, const char *const *names,
                      struct error *err)
{
    char wanted[64];
    size_t used = 0;

    for (int i = 0; names[i]; i++) {
        if (strcmp(text, names[i]) == 0)
            return i;
        used +=
            (size_t)snprintf(wanted + used, sizeof(wanted) - used, "%s%s", i ? ", " : "", names[i]);
    }
    return error_set(err, -EINVAL, EX_USAGE, "--%s=%s: want one of %s", option, text, wanted);
}

static int take_option(int option, const char *word, struct cli *cli, struct error *err)
{
    int name;

    switch (option) {
    case 'w':
        return parse_watch(optarg, cli, err);
    case 'p':
        name = parse_name("profile", optarg, profile_names, err);
        cli->profile = (enum profile)name;
        return name < 0 ? name : 0;
    case 's':
        name = parse_name("sandbox", optarg, sandbox_mode_names, err);
        cli->sandbox = (enum sandbox_mode)name;
        return name < 0 ? name : 0;
    case 'j':
        cli->json = true;
        return 0;
    case 'l':
        cli->action = CLI_LIST_RULES;
        return 0;
    case 'h':
        cli->action = CLI_HELP;
        return 0;
    case 'V':
        cli->action = CLI_VERSION;
        return 0;
    case ':':
        return error_set(err, -EINVAL, EX_USAGE, "%s: its value is missing", word);
    default:
        return error_set(err, -EINVAL, EX_USAGE,
                         "%s: unknown option, hlsgen-verify --help lists them", word);
    }
}

int cli_parse(int argc, char **argv, struct cli *ret, struct error *err)
{
    static const struct option options[] = {
        {"watch", required_argument, NULL, 'w'},   {"profile", required_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},          {"list-rules", no_argument, NULL, 'l'},
        {"sandbox", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},       {0},
    };
    struct cli cli = {.profile = PROFILE_APPLE, .sandbox = SANDBOX_STRICT};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":w:p:hV", options, NULL)) != -1) {
        int result = take_option(option, argv[optind - 1], &cli, err);

        if (result < 0)
            return result;
    }
    if (cli.action == CLI_VERIFY && optind + 1 != argc)
        return error_set(err, -EINVAL, EX_USAGE,
                         "want one directory or playlist, as in hlsgen-verify /var/hls");
    cli.place = argv[optind];
    *ret = cli;
    return 0;
}

void cli_print_help(FILE *out)
{
    (void)fputs(
        "hlsgen-verify - check an HLS stream on disk against its specifications\n\n"
        "Usage: hlsgen-verify [OPTION]... DIRECTORY|PLAYLIST\n\n"
        "Options:\n"
        "  -w, --watch SECONDS       follow a live stream for so long, and check how it goes on\n"
        "  -p, --profile NAME        whose rules count: those that RFC 8216 and ISO make binding,\n"
        "                            also Apple's and what is advised, or also hlsgen's own\n"
        "                            (one of rfc, apple, all; default apple)\n"
        "      --json                write JSON\n"
        "      --sandbox MODE        what happens if a layer of the confinement cannot be entered\n"
        "                            (one of strict, best-effort, off; default strict)\n"
        "      --list-rules          list all rules, and end\n"
        "  -h, --help                write this, and end\n"
        "  -V, --version             write the version, and end\n\n"
        "Exit code: 0 nothing is broken, 1 something is, 2 nothing was checked.\n"
        "See also hlsgen-verify(1).\n",
        out);
}

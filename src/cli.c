/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of options, and getopt_long(3) driven by it. getopt's own messages are off: they would
 * name neither what is right nor the nearest option.
 */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "media/workers.h"
#include "origin/names.h"
#include "preset/keys.h"
#include "preset/text.h"
#include "sandbox/sandbox.h"

/* 2262-01-01: the last new year that nanoseconds in 64 bits reach. */
#define EPOCH_MAX (INT64_C(9214646400) * NS_PER_SECOND)

/* A day, in milliseconds. */
#define VOD_MAX (INT64_C(24) * 3600 * 1000)

static const char *const spread_names[] = {
    [SPREAD_EVEN] = "even",
    [SPREAD_NONE] = "none",
    NULL,
};

static const struct setting options[] = {
    {
        .name = "preset",
        .letter = 'p',
        .kind = &kind_string,
        .argument = "NAME",
        .fallback = "720p-clock",
        .help = "which stream to make: the name of a preset, or the path of a preset file",
        .offset = offsetof(struct cli, preset),
    },
    {
        .name = "out",
        .letter = 'o',
        .kind = &kind_string,
        .argument = "DIR",
        .help = "the directory to publish into, created if only its last part is missing",
        .offset = offsetof(struct cli, out),
    },
    {
        .name = "set",
        .letter = 's',
        .kind = &kind_list,
        .argument = "SECTION.KEY=VALUE",
        .help = "put VALUE in the place of what the preset says; may be repeated",
        .offset = offsetof(struct cli, overrides),
    },
    {
        .name = "streams",
        .kind = &kind_count,
        .argument = "N",
        .min = 1,
        .max = NAMES_STREAMS_MAX,
        .example = "100",
        .help = "publish N streams, which differ in their clock, into DIR/s0001 to DIR/sNNNN",
        .offset = offsetof(struct cli, streams),
    },
    {
        .name = "spread",
        .kind = &kind_choice,
        .argument = "HOW",
        .words = spread_names,
        .fallback = "even",
        .help = "when the segments of N streams are due: one after the other, evenly over the "
                "duration of a segment, or all at once",
        .offset = offsetof(struct cli, spread),
    },
    {
        .name = "workers",
        .kind = &kind_count,
        .argument = "N",
        .min = 1,
        .max = WORKERS_MAX,
        .help = "how many threads encode a preset with encoder = x264 and overlay = clock (default "
                "as many as there are processors, as far as the budget of memory goes)",
        .offset = offsetof(struct cli, workers),
    },
    {
        .name = "vod",
        .kind = &kind_duration,
        .argument = "DURATION",
        .min = 1000,
        .max = VOD_MAX,
        .example = "1h",
        .help = "write a finite stream from the epoch on, as fast as the disk takes it, and end; "
                "one that was ended goes on",
        .offset = offsetof(struct cli, vod),
    },
    {
        .name = "epoch",
        .kind = &kind_time,
        .argument = "TIME",
        .min = 0,
        .max = EPOCH_MAX,
        .fallback = "1970-01-01T00:00:00Z",
        .help = "when segment 0 starts, in UTC, or as @SECONDS since the Unix epoch",
        .offset = offsetof(struct cli, epoch),
    },
    {
        .name = "memory-budget",
        .kind = &kind_string,
        .argument = "SIZE",
        .help = "put SIZE in the place of the key budget.memory",
        .offset = offsetof(struct cli, memory_budget),
    },
    {
        .name = "cpu-budget",
        .kind = &kind_string,
        .argument = "PERCENT",
        .help = "put PERCENT in the place of the key budget.cpu",
        .offset = offsetof(struct cli, cpu_budget),
    },
    {
        .name = "disk-budget",
        .kind = &kind_string,
        .argument = "SIZE",
        .help = "put SIZE in the place of the key budget.disk",
        .offset = offsetof(struct cli, disk_budget),
    },
    {
        .name = "user",
        .kind = &kind_string,
        .argument = "NAME",
        .help = "whom to become when started as root (default hls, else nobody)",
        .offset = offsetof(struct cli, user),
    },
    {
        .name = "sandbox",
        .kind = &kind_choice,
        .argument = "MODE",
        .words = sandbox_mode_names,
        .fallback = "strict",
        .help = "what happens if a layer of the confinement cannot be entered: end, go on "
                "without it, or do not even try",
        .offset = offsetof(struct cli, sandbox),
    },
    {
        .name = "check-sandbox",
        .kind = &kind_flag,
        .min = CLI_CHECK_SANDBOX,
        .help = "try to break out of the confinement in every known way, write what stopped it, "
                "and end",
        .offset = offsetof(struct cli, action),
    },
    {
        .name = "json",
        .kind = &kind_flag,
        .min = 1,
        .help = "let --check-sandbox write JSON",
        .offset = offsetof(struct cli, json),
    },
    {
        .name = "list-presets",
        .kind = &kind_flag,
        .min = CLI_LIST_PRESETS,
        .help = "list all presets that can be found, and end",
        .offset = offsetof(struct cli, action),
    },
    {
        .name = "print-preset",
        .kind = &kind_flag,
        .min = CLI_PRINT_PRESET,
        .help = "write the preset, --set applied, as a preset file, and end",
        .offset = offsetof(struct cli, action),
    },
    {
        .name = "help",
        .letter = 'h',
        .kind = &kind_flag,
        .min = CLI_HELP,
        .help = "write this, and end",
        .offset = offsetof(struct cli, action),
    },
    {
        .name = "version",
        .letter = 'V',
        .kind = &kind_flag,
        .min = CLI_VERSION,
        .help = "write the versions of hlsgen and its libraries, and end",
        .offset = offsetof(struct cli, action),
    },
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

/* ---- parsing --------------------------------------------------------------------------------- */

/* getopt's form of the table. A long option is reported as FIRST_LONG plus its row. */
#define FIRST_LONG 256

struct getopt_table {
    char letters[2 + 2 * OPTION_COUNT];
    struct option longs[OPTION_COUNT + 1];
};

static void make_getopt_table(struct getopt_table *table)
{
    char *letter = table->letters;

    *letter++ = ':'; /* a missing argument is told from an unknown option */
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        bool takes_value = options[i].argument != NULL;

        table->longs[i] = (struct option){
            .name = options[i].name,
            .has_arg = takes_value ? required_argument : no_argument,
            .val = FIRST_LONG + (int)i,
        };
        if (!options[i].letter)
            continue;
        *letter++ = (char)options[i].letter;
        if (takes_value)
            *letter++ = ':';
    }
}

/* The row of what getopt reports, a letter or a long option; NULL for what is neither. */
static const struct setting *find_option(int reported)
{
    if (reported >= FIRST_LONG)
        return &options[reported - FIRST_LONG];
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (reported > 0 && options[i].letter == reported)
            return &options[i];
    return NULL;
}

/* Writes the long options that @p name, dashes and all, abbreviates; returns how many they are. */
static int list_abbreviated(const char *name, char *ret, size_t size)
{
    size_t used = 0;
    int count = 0;

    if (strncmp(name, "--", 2) != 0 || name[2] == '\0')
        return 0;
    for (size_t i = 0; i < OPTION_COUNT && used < size; i++)
        if (strstr(options[i].name, name + 2) == options[i].name)
            used += (size_t)snprintf(ret + used, size - used, "%s--%s", count++ > 0 ? " or " : "",
                                     options[i].name);
    return count;
}

/* getopt reports an abbreviation of several options as it does an unknown one. */
static int reject_unknown(const char *word, struct error *err)
{
    char name[TEXT_NEAREST_MAX];
    char abbreviated[256];
    struct text_nearest nearest;

    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
    if (list_abbreviated(name, abbreviated, sizeof(abbreviated)) > 1)
        return error_set(err, -EINVAL, EX_USAGE, "%s: ambiguous, %s", name, abbreviated);
    nearest = text_nearest_start(name + strspn(name, "-"));
    for (size_t i = 0; i < OPTION_COUNT; i++)
        text_nearest_offer(&nearest, options[i].name);
    if (nearest.best[0])
        return error_set(err, -EINVAL, EX_USAGE, "%s: unknown option, the nearest is --%s", name,
                         nearest.best);
    return error_set(err, -EINVAL, EX_USAGE, "%s: unknown option, hlsgen --help lists them", name);
}

/* What getopt_long() could not take: @p result is its result, @p word the element of argv. */
static int reject_option(int result, const char *word, struct error *err)
{
    const struct setting *option = find_option(optopt);
    const char letter[] = {'-', (char)optopt, '\0'};

    if (!option)
        return reject_unknown(optopt ? letter : word, err);
    if (result == ':')
        return error_set(err, -EINVAL, EX_USAGE, "--%s: %s is missing", option->name,
                         option->argument);
    return error_set(err, -EINVAL, EX_USAGE, "--%s: this option takes no value", option->name);
}

static int take_option(const struct setting *option, struct cli *cli, struct error *err)
{
    struct error reason;

    if (setting_parse(option, optarg ? optarg : "", cli, &reason) == 0)
        return 0;
    return error_set(err, -EINVAL, EX_USAGE, "--%s=%s: %s", option->name, optarg, reason.text);
}

static void set_defaults(struct cli *cli)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (options[i].fallback)
            (void)setting_parse(&options[i], options[i].fallback, cli, NULL);
}

int cli_parse(int argc, char **argv, struct cli *ret, struct error *err)
{
    struct getopt_table table = {0};
    struct cli cli = {.action = CLI_RUN};
    int reported;

    make_getopt_table(&table);
    set_defaults(&cli);
    opterr = 0;
    optind = 0; /* glibc and musl: start anew */
    while ((reported = getopt_long(argc, argv, table.letters, table.longs, NULL)) != -1) {
        const struct setting *option = find_option(reported);
        int result = option ? take_option(option, &cli, err)
                            : reject_option(reported, argv[optind - 1], err);

        if (result < 0)
            return result;
    }
    if (optind < argc)
        return error_set(err, -EINVAL, EX_USAGE,
                         "%s: only options are taken, as in --preset %s --out /var/hls",
                         argv[optind], cli.preset);
    if (cli.json && cli.action != CLI_CHECK_SANDBOX)
        return error_set(err, -EINVAL, EX_USAGE, "--json goes with --check-sandbox");
    if (cli.vod && cli.streams)
        return error_set(err, -EINVAL, EX_USAGE, "--vod makes one stream: leave --streams out");
    if (cli.action == CLI_RUN && !cli.out)
        return error_set(err, -EINVAL, EX_USAGE,
                         "--out is missing: where to publish, as in --out /var/hls");
    *ret = cli;
    return 0;
}

/* ---- the preset ------------------------------------------------------------------------------ */

int cli_load_preset(const struct cli *cli, struct preset *ret_preset, struct error *err)
{
    const struct {
        const char *name;
        const char *text;
        enum key key;
    } budgets[] = {
        {"memory-budget", cli->memory_budget, KEY_MEMORY_BUDGET},
        {"cpu-budget", cli->cpu_budget, KEY_CPU_BUDGET},
        {"disk-budget", cli->disk_budget, KEY_DISK_BUDGET},
    };
    struct preset preset;
    struct error reason;
    int result = preset_load(cli->preset, cli->overrides.items, cli->overrides.count, &preset, err);

    for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]) && result == 0; i++)
        if (budgets[i].text &&
            setting_parse(&preset_keys[budgets[i].key], budgets[i].text, &preset, &reason) < 0)
            result = error_set(err, -EINVAL, EX_USAGE, "--%s=%s: %s", budgets[i].name,
                               budgets[i].text, reason.text);
    if (result == 0)
        *ret_preset = preset;
    return result;
}

/* ---- help ------------------------------------------------------------------------------------ */

#define HELP_COLUMN 28
#define HELP_MARGIN "                            "

_Static_assert(sizeof(HELP_MARGIN) == HELP_COLUMN + 1, "the margin is as wide as the column");

static void print_row(FILE *out, const char *left, const struct setting *setting)
{
    char description[SETTING_DESCRIPTION_SIZE];

    setting_describe(setting, description);
    if (strlen(left) < HELP_COLUMN)
        (void)fprintf(out, "%-*s", HELP_COLUMN, left);
    else
        (void)fprintf(out, "%s\n%s", left, HELP_MARGIN);
    text_wrap(out, description, HELP_COLUMN, HELP_MARGIN);
}

static void print_option(FILE *out, const struct setting *option)
{
    char left[64];
    char letter[] = "    ";

    if (option->letter)
        (void)snprintf(letter, sizeof(letter), "-%c, ", option->letter);
    (void)snprintf(left, sizeof(left), "  %s--%s%s%s", letter, option->name,
                   option->argument ? " " : "", option->argument ? option->argument : "");
    print_row(out, left, option);
}

static void print_key(FILE *out, const struct setting *key)
{
    char left[64];

    (void)snprintf(left, sizeof(left), "  %s.%s", key->section, key->name);
    print_row(out, left, key);
}

void cli_print_help(FILE *out)
{
    (void)fputs(
        "hlsgen - make a synthetic live HLS stream on disk\n\n"
        "Usage: hlsgen [OPTION]... --out DIR\n\n"
        "Options:\n",
        out);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        print_option(out, &options[i]);
    (void)fputs("\nKeys of preset files and of --set:\n", out);
    for (int key = 0; key < KEY_COUNT; key++)
        print_key(out, &preset_keys[key]);
    (void)fputs(
        "\nExample: hlsgen --preset 1080p-clock --out /var/hls\n"
        "See also hlsgen(1) and hlsgen.preset(5).\n",
        out);
}

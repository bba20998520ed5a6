/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getopt_long(3), driven by the table of options. Its own messages are off: they would name neither
 * what is right nor the nearest option.
 */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include "cli_options.h"
#include "origin/index.h"
#include "preset/keys.h"
#include "preset/text.h"

/* ---- parsing --------------------------------------------------------------------------------- */

/* getopt's form of the table. A long option is reported as FIRST_LONG plus its row. */
#define FIRST_LONG 256

struct getopt_table {
    char letters[2 + 2 * CLI_OPTIONS_MAX];
    struct option longs[CLI_OPTIONS_MAX + 1];
};

static void make_getopt_table(struct getopt_table *table)
{
    char *letter = table->letters;

    *letter++ = ':'; /* a missing argument is told from an unknown option */
    for (size_t i = 0; i < cli_option_count; i++) {
        bool takes_value = cli_options[i].argument != NULL;

        table->longs[i] = (struct option){
            .name = cli_options[i].name,
            .has_arg = takes_value ? required_argument : no_argument,
            .val = FIRST_LONG + (int)i,
        };
        if (!cli_options[i].letter)
            continue;
        *letter++ = (char)cli_options[i].letter;
        if (takes_value)
            *letter++ = ':';
    }
}

/* The row of what getopt reports, a letter or a long option; NULL for what is neither. */
static const struct setting *find_option(int reported)
{
    if (reported >= FIRST_LONG)
        return &cli_options[reported - FIRST_LONG];
    for (size_t i = 0; i < cli_option_count; i++)
        if (reported > 0 && cli_options[i].letter == reported)
            return &cli_options[i];
    return NULL;
}

/* Writes the long options that @p name, dashes and all, abbreviates; returns how many they are. */
static int list_abbreviated(const char *name, char *ret, size_t size)
{
    size_t used = 0;
    int count = 0;

    if (strncmp(name, "--", 2) != 0 || name[2] == '\0')
        return 0;
    for (size_t i = 0; i < cli_option_count && used < size; i++)
        if (strstr(cli_options[i].name, name + 2) == cli_options[i].name)
            used += (size_t)snprintf(ret + used, size - used, "%s--%s", count++ > 0 ? " or " : "",
                                     cli_options[i].name);
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
    for (size_t i = 0; i < cli_option_count; i++)
        text_nearest_offer(&nearest, cli_options[i].name);
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
    for (size_t i = 0; i < cli_option_count; i++)
        if (cli_options[i].fallback)
            (void)setting_parse(&cli_options[i], cli_options[i].fallback, cli, NULL);
}

/* Whether options go with each other. */
static int check_together(const struct cli *cli, struct error *err)
{
    if (cli->json && cli->action != CLI_CHECK_SANDBOX)
        return error_set(err, -EINVAL, EX_USAGE, "--json goes with --check-sandbox");
    if (cli->vod && (cli->event || cli->follow))
        return error_set(err, -EINVAL, EX_USAGE,
                         "--event and --follow are for a live stream: leave --vod out");
    if (cli->start && !cli->vod)
        return error_set(err, -EINVAL, EX_USAGE,
                         "--start goes with --vod: a live stream begins now");
    if (cli->vod && cli->streams)
        return error_set(err, -EINVAL, EX_USAGE,
                         "--vod writes one stream, or a ladder: leave --streams out");
    if (cli->vod && cli->index == INDEX_NONE)
        return error_set(err, -EINVAL, EX_USAGE,
                         "--index is for a live stream: a finite one always has index.json");
    if (cli->action == CLI_HEALTH && !cli->out)
        return error_set(err, -EINVAL, EX_USAGE,
                         "--health goes with --out: where hlsgen publishes, as in --out /var/hls");
    if (cli->action == CLI_RUN && !cli->out)
        return error_set(err, -EINVAL, EX_USAGE,
                         "--out is missing: where to publish, as in --out /var/hls");
    return 0;
}

int cli_parse(int argc, char **argv, struct cli *ret, struct error *err)
{
    struct getopt_table table = {0};
    struct cli cli = {.action = CLI_RUN};
    int reported;
    int result;

    make_getopt_table(&table);
    set_defaults(&cli);
    opterr = 0;
    optind = 0; /* glibc and musl: start anew */
    while ((reported = getopt_long(argc, argv, table.letters, table.longs, NULL)) != -1) {
        const struct setting *option = find_option(reported);

        result = option ? take_option(option, &cli, err)
                        : reject_option(reported, argv[optind - 1], err);
        if (result < 0)
            return result;
    }
    if (optind < argc)
        return error_set(err, -EINVAL, EX_USAGE,
                         "%s: only options are taken, as in --preset %s --out /var/hls",
                         argv[optind], cli.preset);
    result = check_together(&cli, err);
    if (result < 0)
        return result;
    *ret = cli;
    return 0;
}

/* ---- the preset ------------------------------------------------------------------------------ */

int cli_load_preset(const struct cli *cli, struct ladder *ret_ladder, struct error *err)
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
    struct ladder ladder;
    struct error reason;
    int result = ladder_load(cli->preset, cli->overrides.items, cli->overrides.count, &ladder, err);

    for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]) && result == 0; i++)
        if (budgets[i].text && setting_parse(&preset_keys[budgets[i].key], budgets[i].text,
                                             &ladder.common, &reason) < 0)
            result = error_set(err, -EINVAL, EX_USAGE, "--%s=%s: %s", budgets[i].name,
                               budgets[i].text, reason.text);
    if (result < 0)
        return result;
    for (int64_t i = 0; i < ladder.count; i++)
        ladder.renditions[i].budget = ladder.common.budget;
    *ret_ladder = ladder;
    return 0;
}

/* ---- the start of a finite stream ------------------------------------------------------------ */

int cli_start_index(const struct cli *cli, const struct timeline *line, int64_t *ret_index,
                    struct error *err)
{
    static const struct setting time = {
        .kind = &kind_time, .min = 0, .max = CLI_EPOCH_MAX, .fallback = "2026-01-01T00:00:00Z"};
    const struct setting number = {
        .kind = &kind_count, .min = 0, .max = timeline_index_at(line, CLI_EPOCH_MAX)};
    const char *text = cli->start ? cli->start : "0";
    bool is_number = text[strspn(text, "0123456789")] == '\0';
    struct error reason;
    int64_t value;
    int result = setting_parse(is_number ? &number : &time, text, &value, &reason);
    const char *other = result < 0 && !is_number ? ", or the index of a segment" : "";

    if (result == 0 && !is_number)
        value = timeline_index_at(line, value);
    if (result == 0 && value < 0)
        result = error_set(&reason, -EINVAL, EX_USAGE, "this is before the epoch");
    if (result < 0)
        return error_set(err, result, EX_USAGE, "--start=%s: %s%s", text, reason.text, other);
    *ret_index = value;
    return 0;
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
    for (size_t i = 0; i < cli_option_count; i++)
        print_option(out, &cli_options[i]);
    (void)fputs("\nKeys of preset files and of --set:\n", out);
    for (int key = 0; key < KEY_COUNT; key++)
        print_key(out, &preset_keys[key]);
    (void)fputs(
        "\nExample: hlsgen --preset 1080p-clock --out /var/hls\n"
        "See also hlsgen(1) and hlsgen.preset(5).\n",
        out);
}

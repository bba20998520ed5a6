/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, one word a line, and what its --set make of an empty preset file. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "preset/source.h"
#include "tests/fuzz/fuzz.h"

enum {
    WORDS_MAX = 128,
};

/* Splits @p text into words. argv[0] comes before them, NULL behind them. Returns argc. */
static int split(char *text, char *argv[WORDS_MAX + 2])
{
    static char program[] = "hlsgen";
    int argc = 0;

    argv[argc++] = program;
    for (char *word = text; word && argc <= WORDS_MAX;)
        argv[argc++] = strsep(&word, "\n");
    argv[argc] = NULL;
    return argc;
}

static void check_overrides(const struct setting_list *overrides)
{
    static const struct source empty = {.name = "empty", .place = "empty.conf"};
    struct preset preset;
    struct error err;
    int result = preset_parse(&empty, overrides->items, overrides->count, &preset, &err);

    if (result == 0)
        fuzz_check_preset(&preset);
    else
        fuzz_check_error(result, &err, EX_USAGE);
}

static void check_cli(const struct cli *cli)
{
    FUZZ_CHECK(cli->action >= CLI_RUN && cli->action <= CLI_VERSION);
    FUZZ_CHECK(cli->preset && cli->preset[0]);
    FUZZ_CHECK(cli->action != CLI_RUN || (cli->out && cli->out[0]));
    FUZZ_CHECK(cli->epoch >= 0);
    check_overrides(&cli->overrides);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *argv[WORDS_MAX + 2];
    char *text = strndup((const char *)data, size);
    struct cli cli;
    struct error err;
    int result;

    FUZZ_CHECK(text != NULL);
    result = cli_parse(split(text, argv), argv, &cli, &err);
    if (result == 0)
        check_cli(&cli);
    else
        fuzz_check_error(result, &err, EX_USAGE);
    free(text);
    return 0;
}

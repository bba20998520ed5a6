/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, one word a line, and what its --set make of an empty preset file and of a
 * ladder. */
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

#define LADDER                                                                                     \
    "[video]\npattern = testsrc\ncycle = 8s\n[rendition a]\nrate = 60\nencoder = none\n"           \
    "[rendition b]\npattern = color\nencoder = exact\ncolor = #123456\n[rendition c]\nrate = 15\n"

static const struct source empty = {.name = "empty", .place = "empty.conf"};
static const struct source ladder_text = {
    .name = "ladder", .place = "ladder.conf", .size = sizeof(LADDER) - 1, .text = LADDER};

static void check_overrides(const struct source *source, const struct setting_list *overrides)
{
    struct ladder ladder;
    struct error err;
    int result = ladder_parse(source, overrides->items, overrides->count, &ladder, &err);

    if (result == 0)
        fuzz_check_ladder(&ladder);
    else
        fuzz_check_error(result, &err, EX_USAGE);
}

static void check_cli(const struct cli *cli)
{
    FUZZ_CHECK(cli->action >= CLI_RUN && cli->action <= CLI_VERSION);
    FUZZ_CHECK(cli->preset && cli->preset[0]);
    FUZZ_CHECK(cli->action != CLI_RUN || (cli->out && cli->out[0]));
    FUZZ_CHECK(cli->epoch >= 0);
    check_overrides(&empty, &cli->overrides);
    check_overrides(&ladder_text, &cli->overrides);
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

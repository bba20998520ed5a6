/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: what is taken, what is refused and how, and the form of --help. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "origin/index.h"
#include "sandbox/sandbox.h"
#include "tests/unit/suite.h"

#define WORDS_MAX 24

/* Splits at blanks, "" being an empty word, and parses. */
static int parse(const char *line, struct cli *ret, struct error *err)
{
    static char copy[256];
    char *argv[WORDS_MAX + 2] = {0};
    int argc = 0;
    char program[] = "hlsgen";

    argv[argc++] = program;
    (void)snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        ck_assert_int_lt(argc, WORDS_MAX + 1);
        argv[argc++] = strcmp(word, "\"\"") == 0 ? word + 2 : word;
    }
    return cli_parse(argc, argv, ret, err);
}

START_TEST(defaults)
{
    struct cli cli;
    struct error err = {.text = ""};

    ck_assert_msg(parse("--out /var/hls", &cli, &err) == 0, "%s", err.text);
    ck_assert_int_eq(cli.action, CLI_RUN);
    ck_assert_str_eq(cli.preset, "720p-clock");
    ck_assert_str_eq(cli.out, "/var/hls");
    ck_assert_uint_eq(cli.overrides.count, 0);
    ck_assert_int_eq(cli.streams, 0);
    ck_assert_int_eq(cli.spread, SPREAD_EVEN);
    ck_assert_int_eq(cli.epoch, 0);
    ck_assert_int_eq(cli.vod, 0);
    ck_assert_int_eq(cli.event, 0);
    ck_assert_int_eq(cli.follow, 0);
    ck_assert_int_eq(cli.index, INDEX_PLAIN);
    ck_assert_ptr_null(cli.start);
    ck_assert_ptr_null(cli.user);
    ck_assert_ptr_null(cli.memory_budget);
    ck_assert_ptr_null(cli.cpu_budget);
    ck_assert_ptr_null(cli.disk_budget);
    ck_assert_int_eq(cli.sandbox, SANDBOX_STRICT);
}
END_TEST

START_TEST(every_option)
{
    struct cli cli;
    struct error err = {.text = ""};

    ck_assert_msg(parse("-p x -o a -s a.b=c --set=d.e=f --epoch=@5 --streams 7 --spread none "
                        "--user www --sandbox=off --event --follow=9 --index sha256",
                        &cli, &err) == 0,
                  "%s", err.text);
    ck_assert_str_eq(cli.preset, "x");
    ck_assert_str_eq(cli.out, "a");
    ck_assert_uint_eq(cli.overrides.count, 2);
    ck_assert_str_eq(cli.overrides.items[0], "a.b=c");
    ck_assert_str_eq(cli.overrides.items[1], "d.e=f");
    ck_assert_int_eq(cli.streams, 7);
    ck_assert_int_eq(cli.spread, SPREAD_NONE);
    ck_assert_int_eq(cli.epoch, INT64_C(5000000000));
    ck_assert_str_eq(cli.user, "www");
    ck_assert_int_eq(cli.sandbox, SANDBOX_OFF);
    ck_assert_int_ne(cli.event, 0);
    ck_assert_int_eq(cli.follow, 9);
    ck_assert_int_eq(cli.index, INDEX_SHA256);
}
END_TEST

static const struct {
    const char *text;
    int64_t index; /* with segments of 2 s; -1: none */
} starts[] = {
    {NULL, 0},
    {"0", 0},
    {"897677555", 897677555},
    {"1970-01-01T00:00:05Z", 2},
    {"@4", 2},
    {"2026-01-01", -1},
    {"12x", -1},
    {"2262-01-01T00:00:00Z", INT64_C(4607323200)},
    {"4607323200", INT64_C(4607323200)},
    {"4607323201", -1}, /* it would start when no clock of 64 bits can tell */
};

START_TEST(a_start_is_an_index_or_a_time)
{
    const struct cli cli = {.start = starts[_i].text};
    const struct timeline line = timeline_make(0, 2000, 30, 1);
    struct error err = {.text = ""};
    int64_t index = -1;

    ck_assert_int_eq(cli_start_index(&cli, &line, &index, &err) == 0, starts[_i].index >= 0);
    ck_assert_int_eq(index, starts[_i].index);
    if (index < 0) {
        ck_assert_int_eq(err.exit_code, EX_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, starts[_i].text));
    }
}
END_TEST

START_TEST(no_start_lies_before_the_epoch)
{
    const struct cli cli = {.start = "@3"};
    const struct timeline line = timeline_make(INT64_C(4000000000), 2000, 30, 1);
    struct error err = {.text = ""};
    int64_t index = -1;

    ck_assert_int_lt(cli_start_index(&cli, &line, &index, &err), 0);
    ck_assert_str_eq(err.text, "--start=@3: this is before the epoch");
}
END_TEST

START_TEST(a_finite_stream)
{
    struct cli cli;
    struct error err = {.text = ""};

    ck_assert_msg(parse("-o a --vod 1.5h", &cli, &err) == 0, "%s", err.text);
    ck_assert_int_eq(cli.action, CLI_RUN);
    ck_assert_int_eq(cli.vod, 5400000);
}
END_TEST

START_TEST(budgets_take_the_place_of_the_keys)
{
    struct cli cli;
    struct ladder ladder;
    struct error err = {.text = ""};

    ck_assert_int_eq(
        parse("-o a --memory-budget 2GB --cpu-budget=7% -s budget.cpu=9% -s budget.disk=3MB", &cli,
              &err),
        0);
    ck_assert_msg(cli_load_preset(&cli, &ladder, &err) == 0, "%s", err.text);
    ck_assert_int_eq(ladder.renditions[0].budget.memory, INT64_C(2000000000));
    ck_assert_int_eq(ladder.renditions[0].budget.cpu, 7);
    ck_assert_int_eq(ladder.renditions[0].budget.disk, 3000000);
}
END_TEST

static const struct {
    const char *line;
    const char *error;
} bad_budgets[] = {
    {"-o a --memory-budget 256", "--memory-budget=256: a unit is missing, as in 512MB"},
    {"-o a --memory-budget=65GB", "--memory-budget=65GB: out of range, 1MB to 64GB"},
    {"-o a --cpu-budget 0%", "--cpu-budget=0%: out of range, 1% to 6400%"},
    {"-o a --disk-budget 16M", "--disk-budget=16M: the unit must be one of GB, MB, kB, B"},
    {"-o a -p xyzzy --cpu-budget 50%", "unknown preset \"xyzzy\""},
    {"-o a -s budget.cpu=50", "--set budget.cpu=50: a unit is missing"},
};

START_TEST(bad_budgets_are_refused_with_the_preset)
{
    struct cli cli;
    struct ladder ladder;
    struct error err = {.text = ""};

    ck_assert_int_eq(parse(bad_budgets[_i].line, &cli, &err), 0);
    ck_assert_int_lt(cli_load_preset(&cli, &ladder, &err), 0);
    ck_assert_msg(strncmp(err.text, bad_budgets[_i].error, strlen(bad_budgets[_i].error)) == 0,
                  "%s", err.text);
    ck_assert_int_eq(err.exit_code, EX_USAGE);
}
END_TEST

static const struct {
    const char *line;
    enum cli_action action;
} actions[] = {
    {"--list-presets", CLI_LIST_PRESETS},
    {"--print-preset -p x", CLI_PRINT_PRESET},
    {"--help", CLI_HELP},
    {"-h", CLI_HELP},
    {"-V", CLI_VERSION},
    {"--version --sandbox best-effort", CLI_VERSION},
    {"--check-sandbox --json", CLI_CHECK_SANDBOX},
};

START_TEST(actions_need_no_directory)
{
    struct cli cli;
    struct error err = {.text = ""};

    ck_assert_msg(parse(actions[_i].line, &cli, &err) == 0, "%s", err.text);
    ck_assert_int_eq(cli.action, actions[_i].action);
    ck_assert_ptr_null(cli.out);
}
END_TEST

static const struct {
    const char *line;
    const char *error;
} bad[] = {
    {"", "--out is missing: where to publish, as in --out /var/hls"},
    {"-p x", "--out is missing"},
    {"--out", "--out: DIR is missing"},
    {"-o", "--out: DIR is missing"},
    {"--out \"\"", "--out=: it must not be empty"},
    {"--out=", "--out=: it must not be empty"},
    {"-o a --preset \"\"", "--preset=: it must not be empty"},
    {"-o a --cpu-budget=", "--cpu-budget=: it must not be empty"},
    {"-o a --user \"\"", "--user=: it must not be empty"},
    {"-o a --vod 1", "--vod=1: a unit is missing, as in 1h"},
    {"-o a --vod 25h", "--vod=25h: out of range, 1s to 86400s"},
    {"-o a --vod 1h --streams 2", "--vod writes one stream, or a ladder: leave --streams out"},
    {"-o a --vod 1h --event", "--event and --follow are for a live stream: leave --vod out"},
    {"-o a --vod 1h --follow 3", "--event and --follow are for a live stream: leave --vod out"},
    {"-o a --vod 1h --index none",
     "--index is for a live stream: a finite one always has index.json"},
    {"-o a --start 3", "--start goes with --vod: a live stream begins now"},
    {"-o a --follow 0", "--follow=0: out of range, 1 to 86400"},
    {"-o a --index md5", "--index=md5: not one of none, plain, sha256"},
    {"-o a --streams x", "--streams=x: it must begin with a digit, as in 100"},
    {"-o a --prset x", "--prset: unknown option, the nearest is --preset"},
    {"-o a --sanbox=off", "--sanbox: unknown option, the nearest is --sandbox"},
    {"--p x", "--p: ambiguous, --preset or --print-preset"},
    {"-o a --s=off", "--s: ambiguous, --set or --streams or --spread or --start or --sandbox"},
    {"-o a --=off", "--: unknown option"},
    {"-o a --xyzzy", "--xyzzy: unknown option, hlsgen --help lists them"},
    {"-o a -x", "-x: unknown option, hlsgen --help lists them"},
    {"-o a -Vx", "-x: unknown option"},
    {"-o a --json", "--json goes with --check-sandbox"},
    {"--help=yes", "--help: this option takes no value"},
    {"-o a --sandbox lax", "--sandbox=lax: not one of strict, best-effort, off"},
    {"-o a --streams 0", "--streams=0: out of range, 1 to 9999"},
    {"-o a --streams=10000", "--streams=10000: out of range, 1 to 9999"},
    {"-o a --streams=all", "--streams=all: "},
    {"-o a --spread odd", "--spread=odd: not one of even, none"},
    {"-o a --epoch yesterday", "--epoch=yesterday: a UTC time to the second is wanted"},
    {"-o a --epoch=@9214646401", "--epoch=@9214646401: out of range, 1970-01-01T00:00:00Z to"},
    {"720p-ultrafast -o a", "720p-ultrafast: only options are taken"},
    {"-o a -- b", "b: only options are taken"},
};

START_TEST(refuses_with_what_is_right)
{
    struct cli cli;
    struct cli before;
    struct error err = {.text = ""};
    int result;

    memset(&cli, 0xa5, sizeof(cli));
    before = cli;
    result = parse(bad[_i].line, &cli, &err);
    ck_assert_msg(result < 0, "taken: %s", bad[_i].line);
    ck_assert_msg(strncmp(err.text, bad[_i].error, strlen(bad[_i].error)) == 0,
                  "\"%s\" does not begin with \"%s\"", err.text, bad[_i].error);
    ck_assert_ptr_null(strchr(err.text, '\n'));
    ck_assert_int_eq(err.exit_code, EX_USAGE);
    ck_assert_mem_eq(&cli, &before, sizeof(cli));
}
END_TEST

START_TEST(overrides_have_an_end)
{
    char *argv[2 * 65 + 1] = {0};
    int argc = 0;
    char program[] = "hlsgen";
    char option[] = "-s";
    char override[] = "stream.window=5";
    struct cli cli;
    struct error err = {.text = ""};

    argv[argc++] = program;
    for (int i = 0; i < 64; i++) {
        argv[argc++] = option;
        argv[argc++] = override;
    }
    ck_assert_int_lt(cli_parse(argc, argv, &cli, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "--out is missing"));
    argv[argc++] = option;
    argv[argc++] = override;
    ck_assert_int_lt(cli_parse(argc, argv, &cli, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "at most 64"));
}
END_TEST

START_TEST(help_fits_a_terminal)
{
    char *help = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&help, &size);

    ck_assert_ptr_nonnull(out);
    cli_print_help(out);
    (void)fclose(out);
    ck_assert_ptr_eq(strstr(help, "hlsgen - "), help);
    ck_assert_ptr_nonnull(strstr(help, "\nUsage: hlsgen "));
    for (const char *line = help; *line; line += strcspn(line, "\n") + 1) {
        ck_assert_uint_le(strcspn(line, "\n"), 80);
        ck_assert_msg(line[0] == '\n' || line[strcspn(line, "\n") - 1] != ' ', "blank at the end");
    }
    free(help);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *tcase = suite_add(suite, "cli");

    tcase_add_test(tcase, defaults);
    tcase_add_test(tcase, every_option);
    tcase_add_test(tcase, a_finite_stream);
    tcase_add_test(tcase, budgets_take_the_place_of_the_keys);
    tcase_add_loop_test(tcase, a_start_is_an_index_or_a_time, 0, LENGTH(starts));
    tcase_add_test(tcase, no_start_lies_before_the_epoch);
    tcase_add_loop_test(tcase, bad_budgets_are_refused_with_the_preset, 0, LENGTH(bad_budgets));
    tcase_add_loop_test(tcase, actions_need_no_directory, 0, LENGTH(actions));
    tcase_add_loop_test(tcase, refuses_with_what_is_right, 0, LENGTH(bad));
    tcase_add_test(tcase, overrides_have_an_end);
    tcase_add_test(tcase, help_fits_a_terminal);
    return suite_run(suite);
}

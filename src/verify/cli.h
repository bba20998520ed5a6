/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_VERIFY_CLI_H
#define HLSGEN_VERIFY_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "sandbox/sandbox.h"
#include "verify/report.h"

enum cli_action {
    CLI_VERIFY,
    CLI_LIST_RULES,
    CLI_HELP,
    CLI_VERSION,
};

struct cli {
    enum cli_action action;
    const char *place; /**< directory or playlist, borrowed from argv */
    int64_t watch;     /**< seconds; 0: not at all */
    enum profile profile;
    bool json;
    enum sandbox_mode sandbox;
};

/** @return 0, or -EINVAL with @p err filled (EX_USAGE) */
int cli_parse(int argc, char **argv, struct cli *ret, struct error *err);

void cli_print_help(FILE *out);

#endif

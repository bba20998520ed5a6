/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options: a row for each, of an object of struct cli. */
#ifndef HLSGEN_CLI_OPTIONS_H
#define HLSGEN_CLI_OPTIONS_H

#include <stddef.h>

#include "base/clock.h"
#include "preset/setting.h"

enum {
    CLI_OPTIONS_MAX = 32,
};

extern const struct setting cli_options[];
extern const size_t cli_option_count; /**< at most CLI_OPTIONS_MAX */

/* 2262-01-01: the last new year that nanoseconds in 64 bits reach. */
#define CLI_EPOCH_MAX (INT64_C(9214646400) * NS_PER_SECOND)

#endif

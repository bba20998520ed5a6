/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: what the user asks for, parsed and checked as far as the words themselves go.
 */
#ifndef HLSGEN_CLI_H
#define HLSGEN_CLI_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "preset/ladder.h"
#include "preset/setting.h"
#include "timeline/timeline.h"

/** When the segments of several streams are due. */
enum cli_spread {
    SPREAD_EVEN, /**< one stream after the other, evenly over the duration of a segment */
    SPREAD_NONE, /**< those of all streams at once */
};

enum cli_action {
    CLI_RUN,
    CLI_LIST_PRESETS,
    CLI_PRINT_PRESET,
    CLI_CHECK_SANDBOX,
    CLI_HEALTH,
    CLI_HELP,
    CLI_VERSION,
};

/** All text is borrowed from argv. */
struct cli {
    int64_t action;                /**< enum cli_action */
    const char *preset;            /**< name or path, as ladder_load() takes it */
    const char *out;               /**< output directory; NULL only when action is not CLI_RUN */
    struct setting_list overrides; /**< of --set, as ladder_load() takes them */
    int64_t streams;               /**< each in a folder of its own; 0: one, in out itself */
    int64_t spread;                /**< enum cli_spread */
    int64_t workers;               /**< threads at a time; 0: as many as are useful */
    int64_t vod;                   /**< milliseconds of a finite stream; 0: a live one */
    const char *start;             /**< of a finite one, as cli_start_index() takes it; or NULL */
    int64_t event;                 /**< not 0: nothing leaves the playlist of a live one */
    int64_t follow;                /**< segments after which a live one ends; 0: it does not */
    int64_t index;                 /**< enum index_detail, of a live one */
    int64_t epoch;                 /**< nanoseconds since the Unix epoch */
    const char *user;              /**< whom to become when started as root; NULL: hls or nobody */
    int64_t sandbox;               /**< enum sandbox_mode */
    const char *memory_budget;     /**< takes the place of the preset's; NULL: that one */
    const char *cpu_budget;        /**< likewise */
    const char *disk_budget;       /**< likewise */
    int64_t json;                  /**< not 0: CLI_CHECK_SANDBOX writes JSON */
};

/**
 * @return 0, or -EINVAL with @p err filled (EX_USAGE); @p ret is then untouched
 */
int cli_parse(int argc, char **argv, struct cli *ret, struct error *err);

/**
 * Loads the preset that @p cli names, with what other options put in the place of its keys.
 *
 * @return 0, or a negative errno with @p err filled, as ladder_load()
 */
int cli_load_preset(const struct cli *cli, struct ladder *ret_ladder, struct error *err);

/**
 * The index of the segment that --start names: a number, or the time in which it lies.
 *
 * @return 0, or -EINVAL with @p err filled (EX_USAGE)
 */
int cli_start_index(const struct cli *cli, const struct timeline *line, int64_t *ret_index,
                    struct error *err);

/** Writes the options and the keys of preset files, at most 80 columns wide. */
void cli_print_help(FILE *out);

#endif

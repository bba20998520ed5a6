/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli_options.h"

#include "cli.h"
#include "media/workers.h"
#include "origin/index.h"
#include "origin/names.h"
#include "sandbox/sandbox.h"

/* A day, in milliseconds, and in segments of a second. */
#define VOD_MAX    (INT64_C(24) * 3600 * 1000)
#define FOLLOW_MAX (VOD_MAX / 1000)

static const char *const spread_names[] = {
    [SPREAD_EVEN] = "even",
    [SPREAD_NONE] = "none",
    NULL,
};

static const char *const index_words[] = {
    [INDEX_NONE] = "none",
    [INDEX_PLAIN] = "plain",
    [INDEX_SHA256] = "sha256",
    NULL,
};

const struct setting cli_options[] = {
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
        .help = "how many threads make renditions, encode a preset with encoder = x264 and overlay "
                "= clock, or hash a finite stream (default as many as there are processors, as far "
                "as the budget of memory goes)",
        .offset = offsetof(struct cli, workers),
    },
    {
        .name = "vod",
        .kind = &kind_duration,
        .argument = "DURATION",
        .min = 1000,
        .max = VOD_MAX,
        .example = "1h",
        .help = "write a finite stream, as fast as the disk takes it, and what says which bytes "
                "are right, and end; one that was ended goes on",
        .offset = offsetof(struct cli, vod),
    },
    {
        .name = "start",
        .kind = &kind_string,
        .argument = "WHERE",
        .help = "with which segment a finite stream begins: its index, or a UTC time in it "
                "(default 0)",
        .offset = offsetof(struct cli, start),
    },
    {
        .name = "event",
        .kind = &kind_flag,
        .min = 1,
        .help =
            "let nothing leave the live playlist (EXT-X-PLAYLIST-TYPE:EVENT), until --follow or "
            "the budget of disk ends it",
        .offset = offsetof(struct cli, event),
    },
    {
        .name = "follow",
        .kind = &kind_count,
        .argument = "N",
        .min = 1,
        .max = FOLLOW_MAX,
        .example = "30",
        .help = "publish N segments at their time, behind those of the first window, then end the "
                "live playlist (EXT-X-ENDLIST)",
        .offset = offsetof(struct cli, follow),
    },
    {
        .name = "index",
        .kind = &kind_choice,
        .argument = "HOW",
        .words = index_words,
        .fallback = "plain",
        .help = "whether index.json tells of the segments of a live stream, and whether with their "
                "SHA-256",
        .offset = offsetof(struct cli, index),
    },
    {
        .name = "epoch",
        .kind = &kind_time,
        .argument = "TIME",
        .min = 0,
        .max = CLI_EPOCH_MAX,
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
        .name = "health",
        .kind = &kind_flag,
        .min = CLI_HEALTH,
        .help = "say whether another hlsgen publishes into DIR at this moment, and end: with exit "
                "code 69 if none does",
        .offset = offsetof(struct cli, action),
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

const size_t cli_option_count = sizeof(cli_options) / sizeof(cli_options[0]);

_Static_assert(sizeof(cli_options) / sizeof(cli_options[0]) <= CLI_OPTIONS_MAX, "there is room");

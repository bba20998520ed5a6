/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a live run leaves in its directory about itself: status.json, hlsgen.prom and leases. In the
 * steady state it takes no memory.
 */
#ifndef HLSGEN_REPORTER_H
#define HLSGEN_REPORTER_H

#include <stdint.h>

#include "base/clock.h"
#include "media/rendition.h"
#include "origin/leases.h"
#include "origin/live.h"
#include "origin/names.h"
#include "origin/status.h"
#include "sandbox/sandbox.h"
#include "streams.h"

/** What is told of; all borrowed. */
struct reporter_config {
    const struct streams *streams;
    struct rendition *const *renditions; /**< those of the ladder */
    const struct sandbox_config *sandbox;
    const struct clock *clock;
    int64_t started; /**< nanoseconds since the Unix epoch */
    int64_t disk;    /**< bytes that all files take at most */
};

struct reporter {
    struct reporter_config config;
    struct leases leases;
    struct status status;
    char first[NAMES_STREAM_SIZE]; /* folder of the first of many streams */
};

void reporter_init(const struct reporter_config *config, struct reporter *ret);

/** Takes the leases of an earlier run over; in the set-up phase, since it lists the directory. */
void reporter_resume(struct reporter *reporter);

/** Reports, as live_observer asks for it. */
int reporter_write(struct reporter *reporter, const struct live_figures *figures,
                   const struct live_lateness *lateness);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What run.c, with the phases, and run_live.c and run_finite.c, with the last of them, share; for
 * these alone. */
#ifndef HLSGEN_RUN_PARTS_H
#define HLSGEN_RUN_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "encoders.h"
#include "finite.h"
#include "job.h"
#include "making.h"
#include "media/rendition.h"
#include "origin/outdir.h"
#include "reporter.h"
#include "run.h"
#include "sandbox/sandbox.h"
#include "streams.h"
#include "teller.h"

struct run {
    struct job job;
    struct clock clock;
    int64_t started; /* nanoseconds since the Unix epoch */
    struct teller teller;
    struct reporter reporter;
    struct outdir outdir;
    size_t block_size; /* of its file system */
    struct sandbox_config sandbox;
    struct streams streams;
    struct rendition *renditions[LADDER_MAX];
    struct streams_source source;
    struct encoders *encoders; /* NULL: the templates are all that there is */
    char *master;              /* text of the multivariant playlist; NULL: there is none */
    size_t master_size;
    struct finite_lane lanes[LADDER_MAX];
    struct finite *finite;
};

/** Whether it makes a finite stream, or live ones. */
bool run_is_finite(const struct run *run);

/** Enters the confinement of the steady state. @return 0; a negative errno with @p err filled */
int run_tighten(struct run *run, struct error *err);

_Noreturn void run_end(struct run *run, int exit_code);

/** Of live ones: what publishes them, in the set-up phase. @return 0 or a negative errno */
int run_make_publishers(struct run *run, struct making *making);

/** Publishes them. Does not return but on failure: a negative errno with @p err filled. */
int run_live(struct run *run, struct error *err);

/** Of a finite one: what writes it, in the set-up phase. @return 0; a negative errno, @p err filled
 */
int run_begin_finite(struct run *run, struct making *making, struct error *err);

/** Writes it. Does not return but on failure: a negative errno with @p err filled. */
int run_finite(struct run *run, struct error *err);

#endif

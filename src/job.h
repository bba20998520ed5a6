/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asks for, resolved and checked, before anything is changed. */
#ifndef HLSGEN_JOB_H
#define HLSGEN_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"
#include "base/clock.h"
#include "base/error.h"
#include "budget.h"
#include "cli.h"
#include "preset/ladder.h"
#include "streams.h"
#include "timeline/timeline.h"

struct job {
    const struct cli *cli;
    struct ladder ladder;
    struct timeline lines[LADDER_MAX];
    struct streams_plan plan;
    struct account account;
    struct budget budget;
    int making;       /**< threads that make the renditions, the first one included */
    int encoding;     /**< threads that encode each segment afresh; 0: none is */
    int hashing;      /**< threads beside the one that writes a finite stream */
    int64_t first;    /**< of a finite stream: index of its first segment */
    int64_t segments; /**< of it; 0: it is live */
};

/**
 * @param cli, clock borrowed for the job's life
 * @param job        zeroed; what it comes to point into stays where it is
 * @return 0; a negative errno with @p err filled
 */
int job_read(const struct cli *cli, const struct clock *clock, struct job *job, struct error *err);

/** Of each rendition, an upper bound of the bytes of a segment; and the largest of them. */
void job_segment_bounds(const struct job *job, size_t ret_sizes[LADDER_MAX]);
size_t job_segment_bound(const struct job *job);

#endif

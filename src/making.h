/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The making of renditions in the set-up phase: paced, confined and told of. */
#ifndef HLSGEN_MAKING_H
#define HLSGEN_MAKING_H

#include "base/error.h"
#include "base/pacer.h"
#include "media/progress.h"
#include "media/rendition.h"
#include "preset/ladder.h"
#include "sandbox/sandbox.h"
#include "teller.h"
#include "timeline/timeline.h"

/** All that it points to is borrowed as long as the renditions live. */
struct making {
    const struct ladder *ladder;
    const struct timeline *lines;         /**< one for each rendition */
    int threads;                          /**< that make them */
    const struct sandbox_config *sandbox; /**< with as many threads, or more */
    struct pacer *pacer;                  /**< keeps the budget of processor time */
    struct teller *teller;
    int signal_code; /**< exit code with which a signal ends the process meanwhile */
};

/**
 * Makes all renditions. A signal ends the process.
 *
 * @param ret one for each rendition of the ladder, as renditions_make()
 * @return 0; a negative errno with @p err filled
 */
int making_run(struct making *making, struct rendition **ret, struct error *err);

/** The progress of other work that is paced and told of like it, in the first thread. */
struct progress making_progress(struct making *making);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run may cost in memory, processor time and disk, and that it keeps to it. A budget that
 * cannot do is refused before anything is made.
 */
#ifndef HLSGEN_BUDGET_H
#define HLSGEN_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/pacer.h"
#include "origin/outdir.h"
#include "streams.h"

/** Exit code, beside those of sysexits(3) and of sandbox.h: memory was wanted that was not left. */
enum {
    BUDGET_EXIT_MEMORY = 82,
};

struct budget {
    const struct streams_plan *plan;
    bool disk_unbounded; /**< set by its owner: no budget of disk holds */
    int64_t data_needed; /**< private memory, bytes: what the preset may come to take */
    int64_t data_limit;  /**< RLIMIT_DATA: what its budget leaves, or a lower limit from outside */
    bool data_bounded;   /**< it is one from outside */
    struct pacer pacer;
};

/**
 * Begins to count processor time, and refuses a budget of memory that cannot hold the streams.
 *
 * @param plan, clock borrowed for the budget's life
 * @param threads  that make the renditions
 * @param more     bytes that streams and other threads take, beside the renditions
 * @return 0; a negative errno with @p err filled (EX_DATAERR)
 */
int budget_init(struct budget *budget, const struct streams_plan *plan, int threads, int64_t more,
                const struct clock *clock, struct error *err);

/**
 * Refuses a budget of disk, or a file system, that cannot hold @p needed bytes.
 *
 * @param folders of the streams
 * @return 0; a negative errno with @p err filled (EX_DATAERR for the budget, EX_IOERR)
 */
int budget_check_disk(const struct budget *budget, uint64_t needed, const struct outdir *outdir,
                      const struct folders *folders, const char *path, struct error *err);

/** Fills @p err for a run that found no memory. Always -ENOMEM. */
int budget_explain_memory(const struct budget *budget, struct error *err);

/** Logs a line of what is used and of what may be. */
void budget_log(const struct budget *budget);

#endif

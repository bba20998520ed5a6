/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A budget of memory is one of RAM, but the kernel limits what a process takes, whether it is in
 * RAM or not. So what a process has when it starts, its program and libraries, is read from the
 * kernel, and what it takes from then on is held to be in RAM.
 */
#include "budget.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/log.h"
#include "media/rendition.h"
#include "media/renditions.h"
#include "sandbox/sandbox.h"

#define MB 1000000

/* What encoding brings into RAM of the libraries' files. */
#define LIBRARIES_LATER (12 * MB)

/* Of Debian 12, for where the kernel does not tell. */
#define LOADED_RESIDENT (40 * MB)
#define LOADED_DATA     (36 * MB)

/* Upwards: a budget of what is written will do. */
static int64_t in_mb(int64_t bytes)
{
    return (bytes + MB - 1) / MB;
}

static const struct preset *preset_of(const struct budget *budget)
{
    return &budget->plan->ladder->common;
}

enum {
    SUBJECT_SIZE = 128,
};

/* What is budgeted for, by the words of the command line. */
static const char *subject_of(const struct budget *budget, char subject[SUBJECT_SIZE])
{
    if (budget->plan->number <= 1)
        (void)snprintf(subject, SUBJECT_SIZE, "%s", preset_of(budget)->name);
    else
        (void)snprintf(subject, SUBJECT_SIZE, "--streams %" PRId64 " of %s", budget->plan->number,
                       preset_of(budget)->name);
    return subject;
}

/* Segments of all cycles together. */
static int64_t cycles_of(const struct streams_plan *plan)
{
    int64_t segments = 0;

    for (int64_t i = 0; i < plan->ladder->count; i++)
        segments += rendition_cycle_of(&plan->ladder->renditions[i], &plan->lines[i]);
    return segments;
}

static bool uses_x264(const struct ladder *ladder)
{
    for (int64_t i = 0; i < ladder->count; i++) {
        if (ladder->renditions[i].video.encoder == ENCODER_X264)
            return true;
    }
    return false;
}

int budget_init(struct budget *budget, const struct streams_plan *plan, int threads, int64_t more,
                const struct clock *clock, struct error *err)
{
    const struct preset *preset = &plan->ladder->common;
    struct sandbox_memory loaded = {.resident = LOADED_RESIDENT, .data = LOADED_DATA};
    struct rlimit found;
    int64_t taken = renditions_memory(plan->ladder, plan->lines, threads) + more;
    int64_t left;
    char subject[SUBJECT_SIZE];

    budget->plan = plan;
    (void)sandbox_read_status(NULL, &loaded);
    left = preset->budget.memory - loaded.resident - LIBRARIES_LATER;
    if (left < taken)
        return error_set(err, -EINVAL, EX_DATAERR,
                         "%s needs up to %" PRId64 " MB of memory, its budget is %" PRId64
                         " MB: raise [budget] memory or --memory-budget, or lower size, bitrate%s"
                         " or the cycle, which is %" PRId64 " segments%s",
                         subject_of(budget, subject), in_mb(preset->budget.memory - left + taken),
                         preset->budget.memory / MB, uses_x264(plan->ladder) ? ", x264-preset" : "",
                         cycles_of(plan), plan->ladder->count > 1 ? " of all renditions" : "");
    budget->data_needed = loaded.data + taken;
    budget->data_limit = loaded.data + left;
    budget->data_bounded =
        getrlimit(RLIMIT_DATA, &found) == 0 && found.rlim_max < (rlim_t)budget->data_limit;
    if (budget->data_bounded)
        budget->data_limit = (int64_t)found.rlim_max;
    pacer_init(&budget->pacer, clock, preset->budget.cpu);
    return 0;
}

int budget_check_disk(const struct budget *budget, uint64_t needed, const struct outdir *outdir,
                      const struct folders *folders, const char *path, struct error *err)
{
    const struct preset *preset = preset_of(budget);
    char subject[SUBJECT_SIZE];

    if (!budget->disk_unbounded && needed > (uint64_t)preset->budget.disk)
        return error_set(err, -EINVAL, EX_DATAERR,
                         "%s needs up to %" PRId64 " MB on disk, its budget is %" PRId64
                         " MB: raise [budget] disk or --disk-budget, or ask for a smaller stream",
                         subject_of(budget, subject), in_mb((int64_t)needed),
                         preset->budget.disk / MB);
    return outdir_check_room(outdir, path, folders, needed, err);
}

int budget_explain_memory(const struct budget *budget, struct error *err)
{
    char subject[SUBJECT_SIZE];

    return error_set(err, -ENOMEM, BUDGET_EXIT_MEMORY,
                     "out of memory: %s may need %" PRId64
                     " MB of private memory, %s leaves %" PRId64 " MB: raise %s",
                     subject_of(budget, subject), in_mb(budget->data_needed),
                     budget->data_bounded ? "the limit it was started with" : "its budget",
                     budget->data_limit / MB,
                     budget->data_bounded ? "that (ulimit -d, LimitDATA=)"
                                          : "[budget] memory or --memory-budget");
}

void budget_log(const struct budget *budget)
{
    const struct clock *clock = budget->pacer.clock;
    int64_t share = pacer_share(&budget->pacer);
    struct sandbox_memory memory = {.resident = -1, .resident_max = -1, .data = -1};

    (void)sandbox_read_status(NULL, &memory);
    log_info("uses rss_bytes=%" PRId64 " rss_max_bytes=%" PRId64 " private_bytes=%" PRId64
             " private_max_bytes=%" PRId64 " memory_budget_bytes=%" PRId64 " cpu_ms=%" PRId64
             " cpu_percent=%" PRId64 ".%" PRId64 " cpu_budget_percent=%" PRId64,
             memory.resident, memory.resident_max, memory.data, budget->data_limit,
             preset_of(budget)->budget.memory, clock->cpu(clock->context) / NS_PER_MS, share / 10,
             share % 10, preset_of(budget)->budget.cpu);
}

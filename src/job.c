/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job.h"

#include <errno.h>

#include "encoders.h"
#include "finite.h"
#include "media/container.h"
#include "media/rendition.h"
#include "media/renditions.h"
#include "origin/vod.h"

enum {
    EVENT_MAX = 43200,    /* segments: a day of 2 s */
    BLOCK_ASSUMED = 4096, /* before the directory is open */
};

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- time ------------------------------------------------------------------------------------ */

static void make_lines(struct job *job)
{
    const struct ladder *ladder = &job->ladder;

    for (int64_t i = 0; i < ladder->count; i++) {
        const struct preset *preset = &ladder->renditions[i];

        job->lines[i] = timeline_make(job->cli->epoch, preset->stream.segment_duration,
                                      preset->video.rate.num, preset->video.rate.den);
        job->lines[i].sound = !preset_has_video(preset);
        job->lines[i].media_start = container_media_start(preset);
    }
}

static int check_epoch(const struct cli *cli, const struct clock *clock, struct error *err)
{
    if (cli->vod || cli->epoch <= clock->realtime(clock->context))
        return 0;
    return error_set(err, -EINVAL, EX_TEMPFAIL,
                     "--epoch lies in the future, or the clock is not set yet: media time"
                     " cannot have begun then");
}

void job_segment_bounds(const struct job *job, size_t ret_sizes[LADDER_MAX])
{
    for (int64_t i = 0; i < job->ladder.count; i++)
        ret_sizes[i] = rendition_segment_bound(&job->ladder.renditions[i], &job->lines[i]);
}

size_t job_segment_bound(const struct job *job)
{
    size_t sizes[LADDER_MAX];
    size_t most = 0;

    job_segment_bounds(job, sizes);
    for (int64_t i = 0; i < job->ladder.count; i++)
        most = most > sizes[i] ? most : sizes[i];
    return most;
}

/* ---- plan ------------------------------------------------------------------------------------ */

/* An event grows until its budget of disk is used. */
static int64_t longest_event(const struct job *job)
{
    struct streams_plan plan = job->plan;
    uint64_t budget = (uint64_t)job->ladder.common.budget.disk;
    int64_t most = EVENT_MAX;
    size_t sizes[LADDER_MAX];

    job_segment_bounds(job, sizes);
    plan.length = job->ladder.common.stream.window;
    while (plan.length < most) {
        int64_t tried = (plan.length + most + 1) / 2;
        struct streams_plan longer = plan;

        longer.length = tried;
        if (streams_room(&longer, BLOCK_ASSUMED, sizes) <= budget)
            plan.length = tried;
        else
            most = tried - 1;
    }
    return plan.length;
}

static int64_t length_of(const struct job *job)
{
    const struct cli *cli = job->cli;
    int64_t window = job->ladder.common.stream.window;

    if (!cli->event)
        return window;
    return cli->follow > 0 ? window + cli->follow : longest_event(job);
}

static void make_plan(struct job *job)
{
    const struct cli *cli = job->cli;

    job->plan = (struct streams_plan){
        .ladder = &job->ladder,
        .lines = job->lines,
        .number = cli->streams,
        .spread_even = cli->spread == SPREAD_EVEN,
        .kind = cli->vod     ? PLAYLIST_VOD
                : cli->event ? PLAYLIST_EVENT
                             : PLAYLIST_LIVE,
        .follow = cli->follow,
        .index = (enum index_detail)cli->index,
    };
    job->plan.length = length_of(job);
}

static int plan_finite(struct job *job, struct error *err)
{
    const struct timeline *line = &job->lines[ladder_top(&job->ladder)];
    int result = job->cli->vod ? cli_start_index(job->cli, line, &job->first, err) : 0;

    if (!job->cli->vod || result < 0)
        return result;
    job->segments = vod_segments(line, job->first, job->cli->vod);
    job->budget.disk_unbounded = !job->cli->disk_budget; /* that of the preset is for a window */
    return 0;
}

/* ---- budget ---------------------------------------------------------------------------------- */

static bool encodes_afresh(const struct ladder *ladder)
{
    for (int64_t i = 0; i < ladder->count; i++) {
        if (preset_is_aperiodic(&ladder->renditions[i]))
            return true;
    }
    return false;
}

/* Bytes beside those of the renditions. */
static int64_t memory_beside(const struct job *job)
{
    int64_t streams = streams_memory(&job->plan);

    if (job->segments > 0)
        streams = (int64_t)finite_memory(job->ladder.count, job->segments, job->hashing,
                                         job_segment_bound(job));
    return streams +
           encoders_memory(&job->ladder, job->lines, job->encoding, max_of(job->plan.number, 1));
}

static void share_threads(struct job *job, int threads)
{
    int most = renditions_threads_max(&job->ladder);
    bool encodes = encodes_afresh(&job->ladder);

    job->making = threads < most ? threads : most;
    job->encoding = encodes ? threads : 0;
    job->hashing = job->segments > 0 && !encodes ? finite_threads(threads) : 0;
}

/* Unless it is said how many: one for each processor, or as many as the budget has room for. */
static int init_budget(struct job *job, const struct clock *clock, struct error *err)
{
    int64_t asked = job->cli->workers;
    int threads = asked > 0 ? (int)asked : encoders_threads_default();
    int result;

    do {
        share_threads(job, threads);
        result = budget_init(&job->budget, &job->plan, job->making, memory_beside(job), clock, err);
    } while (result < 0 && asked == 0 && --threads > 0);
    return result;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int check_renditions(const struct ladder *ladder, struct error *err)
{
    int result = 0;

    for (int64_t i = 0; i < ladder->count && result == 0; i++)
        result = rendition_check(&ladder->renditions[i], err);
    return result;
}

int job_read(const struct cli *cli, const struct clock *clock, struct job *job, struct error *err)
{
    int result = cli_load_preset(cli, &job->ladder, err);

    job->cli = cli;
    if (result == 0)
        result = check_renditions(&job->ladder, err);
    if (result == 0)
        result = check_epoch(cli, clock, err);
    if (result < 0)
        return result;
    make_lines(job);
    make_plan(job);
    result = streams_check(&job->plan, err);
    if (result == 0)
        result = plan_finite(job, err);
    if (result == 0)
        result = account_resolve(cli->user, &job->account, err);
    return result < 0 ? result : init_budget(job, clock, err);
}

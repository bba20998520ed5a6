/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last phase of a run that makes a finite stream. */
#include "run_parts.h"

#include "base/log.h"
#include "confinement.h"

static struct finite_lane lane_of(const struct run *run, const struct stream *stream)
{
    return (struct finite_lane){
        .rendition = run->renditions[stream->rendition],
        .stream = &stream->numbered,
        .encoded = stream->encoded,
        .has_iframes = preset_has_iframes(stream->preset),
        .fs = &stream->fs,
        .folder = stream->folder,
    };
}

/* That at the top comes first. */
static void list_lanes(struct run *run)
{
    const struct stream *top = streams_top(&run->streams);
    int64_t count = 0;

    run->lanes[count++] = lane_of(run, top);
    for (int64_t i = 0; i < run->streams.count; i++) {
        if (&run->streams.each[i] != top)
            run->lanes[count++] = lane_of(run, &run->streams.each[i]);
    }
}

int run_begin_finite(struct run *run, struct making *making, struct error *err)
{
    const struct job *job = &run->job;
    const struct stream *top = streams_top(&run->streams);
    const struct progress progress = making_progress(making);
    const struct finite_config config = {
        .lanes = run->lanes,
        .count = run->streams.count,
        .alias = top->alias_directory >= 0 ? &top->alias : NULL,
        .alias_folder = top->preset->rendition,
        .master = run->master,
        .master_size = run->master_size,
        .encoders = run->encoders,
        .preset = job->ladder.common.name,
        .path = job->cli->out,
        .first = job->first,
        .segments = job->segments,
        .threads = job->hashing,
        .sandbox = &run->sandbox,
        .clock = &run->clock,
        .segment_at_work = &run_segment_at_work,
        .terminal = &run->teller.terminal,
    };
    int result;

    list_lanes(run);
    result = finite_begin(&config, &progress, &run->finite, err);
    terminal_clear(&run->teller.terminal);
    return result;
}

/* Segments that are encoded afresh need what encoding may. */
int run_finite(struct run *run, struct error *err)
{
    int result = finite_is_plain(run->finite) ? run_tighten(run, err) : 0;

    if (result < 0)
        return result;
    confinement_log(&run->sandbox);
    result = finite_run(run->finite, err);
    if (result < 0)
        log_error("%s", err->text);
    run_end(run, result < 0 ? err->exit_code : EX_OK);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the driver of finite streams, which knows the directory, and the rendition, which knows
 * the bytes: templates that are patched, or, for a preset with a clock over libx264's pictures,
 * segments that workers encode ahead.
 */
#include "finite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "origin/vod.h"
#include "timeline/timeline.h"

struct finite {
    struct finite_config config;
    uint8_t digest[RENDITION_DIGEST_SIZE];
    struct vod *vod;
    int64_t started; /* CLOCK_MONOTONIC */
    int64_t bytes;   /* written */
};

size_t finite_memory(int64_t segments)
{
    return vod_memory(segments) + sizeof(struct finite);
}

static int64_t monotonic(const struct finite *finite)
{
    return finite->config.clock->monotonic(finite->config.clock->context);
}

/* ---- what is told ------------------------------------------------------------------------------
 */

/* Segments of so many nanoseconds for each nanosecond that went by. */
static int64_t times_real_time(const struct finite *finite, int64_t made)
{
    int64_t elapsed = monotonic(finite) - finite->started;
    int64_t us = timeline_duration_us(finite->config.stream->line);

    return elapsed > 0 ? made * us / (elapsed / NS_PER_US + 1) : 0;
}

static void take_step(void *source, int64_t whole)
{
    struct finite *finite = source;
    int64_t now = monotonic(finite);
    int64_t made = vod_made(finite->vod);
    int64_t missing = finite->config.segments - whole;

    terminal_show(finite->config.terminal, now,
                  "%" PRId64 " of %" PRId64 " segments, %" PRId64 " x real time, %" PRId64
                  " s left",
                  whole, finite->config.segments, times_real_time(finite, made),
                  (now - finite->started) / made * missing / NS_PER_SECOND);
}

/* ---- the source of segments --------------------------------------------------------------------
 */

static size_t size_of(void *source, int64_t index)
{
    const struct finite *finite = source;

    return rendition_segment_size(finite->config.rendition, index);
}

static int segment_of(void *source, int64_t index, const uint8_t **ret, struct error *err)
{
    struct finite *finite = source;
    const struct finite_config *config = &finite->config;
    int result = 0;

    *config->segment_at_work = index;
    if (config->encoders)
        result = encoders_wait(config->encoders, 0, index, ret);
    else
        *ret = rendition_segment(config->rendition, config->stream, index);
    if (result < 0)
        return error_set(err, result, EX_SOFTWARE, "cannot encode segment %" PRId64 " of %s", index,
                         config->preset->name);
    finite->bytes += (int64_t)rendition_segment_size(config->rendition, index);
    return 0;
}

/* ---- the stream --------------------------------------------------------------------------------
 */

static int prepare(struct finite *finite, const struct progress *progress)
{
    const struct finite_config *config = &finite->config;
    const struct vod_config vod = {
        .fs = config->fs,
        .clock = config->clock,
        .line = config->stream->line,
        .path = config->path,
        .digest = finite->digest,
        .segments = config->segments,
        .source = finite,
        .size = size_of,
        .segment = segment_of,
        .step = take_step,
    };
    int result = rendition_digest(config->rendition, config->stream, progress, finite->digest);

    return result < 0 ? result : vod_new(&vod, &finite->vod);
}

int finite_begin(const struct finite_config *config, const struct progress *progress,
                 struct finite **ret, struct error *err)
{
    struct finite *finite = calloc(1, sizeof(*finite));
    int result = -ENOMEM;

    if (finite) {
        finite->config = *config;
        result = prepare(finite, progress);
    }
    if (result < 0)
        return result;
    *ret = finite;
    return vod_begin(finite->vod, err);
}

bool finite_is_plain(const struct finite *finite)
{
    return !finite->config.encoders;
}

int finite_run(struct finite *finite, struct error *err)
{
    int64_t made;
    int result;

    finite->started = monotonic(finite);
    result = vod_run(finite->vod, err);
    terminal_clear(finite->config.terminal);
    if (result < 0)
        return result;
    made = vod_made(finite->vod);
    log_info("finished segments=%" PRId64 " made=%" PRId64 " bytes=%" PRId64 " ms=%" PRId64
             " times_real_time=%" PRId64,
             finite->config.segments, made, finite->bytes,
             (monotonic(finite) - finite->started) / NS_PER_MS, times_real_time(finite, made));
    return 0;
}

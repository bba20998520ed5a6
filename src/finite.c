/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the driver of finite streams, which knows the directories, and the renditions, which know
 * the bytes: templates that are patched, or, for a preset with a clock over libx264's pictures,
 * segments that workers encode ahead. Beside the first, threads hash. Beside the second nobody
 * does: encoding takes a thousand times as long as hashing.
 */
#include "finite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/sha256.h"
#include "hashers.h"
#include "origin/vod.h"
#include "timeline/timeline.h"

#define TELL_NS (10 * NS_PER_SECOND) /* between two lines of the log */

enum {
    HASHERS_USEFUL = 4, /* more would wait for the thread that writes */
};

struct finite {
    struct finite_config config;
    struct vod_lane *lanes;
    uint8_t (*digests)[RENDITION_DIGEST_SIZE]; /* of each lane */
    struct hashers *hashers;                   /* NULL: this thread hashes */
    struct vod *vod;
    int64_t started; /* CLOCK_MONOTONIC */
    int64_t told;    /* likewise: when the log was told of progress */
};

int finite_threads(int workers)
{
    if (workers == 1)
        return 0;
    return workers < HASHERS_USEFUL ? workers : HASHERS_USEFUL;
}

size_t finite_memory(int64_t lanes, int64_t segments, int threads, size_t size)
{
    return vod_memory(lanes, segments, size) + sizeof(struct finite) +
           (size_t)lanes * (sizeof(struct vod_lane) + RENDITION_DIGEST_SIZE) +
           (threads > 0 ? hashers_memory(threads, size) : 0);
}

static int64_t monotonic(const struct finite *finite)
{
    return finite->config.clock->monotonic(finite->config.clock->context);
}

/* ---- what is told ---------------------------------------------------------------------------- */

/* How fast it is, and what is left. */
struct pace {
    int64_t times_real_time; /* nanoseconds of the stream for each that went by */
    int64_t seconds_left;
};

static struct pace pace_of(const struct finite *finite, const struct vod_figures *figures)
{
    const struct finite_config *config = &finite->config;
    int64_t elapsed = monotonic(finite) - finite->started;
    int64_t us = timeline_duration_us(config->lanes[0].stream->line);

    if (elapsed <= 0 || figures->done == 0)
        return (struct pace){0};
    return (struct pace){
        .times_real_time = figures->done * us / config->count / (elapsed / NS_PER_US + 1),
        .seconds_left =
            elapsed / figures->done * (figures->segments - figures->done) / NS_PER_SECOND,
    };
}

static void log_progress(void *source, const struct vod_figures *figures)
{
    const struct finite *finite = source;
    struct pace pace = pace_of(finite, figures);

    log_info("writing segments=%" PRId64 " of=%" PRId64 " times_real_time=%" PRId64
             " seconds_left=%" PRId64,
             figures->done, figures->segments, pace.times_real_time, pace.seconds_left);
}

static void take_step(void *source, const struct vod_figures *figures)
{
    struct finite *finite = source;
    struct terminal *terminal = finite->config.terminal;
    int64_t now = monotonic(finite);

    if (terminal->there) {
        struct pace pace = pace_of(finite, figures);

        terminal_show(terminal, now,
                      "%" PRId64 " of %" PRId64 " segments, %" PRId64 " x real time, %" PRId64
                      " s left",
                      figures->done, figures->segments, pace.times_real_time, pace.seconds_left);
    } else if (now - finite->told >= TELL_NS) {
        log_progress(finite, figures);
        finite->told = now;
    }
}

/* ---- the source of segments ------------------------------------------------------------------ */

static size_t size_of(void *source, int64_t lane, int64_t index)
{
    const struct finite *finite = source;

    return rendition_segment_size(finite->config.lanes[lane].rendition, index);
}

static int segment_of(void *source, int64_t number, int64_t index, const uint8_t **ret,
                      struct error *err)
{
    const struct finite *finite = source;
    const struct finite_config *config = &finite->config;
    const struct finite_lane *lane = &config->lanes[number];
    int result = 0;

    *config->segment_at_work = index;
    if (lane->encoded >= 0)
        result = encoders_wait(config->encoders, lane->encoded, index, ret);
    else
        *ret = rendition_segment(lane->rendition, lane->stream, index);
    return result < 0 ? error_set(err, result, EX_SOFTWARE,
                                  "cannot encode segment %" PRId64 " of %s", index, config->preset)
                      : 0;
}

static struct playlist_range picture_of(void *source, int64_t lane, const uint8_t *bytes,
                                        size_t size)
{
    const struct finite *finite = source;
    struct rendition_range range =
        rendition_iframe(finite->config.lanes[lane].rendition, bytes, size);

    return (struct playlist_range){(int64_t)range.start, (int64_t)range.size};
}

static void hash(void *source, const uint8_t *bytes, size_t size, uint8_t *ret_digest)
{
    const struct finite *finite = source;

    if (finite->hashers)
        hashers_add(finite->hashers, bytes, size, ret_digest);
    else
        sha256_of(bytes, size, ret_digest);
}

static void finish_hashing(void *source)
{
    const struct finite *finite = source;

    if (finite->hashers)
        hashers_finish(finite->hashers);
}

/* ---- the stream ------------------------------------------------------------------------------ */

/* By which its index.json calls it. The top of a ladder has its name as that of its alias. */
static const char *rendition_of(const struct finite_config *config, const struct finite_lane *lane)
{
    return config->alias && lane->folder[0] == '\0' ? config->alias_folder : lane->folder;
}

static int make_lanes(struct finite *finite, const struct progress *progress)
{
    const struct finite_config *config = &finite->config;

    finite->lanes = calloc((size_t)config->count, sizeof(*finite->lanes));
    finite->digests = calloc((size_t)config->count, sizeof(*finite->digests));
    if (!finite->lanes || !finite->digests)
        return -ENOMEM;
    for (int64_t i = 0; i < config->count; i++) {
        const struct finite_lane *lane = &config->lanes[i];

        rendition_digest(lane->rendition, lane->stream, progress, finite->digests[i]);
        finite->lanes[i] = (struct vod_lane){
            .fs = lane->fs,
            .folder = lane->folder,
            .rendition = rendition_of(config, lane),
            .line = lane->stream->line,
            .digest = finite->digests[i],
            .has_iframes = lane->has_iframes,
            .slow = lane->encoded >= 0,
        };
        finite->lanes[i].section =
            rendition_init_section(lane->rendition, &finite->lanes[i].section_size);
    }
    return 0;
}

static size_t segment_max(const struct finite_config *config)
{
    size_t most = 0;

    for (int64_t i = 0; i < config->count; i++) {
        size_t size = rendition_segment_max(config->lanes[i].rendition);

        most = size > most ? size : most;
    }
    return most;
}

static bool has_iframes(const struct finite_config *config)
{
    bool has = false;

    for (int64_t i = 0; i < config->count; i++)
        has |= config->lanes[i].has_iframes;
    return has;
}

static int make_driver(struct finite *finite)
{
    const struct finite_config *config = &finite->config;
    const struct vod_config vod = {
        .lanes = finite->lanes,
        .count = config->count,
        .alias = config->alias,
        .alias_folder = config->alias_folder,
        .master = config->master,
        .master_size = config->master_size,
        .clock = config->clock,
        .preset = config->preset,
        .path = config->path,
        .first = config->first,
        .segments = config->segments,
        .segment_size = segment_max(config),
        .source = finite,
        .size = size_of,
        .segment = segment_of,
        .picture = has_iframes(config) ? picture_of : NULL,
        .hash = hash,
        .finish_hashing = finish_hashing,
        .step = take_step,
        .asked = log_progress,
    };

    return vod_new(&vod, &finite->vod);
}

static void drop(struct finite *finite)
{
    (void)vod_free(finite->vod);
    free(finite->digests);
    free(finite->lanes);
    free(finite);
}

int finite_begin(const struct finite_config *config, const struct progress *progress,
                 struct finite **ret, struct error *err)
{
    struct finite *finite = calloc(1, sizeof(*finite));
    int result;

    if (!finite)
        return -ENOMEM;
    finite->config = *config;
    result = make_lanes(finite, progress);
    if (result == 0)
        result = make_driver(finite);
    if (result == 0 && config->threads > 0)
        result = hashers_start(config->threads, segment_max(config), config->sandbox,
                               &finite->hashers, err);
    if (result == 0)
        result = vod_begin(finite->vod, err);
    if (result == 0)
        *ret = finite;
    else
        drop(finite);
    return result;
}

bool finite_is_plain(const struct finite *finite)
{
    return !finite->config.encoders;
}

int finite_run(struct finite *finite, struct error *err)
{
    const struct vod_figures *figures = vod_figures(finite->vod);
    int64_t taken;
    int result;

    finite->started = finite->told = monotonic(finite);
    result = vod_run(finite->vod, err);
    terminal_clear(finite->config.terminal);
    if (result < 0)
        return result;
    taken = monotonic(finite) - finite->started;
    log_info("finished segments=%" PRId64 " made=%" PRId64 " bytes=%" PRId64 " ms=%" PRId64
             " times_real_time=%" PRId64,
             figures->segments, figures->made, figures->bytes, taken / NS_PER_MS,
             pace_of(finite, figures).times_real_time);
    return 0;
}

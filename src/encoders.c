/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A segment that was stood by for stays so: what is made again, because others removed it, has the
 * bytes that it was published with. So the last of them are remembered for each stream.
 *
 * The budget of processor time is the process's, and is kept by a pacer that the workers share. It
 * sleeps by a clock of its own: the program's would take signals.
 */
#include "encoders.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "confinement.h"
#include "media/footprint.h"
#include "media/workers.h"

#define WAIT_NS (100 * NS_PER_MS) /* between two words on how far the first windows are */

/* What is known of a stream. */
struct course {
    int64_t next;      /* index of the first segment that is wanted; -1: none was asked for yet */
    int64_t row;       /* segments that were stood by for, one after the other */
    int64_t *stood_by; /* indices, each at itself modulo kept */
};

struct encoders {
    struct encoders_config config;
    struct workers *workers;
    struct course *courses; /* one for each stream */
    int64_t *indices;       /* that they point into */
    int64_t kept;  /* of how many segments of a stream it is known that they were stood by */
    int64_t given; /* segments, in the set-up phase */
    int64_t patient_until; /* in that phase, CLOCK_MONOTONIC */
    int64_t stood_by;      /* segments, in all */
    bool hurries;
    struct clock clock;
    pthread_mutex_t pacer_lock;
    struct pacer pacer;
    struct sandbox_failure failure;
};

/* The segment that this thread works on, for a line about an incident. */
static _Thread_local volatile int64_t segment_at_work = -1;

int encoders_threads_default(void)
{
    cpu_set_t usable;
    int count = 1;

    if (sched_getaffinity(0, sizeof(usable), &usable) == 0)
        count = CPU_COUNT(&usable);
    return count < WORKERS_MAX ? count : WORKERS_MAX;
}

/* Each thread may come to work on the dearest of them. */
int64_t encoders_memory(const struct ladder *ladder, const struct timeline *lines, int threads,
                        int64_t count)
{
    int64_t most = 0;
    int64_t renditions = 0;

    for (int64_t i = 0; i < ladder->count; i++)
        renditions += preset_is_aperiodic(&ladder->renditions[i]);
    for (int64_t i = 0; i < ladder->count; i++) {
        int64_t bytes = 0;

        if (threads > 0 && preset_is_aperiodic(&ladder->renditions[i]))
            bytes =
                footprint_workers(&ladder->renditions[i], &lines[i], threads, renditions * count);
        most = most > bytes ? most : bytes;
    }
    return most;
}

static int64_t now(const struct encoders *encoders)
{
    return encoders->clock.monotonic(encoders->clock.context);
}

/* ---- in a worker ----------------------------------------------------------------------------- */

static const struct timeline *line_of(const struct encoders *encoders, int64_t stream)
{
    return encoders->config.streams[stream].stream->line;
}

static void say_nothing(void *context)
{
    (void)context;
}

/* Who finds no room sleeps with the lock: then there is none for the others either. */
static void pace_step(void *context, int64_t done, int64_t total)
{
    static const struct pacer_listener nobody = {.waits = say_nothing};
    struct encoders *encoders = context;

    (void)done;
    (void)total;
    (void)pthread_mutex_lock(&encoders->pacer_lock);
    (void)pacer_next(&encoders->pacer, &nobody);
    (void)pthread_mutex_unlock(&encoders->pacer_lock);
}

static int enter_worker(void *context, int worker)
{
    struct encoders *encoders = context;

    return sandbox_enter_worker(encoders->config.sandbox, worker, &segment_at_work,
                                &encoders->failure);
}

static int make_segment(void *context, int64_t stream, int64_t index, uint8_t *to)
{
    struct encoders *encoders = context;
    const struct encoders_config *config = &encoders->config;
    const struct progress progress = {.step = pace_step, .context = encoders};

    segment_at_work = index;
    return rendition_encode(config->streams[stream].rendition, config->streams[stream].stream,
                            index, &progress, to);
}

static int64_t due_of(void *context, int64_t stream, int64_t index)
{
    return timeline_due(line_of(context, stream), index);
}

/* ---- start ----------------------------------------------------------------------------------- */

static int make_courses(struct encoders *encoders)
{
    int64_t count = encoders->config.count;

    encoders->kept = encoders->config.window + 2; /* listed, left, and to come */
    encoders->courses = calloc((size_t)count, sizeof(*encoders->courses));
    encoders->indices = malloc((size_t)(count * encoders->kept) * sizeof(*encoders->indices));
    if (!encoders->courses || !encoders->indices)
        return -ENOMEM;
    for (int64_t i = 0; i < count * encoders->kept; i++)
        encoders->indices[i] = -1;
    for (int64_t i = 0; i < count; i++)
        encoders->courses[i] =
            (struct course){.next = -1, .stood_by = encoders->indices + i * encoders->kept};
    return 0;
}

static size_t segment_max(const struct encoders_config *config)
{
    size_t most = 0;

    for (int64_t i = 0; i < config->count; i++) {
        size_t size = rendition_segment_max(config->streams[i].rendition);

        most = most > size ? most : size;
    }
    return most;
}

static int start_workers(struct encoders *encoders)
{
    const struct encoders_config *config = &encoders->config;
    const struct workers_config of_workers = {
        .threads = config->threads,
        .streams = config->count,
        .ahead = workers_ahead(config->threads, config->count),
        .segment_size = segment_max(config),
        .enter = enter_worker,
        .make = make_segment,
        .due = due_of,
        .context = encoders,
    };

    return workers_start(&of_workers, &encoders->workers);
}

/* Windows that take longer to encode than to play will never all have clocks. */
static int64_t window_duration(const struct encoders_config *config)
{
    const struct timeline *line = config->streams[0].stream->line;

    return timeline_start(line, config->window) - timeline_start(line, 0);
}

int encoders_start(const struct encoders_config *config, struct encoders **ret, struct error *err)
{
    struct encoders *encoders = calloc(1, sizeof(*encoders));
    const struct sandbox_failure *failure;
    int result;

    if (!encoders)
        return error_set(err, -ENOMEM, EX_OSERR, "out of memory");
    failure = &encoders->failure;
    encoders->config = *config;
    encoders->clock = clock_without_signals(config->pacer->clock);
    encoders->pacer = *config->pacer;
    encoders->pacer.clock = &encoders->clock;
    encoders->patient_until = now(encoders) + window_duration(config);
    result = -pthread_mutex_init(&encoders->pacer_lock, NULL);
    if (result == 0)
        result = make_courses(encoders);
    if (result == 0)
        result = start_workers(encoders);
    if (failure->layer)
        return confinement_fail(failure, result, err);
    if (result < 0)
        return error_set(err, result, EX_OSERR, "cannot start %d threads: %s", config->threads,
                         strerror(-result));
    *ret = encoders;
    return 0;
}

/* ---- for the publisher ----------------------------------------------------------------------- */

static bool was_stood_by(const struct encoders *encoders, const struct course *course,
                         int64_t index)
{
    return course->stood_by[index % encoders->kept] == index;
}

/* As workers_take(). When time presses, what lies before the last asked for does not come first. */
static int take(struct encoders *encoders, int64_t stream, int64_t index, int64_t patience,
                const uint8_t **ret)
{
    struct course *course = &encoders->courses[stream];
    bool past = index < course->next - 1;

    if (past && encoders->hurries)
        return workers_take_old(encoders->workers, stream, index, patience, ret);
    if (past || course->next < index) {
        workers_want(encoders->workers, stream, index);
        course->next = index;
    }
    return workers_take(encoders->workers, stream, index, patience, ret);
}

/* Waits for it, till @p until at most (CLOCK_MONOTONIC). */
static int wait_for(struct encoders *encoders, int64_t stream, int64_t index, int64_t until,
                    const uint8_t **ret)
{
    const struct encoders_config *config = &encoders->config;
    int64_t all = config->count * config->window;
    int64_t given = encoders->given < all ? encoders->given : all;
    int result;

    do {
        int64_t left = until - now(encoders);

        progress_step(&config->waits, given, all);
        result = take(encoders, stream, index, left < WAIT_NS ? left : WAIT_NS, ret);
    } while (result == -EAGAIN && now(encoders) < until);
    encoders->given++;
    return result;
}

static void want_next(struct encoders *encoders, int64_t stream, int64_t index)
{
    struct course *course = &encoders->courses[stream];

    if (course->next > index)
        return;
    course->next = index + 1;
    workers_want(encoders->workers, stream, course->next);
}

bool encoders_stood_by(const struct encoders *encoders, int64_t stream, int64_t index)
{
    return was_stood_by(encoders, &encoders->courses[stream], index);
}

int encoders_wait(struct encoders *encoders, int64_t stream, int64_t index, const uint8_t **ret)
{
    int result = wait_for(encoders, stream, index, INT64_MAX, ret);

    want_next(encoders, stream, index);
    return result;
}

enum {
    WHOSE_SIZE = PRESET_RENDITION_SIZE + 16,
};

/* Which stream it is, for the log. Where there is one, its number is 0. */
static const char *whose(const struct encoders *encoders, int64_t stream, char text[WHOSE_SIZE])
{
    const struct encoders_stream *of = &encoders->config.streams[stream];

    if (of->name[0])
        (void)snprintf(text, WHOSE_SIZE, "rendition=%s", of->name);
    else
        (void)snprintf(text, WHOSE_SIZE, "stream=%" PRId64, of->stream->number);
    return text;
}

static void end_row(const struct encoders *encoders, int64_t stream)
{
    struct course *course = &encoders->courses[stream];
    char text[WHOSE_SIZE];

    if (course->row > 0)
        log_notice("segments have a clock again %s without=%" PRId64, whose(encoders, stream, text),
                   course->row);
    course->row = 0;
}

static void stand_by(struct encoders *encoders, int64_t stream, int64_t index, int reason)
{
    struct course *course = &encoders->courses[stream];
    char text[WHOSE_SIZE];

    course->stood_by[index % encoders->kept] = index;
    encoders->stood_by++;
    course->row++;
    if (course->row == 1 && reason == -EAGAIN)
        log_warning("segments without a clock since encoding was too slow %s index=%" PRId64,
                    whose(encoders, stream, text), index);
    else if (course->row == 1)
        log_warning("segments without a clock since encoding failed %s index=%" PRId64 " error=%d",
                    whose(encoders, stream, text), index, -reason);
}

const uint8_t *encoders_segment(struct encoders *encoders, int64_t stream, int64_t index)
{
    const struct encoders_stream *of = &encoders->config.streams[stream];
    struct course *course = &encoders->courses[stream];
    const uint8_t *bytes = NULL;
    bool again = was_stood_by(encoders, course, index);
    int result = -EAGAIN;

    if (!again)
        result = encoders->hurries
                     ? take(encoders, stream, index, 0, &bytes)
                     : wait_for(encoders, stream, index, encoders->patient_until, &bytes);
    want_next(encoders, stream, index);
    if (result == 0) {
        end_row(encoders, stream);
        return bytes;
    }
    if (!again)
        stand_by(encoders, stream, index, result);
    return rendition_segment(of->rendition, of->stream, index);
}

bool encoders_is_ready(struct encoders *encoders, int64_t stream, int64_t index)
{
    const uint8_t *bytes;

    return !encoders->hurries || was_stood_by(encoders, &encoders->courses[stream], index) ||
           take(encoders, stream, index, 0, &bytes) != -EAGAIN;
}

/* CLOCK_MONOTONIC at which a segment is due. */
static int64_t deadline_of(const struct encoders *encoders, int64_t stream, int64_t index)
{
    const struct clock *clock = &encoders->clock;

    return now(encoders) + timeline_due(line_of(encoders, stream), index) -
           clock->realtime(clock->context);
}

void encoders_hurry(struct encoders *encoders)
{
    const uint8_t *bytes;

    for (int64_t i = 0; i < encoders->config.count; i++) {
        int64_t next = encoders->courses[i].next;
        int64_t until = encoders->patient_until;
        int64_t last;

        if (next < 0) /* an earlier run left the whole window */
            continue;
        last = deadline_of(encoders, i, next) - WAIT_NS;
        (void)wait_for(encoders, i, next, until < last ? until : last, &bytes);
    }
    encoders->hurries = true;
}

void encoders_log(struct encoders *encoders)
{
    struct workers_figures figures;

    workers_read_figures(encoders->workers, &figures);
    log_info("encoders threads=%d made=%" PRId64 " late=%" PRId64 " given_up=%" PRId64
             " longest_ms=%" PRId64 " without_clock=%" PRId64,
             encoders->config.threads, figures.made, figures.late, figures.given_up,
             figures.longest / NS_PER_MS, encoders->stood_by);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One lock, two conditions: there is work, and something was done. A stream has one berth more than
 * it has segments wanted, so that what was taken last lies still while those behind it are made.
 * One berth, behind those of all streams, is for a segment of the past.
 */
#include "media/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "media/thread.h"

#define NONE      INT64_C(-1)
#define AHEAD_MIN 3 /* so that a short want of processor time does not show */

/* Room for one segment. */
struct berth {
    int64_t stream;
    int64_t wanted; /* index of the segment that is to lie here, or NONE */
    int64_t ready;  /* and that does, or NONE */
    bool busy;      /* a worker writes into it */
    int error;      /* for which the wanted one was given up; 0: it was not */
    uint8_t *bytes;
};

struct worker {
    struct workers *workers;
    int number;
    struct thread thread;
};

struct workers {
    struct workers_config config;
    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t work;  /* somebody wants more, or the workers are to end */
    pthread_cond_t done;  /* a segment, or entering */
    struct berth *berths;
    int64_t berth_count;
    struct workers_figures figures;
    bool ending;
    int entered;       /* threads */
    int entered_error; /* of the last of them */
    struct worker threads[WORKERS_MAX];
};

static int64_t now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NS_PER_SECOND + time.tv_nsec;
}

/* ---- berths: the lock is held ---------------------------------------------------------------- */

static struct berth *berth_of(const struct workers *workers, int64_t stream, int64_t index)
{
    int64_t length = workers->config.ahead + 1;

    return &workers->berths[stream * length + index % length];
}

static struct berth *berth_of_past(const struct workers *workers)
{
    return &workers->berths[workers->berth_count - 1];
}

static bool is_to_be_made(const struct berth *berth)
{
    return berth->wanted != NONE && berth->ready != berth->wanted && !berth->busy &&
           berth->error == 0;
}

/* @return whether that is news */
static bool want(struct berth *berth, int64_t stream, int64_t index)
{
    if (berth->wanted == index && berth->stream == stream)
        return false;
    if (berth->stream != stream)
        berth->ready = NONE;
    berth->stream = stream;
    berth->wanted = index;
    berth->error = 0;
    return true;
}

/* The berth of the segment that is due first; one of the past only if there is no other. */
static struct berth *find_work(const struct workers *workers)
{
    const struct workers_config *config = &workers->config;
    struct berth *past = berth_of_past(workers);
    struct berth *first = NULL;
    int64_t first_due = 0;

    for (struct berth *berth = workers->berths; berth < past; berth++) {
        int64_t due;

        if (!is_to_be_made(berth))
            continue;
        due = config->due(config->context, berth->stream, berth->wanted);
        if (!first || due < first_due) {
            first = berth;
            first_due = due;
        }
    }
    return first ? first : is_to_be_made(past) ? past : NULL;
}

/* Enters the outcome of making segment @p index of @p stream, which may no longer be wanted. */
static void settle(struct workers *workers, struct berth *berth, int64_t stream, int64_t index,
                   int result)
{
    struct workers_figures *figures = &workers->figures;
    bool is_wanted = berth->stream == stream && berth->wanted == index;

    berth->busy = false;
    if (result < 0) {
        figures->given_up++;
        figures->error = result;
    } else {
        figures->made++;
        figures->late += !is_wanted;
    }
    if (is_wanted && result < 0)
        berth->error = result;
    else if (is_wanted)
        berth->ready = index;
}

/* ---- a worker -------------------------------------------------------------------------------- */

/* Lets the lock go meanwhile. */
static void make(struct workers *workers, struct berth *berth)
{
    const struct workers_config *config = &workers->config;
    int64_t stream = berth->stream;
    int64_t index = berth->wanted;
    int64_t began = now();
    int64_t took;
    int result;

    berth->busy = true;
    berth->ready = NONE;
    (void)pthread_mutex_unlock(&workers->lock);
    result = config->make(config->context, stream, index, berth->bytes);
    took = now() - began;
    (void)pthread_mutex_lock(&workers->lock);
    settle(workers, berth, stream, index, result);
    if (took > workers->figures.longest)
        workers->figures.longest = took;
    (void)pthread_cond_broadcast(&workers->done);
}

static void *work(void *argument)
{
    const struct worker *worker = argument;
    struct workers *workers = worker->workers;
    int result = workers->config.enter(workers->config.context, worker->number);

    (void)pthread_mutex_lock(&workers->lock);
    workers->entered++;
    workers->entered_error = result;
    (void)pthread_cond_broadcast(&workers->done);
    while (!workers->ending) {
        struct berth *berth = result < 0 ? NULL : find_work(workers);

        if (berth)
            make(workers, berth);
        else
            (void)pthread_cond_wait(&workers->work, &workers->lock);
    }
    (void)pthread_mutex_unlock(&workers->lock);
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Starts one, and waits until it has entered. */
static int start_worker(struct workers *workers, int number)
{
    struct worker *worker = &workers->threads[number];
    int result;

    worker->workers = workers;
    worker->number = number;
    result = thread_start(&worker->thread, work, worker);
    if (result < 0)
        return result;
    (void)pthread_mutex_lock(&workers->lock);
    while (workers->entered <= number)
        (void)pthread_cond_wait(&workers->done, &workers->lock);
    result = workers->entered_error;
    (void)pthread_mutex_unlock(&workers->lock);
    return result;
}

int64_t workers_ahead(int threads, int64_t streams)
{
    int64_t share = (threads + streams - 1) / streams;

    return share > AHEAD_MIN ? share : AHEAD_MIN;
}

static int64_t count_berths(int64_t streams, int64_t ahead)
{
    return streams * (ahead + 1) + 1;
}

int64_t workers_memory(int threads, int64_t streams, int64_t ahead, size_t segment_size)
{
    return count_berths(streams, ahead) * (int64_t)(segment_size + sizeof(struct berth)) +
           threads * (int64_t)thread_memory() + (int64_t)sizeof(struct workers);
}

static int init_lock(struct workers *workers)
{
    pthread_condattr_t monotonic;
    int result = pthread_mutex_init(&workers->lock, NULL);

    if (result == 0)
        result = pthread_condattr_init(&monotonic);
    if (result != 0)
        return -result;
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    result = pthread_cond_init(&workers->work, &monotonic);
    if (result == 0)
        result = pthread_cond_init(&workers->done, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return -result;
}

static int make_berths(struct workers *workers)
{
    const struct workers_config *config = &workers->config;

    workers->berths = calloc((size_t)workers->berth_count, sizeof(*workers->berths));
    if (!workers->berths)
        return -ENOMEM;
    for (int64_t i = 0; i < workers->berth_count; i++) {
        struct berth *berth = &workers->berths[i];

        berth->stream = i / (config->ahead + 1);
        berth->wanted = berth->ready = NONE;
        berth->bytes = malloc(config->segment_size);
        if (!berth->bytes)
            return -ENOMEM;
    }
    return 0;
}

int workers_start(const struct workers_config *config, struct workers **ret)
{
    struct workers *workers = calloc(1, sizeof(*workers));
    int result;

    if (!workers)
        return -ENOMEM;
    workers->config = *config;
    workers->berth_count = count_berths(config->streams, config->ahead);
    result = init_lock(workers);
    if (result == 0)
        result = make_berths(workers);
    for (int i = 0; i < config->threads && result == 0; i++)
        result = start_worker(workers, i);
    if (result == 0)
        *ret = workers;
    return result;
}

struct workers *workers_free(struct workers *workers)
{
    if (!workers)
        return NULL;
    (void)pthread_mutex_lock(&workers->lock);
    workers->ending = true;
    (void)pthread_cond_broadcast(&workers->work);
    (void)pthread_mutex_unlock(&workers->lock);
    for (int i = 0; i < workers->config.threads; i++)
        thread_join(&workers->threads[i].thread);
    for (int64_t i = 0; i < workers->berth_count; i++)
        free(workers->berths[i].bytes);
    free(workers->berths);
    (void)pthread_cond_destroy(&workers->work);
    (void)pthread_cond_destroy(&workers->done);
    (void)pthread_mutex_destroy(&workers->lock);
    free(workers);
    return NULL;
}

/* ---- the publishing thread ------------------------------------------------------------------- */

void workers_want(struct workers *workers, int64_t stream, int64_t first)
{
    int64_t end = first + workers->config.ahead;
    struct berth *left;
    bool news = false;

    (void)pthread_mutex_lock(&workers->lock);
    for (int64_t index = first; index < end; index++)
        news |= want(berth_of(workers, stream, index), stream, index);
    left = berth_of(workers, stream, end);
    if (left->ready == NONE)
        left->wanted = NONE;
    if (news)
        (void)pthread_cond_broadcast(&workers->work);
    (void)pthread_mutex_unlock(&workers->lock);
}

/* The lock is held. @return as workers_take() */
static int take(struct workers *workers, const struct berth *berth, int64_t patience,
                const uint8_t **ret)
{
    int64_t deadline = now() + patience;
    struct timespec until = {deadline / NS_PER_SECOND, deadline % NS_PER_SECOND};
    int result = 0;

    while (berth->ready != berth->wanted && berth->error == 0 && patience > 0 && result == 0)
        result = pthread_cond_timedwait(&workers->done, &workers->lock, &until);
    if (berth->error < 0)
        return berth->error;
    if (berth->ready != berth->wanted)
        return -EAGAIN;
    *ret = berth->bytes;
    return 0;
}

int workers_take(struct workers *workers, int64_t stream, int64_t index, int64_t patience,
                 const uint8_t **ret)
{
    const struct berth *berth = berth_of(workers, stream, index);
    int result = -EAGAIN;

    (void)pthread_mutex_lock(&workers->lock);
    if (berth->wanted == index)
        result = take(workers, berth, patience, ret);
    (void)pthread_mutex_unlock(&workers->lock);
    return result;
}

int workers_take_old(struct workers *workers, int64_t stream, int64_t index, int64_t patience,
                     const uint8_t **ret)
{
    struct berth *berth = berth_of_past(workers);
    int result;

    (void)pthread_mutex_lock(&workers->lock);
    if (want(berth, stream, index))
        (void)pthread_cond_broadcast(&workers->work);
    result = take(workers, berth, patience, ret);
    (void)pthread_mutex_unlock(&workers->lock);
    return result;
}

void workers_read_figures(struct workers *workers, struct workers_figures *ret)
{
    (void)pthread_mutex_lock(&workers->lock);
    *ret = workers->figures;
    (void)pthread_mutex_unlock(&workers->lock);
}

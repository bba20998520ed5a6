/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring is one of streams for media/workers.h: a buffer is a stream, a message in it is one of
 * its segments, and what is made of that is its digest.
 */
#include "hashers.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "confinement.h"
#include "media/workers.h"

#define PATIENCE_NS (10 * NS_PER_SECOND)

enum {
    SPARE = 2,                      /* buffers: one that is filled, one that waits */
    MEMORY_OF_FILTER = 3 * 1 << 20, /* while it is made, in each thread */
};

struct place {
    uint8_t *data;
    size_t size;
    int64_t number;  /* of the message in it, of all */
    uint8_t *digest; /* where its digest is to go; NULL: there is none */
};

struct hashers {
    const struct sandbox_config *sandbox;
    struct sandbox_failure failure;
    struct workers *workers;
    struct place *ring;
    uint8_t *data; /* of all places */
    int64_t length;
    int64_t next; /* number of the next message */
};

/* ---- in a thread ----------------------------------------------------------------------------- */

static int enter(void *context, int worker)
{
    struct hashers *hashers = context;

    return sandbox_enter_worker(hashers->sandbox, worker, NULL, &hashers->failure);
}

static int hash(void *context, int64_t stream, int64_t number, uint8_t *to)
{
    const struct hashers *hashers = context;
    const struct place *place = &hashers->ring[stream];

    (void)number;
    sha256_of(place->data, place->size, to);
    return 0;
}

static int64_t due_of(void *context, int64_t stream, int64_t number)
{
    (void)context;
    (void)stream;
    return number;
}

/* ---- life ------------------------------------------------------------------------------------ */

static int64_t length_for(int threads)
{
    return threads + SPARE;
}

size_t hashers_memory(int threads, size_t size)
{
    int64_t length = length_for(threads);

    return sizeof(struct hashers) + (size_t)length * (sizeof(struct place) + size) +
           (size_t)workers_memory(threads, length, 1, SHA256_SIZE) +
           (size_t)threads * MEMORY_OF_FILTER;
}

static void drop(struct hashers *hashers)
{
    free(hashers->ring);
    free(hashers->data);
    free(hashers);
}

static struct hashers *make(int64_t length, size_t size)
{
    struct hashers *hashers = calloc(1, sizeof(*hashers));

    if (!hashers)
        return NULL;
    hashers->ring = calloc((size_t)length, sizeof(*hashers->ring));
    hashers->data = malloc((size_t)length * size);
    hashers->length = length;
    if (!hashers->ring || !hashers->data) {
        drop(hashers);
        return NULL;
    }
    for (int64_t i = 0; i < length; i++)
        hashers->ring[i].data = hashers->data + (size_t)i * size;
    return hashers;
}

int hashers_start(int threads, size_t size, const struct sandbox_config *sandbox,
                  struct hashers **ret, struct error *err)
{
    struct hashers *hashers = make(length_for(threads), size);
    const struct workers_config config = {
        .threads = threads,
        .streams = length_for(threads),
        .ahead = 1,
        .segment_size = SHA256_SIZE,
        .enter = enter,
        .make = hash,
        .due = due_of,
        .context = hashers,
    };
    int result;

    if (!hashers)
        return -ENOMEM;
    hashers->sandbox = sandbox;
    result = workers_start(&config, &hashers->workers);
    if (hashers->failure.layer)
        return confinement_fail(&hashers->failure, result, err);
    if (result < 0)
        return error_set_errno(err, result, EX_OSERR, "cannot start %d threads", threads);
    *ret = hashers;
    return 0;
}

/* ---- for the writing thread ------------------------------------------------------------------ */

static void empty(struct hashers *hashers, struct place *place)
{
    const uint8_t *digest;

    if (!place->digest)
        return;
    while (workers_take(hashers->workers, place - hashers->ring, place->number, PATIENCE_NS,
                        &digest) != 0)
        ;
    memcpy(place->digest, digest, SHA256_SIZE);
    place->digest = NULL;
}

void hashers_add(struct hashers *hashers, const uint8_t *data, size_t size, uint8_t *ret_digest)
{
    int64_t number = hashers->next++;
    struct place *place = &hashers->ring[number % hashers->length];

    empty(hashers, place);
    memcpy(place->data, data, size);
    place->size = size;
    place->number = number;
    place->digest = ret_digest;
    workers_want(hashers->workers, number % hashers->length, number);
}

void hashers_finish(struct hashers *hashers)
{
    for (int64_t i = 0; i < hashers->length; i++)
        empty(hashers, &hashers->ring[i]);
}

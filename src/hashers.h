/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 by threads of their own, each confined to computing: hashing a segment takes several
 * times as long as making it. Bytes are copied into a ring of buffers, so that the next segment can
 * be made meanwhile; when all are full, the oldest is waited for.
 */
#ifndef HLSGEN_HASHERS_H
#define HLSGEN_HASHERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "sandbox/sandbox.h"

struct hashers;

/** Bytes of memory that hashers_start() takes. */
size_t hashers_memory(int threads, size_t size);

/**
 * Starts the threads, in the set-up phase. They and what they need live as long as the process.
 *
 * @param threads at least 1
 * @param size    bytes of the largest message
 * @param sandbox with as many threads; borrowed
 * @return 0; a negative errno with @p err filled
 */
int hashers_start(int threads, size_t size, const struct sandbox_config *sandbox,
                  struct hashers **ret, struct error *err);

/** @p ret_digest is filled when hashers_finish() returns; @p data is free at once. */
void hashers_add(struct hashers *hashers, const uint8_t *data, size_t size, uint8_t *ret_digest);

/** Waits until all are done. */
void hashers_finish(struct hashers *hashers);

#endif

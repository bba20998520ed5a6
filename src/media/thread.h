/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that encode: how they are started and joined under the system-call filter. */
#ifndef HLSGEN_MEDIA_THREAD_H
#define HLSGEN_MEDIA_THREAD_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct thread {
    pthread_t id;
    uint8_t *stack; /**< its guard page, and the stack above it */
};

/**
 * Starts a thread in which every signal is blocked, but those of a fault, which the kernel cannot
 * hold back.
 *
 * @return 0 or a negative errno
 */
int thread_start(struct thread *thread, void *(*run)(void *), void *argument);

/** Waits for the end of a thread that was started. */
void thread_join(struct thread *thread);

/** Bytes of memory that a thread takes. */
size_t thread_memory(void);

#endif

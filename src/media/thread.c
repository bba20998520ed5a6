/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads get stacks that are mapped here. Those of the C library would need mprotect(2) to be made
 * writable; these need it for a guard page alone, to take access away. For the same reason all
 * threads share one arena of the heap.
 */
#include "media/thread.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_SIZE (1 << 20) /* libswscale and libx264 take a tenth of it */

static size_t guard_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

size_t thread_memory(void)
{
    return guard_size() + STACK_SIZE;
}

static int map_stack(struct thread *thread)
{
    void *stack =
        mmap(NULL, thread_memory(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (stack == MAP_FAILED)
        return -errno;
    thread->stack = stack;
    return mprotect(stack, guard_size(), PROT_NONE) < 0 ? -errno : 0;
}

static void block_signals(sigset_t *ret_before)
{
    sigset_t all;

    (void)sigfillset(&all);
    for (const int *fault = (const int[]){SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, 0};
         *fault != 0; fault++)
        (void)sigdelset(&all, *fault);
    (void)pthread_sigmask(SIG_SETMASK, &all, ret_before);
}

static int create(struct thread *thread, void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    sigset_t before;
    int result = pthread_attr_init(&attributes);

    if (result != 0)
        return -result;
    block_signals(&before);
    result = pthread_attr_setstack(&attributes, thread->stack + guard_size(), STACK_SIZE);
    if (result == 0)
        result = pthread_create(&thread->id, &attributes, run, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return -result;
}

int thread_start(struct thread *thread, void *(*run)(void *), void *argument)
{
    int result;

    (void)mallopt(M_ARENA_MAX, 1);
    result = map_stack(thread);
    return result < 0 ? result : create(thread, run, argument);
}

void thread_join(struct thread *thread)
{
    (void)pthread_join(thread->id, NULL);
    (void)munmap(thread->stack, thread_memory());
}

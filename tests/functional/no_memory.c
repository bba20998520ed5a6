/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD: from the first sleep on, which is that of the steady state, no memory is to be
 * had, and whoever asks for some is named on stderr. A sleep of no time only looks for a signal.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* The C library's own, by the names that it has for such ends as this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

typedef int sleeper(const sigset_t *set, siginfo_t *info, const struct timespec *wait);

static sleeper *sleep_really;
static bool slept;

static __attribute__((constructor)) void find_sleep(void)
{
    *(void **)&sleep_really = dlsym(RTLD_NEXT, "sigtimedwait");
}

static bool refuses(void)
{
    static const char line[] = "memory was asked for\n";

    if (!slept)
        return false;
    if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
        return true;
    errno = ENOMEM;
    return true;
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *wait)
{
    slept = slept || !wait || wait->tv_sec > 0 || wait->tv_nsec > 0;
    return sleep_really(set, info, wait);
}

EXPORT void *malloc(size_t size)
{
    return refuses() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return refuses() ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *block, size_t size)
{
    return refuses() ? NULL : __libc_realloc(block, size);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    return refuses() ? NULL : __libc_memalign(alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

EXPORT int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *block = memalign(alignment, size);

    if (!block)
        return ENOMEM;
    *ret = block;
    return 0;
}

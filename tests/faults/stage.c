/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A library to preload (LD_PRELOAD) into hlsgen, which stands between it and the system: its calls
 * fail, dawdle, are cut short or are its last, its clocks run faster and step, and it gets no
 * memory, as a test wants it.
 *
 * The test says so in a page of memory that both share: the file that STAGE names is mapped before
 * the program confines itself. From then on page and program meet without a system call, and the
 * wrapped calls are the very ones that the program would have made: so the filter stays in force
 * and is none the wiser. Delays are rt_sigtimedwait(2) for no signal at all, the one sleep that the
 * filter allows; the end is exit_group(2), after which the disk is as after a kill.
 *
 * tests/faults/stage.py has the page's other side.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND   INT64_C(1000000000)
#define SIGNAL_SET_SIZE 8 /* of the kernel's sigset_t */
#define EXIT_STAGED     99

/** The calls that work on the output directory and on files in it. */
enum kind {
    CREATE,
    OPEN,
    READ,
    WRITE,
    SET_TIME,
    SYNC,
    CLOSE,
    SYNC_DIRECTORY,
    RENAME_SEGMENT,
    RENAME_PLAYLIST,
    RENAME_STATE,
    UNLINK,
    STATUS,
    LIST,
    KINDS,
};

/** Orders for one kind of call, and what became of them. */
struct orders {
    atomic_llong calls; /**< seen */
    atomic_llong failed;
    atomic_llong error; /**< errno of calls number @c from to @c until, exclusive; 0 is the first */
    atomic_llong from;
    atomic_llong until;
    atomic_llong delay; /**< before each, nanoseconds of the program's time */
};

/** Memory is refused from now on, or from the end of the set-up phase. */
enum memory {
    MEMORY_GIVEN,
    MEMORY_REFUSED_WHEN_STEADY,
    MEMORY_REFUSED,
};

struct page {
    atomic_llong rate;        /**< nanoseconds of the program's clocks for one */
    atomic_llong real_start;  /**< CLOCK_MONOTONIC; there both clocks begin to run so fast */
    atomic_llong wall_start;  /**< what CLOCK_REALTIME is then; 0: as it is */
    atomic_llong step;        /**< by which CLOCK_REALTIME is off, nanoseconds */
    atomic_llong calls;       /**< of all kinds */
    atomic_llong end_at;      /**< the process ends instead of making this call, or the next one if
                                   that is made; 1 is the first, 0: it does not */
    atomic_llong write_limit; /**< bytes that one write takes at most; 0: all */
    atomic_llong memory;      /**< enum memory */
    atomic_llong refused;     /**< requests for memory */
    struct orders orders[KINDS];
};

static struct page no_orders = {.rate = 1};
static struct page *page = &no_orders;
static int file = -1; /* the one that is open */

__attribute__((constructor)) static void open_page(void)
{
    const char *path = getenv("STAGE");
    struct stat status;
    void *memory;
    int fd;

    if (!path)
        return;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size != sizeof(*page))
        abort();
    memory = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        abort();
    (void)syscall(SYS_close, fd);
    page = memory;
}

/* ---- time ------------------------------------------------------------------------------------ */

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    (void)syscall(SYS_clock_gettime, id, &now);
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static struct timespec timespec_of(int64_t time)
{
    return (struct timespec){.tv_sec = time / NS_PER_SECOND, .tv_nsec = time % NS_PER_SECOND};
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
    int64_t start = page->real_start;
    int64_t elapsed = (read_clock(CLOCK_MONOTONIC) - start) * page->rate;

    if (id == CLOCK_MONOTONIC)
        *ret = timespec_of(start + elapsed);
    else if (id == CLOCK_REALTIME && page->wall_start != 0)
        *ret = timespec_of(page->wall_start + elapsed + page->step);
    else
        *ret = timespec_of(read_clock(id));
    return 0;
}

int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
                 const struct timespec *restrict timeout)
{
    int64_t length = (timeout->tv_sec * NS_PER_SECOND + timeout->tv_nsec) / page->rate;
    struct timespec wait = timespec_of(length);

    return (int)syscall(SYS_rt_sigtimedwait, set, info, &wait, SIGNAL_SET_SIZE);
}

static void sleep_for(int64_t time)
{
    struct timespec wait = timespec_of(time);
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigtimedwait(&none, NULL, &wait);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Whether the call may be made; else errno says what it fails with. */
static bool may(enum kind kind)
{
    struct orders *orders = &page->orders[kind];
    int64_t number = orders->calls++;
    int64_t calls = ++page->calls;
    int64_t end_at = page->end_at;

    if (end_at > 0 && calls >= end_at)
        _exit(EXIT_STAGED);
    if (orders->delay > 0)
        sleep_for(orders->delay);
    if (number < orders->from || number >= orders->until)
        return true;
    orders->failed++;
    errno = (int)orders->error;
    return false;
}

static int make(enum kind kind, long number, int fd)
{
    return may(kind) ? (int)syscall(number, fd) : -1;
}

int openat(int directory, const char *name, int flags, ...)
{
    bool creates = flags & O_CREAT;
    mode_t mode = 0;
    va_list more;

    if (creates) {
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    if (directory == AT_FDCWD || flags & O_PATH) /* a library looks for something of its own */
        return (int)syscall(SYS_openat, directory, name, flags, mode);
    if (!may(creates ? CREATE : OPEN))
        return -1;
    file = (int)syscall(SYS_openat, directory, name, flags, mode);
    return file;
}

ssize_t read(int fd, void *data, size_t size)
{
    return fd != file || may(READ) ? syscall(SYS_read, fd, data, size) : -1;
}

/* The end of the set-up phase shows in the log. */
static void watch_log(const char *line, size_t size)
{
    if (page->memory == MEMORY_REFUSED_WHEN_STEADY && memmem(line, size, "publishing preset=", 18))
        page->memory = MEMORY_REFUSED;
}

ssize_t write(int fd, const void *data, size_t size)
{
    size_t limit = (size_t)page->write_limit;

    if (fd == STDERR_FILENO)
        watch_log(data, size);
    if (fd != file)
        return syscall(SYS_write, fd, data, size);
    if (!may(WRITE))
        return -1;
    return syscall(SYS_write, fd, data, limit > 0 && limit < size ? limit : size);
}

int futimens(int fd, const struct timespec times[2])
{
    return may(SET_TIME) ? (int)syscall(SYS_utimensat, fd, NULL, times, 0) : -1;
}

int fdatasync(int fd)
{
    return make(SYNC, SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return make(SYNC_DIRECTORY, SYS_fsync, fd);
}

/* A descriptor is closed even where close(2) fails. */
int close(int fd)
{
    bool ours = fd == file && fd >= 0;
    bool good = !ours || may(CLOSE);
    int error = errno;
    int result = (int)syscall(SYS_close, fd);

    if (ours)
        file = -1;
    if (good)
        return result;
    errno = error;
    return -1;
}

static enum kind kind_of_rename(const char *to)
{
    if (strcmp(to, "stream.m3u8") == 0)
        return RENAME_PLAYLIST;
    return strcmp(to, "hlsgen.state") == 0 ? RENAME_STATE : RENAME_SEGMENT;
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    if (!may(kind_of_rename(to)))
        return -1;
    return (int)syscall(SYS_renameat, from_directory, from, to_directory, to);
}

int unlinkat(int directory, const char *name, int flags)
{
    return may(UNLINK) ? (int)syscall(SYS_unlinkat, directory, name, flags) : -1;
}

int fstatat(int directory, const char *restrict name, struct stat *restrict ret, int flags)
{
    if (directory != AT_FDCWD && !may(STATUS))
        return -1;
    return (int)syscall(SYS_newfstatat, directory, name, ret, flags);
}

ssize_t getdents64(int directory, void *entries, size_t size)
{
    return may(LIST) ? syscall(SYS_getdents64, directory, entries, size) : -1;
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* The C library's own, under the names that it has for such as this one. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool refuses_memory(void)
{
    if (page->memory != MEMORY_REFUSED)
        return false;
    page->refused++;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return refuses_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refuses_memory() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return refuses_memory() ? NULL : __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return refuses_memory() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *block = aligned_alloc(alignment, size);

    if (!block)
        return ENOMEM;
    *ret = block;
    return 0;
}

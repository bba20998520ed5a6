/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program does with the kernel, through the same functions of libc as it uses itself. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/sandbox/attempts.h"

#define CREATE_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

static int publish_file(const struct scene *scene)
{
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    int fd = openat(scene->directory, "new", CREATE_FLAGS, 0644);

    if (fd < 0 || write(fd, "data", 4) != 4 || futimens(fd, times) < 0 || fdatasync(fd) < 0 ||
        close(fd) < 0)
        return -errno;
    return renameat(scene->directory, "new", scene->directory, "seg1.ts") < 0 ? -errno : 0;
}

static int replace_file(const struct scene *scene)
{
    int fd = openat(scene->directory, "new", CREATE_FLAGS, 0644);

    if (fd < 0 || close(fd) < 0)
        return -errno;
    return renameat(scene->directory, "new", scene->directory, "file") < 0 ? -errno : 0;
}

static int remove_file(const struct scene *scene)
{
    return unlinkat(scene->directory, "file", 0) < 0 ? -errno : 0;
}

static int create_over_file(const struct scene *scene)
{
    return openat(scene->directory, "file", CREATE_FLAGS, 0644) < 0 ? -errno : 0;
}

static int create_over_link(const struct scene *scene)
{
    return openat(scene->directory, "link", CREATE_FLAGS, 0644) < 0 ? -errno : 0;
}

static int write_too_much(const struct scene *scene)
{
    static const char page[TRIAL_FILE_SIZE];
    int fd = openat(scene->directory, "new", CREATE_FLAGS, 0644);

    if (fd < 0 || write(fd, page, sizeof(page)) != sizeof(page))
        return -ENOTRECOVERABLE;
    return write(fd, page, 1) < 0 ? -errno : 0;
}

static int write_log(const struct scene *scene)
{
    (void)scene;
    return write(STDERR_FILENO, "# a log line\n", 13) < 0 ? -errno : 0;
}

static int sleep_until_signal(const struct scene *scene)
{
    struct timespec longest = {.tv_sec = 60};
    sigset_t alarm_only;

    (void)scene;
    (void)sigemptyset(&alarm_only);
    (void)sigaddset(&alarm_only, SIGALRM);
    return sigtimedwait(&alarm_only, NULL, &longest) == SIGALRM ? 0 : -errno;
}

/* Through the kernel, as where the vDSO cannot do it. */
static int read_clocks(const struct scene *scene)
{
    struct timespec now;

    (void)scene;
    if (syscall(SYS_clock_gettime, CLOCK_REALTIME, &now) < 0 ||
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) < 0)
        return -errno;
    return 0;
}

/* Dates in the playlist; the time zone's file has been read before. */
static int format_date(const struct scene *scene)
{
    time_t second = 1;
    struct tm date;

    (void)scene;
    return gmtime_r(&second, &date) ? 0 : -errno;
}

static int list_directory(const struct scene *scene)
{
    int copy = fcntl(scene->directory, F_DUPFD_CLOEXEC, 0);
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    int count = 0;

    if (!stream)
        return -errno;
    rewinddir(stream);
    while (readdir(stream))
        count++;
    return closedir(stream) < 0 || count < 3 ? -ENOTRECOVERABLE : 0;
}

/* Small and large blocks, grown and moved, from brk() and from mmap(). */
static int use_heap(const struct scene *scene)
{
    (void)scene;
    for (size_t size = 64; size <= (64U << 20); size *= 4) {
        char *block = malloc(size);
        char *larger = block ? realloc(block, 3 * size) : NULL;

        if (!larger)
            return -ENOMEM;
        memset(larger, 1, 3 * size);
        free(larger);
    }
    (void)malloc_trim(0);
    return 0;
}

static int compare_bytes(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

/* qsort() of some C libraries asks the kernel how much memory there is. */
static int sort_much(const struct scene *scene)
{
    static char bytes[8192];

    (void)scene;
    qsort(bytes, sizeof(bytes), 1, compare_bytes);
    return 0;
}

static const struct attempt rows[] = {
    {"write and publish a file", publish_file, MUST_WORK, MUST_WORK, MUST_WORK, 0},
    {"rename over a file", replace_file, MUST_WORK, MUST_WORK, MUST_WORK, 0},
    {"remove a file", remove_file, MUST_WORK, MUST_WORK, MUST_WORK, 0},
    {"create where a file is", create_over_file, EEXIST, EEXIST, EEXIST, 0},
    {"create where a symbolic link is", create_over_link, EEXIST, EEXIST, EEXIST, 0},
    {"write beyond the file-size limit", write_too_much, EFBIG, EFBIG, EFBIG, 0},
    {"write a log line", write_log, MUST_WORK, MUST_WORK, MUST_WORK, 0},
    {"sleep until a signal", sleep_until_signal, MUST_WORK, MUST_WORK, MUST_WORK, 0},
    {"read clocks and CPU time", read_clocks, MUST_WORK, MUST_WORK, MUST_WORK, 0},
    {"format a date", format_date, MUST_WORK, MUST_WORK, MUST_WORK, 0},
    {"list the directory", list_directory, MUST_WORK, MUST_KILL, MUST_WORK, 0},
    {"allocate memory", use_heap, MUST_WORK, MUST_KILL, MUST_WORK, 0},
    {"sort", sort_much, MUST_WORK, DEPENDS, MUST_WORK, 0},
};

const struct attempts attempts_publishing = {rows, sizeof(rows) / sizeof(rows[0])};

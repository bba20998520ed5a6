/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it costs to put a segment under its name, by the ways that the kernel has for it, beside the
 * bare write of the same bytes: publish SIZE ROUNDS DIRECTORY writes JSON.
 *
 * The ways take turns, so that none has the machine for itself. Each keeps as many files as a
 * playlist and its retention do, and removes the oldest for each new one, which is timed apart.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"

enum {
    CYCLE = 4,     /* sources that take turns, as the templates do */
    KEPT = 24,     /* files of a window of 10 and its retention */
    PATCHES = 324, /* fields that differ from one segment to the next, at 720p */
    PATCH_SIZE = 8,
    NAME_SIZE = 32,
};

#define TMP "tmp"

struct bench {
    struct fs fs;
    int dir;
    size_t size;
    uint8_t *sources[CYCLE];
    int templates[CYCLE]; /* files of the same bytes */
    int open;             /* a file that is written over, again and again */
};

static void check(bool held, const char *what)
{
    if (held)
        return;
    (void)fprintf(stderr, "publish: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

/* ---- the ways -------------------------------------------------------------------------------- */

struct job {
    const struct bench *bench;
    const uint8_t *bytes;
    int copied;       /* the file of these bytes */
    const char *name; /* to be */
    const char *old;  /* the file whose time is over */
    int fd;           /* what is left open */
};

static int create(const struct job *job)
{
    return openat(job->bench->dir, TMP, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}

static bool put_in_place(const struct job *job)
{
    return renameat(job->bench->dir, TMP, job->bench->dir, job->name) == 0;
}

static bool write_by(int fd, const struct job *job, size_t at_once)
{
    size_t size = job->bench->size;

    for (size_t at = 0; at < size; at += at_once) {
        size_t part = size - at < at_once ? size - at : at_once;

        if (pwrite(fd, job->bytes + at, part, (off_t)at) != (ssize_t)part)
            return false;
    }
    return true;
}

static bool put_by(const struct job *job, size_t at_once)
{
    int fd = create(job);

    return fd >= 0 && write_by(fd, job, at_once) && close(fd) == 0 && put_in_place(job);
}

static int create_unnamed(const struct bench *bench)
{
    int fd = openat(bench->dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0644);

    check(fd >= 0, "O_TMPFILE");
    return fd;
}

static bool overwrite(struct job *job)
{
    return write_by(job->bench->open, job, job->bench->size);
}

/* The file is made before, and goes afterwards. */
static bool write_open(struct job *job)
{
    return write_by(job->fd, job, job->bench->size);
}

static bool write_and_rename(struct job *job)
{
    return put_by(job, job->bench->size);
}

static bool write_256k(struct job *job)
{
    return put_by(job, 256 << 10);
}

static bool write_64k(struct job *job)
{
    return put_by(job, 64 << 10);
}

/* As src/origin/store.c does. */
static bool publish(struct job *job)
{
    const struct fs *fs = &job->bench->fs;
    struct fs_status left;
    struct fs_status now;

    return fs_write_file(fs, TMP, job->bytes, job->bench->size, NS_PER_SECOND, &left) == 0 &&
           fs_put_in_place(fs, TMP, job->name) == 0 &&
           fs->status(fs->context, job->name, &now) == 0 && fs_is_same(&now, &left) &&
           fs->sync_directory(fs->context) == 0;
}

static bool preallocate(struct job *job)
{
    int fd = create(job);

    return fd >= 0 && fallocate(fd, 0, 0, (off_t)job->bench->size) == 0 &&
           write_by(fd, job, job->bench->size) && close(fd) == 0 && put_in_place(job);
}

static bool link_unnamed(struct job *job)
{
    int fd = create_unnamed(job->bench);
    char path[NAME_SIZE];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return write_by(fd, job, job->bench->size) &&
           linkat(AT_FDCWD, path, job->bench->dir, job->name, AT_SYMLINK_FOLLOW) == 0 &&
           close(fd) == 0;
}

/* The bytes of an expired file are overwritten: who still reads it sees others. */
static bool recycle(struct job *job)
{
    int dir = job->bench->dir;
    int fd;

    if (renameat(dir, job->old, dir, TMP) < 0)
        return errno == ENOENT && write_and_rename(job);
    fd = openat(dir, TMP, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && write_by(fd, job, job->bench->size) && close(fd) == 0 && put_in_place(job);
}

static bool copy_and_patch(struct job *job)
{
    size_t size = job->bench->size;
    int fd = create(job);
    off_t from = 0;
    bool done = fd >= 0;

    while (done && from < (off_t)size)
        done = copy_file_range(job->copied, &from, fd, NULL, size - (size_t)from, 0) > 0;
    for (size_t i = 0; done && i < PATCHES; i++) {
        size_t at = i * (size / PATCHES);

        done = pwrite(fd, job->bytes + at, PATCH_SIZE, (off_t)at) == PATCH_SIZE;
    }
    return done && close(fd) == 0 && put_in_place(job);
}

static bool copy_by_memory(struct job *job)
{
    size_t size = job->bench->size;
    int fd = create(job);
    void *to = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0)
        to = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (to == MAP_FAILED)
        return false;
    memcpy(to, job->bytes, size);
    return munmap(to, size) == 0 && close(fd) == 0 && put_in_place(job);
}

struct way {
    const char *name;
    bool (*put)(struct job *job);
    bool opens; /* a new file without a name, before */
};

static const struct way ways[] = {
    {"write over an open file", overwrite, false},
    {"write to a new open file", write_open, true},
    {"create, write, rename", write_and_rename, false},
    {"  by 256 kB", write_256k, false},
    {"  by 64 kB", write_64k, false},
    {"  fallocate before", preallocate, false},
    {"  O_TMPFILE, linkat", link_unnamed, false},
    {"  copy_file_range, patches", copy_and_patch, false},
    {"  mmap, memcpy", copy_by_memory, false},
    {"  an expired file again", recycle, false},
    {"hlsgen: synced and looked at", publish, false},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* ---- measuring ------------------------------------------------------------------------------- */

struct sample {
    double wall;
    double cpu;
    double removal; /* processor time */
};

static double now_us(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void name_file(char name[NAME_SIZE], size_t way, int round)
{
    (void)snprintf(name, NAME_SIZE, "way%zu-%d", way, round);
}

static struct sample measure(const struct bench *bench, size_t way, int round)
{
    char name[NAME_SIZE];
    char old[NAME_SIZE];
    struct job job = {
        .bench = bench,
        .bytes = bench->sources[round % CYCLE],
        .copied = bench->templates[round % CYCLE],
        .name = name,
        .old = old,
    };
    struct sample sample;
    double wall;
    double cpu;

    name_file(name, way, round);
    name_file(old, way, round - KEPT);
    job.fd = ways[way].opens ? create_unnamed(bench) : -1;
    memset(bench->sources[round % CYCLE], round, PATCH_SIZE);
    wall = now_us(CLOCK_MONOTONIC);
    cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
    check(ways[way].put(&job), ways[way].name);
    sample.cpu = now_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
    sample.wall = now_us(CLOCK_MONOTONIC) - wall;
    cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
    if (ways[way].opens)
        (void)close(job.fd);
    (void)unlinkat(bench->dir, old, 0);
    sample.removal = now_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
    return sample;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

static void print_way(size_t way, double *figures, size_t count)
{
    (void)printf(
        "%s{\"way\": \"%s\", \"wall_us\": %.1f, \"cpu_us\": %.1f,"
        " \"removal_us\": %.1f}",
        way > 0 ? ",\n " : "", ways[way].name, median(figures, count),
        median(figures + count, count), median(figures + 2 * count, count));
}

/* The first rounds, in which nothing is removed yet, do not count. */
static void measure_ways(const struct bench *bench, int rounds)
{
    size_t count = (size_t)(rounds - KEPT);
    double *figures = calloc(3 * WAYS * count, sizeof(*figures));

    check(figures != NULL, "memory");
    for (int round = 0; round < rounds; round++) {
        for (size_t way = 0; way < WAYS; way++) {
            struct sample sample = measure(bench, way, round);
            double *at = figures + 3 * way * count + (round - KEPT);

            if (round < KEPT)
                continue;
            at[0] = sample.wall;
            at[count] = sample.cpu;
            at[2 * count] = sample.removal;
        }
    }
    for (size_t way = 0; way < WAYS; way++)
        print_way(way, figures + 3 * way * count, count);
    free(figures);
}

static void fill(uint8_t *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(seed = seed * 1103515245U + 12345U);
}

static void set_up(struct bench *bench, const char *folder, size_t size)
{
    *bench = (struct bench){.dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .size = size};
    check(bench->dir >= 0, folder);
    bench->fs = fs_posix(&bench->dir);
    bench->open = create_unnamed(bench);
    for (unsigned i = 0; i < CYCLE; i++) {
        struct job job = {.bench = bench, .bytes = bench->sources[i] = malloc(size)};

        check(job.bytes != NULL, "memory");
        fill(bench->sources[i], size, i);
        bench->templates[i] = create_unnamed(bench);
        check(write_by(bench->templates[i], &job, size), folder);
    }
}

static void clear(struct bench *bench, int rounds)
{
    char name[NAME_SIZE];

    for (size_t way = 0; way < WAYS; way++) {
        for (int round = rounds - KEPT; round < rounds; round++) {
            name_file(name, way, round);
            (void)unlinkat(bench->dir, name, 0);
        }
    }
    for (unsigned i = 0; i < CYCLE; i++) {
        free(bench->sources[i]);
        (void)close(bench->templates[i]);
    }
    (void)close(bench->open);
    (void)close(bench->dir);
}

int main(int argc, char **argv)
{
    size_t size = argc == 4 ? strtoull(argv[1], NULL, 10) : 0;
    int rounds = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0;
    struct bench bench;

    if (size < (size_t)PATCHES * PATCH_SIZE || rounds <= KEPT) {
        (void)fprintf(stderr, "publish SIZE ROUNDS DIRECTORY: more than %d rounds\n", KEPT);
        return EXIT_FAILURE;
    }
    set_up(&bench, argv[3], size);
    (void)printf("[");
    measure_ways(&bench, rounds);
    (void)printf("]\n");
    clear(&bench, rounds);
    return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program does with the kernel, through the same functions of libc as it uses itself: it
 * works in both phases, or in that of set-up alone. As root, who gives up being root, and as an
 * ordinary user.
 */
#include <dirent.h>
#include <err.h>
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

#include "tests/sandbox/trial.h"

/* What must become of an act: one of these, or the positive errno of a refusal. */
enum {
    MUST_WORK = 0,
    MUST_TRAP = -1,
    DEPENDS = -2, /* on the C library: not tried */
};

struct act {
    const char *name;
    attempt_fn *run;
    int setup;
    int steady;
};

#define CREATE_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define READ_FLAGS   (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

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

static int sync_directory(const struct scene *scene)
{
    return fsync(scene->directory) < 0 ? -errno : 0;
}

static int look_at(const struct scene *scene, const char *name)
{
    struct stat status;

    return fstatat(scene->directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int look_at_file(const struct scene *scene)
{
    return look_at(scene, "file");
}

static int look_for_file(const struct scene *scene)
{
    return look_at(scene, "seg1.ts");
}

static int read_file(const struct scene *scene)
{
    char byte;
    int fd = openat(scene->directory, "file", READ_FLAGS);

    return fd < 0 || read(fd, &byte, 1) != 0 || close(fd) < 0 ? -errno : 0; /* it is empty */
}

static int read_link(const struct scene *scene)
{
    return openat(scene->directory, "link", READ_FLAGS) < 0 ? -errno : 0;
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
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) < 0 ||
        syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now) < 0)
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
    char block[4096];

    if (lseek(scene->directory, 0, SEEK_SET) < 0)
        return -errno;
    return getdents64(scene->directory, block, sizeof(block)) > 0 ? 0 : -ENOTRECOVERABLE;
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

static int read_status(const struct scene *scene)
{
    struct sandbox_status status;

    (void)scene;
    return sandbox_read_status(&status, NULL);
}

static const struct act acts[] = {
    {"write and publish a file", publish_file, MUST_WORK, MUST_WORK},
    {"rename over a file", replace_file, MUST_WORK, MUST_WORK},
    {"remove a file", remove_file, MUST_WORK, MUST_WORK},
    {"sync the directory", sync_directory, MUST_WORK, MUST_WORK},
    {"look at a file", look_at_file, MUST_WORK, MUST_WORK},
    {"look for a file that is not there", look_for_file, ENOENT, ENOENT},
    {"read a file that was there", read_file, MUST_WORK, MUST_TRAP},
    {"read through a symbolic link", read_link, ELOOP, MUST_TRAP},
    {"create where a file is", create_over_file, EEXIST, EEXIST},
    {"create where a symbolic link is", create_over_link, EEXIST, EEXIST},
    {"write beyond the file-size limit", write_too_much, EFBIG, EFBIG},
    {"write a log line", write_log, MUST_WORK, MUST_WORK},
    {"sleep until a signal", sleep_until_signal, MUST_WORK, MUST_WORK},
    {"read clocks", read_clocks, MUST_WORK, MUST_WORK},
    {"format a date", format_date, MUST_WORK, MUST_WORK},
    {"read what is in force", read_status, MUST_WORK, MUST_WORK},
    {"list the directory", list_directory, MUST_WORK, MUST_TRAP},
    {"allocate memory", use_heap, MUST_WORK, MUST_TRAP},
    {"sort", sort_much, MUST_WORK, DEPENDS},
};

/* ---- in folders ------------------------------------------------------------------------------ */

#define FOLDERS 64 /* descriptor of the first of two */

static int publish_in_folder(const struct scene *scene)
{
    struct scene folder = *scene;

    folder.directory = FOLDERS + 1;
    return publish_file(&folder);
}

static int remove_in_folder(const struct scene *scene)
{
    int fd = openat(FOLDERS, "new", CREATE_FLAGS, 0644);

    (void)scene;
    if (fd < 0 || close(fd) < 0)
        return -errno;
    return unlinkat(FOLDERS, "new", 0) < 0 ? -errno : 0;
}

static int rename_to(int to, const char *name)
{
    int fd = openat(FOLDERS, "new", CREATE_FLAGS, 0644);

    if (fd < 0 || close(fd) < 0)
        return -errno;
    return renameat(FOLDERS, "new", to, name) < 0 ? -errno : 0;
}

static int rename_across(const struct scene *scene)
{
    (void)scene;
    return rename_to(FOLDERS + 1, "new");
}

static int rename_upwards(const struct scene *scene)
{
    (void)scene;
    return rename_to(FOLDERS, "../new");
}

static int make_folder_in_folder(const struct scene *scene)
{
    (void)scene;
    return mkdirat(FOLDERS, "new", 0755) < 0 ? -errno : 0;
}

static const struct act folder_acts[] = {
    {"write and publish a file", publish_in_folder, MUST_WORK, MUST_WORK},
    {"remove a file", remove_in_folder, MUST_WORK, MUST_WORK},
    {"rename into the other folder", rename_across, EXDEV, EXDEV},
    {"rename into the directory", rename_upwards, EXDEV, EXDEV},
    {"make a folder", make_folder_in_folder, MUST_TRAP, MUST_TRAP},
    {"write in the directory itself", publish_file, MUST_TRAP, MUST_TRAP},
};

static int open_folder(const struct sandbox_config *config, const char *name, int number)
{
    int fd;

    if (mkdirat(config->directory, name, 0755) < 0 ||
        (config->change_user && fchownat(config->directory, name, config->uid, config->gid, 0) < 0))
        return -errno;
    fd = openat(config->directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || dup3(fd, number, O_CLOEXEC) < 0 || close(fd) < 0 ? -errno : 0;
}

static int enter_with_folders(const struct sandbox_config *config)
{
    struct sandbox_config with = *config;
    struct sandbox_failure failure;
    int result = sandbox_isolate(&with, &failure);

    with.folders = FOLDERS;
    with.folders_count = 2;
    if (result == 0)
        result = open_folder(&with, "s0001", FOLDERS);
    if (result == 0)
        result = open_folder(&with, "s0002", FOLDERS + 1);
    return result < 0 ? result : sandbox_enter(&with, &failure);
}

static int enter_steady_with_folders(const struct sandbox_config *config)
{
    struct sandbox_config with = *config;
    struct sandbox_failure failure;
    int result = enter_with_folders(config);

    with.folders = FOLDERS;
    with.folders_count = 2;
    return result < 0 ? result : sandbox_tighten(&with, &failure);
}

static const struct stage stage_setup_folders = {"set-up with folders", enter_with_folders};
static const struct stage stage_steady_folders = {"steady with folders", enter_steady_with_folders};

/* ---- verdict --------------------------------------------------------------------------------- */

static bool is_expected(struct outcome outcome, int expected)
{
    if (expected == MUST_TRAP)
        return outcome.verdict == TRAPPED;
    if (expected == MUST_WORK)
        return outcome.verdict == WORKS;
    return outcome.verdict == REFUSED && outcome.error == expected;
}

static void try_act(const struct act *act, const struct stage *stage, enum identity identity,
                    int expected)
{
    struct scene scene;
    struct outcome outcome;

    scene_make(identity, &scene);
    outcome = trial_run(&scene, stage, act->run);
    scene_remove(&scene);
    tap_result(is_expected(outcome, expected), "%s, %s: %s: %s", scene_identity(&scene),
               stage->name, act->name, outcome_text(outcome));
}

static void try_as(enum identity identity)
{
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        try_act(&acts[i], &stage_setup, identity, acts[i].setup);
        if (acts[i].steady != DEPENDS)
            try_act(&acts[i], &stage_steady, identity, acts[i].steady);
    }
    for (size_t i = 0; i < sizeof(folder_acts) / sizeof(folder_acts[0]); i++) {
        try_act(&folder_acts[i], &stage_setup_folders, identity, folder_acts[i].setup);
        try_act(&folder_acts[i], &stage_steady_folders, identity, folder_acts[i].steady);
    }
}

int main(void)
{
    const struct sandbox_start start = {.keep = -1, .line_prefix = ""};
    struct sandbox_failure failure;

    if (sandbox_prepare(&start, &failure) < 0)
        errx(1, "%s: %s", failure.layer, strerror(failure.error));
    return tap_run(try_as, "acts");
}

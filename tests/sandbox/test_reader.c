/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that only reads the directory: what it does works, and what is beside it does not, in
 * all layers and in all but the filter. As root, who becomes the directory's owner, and as an
 * ordinary user.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/incident.h"
#include "sandbox/layers.h"
#include "sandbox/status.h"
#include "tests/sandbox/trial.h"

#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

#define LAYERS                                                                                     \
    "keyring,namespaces,root,rlimits,securebits,user,capabilities,no-dump,no-new-privs,mdwe,"      \
    "landlock,seccomp"

/* What must become of an act: one of these, or the positive errno of a refusal. */
enum {
    MUST_WORK = 0,
    MUST_TRAP = -1,
    MUST_DIE = -2,
};

struct act {
    const char *name;
    attempt_fn *run;
    int confined;
    int unfiltered; /* where the filter is missing */
};

static int watch = -1; /* inotify, of the child */

/* ---- stages ---------------------------------------------------------------------------------- */

static int enter(const struct sandbox_config *config, enum sandbox_mode mode)
{
    struct sandbox_failure failure;
    struct sandbox_config reader;
    int result;

    status_open(); /* "self" was the parent's */
    watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    result = sandbox_reader(mode, config->directory, watch, TRIAL_MEMORY, &reader);
    if (result < 0)
        return result;
    result = trial_enter_setup(&reader, &failure);
    if (result < 0)
        warnx("# %s: %s", failure.layer, strerror(failure.error));
    return result;
}

static int enter_strict(const struct sandbox_config *config)
{
    return enter(config, SANDBOX_STRICT);
}

static int enter_unfiltered(const struct sandbox_config *config)
{
    int result = deny_call(SYS_seccomp, -1, EINVAL);

    if (result == 0)
        result = enter(config, SANDBOX_BEST_EFFORT);
    return result == 0 && strcmp(sandbox_gaps(), "seccomp") != 0 ? -ENOTRECOVERABLE : result;
}

static const struct stage confined = {"confined", enter_strict};
static const struct stage unfiltered = {"without the filter", enter_unfiltered};

/* ---- what a reader does ---------------------------------------------------------------------- */

/* Below the directory, as all that follows. */
static int open_at(const struct scene *scene, const char *path, int flags)
{
    return openat(scene->directory, path, flags, 0644);
}

static int read_file(const struct scene *scene)
{
    int fd = open_at(scene, "file", READ_FLAGS);
    struct stat status;
    char byte;

    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size != 0 || pread(fd, &byte, 1, 0) != 0)
        return -errno;
    return close(fd) < 0 ? -errno : 0;
}

static int list(const struct scene *scene, const char *name)
{
    int fd = open_at(scene, name, READ_FLAGS | O_DIRECTORY);
    char block[4096];

    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0 || getdents64(fd, block, sizeof(block)) <= 0)
        return -errno;
    return close(fd) < 0 ? -errno : 0;
}

static int list_folder(const struct scene *scene)
{
    return list(scene, "folder");
}

static int list_directory(const struct scene *scene)
{
    return list(scene, ".");
}

static int look_at(const struct scene *scene)
{
    struct stat status;

    return fstatat(scene->directory, "link", &status, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* inotify says something once the file is closed that was opened to be read. */
static int watch_folder(const struct scene *scene)
{
    char event[sizeof(struct inotify_event) + 256];
    struct pollfd ready = {.fd = watch, .events = POLLIN};
    const struct timespec longest = {.tv_sec = 60};

    if (inotify_add_watch(watch, ".", IN_CLOSE_NOWRITE) < 0)
        return -errno;
    if (read_file(scene) < 0 || ppoll(&ready, 1, &longest, NULL) != 1)
        return -ENOTRECOVERABLE;
    return read(watch, event, sizeof(event)) > 0 ? 0 : -errno;
}

static int sleep_until_signal(const struct scene *scene)
{
    const struct timespec longest = {.tv_sec = 60};
    sigset_t alarm_only;

    (void)scene;
    (void)sigemptyset(&alarm_only);
    (void)sigaddset(&alarm_only, SIGALRM);
    return sigtimedwait(&alarm_only, NULL, &longest) == SIGALRM ? 0 : -errno;
}

static int compare_bytes(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

static int use_memory(const struct scene *scene)
{
    (void)scene;
    for (size_t size = 64; size <= (64U << 20); size *= 4) {
        char *block = calloc(1, size);
        char *larger = block ? realloc(block, 3 * size) : NULL;

        if (!larger)
            return -ENOMEM;
        qsort(larger, 64, 1, compare_bytes);
        free(larger);
    }
    return 0;
}

static int answer(const struct scene *scene)
{
    struct sandbox_status status;

    (void)scene;
    if (sandbox_read_status(&status, NULL) < 0)
        return -ENOTRECOVERABLE;
    return write(STDOUT_FILENO, "# an answer\n", 12) < 0 || write(STDERR_FILENO, "", 0) < 0 ? -errno
                                                                                            : 0;
}

/* ---- what is beside it ----------------------------------------------------------------------- */

static int read_link(const struct scene *scene)
{
    return open_at(scene, "link", READ_FLAGS) < 0 ? -errno : 0;
}

static int read_parent(const struct scene *scene)
{
    return open_at(scene, "../outside/file", READ_FLAGS) < 0 ? -errno : 0;
}

static int read_elsewhere(const struct scene *scene)
{
    return open_at(scene, "/etc/passwd", READ_FLAGS) < 0 ? -errno : 0;
}

static int read_left_open(const struct scene *scene)
{
    return openat(scene->outside, "file", READ_FLAGS) < 0 ? -errno : 0;
}

static int open_for_writing(const struct scene *scene)
{
    return open_at(scene, "file", O_WRONLY | O_CLOEXEC) < 0 ? -errno : 0;
}

static int create(const struct scene *scene)
{
    return open_at(scene, "new", O_WRONLY | O_CREAT | O_CLOEXEC) < 0 ? -errno : 0;
}

static int unlink_file(const struct scene *scene)
{
    return unlinkat(scene->directory, "file", 0) < 0 ? -errno : 0;
}

static int rename_file(const struct scene *scene)
{
    return renameat(scene->directory, "file", scene->directory, "new") < 0 ? -errno : 0;
}

static int watch_elsewhere(const struct scene *scene)
{
    (void)scene;
    return inotify_add_watch(watch, "/etc", IN_OPEN) < 0 ? -errno : 0;
}

static int watch_anew(const struct scene *scene)
{
    (void)scene;
    return inotify_init1(IN_CLOEXEC) < 0 ? -errno : 0;
}

static int connect_somewhere(const struct scene *scene)
{
    (void)scene;
    return socket(AF_INET, SOCK_STREAM, 0) < 0 ? -errno : 0;
}

static int make_code(const struct scene *scene)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)scene;
    return page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 ? -errno : 0;
}

/* While others run as the same user, RLIMIT_NPROC refuses it before anybody looks for the file. */
static int run_program(const struct scene *scene)
{
    char *const words[] = {NULL};

    (void)scene;
    if (execve("/bin/true", words, words) < 0)
        return errno == EAGAIN ? -ENOENT : -errno;
    return 0;
}

static int trace_first(const struct scene *scene)
{
    (void)scene;
    return syscall(SYS_ptrace, 16 /* PTRACE_ATTACH */, 1, 0, 0) < 0 ? -errno : 0;
}

static const struct act acts[] = {
    {"read a file", read_file, MUST_WORK, MUST_WORK},
    {"list a folder", list_folder, MUST_WORK, MUST_WORK},
    {"list the directory", list_directory, MUST_WORK, MUST_WORK},
    {"look at a name", look_at, MUST_WORK, MUST_WORK},
    {"watch a folder", watch_folder, MUST_WORK, MUST_WORK},
    {"sleep until a signal", sleep_until_signal, MUST_WORK, MUST_WORK},
    {"use memory", use_memory, MUST_WORK, MUST_WORK},
    {"say what it found", answer, MUST_WORK, MUST_WORK},

    {"read through a symbolic link", read_link, ELOOP, ELOOP},
    {"read by ..", read_parent, ENOENT, ENOENT}, /* the root directory is its own parent */
    {"read by an absolute path", read_elsewhere, ENOENT, ENOENT},
    {"read by a folder left open", read_left_open, MUST_TRAP, EACCES},
    {"open for writing", open_for_writing, MUST_TRAP, EROFS},
    {"create a file", create, MUST_TRAP, EROFS},
    {"remove a file", unlink_file, MUST_TRAP, EROFS},
    {"rename a file", rename_file, MUST_TRAP, EROFS},
    {"watch elsewhere", watch_elsewhere, ENOENT, ENOENT},
    {"make another watch", watch_anew, MUST_TRAP, MUST_WORK},
    {"open a socket", connect_somewhere, MUST_DIE, MUST_WORK},
    {"make code", make_code, MUST_TRAP, EACCES},
    {"execute a program", run_program, MUST_DIE, ENOENT},
    {"trace another", trace_first, MUST_DIE, EPERM},
};

/* ---- without a root directory of its own ----------------------------------------------------- */

/* Landlock and the filter stand in. */
static int enter_contained(const struct sandbox_config *config)
{
    static const int calls[] = {SYS_unshare, SYS_chroot};

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (deny_call(calls[i], -1, EPERM) < 0)
            return -ENOTRECOVERABLE;
    return enter_strict(config);
}

static const struct stage contained = {"without a root of its own", enter_contained};

static const struct act contained_acts[] = {
    {"read a file", read_file, MUST_WORK, 0},
    {"list a folder", list_folder, MUST_WORK, 0},
    {"watch a folder", watch_folder, MUST_WORK, 0},
    {"read by ..", read_parent, EACCES, 0},
    {"read by an absolute path", read_elsewhere, EACCES, 0},
    {"create a file", create, MUST_TRAP, 0},
};

/* ---- single promises ------------------------------------------------------------------------- */

static int names_layers(const struct scene *scene)
{
    struct sandbox_config reader = {.reads = true};
    struct sandbox_layer layer;
    size_t count = 0;

    (void)scene;
    while (sandbox_read_layer(&reader, count, &layer))
        count += layer.in_force ? 1 : 1000;
    return strcmp(sandbox_layers(), LAYERS) == 0 && !sandbox_gaps()[0] && count == 12
               ? 0
               : -ENOTRECOVERABLE;
}

/* To be run by root: a folder into which nobody else can come. */
static int enter_private(const struct sandbox_config *config)
{
    if (fchown(config->directory, 0, 0) < 0 || fchmod(config->directory, 0700) < 0)
        return -errno;
    return enter_strict(config);
}

static const struct stage in_private = {"in a folder of root's alone", enter_private};

static int has_no_right(const struct scene *scene)
{
    struct sandbox_status status;
    int result = sandbox_read_status(&status, NULL);

    if (result < 0 || status.cap_permitted || status.cap_effective || status.cap_bounding)
        return -ENOTRECOVERABLE;
    return list_directory(scene);
}

/* What root may read as somebody else's, by a capability alone. */
static int read_of_another(const struct scene *scene)
{
    return open_at(scene, "closed", READ_FLAGS) < 0 ? -errno : 0;
}

static void try_private(const struct scene *scene)
{
    int fd = open_at(scene, "closed", O_WRONLY | O_CREAT | O_CLOEXEC);
    struct outcome outcome;

    if (fd < 0 || fchmod(fd, 0) < 0 || close(fd) < 0)
        err(1, "closed");
    trial_expect_work(scene, &in_private, "a reader of root's folder has no capability",
                      has_no_right);
    outcome = trial_run(scene, &in_private, read_of_another);
    tap_result(outcome.verdict == REFUSED && outcome.error == EACCES, "root: modes hold for it: %s",
               outcome_text(outcome));
}

/* ---- verdict --------------------------------------------------------------------------------- */

static bool is_expected(struct outcome outcome, int expected)
{
    switch (expected) {
    case MUST_WORK:
        return outcome.verdict == WORKS;
    case MUST_TRAP:
        return outcome.verdict == TRAPPED;
    case MUST_DIE:
        return outcome.verdict == KILLED;
    default:
        return outcome.verdict == REFUSED && outcome.error == expected;
    }
}

static void try_act(const struct scene *scene, const struct stage *stage, const struct act *act,
                    int expected)
{
    struct outcome outcome = trial_run(scene, stage, act->run);

    tap_result(is_expected(outcome, expected), "%s, %s: %s: %s", scene_identity(scene), stage->name,
               act->name, outcome_text(outcome));
}

static void try_as(enum identity identity)
{
    struct scene scene;

    scene_make(identity, &scene);
    trial_expect_work(&scene, &confined, "every layer is named", names_layers);
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        try_act(&scene, &confined, &acts[i], acts[i].confined);
        try_act(&scene, &unfiltered, &acts[i], acts[i].unfiltered);
    }
    for (size_t i = 0; i < sizeof(contained_acts) / sizeof(contained_acts[0]); i++)
        try_act(&scene, &contained, &contained_acts[i], contained_acts[i].confined);
    if (identity == AS_ROOT)
        try_private(&scene);
    scene_remove(&scene);
}

int main(void)
{
    const struct sandbox_start start = {.keep = -1, .line_prefix = ""};
    struct sandbox_failure failure;

    if (sandbox_prepare(&start, &failure) < 0)
        errx(1, "%s: %s", failure.layer, strerror(failure.error));
    return tap_run(try_as, "acts");
}

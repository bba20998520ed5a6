/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in force, as the kernel tells it of a process in the steady state; and the promises that
 * show only from inside: the start of the program, MDWE, no core file, a log that goes on.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/sandbox/trial.h"

#define GET_MDWE 66 /* linux/prctl.h since Linux 6.3 */

#define NO_SET_USER_ID 77 /* exit code: the file system ignores the bit */

/* ---- what the kernel tells ------------------------------------------------------------------- */

/* What is to be taken away has to be there: with CAP_SYS_RESOURCE it can be. */
static void raise_limits(void)
{
    const struct rlimit some = {.rlim_cur = 5, .rlim_max = 5};

    (void)setrlimit(RLIMIT_NICE, &some);
    (void)setrlimit(RLIMIT_RTPRIO, &some);
}

/* Takes SIGTERM as the publisher does: in its sleep, which other returns do not end. */
static _Noreturn void sleep_confined(const struct scene *scene, int ready)
{
    struct sandbox_config config = trial_config(scene);
    struct sandbox_failure failure;
    struct timespec longest = {.tv_sec = 60};
    sigset_t term;

    config.notify = ready; /* may be written to */
    raise_limits();
    trial_assume(scene->identity);
    (void)sigemptyset(&term);
    (void)sigaddset(&term, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &term, NULL);
    if (trial_enter_setup(&config, &failure) < 0 || sandbox_tighten(&config, &failure) < 0 ||
        write(ready, sandbox_gaps(), 1) != 1)
        _exit(1);
    while (sigtimedwait(&term, NULL, &longest) < 0)
        continue;
    _exit(0);
}

/* A process in the steady state, confined when this returns; *ret_first_gap: of sandbox_gaps(). */
static pid_t start_confined(const struct scene *scene, char *ret_first_gap)
{
    int ready[2];
    pid_t child;

    (void)fflush(stdout);
    if (pipe2(ready, O_CLOEXEC) < 0)
        err(1, "pipe");
    child = fork();
    if (child == 0)
        sleep_confined(scene, ready[1]);
    (void)close(ready[1]);
    if (child < 0 || read(ready[0], ret_first_gap, 1) != 1)
        errx(1, "a confined process did not start");
    (void)close(ready[0]);
    return child;
}

static void read_proc(pid_t pid, const char *name, char *ret_text, size_t size)
{
    char path[64];
    size_t length;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    file = fopen(path, "re");
    if (!file)
        err(1, "%s", path);
    length = fread(ret_text, 1, size - 1, file);
    ret_text[length] = '\0';
    (void)fclose(file);
}

static void check_lines(const struct scene *scene, const char *text, const char *const *lines)
{
    for (; *lines; lines++)
        tap_result(strstr(text, *lines) != NULL, "%s: the kernel says %.*s", scene_identity(scene),
                   (int)strlen(*lines) - 2, *lines + 1);
}

static void check_status(const struct scene *scene, pid_t pid)
{
    static const char *const lines[] = {
        "\nCapInh:\t0000000000000000\n",
        "\nCapPrm:\t0000000000000000\n",
        "\nCapEff:\t0000000000000000\n",
        "\nCapAmb:\t0000000000000000\n",
        "\nNoNewPrivs:\t1\n",
        "\nSeccomp:\t2\n",
        "\nSeccomp_filters:\t2\n",
        "\nThreads:\t1\n",
        NULL,
    };
    static const char *const lines_of_bounding[] = {"\nCapBnd:\t0000000000000000\n", NULL};
    static const char *const lines_of_root[] = {
        "\nUid:\t65534\t65534\t65534\t65534\n",
        "\nGid:\t65534\t65534\t65534\t65534\n",
        "\nGroups:\t \n",
        NULL,
    };
    char text[8192];

    read_proc(pid, "status", text, sizeof(text));
    check_lines(scene, text, lines);
    if (scene->identity == AS_USER)
        return;
    check_lines(scene, text, lines_of_root);
    if (prctl(PR_CAPBSET_READ, CAP_SETPCAP, 0L, 0L, 0L) == 1)
        check_lines(scene, text, lines_of_bounding);
    else
        tap_skip("this root has no CAP_SETPCAP", "root: the bounding set is empty");
}

static void check_limits(const struct scene *scene, pid_t pid)
{
    static const struct {
        const char *name;
        long value;
    } limits[] = {
        {"Max core file size", 0},          {"Max locked memory", 0},
        {"Max msgqueue size", 0},           {"Max open files", 16},
        {"Max file size", TRIAL_FILE_SIZE}, {"Max processes", 0},
        {"Max data size", TRIAL_MEMORY},    {"Max nice priority", 0},
        {"Max realtime priority", 0},       {"Max stack size", 8 << 20},
    };
    char text[8192];

    read_proc(pid, "limits", text, sizeof(text));
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        const char *line = strstr(text, limits[i].name);
        long soft = -1, hard = -1;

        if (line)
            (void)sscanf(line + strlen(limits[i].name), "%ld %ld", &soft, &hard);
        tap_result(soft == limits[i].value && hard == limits[i].value, "%s: %s is %ld, %ld",
                   scene_identity(scene), limits[i].name, soft, hard);
    }
}

/* The files in /proc of a process that is not dumpable belong to root. */
static void check_dumpable(const struct scene *scene, pid_t pid)
{
    char path[64];
    struct stat entry;

    (void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    tap_result(stat(path, &entry) == 0 && entry.st_uid == 0, "%s: not dumpable",
               scene_identity(scene));
}

static void wait_until_asleep(pid_t pid)
{
    struct timespec pause = {.tv_nsec = 1000000};
    char text[8192];

    do {
        (void)nanosleep(&pause, NULL);
        read_proc(pid, "status", text, sizeof(text));
    } while (!strstr(text, "\nState:\tS"));
}

/* A stop interrupts the sleep: no restart_syscall() must follow, since no rule allows it. */
static void check_stop_and_end(const struct scene *scene, pid_t pid)
{
    int status;

    wait_until_asleep(pid);
    if (kill(pid, SIGSTOP) < 0 || waitpid(pid, &status, WUNTRACED) != pid)
        err(1, "stop");
    if (kill(pid, SIGCONT) < 0)
        err(1, "continue");
    wait_until_asleep(pid);
    if (kill(pid, SIGTERM) < 0 || waitpid(pid, &status, 0) != pid)
        err(1, "end");
    tap_result(WIFEXITED(status) && WEXITSTATUS(status) == 0,
               "%s: sleeps on after SIGSTOP and SIGCONT, ends on SIGTERM", scene_identity(scene));
}

static bool shares_namespace(pid_t pid, const char *name)
{
    char path[64], theirs[64] = "", ours[64] = "";

    (void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
    if (readlink(path, theirs, sizeof(theirs) - 1) < 0)
        err(1, "%s", path);
    (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
    if (readlink(path, ours, sizeof(ours) - 1) < 0)
        err(1, "%s", path);
    return strcmp(theirs, ours) == 0;
}

/* The one mount there is: "1 2 0:3 / / rw,nosuid,nodev,noexec,...". */
static void check_root(const struct scene *scene, pid_t pid)
{
    static const char *const attributes[] = {"nosuid", "nodev", "noexec", "nosymfollow"};
    char text[8192];
    const char *end;

    read_proc(pid, "mountinfo", text, sizeof(text));
    end = strchr(text, '\n');
    tap_result(end && !end[1], "%s: there is one mount", scene_identity(scene));
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
        tap_result(strstr(text, attributes[i]) != NULL, "%s: it is mounted %s",
                   scene_identity(scene), attributes[i]);
}

/* Only root may look at those of a process that is not dumpable. */
static void check_namespaces(const struct scene *scene, pid_t pid)
{
    static const char *const names[] = {"mnt", "net", "ipc", "uts", "cgroup"};

    if (geteuid() != 0) {
        tap_skip("only root may look", "%s: namespaces", scene_identity(scene));
        return;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        tap_result(!shares_namespace(pid, names[i]), "%s: the %s namespace is its own",
                   scene_identity(scene), names[i]);
    check_root(scene, pid);
}

static void try_kernel_view(const struct scene *scene)
{
    char first_gap;
    pid_t pid = start_confined(scene, &first_gap);

    check_status(scene, pid);
    check_limits(scene, pid);
    if (first_gap)
        tap_skip("not every layer is to be had here", "%s: namespaces", scene_identity(scene));
    else
        check_namespaces(scene, pid);
    check_dumpable(scene, pid);
    check_stop_and_end(scene, pid);
}

/* ---- single promises ------------------------------------------------------------------------- */

static int has_mdwe(const struct scene *scene)
{
    (void)scene;
    return prctl(GET_MDWE, 0L, 0L, 0L, 0L) == 1 ? 0 : -ENOTRECOVERABLE;
}

static int die_of_abort(const struct scene *scene)
{
    (void)scene;
    abort();
}

static void try_abort(const struct scene *scene)
{
    struct outcome outcome = trial_run(scene, &stage_unfiltered, die_of_abort);

    tap_result(outcome.verdict == BROKEN && WIFSIGNALED(outcome.error) &&
                   WTERMSIG(outcome.error) == SIGABRT && !WCOREDUMP(outcome.error),
               "%s: no core file", scene_identity(scene));
}

/* stderr as a regular file that is longer than the longest file the program may write. */
static int log_into_long_file(const struct scene *scene)
{
    struct sandbox_config config = trial_config(scene);
    struct sandbox_failure failure;
    int fd = openat(scene->outside, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0 || ftruncate(fd, 2 * TRIAL_FILE_SIZE) < 0 || dup2(fd, STDERR_FILENO) < 0)
        return -errno;
    if (sandbox_enter(&config, &failure) < 0)
        return -ENOTRECOVERABLE;
    return write(STDERR_FILENO, "line\n", 5) == 5 ? 0 : -errno;
}

static int prepare(const struct scene *scene)
{
    const struct sandbox_start start = {.keep = 600, .line_prefix = ""};
    struct sandbox_failure failure;
    struct stat stream;

    (void)umask(0);
    if (dup2(scene->outside, 600) < 0 || dup2(scene->outside, 700) < 0 || close(STDIN_FILENO) < 0)
        return -errno;
    if (sandbox_prepare(&start, &failure) < 0 || umask(0) != 0022)
        return -ENOTRECOVERABLE;
    if (fcntl(600, F_GETFD) < 0 || fcntl(700, F_GETFD) >= 0 ||
        fcntl(scene->directory, F_GETFD) >= 0)
        return -ENOTRECOVERABLE;
    if (fstat(STDIN_FILENO, &stream) < 0 || !S_ISCHR(stream.st_mode))
        return -ENOTRECOVERABLE;
    return 0;
}

/* ---- a start with raised rights -------------------------------------------------------------- */

/* This program's start as a set-user-ID program. @return exit code, 0 for a refusal */
static int start_with_raised_rights(void)
{
    const struct sandbox_start start = {.keep = -1, .line_prefix = ""};
    struct sandbox_failure failure = {0};

    if (!getauxval(AT_SECURE))
        return NO_SET_USER_ID;
    return sandbox_prepare(&start, &failure) == -EPERM &&
                   strcmp(failure.layer, "raised rights") == 0
               ? 0
               : 1;
}

static void copy_with_set_user_id(const struct scene *scene, const char *name)
{
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int to = openat(scene->outside, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    struct stat program;

    if (from < 0 || to < 0 || fstat(from, &program) < 0 ||
        sendfile(to, from, NULL, (size_t)program.st_size) != program.st_size ||
        fchown(to, TRIAL_USER - 1, TRIAL_USER) < 0 || fchmod(to, 04755) < 0)
        err(1, "copy of the test");
    (void)close(from);
    (void)close(to);
}

static void try_raised_rights(const struct scene *scene)
{
    char path[128];
    int status;
    pid_t child;

    copy_with_set_user_id(scene, "prepare");
    (void)snprintf(path, sizeof(path), "%s/outside/prepare", scene->path);
    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
        trial_assume(AS_USER);
        (void)execl(path, path, "raised", (char *)NULL);
        _exit(1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        err(1, "child");
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SET_USER_ID)
        tap_skip("/tmp is mounted nosuid", "a set-user-ID start is refused");
    else
        tap_result(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a set-user-ID start is refused");
}

/* -----------------------------------------------------------------------------------------------
 */

static void try_as(enum identity identity)
{
    struct scene scene;

    scene_make(identity, &scene);
    try_kernel_view(&scene);
    trial_expect_work(&scene, &stage_unfiltered, "MDWE is in force", has_mdwe);
    try_abort(&scene);
    trial_expect_work(&scene, &stage_none, "a log longer than the file limit goes on",
                      log_into_long_file);
    trial_expect_work(&scene, &stage_none, "prepare: descriptors and umask", prepare);
    if (identity == AS_ROOT)
        try_raised_rights(&scene);
    scene_remove(&scene);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "raised") == 0)
        return start_with_raised_rights();
    return tap_run(try_as, "promises");
}

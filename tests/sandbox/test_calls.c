/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program against the tables: a whole run of hlsgen is traced, from the first picture to
 * SIGTERM. Every system call under a filter must be one that the tables allow, and every rule must
 * be used, but for those whose reason not to be is written here. The run is steered by what is seen
 * of it: a few segments after the last filter it is asked for its state, and later told to end.
 * Once with one stream; once with as many as an argument says, each in a folder; and once, for the
 * argument "threads", with threads that encode.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/sandbox/rules.h"
#include "tests/sandbox/trial.h"

#define RULES_MAX      256
#define THREADS_MAX    32
#define RENAMES_STATUS 6  /* in the steady state, until SIGUSR1: the first report is four */
#define RENAMES_END    14 /* and until SIGTERM */

#define FOLDERS 64 /* descriptor of the first, of up to as many */

#define FIRST_ANY (-1) /* of an exception: whatever the first argument must be */

/* ---- what need not be used ------------------------------------------------------------------- */

struct exception {
    int call;
    int64_t first; /* what the rule asks of the first argument */
    const char *reason;
};

#define ONLY_WITHOUT_VDSO "enters the kernel only where the vDSO cannot"

static const struct exception exceptions[] = {
    {SCMP_SYS(clock_gettime), CLOCK_REALTIME, ONLY_WITHOUT_VDSO},
    {SCMP_SYS(clock_gettime), CLOCK_MONOTONIC, ONLY_WITHOUT_VDSO},
    {SCMP_SYS(mremap), FIRST_ANY, "only realloc() of a block of more than 32 MB"},
    {SCMP_SYS(sysinfo), FIRST_ANY, "only qsort() of many elements, before glibc 2.37"},
    {SCMP_SYS(sched_getaffinity), FIRST_ANY, "only av_cpu_count(), as libavutil is"},
    {SCMP_SYS(writev), FIRST_ANY, "only abort() of the C library"},
    {SCMP_SYS(gettid), FIRST_ANY, "only abort()"},
    {SCMP_SYS(tgkill), FIRST_ANY, "only abort()"},
    {SCMP_SYS(futex), FIRST_ANY, "only where another thread has the lock"},
    {SCMP_SYS(exit), FIRST_ANY, "only a thread, which then has a filter more"},
    {SCMP_SYS(clock_nanosleep), FIRST_ANY, "only where the budget of processor time is used up"},
};

static const char *reason_of(const struct policy_rule *rule)
{
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
        if (exceptions[i].call == rule->call &&
            (exceptions[i].first == FIRST_ANY ||
             (uint64_t)exceptions[i].first == rule->checks[0].value))
            return exceptions[i].reason;
    return NULL;
}

/* ---- the run --------------------------------------------------------------------------------- */

/* Which filter is in force; all but the first have their rules in policies[]. */
enum phase {
    BEFORE,
    SETUP,
    STEADY,
    ENCODING, /* of a thread */
    PHASES,
};

static const struct policy *policies[PHASES] = {
    [SETUP] = &policy_setup,
    [STEADY] = &policy_steady,
};

static const char *const phase_names[PHASES] = {
    [SETUP] = "set-up",
    [STEADY] = "steady",
    [ENCODING] = "encoding",
};

struct thread {
    pid_t id;
    enum phase phase;
    struct call call; /* under way */
};

struct run {
    pid_t child;
    struct thread threads[THREADS_MAX]; /* the first one is the child */
    int count;
    struct policy_values values;
    bool used[PHASES][RULES_MAX];
    int calls[PHASES];
    int strangers[PHASES]; /* calls that the tables do not allow */
    int renames;           /* in the steady state */
};

/* The service manager: a socket whose datagrams nobody reads. */
static void listen_as_manager(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    /* "@" stands for the zero of an abstract name, which ends without one. */
    (void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name + 1);
    if (fd < 0 || setenv("NOTIFY_SOCKET", name, 1) < 0 ||
        bind(fd, (const struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))) < 0)
        err(1, "socket");
}

static const char *streams; /* how many; NULL: one, without a folder */

/* Large pictures and a long cycle: both of the ways to take much memory are used. */
static const char *const plain[] = {
    "--set", "video.pattern=testsrc2", "--set", "video.cycle=4s", "--set", "video.size=3840x2160",
    "--set", "video.rate=10",          NULL,
};

/* Of a ladder, whose renditions two threads make, and of which they encode each segment afresh. */
static const char *with_threads[] = {"--workers=2", "--preset", NULL, NULL};

static const char *const *settings = plain;

static _Noreturn void run_program(const char *directory)
{
    const char *program = getenv("HLSGEN");
    const char *words[32] = {
        program,
        "--out",
        directory,
        "--preset",
        "720p-ultrafast",
        "--set",
        "stream.segment-duration=1s",
        "--set",
        "stream.window=3",
        "--memory-budget=1GB",
    };
    size_t count = 10;

    if (!program || ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        errx(1, "HLSGEN: the path of hlsgen");
    for (size_t i = 0; settings[i]; i++)
        words[count++] = settings[i];
    if (streams) {
        words[count++] = "--streams";
        words[count++] = streams;
    }
    (void)execv(program, (char *const *)(uintptr_t)words);
    err(1, "%s", program);
}

static pid_t start_program(const char *directory)
{
    const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
    int status;
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0)
        run_program(directory);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL, options) < 0)
        err(1, "cannot trace");
    return child;
}

/* A playlist of an earlier run, for there to be something to read. */
static void leave_playlist(const struct scene *scene)
{
    const char *name = streams ? "s0001/stream.m3u8" : "stream.m3u8";
    int fd;

    if (streams && (mkdirat(scene->directory, "s0001", 0755) < 0 ||
                    fchownat(scene->directory, "s0001", TRIAL_USER, TRIAL_USER, 0) < 0))
        err(1, "folder");
    fd = openat(scene->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, "#EXTM3U\n", 8) != 8)
        err(1, "playlist");
    (void)close(fd);
}

/* ---- what it has open ------------------------------------------------------------------------ */

/* The place outside that landlock_enter() tries and then closes has the number of a file later. */
static void look_at_descriptor(int number, const char *path, const struct stat *directory,
                               struct policy_values *values)
{
    char target[64] = "";
    struct stat status;

    if (stat(path, &status) < 0 || readlink(path, target, sizeof(target) - 1) < 0)
        err(1, "%s", path);
    if (status.st_dev == directory->st_dev && status.st_ino == directory->st_ino)
        values->numbers[POLICY_DIRECTORY] = number;
    else if (strncmp(target, "/proc/", 6) == 0)
        values->numbers[POLICY_STATUS] = number;
    else if (S_ISSOCK(status.st_mode) && number > STDERR_FILENO)
        values->numbers[POLICY_NOTIFY] = number;
    else if (strcmp(target, "/dev") == 0)
        values->numbers[POLICY_FILE] = number;
}

static struct policy_values look_at_descriptors(pid_t child, int directory)
{
    struct policy_values values = {
        .numbers =
            {
                [POLICY_DIRECTORY] = -1,
                [POLICY_FILE] = -1,
                [POLICY_NOTIFY] = -1,
                [POLICY_STATUS] = -1,
                [POLICY_RULESET] = -1,
                [POLICY_PROCESS] = child,
            },
        .directories = UINT32_MAX,
    };
    struct stat hls;
    char path[64];
    int number = 0;

    if (fstat(directory, &hls) < 0)
        err(1, "stat");
    for (;; number++) {
        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", child, number);
        if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
            break;
        look_at_descriptor(number, path, &hls, &values);
    }
    if (streams || settings == with_threads) {
        values.numbers[POLICY_DIRECTORY] = FOLDERS;
        values.directories = ~(FOLDERS - 1U);
    }
    return values;
}

/* ---- what it calls --------------------------------------------------------------------------- */

static void judge(struct run *run, const struct thread *thread)
{
    const struct call *call = &thread->call;
    size_t index;
    const struct policy_group *group =
        rule_find(policies[thread->phase], call, &run->values, &index);
    char *name;

    run->calls[thread->phase]++;
    if (group && group->action != POLICY_KILL) {
        run->used[thread->phase][index] = true;
        return;
    }
    run->strangers[thread->phase]++;
    name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)call->number);
    printf("# %s(%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ") is not in the table\n",
           name ? name : "an unknown call", call->arguments[0], call->arguments[1],
           call->arguments[2], call->arguments[3]);
    free(name);
}

static void steer(struct run *run, const struct thread *thread)
{
    if (thread->phase != STEADY || thread->call.number != SCMP_SYS(renameat))
        return;
    run->renames++;
    if (run->renames == RENAMES_STATUS)
        (void)kill(run->child, SIGUSR1);
    if (run->renames == RENAMES_END)
        (void)kill(run->child, SIGTERM);
}

/* Non-dumpable, it does not show its descriptors any more to a plain user. */
static bool will_hide(const struct call *call)
{
    return call->number == SCMP_SYS(prctl) && call->arguments[0] == PR_SET_DUMPABLE;
}

static void on_entry(struct run *run, const struct thread *thread, const struct scene *scene)
{
    if (will_hide(&thread->call))
        run->values = look_at_descriptors(run->child, scene->directory);
    if (thread->phase != BEFORE)
        judge(run, thread);
    steer(run, thread);
}

/* The phase that begins with a filter. */
static enum phase phase_behind(const struct run *run, const struct thread *thread)
{
    if (thread->id != run->child)
        return ENCODING;
    return thread->phase == BEFORE ? SETUP : STEADY;
}

/* A filter holds from the next call on; the ruleset of the steady state is the last to be made. */
static void on_exit_of(struct run *run, struct thread *thread, int64_t result)
{
    const struct call *call = &thread->call;

    if (call->number == SCMP_SYS(seccomp) && call->arguments[0] == SECCOMP_SET_MODE_FILTER)
        thread->phase = phase_behind(run, thread);
    if (call->number == SCMP_SYS(landlock_create_ruleset))
        run->values.numbers[POLICY_RULESET] = (int)result;
}

static void on_call(struct run *run, struct thread *thread, const struct scene *scene)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->id, sizeof(info), &info) < 0)
        err(1, "PTRACE_GET_SYSCALL_INFO");
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        thread->call.number = (long)info.entry.nr;
        memcpy(thread->call.arguments, info.entry.args, sizeof(thread->call.arguments));
        on_entry(run, thread, scene);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && !info.exit.is_error) {
        on_exit_of(run, thread, info.exit.rval);
    }
}

/* A new one has the filters of the one that started it. */
static struct thread *find_thread(struct run *run, pid_t id)
{
    for (int i = 0; i < run->count; i++)
        if (run->threads[i].id == id)
            return &run->threads[i];
    if (run->count == THREADS_MAX)
        errx(1, "too many threads");
    run->threads[run->count] = (struct thread){.id = id, .phase = run->threads[0].phase};
    return &run->threads[run->count++];
}

/* Of a thread that another ends just now there is nothing to go on with. */
static void go_on(const struct run *run, pid_t id, int signal)
{
    if (ptrace(PTRACE_SYSCALL, id, NULL, signal) < 0 && (errno != ESRCH || id == run->child))
        err(1, "tracing");
}

/* What to deliver: not what the tracing itself makes of calls, of clone() and of a new thread. */
static int signal_in(int status, bool is_new)
{
    int signal = WSTOPSIG(status);

    if (signal == (SIGTRAP | 0x80) || status >> 16 != 0 || (is_new && signal == SIGSTOP))
        return 0;
    return signal;
}

/* @return the wait status with which the program ended */
static int follow(struct run *run, const struct scene *scene)
{
    find_thread(run, run->child);
    go_on(run, run->child, 0);
    for (;;) {
        int known = run->count;
        struct thread *thread;
        int status;
        pid_t id = waitpid(-1, &status, __WALL);

        if (id < 0)
            err(1, "tracing");
        if (!WIFSTOPPED(status) && id == run->child)
            return status;
        if (!WIFSTOPPED(status))
            continue;
        thread = find_thread(run, id);
        if (WSTOPSIG(status) == (SIGTRAP | 0x80))
            on_call(run, thread, scene);
        go_on(run, id, signal_in(status, run->count > known));
    }
}

/* ---- verdict --------------------------------------------------------------------------------- */

static void expect_used(const struct run *run, enum phase phase, size_t index)
{
    const struct policy_rule *rule = rule_at(policies[phase], index);
    const char *reason = reason_of(rule);
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, rule->call);

    if (run->used[phase][index] || !reason)
        tap_result(run->used[phase][index], "%s: %s is used (rule %zu)", phase_names[phase], name,
                   index);
    else
        tap_result(true, "%s: %s need not be used: %s", phase_names[phase], name, reason);
    free(name);
}

/* Whether @p policy lets through what the rule does. */
static bool allows(const struct policy *policy, const struct policy_rule *rule)
{
    for (size_t i = 0; i < policy->count; i++) {
        const struct policy_group *group = &policy->groups[i];

        for (size_t j = 0; j < group->count && group->action != POLICY_KILL; j++)
            if (rule_is_within(rule, &group->rules[j]))
                return true;
    }
    return false;
}

/*
 * Set-up has the steady state's rules too, since filters add up: they count in that state. What the
 * plain policies have, the plain run uses.
 */
static bool counts(enum phase phase, const struct policy_rule *rule)
{
    const struct policy *without_threads = phase == SETUP ? &policy_setup : &policy_steady;

    if (phase == SETUP && allows(policies[STEADY], rule))
        return false;
    return policies[phase] == without_threads || !allows(without_threads, rule);
}

static void expect_allowed(const struct run *run, enum phase phase)
{
    tap_result(run->calls[phase] > 0 && run->strangers[phase] == 0,
               "%s: %d of %d calls are not in the table", phase_names[phase], run->strangers[phase],
               run->calls[phase]);
}

static void expect_all_used(const struct run *run, enum phase phase)
{
    size_t index = 0;

    for (size_t i = 0; i < policies[phase]->count; i++) {
        const struct policy_group *group = &policies[phase]->groups[i];

        for (size_t j = 0; j < group->count; j++, index++)
            if (group->action != POLICY_KILL && counts(phase, &group->rules[j]))
                expect_used(run, phase, index);
    }
}

int main(int argc, char **argv)
{
    struct run run = {.count = 0};
    struct scene scene;
    char directory[sizeof(scene.path) + 8];
    char manager[sizeof(scene.path) + 8];
    int status;

    if (argc > 2 && strcmp(argv[1], "threads") == 0) {
        with_threads[2] = argv[2];
        settings = with_threads;
        policies[SETUP] = &policy_setup_threads;
        policies[STEADY] = &policy_steady_threads;
        policies[ENCODING] = &policy_worker;
    } else if (argc > 1) {
        streams = argv[1];
    }
    tap_start();
    scene_make(AS_ROOT, &scene);
    (void)snprintf(manager, sizeof(manager), "@%s", scene.path);
    listen_as_manager(manager);
    (void)snprintf(directory, sizeof(directory), "%s/hls", scene.path);
    leave_playlist(&scene);
    run.child = start_program(directory);
    status = follow(&run, &scene);
    scene_remove(&scene);
    tap_result(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a run ends with 0");
    for (enum phase phase = SETUP; phase <= STEADY; phase++) {
        expect_allowed(&run, phase);
        expect_all_used(&run, phase);
    }
    if (policies[ENCODING]) /* whose rules are those of set-up, too */
        expect_allowed(&run, ENCODING);
    return tap_finish();
}

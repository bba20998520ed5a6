/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Incidents as a person meets them: what a confined child writes to stderr, and how it ends, when
 * the filter traps a call, when it faults, and when nobody reads what it writes.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/incident.h"
#include "tests/sandbox/trial.h"

#define PREFIX      "test: "
#define PIPE_SIZE   4096
#define NEWEST_CALL 500 /* one that has no name yet */
#define WORKER      2
#define STACK_SIZE  (256 << 10)
#define GUARD_SIZE  (64 << 10) /* a page of any machine */

static volatile int64_t segment = 895160336;
static char *volatile nowhere = (char *)0x10; /* as of a struct that is not there */
static unsigned char *beyond_end;             /* mapped, with no file behind it */
static struct utsname host;

static struct sandbox_start start = {.keep = -1, .line_prefix = PREFIX, .segment = &segment};

/* ---- acts ------------------------------------------------------------------------------------ */

static void ask_parent(void)
{
    (void)syscall(SYS_getppid);
}

static void call_newest(void)
{
    (void)syscall(NEWEST_CALL);
}

static void write_through_null(void)
{
    *nowhere = 1;
}

static void read_beyond_end(void)
{
    (void)*(volatile unsigned char *)beyond_end;
}

static void run_no_instruction(void)
{
#ifdef __aarch64__
    __asm__ volatile("udf #0");
#else
    __asm__ volatile("ud2");
#endif
}

#ifndef __aarch64__ /* where a quotient by zero is zero */
static void divide_by_zero(void)
{
    volatile int numbers[] = {1, 0};

    numbers[0] /= numbers[1];
}
#endif

static void free_twice(void)
{
    void *volatile block = malloc(64);

    free(block);
    free(block);
}

static int exhaust_stack(volatile int *outer)
{
    volatile int inner[1024] = {*outer};

    return *outer < 0 ? 0 : exhaust_stack(inner) + inner[1];
}

static void call_without_end(void)
{
    volatile int depth = 0;

    (void)exhaust_stack(&depth);
}

static void send_sigsys(void)
{
    (void)kill(getpid(), SIGSYS);
}

static void fault_with_stderr_full(void)
{
    static const char page[PIPE_SIZE];

    if (write(STDERR_FILENO, page, sizeof(page)) == sizeof(page))
        write_through_null();
}

static void fault_in_handler(void)
{
    start.line_prefix = nowhere;
    write_through_null();
}

/* ---- a child and what it leaves -------------------------------------------------------------- */

struct trace {
    pid_t child;
    int status;
    char text[4 * PIPE_SIZE]; /* of its stderr, terminated */
};

static void (*act_next)(void);

static _Noreturn void run_child(const struct scene *scene, const struct stage *stage,
                                void (*act)(void))
{
    struct sandbox_config config = trial_config(scene);

    act_next = act;
    trial_assume(scene->identity);
    if (incident_catch(&start) == 0 && stage->enter(&config) == 0)
        act();
    _exit(0);
}

/* ---- a thread that encodes ------------------------------------------------------------------- */

static struct sandbox_config config_of_worker;

static void *be_worker(void *argument)
{
    struct sandbox_failure failure;

    (void)argument;
    if (sandbox_enter_worker(&config_of_worker, WORKER, &segment, &failure) == 0)
        act_next();
    _exit(0);
}

/* The thread acts; the first one sleeps. */
static int enter_as_worker(const struct sandbox_config *config)
{
    const struct timespec long_enough = {.tv_sec = 3600};
    struct sandbox_failure failure;
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t none;
    char *stack;

    (void)mallopt(M_ARENA_MAX, 1); /* a further heap would need mprotect(2) */
    config_of_worker = *config;
    config_of_worker.threads = 1;
    stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
    if (stack == MAP_FAILED || mprotect(stack, GUARD_SIZE, PROT_NONE) < 0 ||
        trial_enter_setup(&config_of_worker, &failure) < 0 || pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstack(&attributes, stack + GUARD_SIZE, STACK_SIZE) != 0 ||
        pthread_create(&thread, &attributes, be_worker, NULL) != 0)
        return -1;
    (void)sigemptyset(&none);
    for (;;)
        (void)sigtimedwait(&none, NULL, &long_enough);
}

static const struct stage as_worker = {"encoding worker=2", enter_as_worker};

static int enter_with_stderr_closed(const struct sandbox_config *config)
{
    return close(STDERR_FILENO) < 0 ? -errno : stage_steady.enter(config);
}

static void read_all(int fd, char *text, size_t size)
{
    size_t used = 0;
    ssize_t got;

    while (used < size - 1 && (got = read(fd, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
}

/* @p wait: nobody reads before the child has ended. */
static struct trace run(const struct scene *scene, const struct stage *stage, void (*act)(void),
                        bool wait)
{
    struct trace trace = {.status = -1};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE) < 0)
        err(1, "pipe");
    (void)fflush(stdout);
    trace.child = fork();
    if (trace.child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[1]);
        run_child(scene, stage, act);
    }
    (void)close(ends[1]);
    if (!wait)
        read_all(ends[0], trace.text, sizeof(trace.text));
    if (trace.child < 0 || waitpid(trace.child, &trace.status, 0) != trace.child)
        err(1, "child");
    if (wait)
        read_all(ends[0], trace.text, sizeof(trace.text));
    (void)close(ends[0]);
    return trace;
}

/* ---- what must be there ---------------------------------------------------------------------- */

/* Whether @p address lies in code of this program or of the C library, as it does in a child. */
static bool is_code(uintptr_t address)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    bool found = false;
    char line[512];

    if (!maps)
        err(1, "/proc/self/maps");
    while (!found && fgets(line, sizeof(line), maps)) {
        char *rest;
        uintptr_t first = strtoull(line, &rest, 16);
        uintptr_t end = strtoull(rest + 1, &rest, 16);

        found = address >= first && address <= end && strncmp(rest, " r-xp", 5) == 0 &&
                (strstr(line, "/libc") || strstr(line, program_invocation_short_name));
    }
    (void)fclose(maps);
    return found;
}

/* One line: @p what, and anything up to " ip="; where; the phase; the segment. */
static bool is_report(const char *line, const char *what, const char *phase)
{
    const char *ip = strstr(line, " ip=0x");
    char tail[64];
    char *rest;

    (void)snprintf(tail, sizeof(tail), " phase=%s segment=%" PRId64 "\n", phase, segment);
    return strncmp(line, PREFIX, strlen(PREFIX)) == 0 &&
           strncmp(line + strlen(PREFIX), what, strlen(what)) == 0 && ip &&
           is_code(strtoull(ip + strlen(" ip="), &rest, 16)) && strcmp(rest, tail) == 0;
}

static void expect_exit(const struct trace *trace, int code, bool said, const char *name)
{
    bool passed = said && WIFEXITED(trace->status) && WEXITSTATUS(trace->status) == code;

    if (!passed)
        printf("# wait status 0x%x, stderr: %s\n", (unsigned)trace->status, trace->text);
    tap_result(passed, "%s", name);
}

static void try_violation(const struct scene *scene, const struct stage *stage, void (*act)(void),
                          const char *call, int number)
{
    struct trace trace = run(scene, stage, act, false);
    char what[128];
    char name[128];

    (void)snprintf(what, sizeof(what), "confinement violated call=%s number=%d arch=%s ip=", call,
                   number, host.machine);
    (void)snprintf(name, sizeof(name), "%s: a trapped call is reported: %s", stage->name, call);
    expect_exit(&trace, SANDBOX_EXIT_VIOLATION, is_report(trace.text, what, stage->name), name);
}

struct fault {
    const char *name;
    void (*act)(void);
    const char *what;
};

static const struct fault faults[] = {
    {"a write through a null pointer", write_through_null, "crashed signal=SIGSEGV address=0x10 "},
    {"a read beyond the end of a file", read_beyond_end, "crashed signal=SIGBUS address=0x"},
    {"no instruction", run_no_instruction, "crashed signal=SIGILL address=0x"},
#ifndef __aarch64__
    {"a division by zero", divide_by_zero, "crashed signal=SIGFPE address=0x"},
#endif
    {"a call without end", call_without_end, "crashed signal=SIGSEGV address=0x"},
};

static void try_faults(const struct scene *scene, const struct stage *stage)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct trace trace = run(scene, stage, faults[i].act, false);
        char name[128];

        (void)snprintf(name, sizeof(name), "%s: reported: %s", stage->name, faults[i].name);
        expect_exit(&trace, SANDBOX_EXIT_CRASH, is_report(trace.text, faults[i].what, stage->name),
                    name);
    }
}

/* A signal that was sent tells its sender: here the child itself. */
static void try_sent(const struct scene *scene, const struct stage *stage, void (*act)(void),
                     const char *signal, const char *phase, const char *name)
{
    struct trace trace = run(scene, stage, act, false);
    const char *line = strstr(trace.text, PREFIX);
    char what[64];

    (void)snprintf(what, sizeof(what), "crashed signal=%s sender=%d ", signal, trace.child);
    expect_exit(&trace, SANDBOX_EXIT_CRASH, line && is_report(line, what, phase), name);
}

static void try_stderr(const struct scene *scene)
{
    static const struct stage closed = {"stderr closed", enter_with_stderr_closed};
    struct trace trace = run(scene, &closed, write_through_null, false);

    expect_exit(&trace, SANDBOX_EXIT_CRASH, trace.text[0] == '\0',
                "stderr closed: ends without a line");
    trace = run(scene, &stage_steady, fault_with_stderr_full, true);
    expect_exit(&trace, SANDBOX_EXIT_CRASH, memchr(trace.text, 't', PIPE_SIZE + 1) == NULL,
                "stderr full, and nobody reads: ends without a line");
    trace = run(scene, &stage_steady, fault_with_stderr_full, false);
    expect_exit(&trace, SANDBOX_EXIT_CRASH,
                is_report(trace.text + PIPE_SIZE, "crashed signal=SIGSEGV ", stage_steady.name),
                "stderr full, then read: the line waits for room");
}

static void try_second_fault(const struct scene *scene)
{
    struct trace trace = run(scene, &stage_steady, fault_in_handler, false);

    tap_result(WIFSIGNALED(trace.status) && WTERMSIG(trace.status) == SIGSEGV,
               "a fault within the handler ends the process");
}

/* abort(3) needs calls that the steady state has not: the first of them is what is reported. */
static void try_abort_in_steady(const struct scene *scene)
{
    struct trace trace = run(scene, &stage_steady, abort, false);

    expect_exit(&trace, SANDBOX_EXIT_VIOLATION,
                is_report(trace.text, "confinement violated call=", stage_steady.name),
                "steady: abort() is reported as the first call that it makes");
}

static void map_beyond_end(const struct scene *scene)
{
    int fd = openat(scene->directory, "file", O_RDONLY | O_CLOEXEC);

    beyond_end = fd < 0 ? MAP_FAILED : mmap(NULL, PIPE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    if (beyond_end == MAP_FAILED)
        err(1, "mmap");
    (void)close(fd);
}

int main(void)
{
    static const struct stage *const phases[] = {&stage_setup, &stage_steady, &as_worker};
    struct scene scene;

    tap_start();
    (void)uname(&host);
    scene_make(AS_USER, &scene);
    map_beyond_end(&scene);
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        try_violation(&scene, phases[i], ask_parent, "getppid", SYS_getppid);
        try_violation(&scene, phases[i], call_newest, "unknown", NEWEST_CALL);
        try_faults(&scene, phases[i]);
    }
    try_sent(&scene, &stage_setup, abort, "SIGABRT", "set-up", "set-up: reported: abort()");
    try_sent(&scene, &stage_setup, free_twice, "SIGABRT", "set-up",
             "set-up: reported: a block freed twice");
    try_sent(&scene, &as_worker, abort, "SIGABRT", as_worker.name, "a thread: reported: abort()");
    try_sent(&scene, &stage_none, send_sigsys, "SIGSYS", "start",
             "a SIGSYS that somebody sends is no violation");
    try_abort_in_steady(&scene);
    try_stderr(&scene);
    try_second_fault(&scene);
    scene_remove(&scene);
    return tap_finish();
}

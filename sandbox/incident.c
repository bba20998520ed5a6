/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handlers run in a process that is broken or taken over, maybe with its stack exhausted, under
 * either filter. So they have a stack of their own, need no heap, and make three calls: ppoll(),
 * write() and exit_group(). What would need more is put in order when they are installed: the names
 * of the system calls. All signals are blocked meanwhile; a second fault then ends the process at
 * once, as the kernel does with a fault whose signal is blocked.
 */
#include "sandbox/incident.h"

#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <ucontext.h>
#include <unistd.h>

static const char *volatile phase_now = "start";

void incident_set_phase(const char *phase)
{
    phase_now = phase;
}

#ifdef HLSGEN_SANITIZED

int incident_catch(const struct sandbox_start *start)
{
    (void)start;
    return 0;
}

int incident_catch_in_worker(int worker, const volatile int64_t *segment)
{
    (void)worker;
    (void)segment;
    return 0;
}

#else

/* asm/siginfo.h, which clashes with the C library's */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#define STACK_SIZE  (64 << 10) /* a signal frame with the registers of AMX takes 11 KiB */
#define CALLS       512        /* more than any architecture has numbers for */
#define WAIT_SECOND 1          /* for a reader of a full stderr */

static const struct sandbox_start *start_told;

/* Of a thread that encodes. */
static _Thread_local int worker_now = -1;
static _Thread_local const volatile int64_t *segment_now;
static struct utsname system_told;
static uint32_t arch_told;
static char stack[STACK_SIZE];

/* Names, one after the other, and where that of a number begins. */
static char call_names[8192] = "unknown";
static uint16_t call_name_at[CALLS];

/* ---- a line ---------------------------------------------------------------------------------- */

struct line {
    size_t used;
    char text[512];
};

static void append(struct line *line, const char *text)
{
    while (*text && line->used < sizeof(line->text))
        line->text[line->used++] = *text++;
}

static void append_digits(struct line *line, uint64_t number, unsigned int base)
{
    char digits[24];
    char *first = &digits[sizeof(digits) - 1];

    *first = '\0';
    do {
        *--first = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    append(line, first);
}

static void append_decimal(struct line *line, const char *key, int64_t number)
{
    append(line, key);
    if (number < 0)
        append(line, "-");
    append_digits(line, number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
}

static void append_address(struct line *line, const char *key, uintptr_t address)
{
    append(line, key);
    append(line, "0x");
    append_digits(line, address, 16);
}

/* A stderr that nobody reads must not keep the process from ending. */
static void write_line(const struct line *line)
{
    const struct timespec wait = {.tv_sec = WAIT_SECOND};
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (ppoll(&ready, 1, &wait, NULL) == 1 && ready.revents & POLLOUT &&
        write(STDERR_FILENO, line->text, line->used) < 0)
        return; /* there is nobody to tell */
}

static _Noreturn void end(struct line *line, uintptr_t ip, int exit_code)
{
    const volatile int64_t *segment = worker_now < 0 ? start_told->segment : segment_now;

    append_address(line, " ip=", ip);
    append(line, " phase=");
    append(line, worker_now < 0 ? phase_now : "encoding");
    if (worker_now >= 0)
        append_decimal(line, " worker=", worker_now);
    append_decimal(line, " segment=", segment ? *segment : -1);
    append(line, "\n");
    write_line(line);
    _exit(exit_code);
}

/* ---- handlers -------------------------------------------------------------------------------- */

static const struct {
    int number;
    const char *name;
} caught[] = {
    {SIGSYS, "SIGSYS"}, {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},
    {SIGILL, "SIGILL"}, {SIGFPE, "SIGFPE"},   {SIGABRT, "SIGABRT"},
};

#define CAUGHT (sizeof(caught) / sizeof(caught[0]))

static const char *signal_name(int number)
{
    size_t i = 0;

    while (i < CAUGHT - 1 && caught[i].number != number)
        i++;
    return caught[i].name;
}

/* Where the process was interrupted. */
static uintptr_t interrupted_at(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

static _Noreturn void report_violation(struct line *line, const siginfo_t *info)
{
    bool is_known = info->si_syscall >= 0 && info->si_syscall < CALLS;

    append(line, "confinement violated call=");
    append(line, &call_names[is_known ? call_name_at[info->si_syscall] : 0]);
    append_decimal(line, " number=", info->si_syscall);
    append(line, " arch=");
    append(line, info->si_arch == arch_told ? system_told.machine : "foreign");
    end(line, (uintptr_t)info->si_call_addr, SANDBOX_EXIT_VIOLATION);
}

static void on_incident(int number, siginfo_t *info, void *context)
{
    struct line line = {.used = 0};

    append(&line, start_told->line_prefix);
    if (number == SIGSYS && info->si_code == SYS_SECCOMP)
        report_violation(&line, info);
    append(&line, "crashed signal=");
    append(&line, signal_name(number));
    if (info->si_code > 0) /* from the kernel */
        append_address(&line, " address=", (uintptr_t)info->si_addr);
    else
        append_decimal(&line, " sender=", info->si_pid);
    end(&line, interrupted_at(context), SANDBOX_EXIT_CRASH);
}

/* ---- installation ---------------------------------------------------------------------------- */

/* libseccomp's answers are on the heap. */
static void collect_call_names(void)
{
    size_t used = strlen(call_names) + 1;

    for (int call = 0; call < CALLS; call++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
        size_t size = name ? strlen(name) + 1 : 0;

        if (name && used + size <= sizeof(call_names)) {
            memcpy(&call_names[used], name, size);
            call_name_at[call] = (uint16_t)used;
            used += size;
        }
        free(name);
    }
}

int incident_catch(const struct sandbox_start *start)
{
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_incident, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    sigset_t numbers;

    start_told = start;
    arch_told = seccomp_arch_native();
    collect_call_names();
    (void)sigfillset(&action.sa_mask);
    if (uname(&system_told) < 0 || sigaltstack(&own, NULL) < 0)
        return -errno;
    (void)sigemptyset(&numbers);
    for (size_t i = 0; i < CAUGHT; i++) {
        (void)sigaddset(&numbers, caught[i].number);
        if (sigaction(caught[i].number, &action, NULL) < 0)
            return -errno;
    }
    return sigprocmask(SIG_UNBLOCK, &numbers, NULL) < 0 ? -errno : 0; /* a mask is inherited */
}

/* The handlers are the process's, but not the stack. */
int incident_catch_in_worker(int worker, const volatile int64_t *segment)
{
    const stack_t own = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};

    if (!own.ss_sp)
        return -ENOMEM;
    worker_now = worker;
    segment_now = segment;
    return sigaltstack(&own, NULL) < 0 ? -errno : 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals are taken by sigtimedwait(2), which is also the sleep. A deadline stays absolute: the
 * time left is computed anew at every call, so that an early return costs no accuracy.
 */
#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static sigset_t taken_signals;
static sigset_t ending_signals; /* of these, those that end the program */
static volatile sig_atomic_t end_code;

static int64_t clock_read(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now); /* cannot fail for these clocks */
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static int64_t system_realtime(void *context)
{
    (void)context;
    return clock_read(CLOCK_REALTIME);
}

static int64_t system_monotonic(void *context)
{
    (void)context;
    return clock_read(CLOCK_MONOTONIC);
}

static int64_t system_cpu(void *context)
{
    (void)context;
    return clock_read(CLOCK_PROCESS_CPUTIME_ID);
}

static int system_sleep_until(void *context, int64_t deadline)
{
    (void)context;
    for (;;) {
        int64_t left = deadline - clock_read(CLOCK_MONOTONIC);
        struct timespec wait = {0, 0};
        int taken;

        if (left > 0) {
            wait.tv_sec = left / NS_PER_SECOND;
            wait.tv_nsec = left % NS_PER_SECOND;
        }
        taken = sigtimedwait(&taken_signals, NULL, &wait);
        if (taken > 0)
            return taken;
        if (left <= 0)
            return 0;
    }
}

static int nap_until(void *context, int64_t deadline)
{
    const struct timespec until = {deadline / NS_PER_SECOND, deadline % NS_PER_SECOND};

    (void)context;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
    return 0;
}

struct clock clock_without_signals(const struct clock *clock)
{
    struct clock without = *clock;

    without.sleep_until = nap_until;
    return without;
}

static _Noreturn void end_at_once(int number)
{
    (void)number;
    _exit(end_code);
}

/* A signal that was ignored at the start, as nohup(1) and shells do, stays ignored. */
static bool is_ignored(int number)
{
    struct sigaction inherited;

    return sigaction(number, NULL, &inherited) == 0 && inherited.sa_handler == SIG_IGN;
}

static void take_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    struct sigaction end = {.sa_handler = end_at_once};

    (void)sigemptyset(&taken_signals);
    (void)sigemptyset(&ending_signals);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (is_ignored(numbers[i]))
            continue;
        (void)sigaddset(&taken_signals, numbers[i]);
        if (numbers[i] == SIGUSR1)
            continue;
        (void)sigaddset(&ending_signals, numbers[i]);
        (void)sigaction(numbers[i], &end, NULL);
    }
    (void)sigprocmask(SIG_BLOCK, &taken_signals, NULL);
}

void clock_let_signals_end(bool at_once, int exit_code)
{
    end_code = exit_code;
    (void)sigprocmask(at_once ? SIG_UNBLOCK : SIG_BLOCK, &ending_signals, NULL);
}

struct clock clock_system_init(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    take_signals();
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)prctl(PR_SET_TIMERSLACK, 1UL); /* nanosecond: by default a sleep may end 50 us late */
    return (struct clock){
        .realtime = system_realtime,
        .monotonic = system_monotonic,
        .cpu = system_cpu,
        .sleep_until = system_sleep_until,
    };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sandbox/tap.h"

#include <err.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int tap_count;
static int tap_failures;

/* ---- start ----------------------------------------------------------------------------------- */

/* Of the running kernel; 0 if it has none. */
static long kernel_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

    return abi < 0 ? 0 : abi;
}

static _Noreturn void skip_all(const char *reason)
{
    printf("1..0 # SKIP %s\n", reason);
    exit(0);
}

void tap_start(void)
{
    struct stat log;
    int null;

#ifdef HLSGEN_SANITIZED
    skip_all("a build with sanitizers has no system-call filter");
#endif
    if (kernel_landlock_abi() == 0)
        skip_all("this kernel has no Landlock");
    if (prctl(66 /* PR_GET_MDWE */, 0L, 0L, 0L, 0L) < 0)
        skip_all("this kernel has no PR_SET_MDWE (Linux 6.3)");
    if (fstat(STDERR_FILENO, &log) < 0 || !S_ISREG(log.st_mode))
        return;
    null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDERR_FILENO) < 0)
        err(1, "/dev/null");
    (void)close(null);
}

/* ---- results --------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 0))) static void print_line(bool passed, const char *directive,
                                                             const char *format, va_list args)
{
    printf("%s %d - ", passed ? "ok" : "not ok", ++tap_count);
    vprintf(format, args);
    printf("%s\n", directive);
}

void tap_result(bool passed, const char *format, ...)
{
    va_list args;

    if (!passed)
        tap_failures++;
    va_start(args, format);
    print_line(passed, "", format, args);
    va_end(args);
}

void tap_skip(const char *reason, const char *format, ...)
{
    char directive[128];
    va_list args;

    (void)snprintf(directive, sizeof(directive), " # SKIP %s", reason);
    va_start(args, format);
    print_line(true, directive, format, args);
    va_end(args);
}

int tap_finish(void)
{
    printf("1..%d\n", tap_count);
    return tap_failures > 0;
}

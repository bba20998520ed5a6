/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program in an environment that refuses some system calls, as containers do:
 *
 *     deny CALL[/FLAGS]... -- PROGRAM [ARGUMENT]...
 *
 * CALL fails with EPERM; with FLAGS, a number, only if all these bits are set in its first
 * argument.
 */
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void deny(scmp_filter_ctx filter, char *word)
{
    char *name = strsep(&word, "/");
    uint64_t flags = word ? strtoull(word, NULL, 0) : 0;
    int call = seccomp_syscall_resolve_name(name);
    int result;

    if (call == __NR_SCMP_ERROR)
        errx(EXIT_FAILURE, "%s: no such call", name);
    result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, flags, flags));
    if (result < 0)
        errx(EXIT_FAILURE, "%s: %s", name, strerror(-result));
}

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0; i++)
        deny(filter, argv[i]);
    if (i + 1 >= argc)
        errx(EXIT_FAILURE, "usage: deny CALL[/FLAGS]... -- PROGRAM [ARGUMENT]...");
    if (seccomp_load(filter) < 0)
        errx(EXIT_FAILURE, "the filter cannot be entered");
    (void)execvp(argv[i + 1], argv + i + 1);
    err(EXIT_FAILURE, "%s", argv[i + 1]);
}

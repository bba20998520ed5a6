/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loses memory in a child, as a test of a suite would: valgrind must find it. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept;

int main(void)
{
    int status = 0;

    if (fork() == 0) {
        kept = malloc(1);
        kept = NULL;
        exit(EXIT_SUCCESS);
    }
    return wait(&status) < 0 || status != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

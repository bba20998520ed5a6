/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/logged.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/suite.h"

enum {
    LOG_MAX = 65536,
};

struct logged logged_begin(void)
{
    struct logged logged = {memfd_create("log", MFD_CLOEXEC), dup(STDERR_FILENO)};

    ck_assert(logged.file >= 0 && logged.saved >= 0);
    ck_assert_int_ge(dup2(logged.file, STDERR_FILENO), 0);
    return logged;
}

char *logged_end(struct logged *logged)
{
    char *text = calloc(1, LOG_MAX);

    ck_assert_ptr_nonnull(text);
    ck_assert_int_ge(dup2(logged->saved, STDERR_FILENO), 0);
    ck_assert_int_ge(pread(logged->file, text, LOG_MAX - 1, 0), 0);
    (void)close(logged->saved);
    (void)close(logged->file);
    return text;
}

int logged_count(const char *text, const char *part)
{
    int count = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

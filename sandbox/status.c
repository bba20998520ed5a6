/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in force, by the kernel's word and not by our own variables. /proc/self/status is opened
 * while there are paths; its permission is asked then, so that it can be read ever after, by one
 * call that the filters allow. An open file of /proc stays that of the process that opened it: a
 * child opens its own.
 */
#include "sandbox/status.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/layers.h"

/* The lines looked for come first but for the groups: this has room for a few hundred of them. */
#define TEXT_SIZE 8192

static int descriptor = -1;

void status_open(void)
{
    if (descriptor >= 0)
        (void)close(descriptor);
    descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
}

int status_descriptor(void)
{
    return descriptor;
}

/* The number in the line that begins with @p name; names have the newline before and the colon. */
static bool find_number(const char *text, const char *name, int base, uint64_t *ret)
{
    const char *line = strstr(text, name);

    if (!line)
        return false;
    *ret = strtoull(line + strlen(name), NULL, base);
    return true;
}

static int parse_status(const char *text, struct sandbox_status *ret_status)
{
    struct sandbox_status status = {.seccomp_filters = -1, .landlock = landlock_is_in_force()};
    uint64_t number;

    if (!find_number(text, "\nCapPrm:", 16, &status.cap_permitted) ||
        !find_number(text, "\nCapEff:", 16, &status.cap_effective) ||
        !find_number(text, "\nCapBnd:", 16, &status.cap_bounding) ||
        !find_number(text, "\nNoNewPrivs:", 10, &number))
        return -EBADMSG;
    status.no_new_privs = number == 1;
    if (find_number(text, "\nSeccomp:", 10, &number)) /* not in every kernel */
        status.seccomp = (int)number;
    if (find_number(text, "\nSeccomp_filters:", 10, &number))
        status.seccomp_filters = (int)number;
    *ret_status = status;
    return 0;
}

static int read_text(char text[TEXT_SIZE])
{
    ssize_t size;

    if (descriptor < 0)
        return -ENOENT;
    size = pread(descriptor, text, TEXT_SIZE - 1, 0);
    if (size < 0)
        return -errno;
    text[size] = '\0';
    return 0;
}

static int parse_memory(const char *text, struct sandbox_memory *ret_memory)
{
    uint64_t resident;
    uint64_t resident_max;
    uint64_t data;

    if (!find_number(text, "\nVmRSS:", 10, &resident) ||
        !find_number(text, "\nVmHWM:", 10, &resident_max) ||
        !find_number(text, "\nVmData:", 10, &data))
        return -EBADMSG;
    *ret_memory = (struct sandbox_memory){
        .resident = (int64_t)resident * 1024, /* told in kB, which are KiB */
        .resident_max = (int64_t)resident_max * 1024,
        .data = (int64_t)data * 1024,
    };
    return 0;
}

int sandbox_read_status(struct sandbox_status *ret_status, struct sandbox_memory *ret_memory)
{
    char text[TEXT_SIZE];
    int result = read_text(text);

    if (result == 0 && ret_status)
        result = parse_status(text, ret_status);
    if (result == 0 && ret_memory)
        result = parse_memory(text, ret_memory);
    return result;
}

void sandbox_status_text(const struct sandbox_status *status, char text[SANDBOX_STATUS_TEXT_SIZE])
{
    (void)snprintf(text, SANDBOX_STATUS_TEXT_SIZE,
                   "seccomp=%d filters=%d no_new_privs=%d cap_effective=%" PRIx64
                   " cap_permitted=%" PRIx64 " cap_bounding=%" PRIx64 " landlock_probe=%d",
                   status->seccomp, status->seccomp_filters, status->no_new_privs,
                   status->cap_effective, status->cap_permitted, status->cap_bounding,
                   status->landlock);
}

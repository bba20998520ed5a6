/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol of sd_notify(3), sd_listen_fds(3) and sd_watchdog_enabled(3) in the few lines that
 * one service needs. A socket that systemd opened itself (OpenFile=, systemd 253) comes first: the
 * service then needs no socket(2), and its unit can forbid every address family.
 */
#include "base/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define LISTEN_FDS_START 3 /* sd_listen_fds(3): they follow stderr */

/* The decimal number in variable @p name, at most @p max; -1 when there is none. */
static int64_t read_number(const char *name, int64_t max)
{
    const char *text = secure_getenv(name);
    char *end;
    long long value;

    if (!text || *text < '0' || *text > '9')
        return -1;
    errno = 0;
    value = strtoll(text, &end, 10);
    return errno != 0 || *end || value > max ? -1 : value;
}

/*
 * Variables of a service may be inherited by what it starts: a process ID says whom they mean. The
 * first process of a PID namespace is meant, for systemd 257 (PrivatePIDs=) has there the ID of the
 * process that made the namespace.
 */
static bool is_meant(const char *pid_name, bool when_absent)
{
    if (!secure_getenv(pid_name))
        return when_absent;
    return getpid() == 1 || read_number(pid_name, INT64_MAX) == getpid();
}

/* Where @p name stands in a list separated by colons; -1 when it does not. */
static int find_in_list(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (int i = 0;; i++) {
        size_t part = strcspn(list, ":");

        if (part == length && strncmp(list, name, length) == 0)
            return i;
        if (!list[part])
            return -1;
        list += part + 1;
    }
}

/* Anything else would be a way out of the confinement that stays open. */
static bool is_socket(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

static int find_passed(void)
{
    const char *names = secure_getenv("LISTEN_FDNAMES");
    int64_t count = read_number("LISTEN_FDS", 1024);
    int fd;

    if (!names || !is_meant("LISTEN_PID", false))
        return -1;
    fd = find_in_list(names, "notify");
    if (fd < 0 || fd >= count)
        return -1;
    fd += LISTEN_FDS_START;
    if (!is_socket(fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return -1;
    return fd;
}

/* The address of @p text, a path or an abstract name ("@..."); 0 for what is neither. */
static socklen_t make_address(const char *text, struct sockaddr_un *ret)
{
    size_t length = strlen(text);

    if ((*text != '/' && *text != '@') || length < 2 || length >= sizeof(ret->sun_path))
        return 0;
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret->sun_path, text, length);
    if (*text == '@')
        ret->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

/* Descriptors up to stderr are for the standard streams, also when the caller closed those. */
static int move_above_stderr(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    (void)close(fd);
    return moved;
}

static int connect_to_manager(void)
{
    const char *text = secure_getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    socklen_t size = text ? make_address(text, &address) : 0;
    int fd;

    if (size == 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&address, size) < 0) {
        (void)close(fd);
        return -1;
    }
    return move_above_stderr(fd);
}

static int64_t read_watchdog(void)
{
    int64_t microseconds = read_number("WATCHDOG_USEC", INT64_MAX / NS_PER_US);

    return microseconds > 0 && is_meant("WATCHDOG_PID", true) ? microseconds * NS_PER_US : 0;
}

static void clear_environment(void)
{
    static const char *const names[] = {"LISTEN_FDS",    "LISTEN_FDNAMES", "LISTEN_PID",
                                        "NOTIFY_SOCKET", "WATCHDOG_USEC",  "WATCHDOG_PID"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unsetenv(names[i]);
}

struct notify notify_open(void)
{
    struct notify notify = {.fd = find_passed(), .watchdog = read_watchdog()};

    if (notify.fd < 0)
        notify.fd = connect_to_manager();
    clear_environment();
    return notify;
}

void notify_send(const struct notify *notify, const char *format, ...)
{
    char message[512];
    int length;
    va_list args;

    if (notify->fd < 0)
        return;
    va_start(args, format);
    length = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (length < 0)
        return;
    if (length > (int)sizeof(message) - 1)
        length = (int)sizeof(message) - 1;
    (void)!write(notify->fd, message, (size_t)length);
}

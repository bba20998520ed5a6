/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the service manager how the service is, as sd_notify(3) does, over a socket that is
 * opened once: afterwards a confined process needs no more than write(2).
 */
#ifndef HLSGEN_BASE_NOTIFY_H
#define HLSGEN_BASE_NOTIFY_H

#include <stdint.h>

struct notify {
    int fd; /**< connected datagram socket above stderr, never waits; -1: nobody listens */
    int64_t watchdog; /**< nanoseconds within which "WATCHDOG=1" is to come again; 0: never */
};

/**
 * Takes the socket that the manager passed under the name "notify" (LISTEN_FDS, as with
 * OpenFile=/run/systemd/notify:notify), else connects to NOTIFY_SOCKET; and reads WATCHDOG_USEC.
 * Removes all of these from the environment. Call while there is one thread, before descriptors
 * are closed and paths are gone.
 *
 * @return never a failure: a service runs on without a manager
 */
struct notify notify_open(void);

/**
 * Sends one message, lines "NAME=value" separated by newlines; longer than 511 bytes is cut. Where
 * nobody listens, or not fast enough, it is lost.
 */
void notify_send(const struct notify *notify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the state of the process back from the kernel; see sandbox_read_status(). */
#ifndef HLSGEN_SANDBOX_STATUS_H
#define HLSGEN_SANDBOX_STATUS_H

/** Opens /proc/self/status, while there are paths. No /proc is no error: reading then is. */
void status_open(void);

/** The descriptor, for the filter's rule; -1: there is none. */
int status_descriptor(void);

#endif

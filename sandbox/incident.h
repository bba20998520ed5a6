/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Incidents: a system call that the filter traps (SIGSYS), and a crash. Each is told in one line on
 * stderr, by async-signal-safe calls alone, and ends the process. A line has names and numbers, but
 * nothing of the memory.
 *
 *   confinement violated call=mprotect number=10 arch=x86_64 ip=0x7f12... phase=steady segment=890
 *   crashed signal=SIGSEGV address=0x10 ip=0x55... phase=set-up segment=-1
 *   crashed signal=SIGABRT sender=1 ip=0x7f12... phase=steady segment=890
 *
 * A signal that was sent, by abort(3) or another process, has a sender instead of an address. Of a
 * thread that encodes there is its number, too: phase=encoding worker=2 segment=891.
 */
#ifndef HLSGEN_SANDBOX_INCIDENT_H
#define HLSGEN_SANDBOX_INCIDENT_H

#include "sandbox/sandbox.h"

/**
 * Installs the handlers, with a stack of their own; not in builds with sanitizers, which have their
 * own. @return 0 or a negative errno
 */
int incident_catch(const struct sandbox_start *start);

/**
 * In a thread that encodes: a stack for the handlers, which belongs to it for good, and what lines
 * are to say of it. @return 0 or a negative errno
 */
int incident_catch_in_worker(int worker, const volatile int64_t *segment);

/** Names the phase for the lines to come, but of such threads: a string constant. */
void incident_set_phase(const char *phase);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run, in phases, each a step that cannot be taken back:
 *
 *     options and preset      read, checked; nothing has been changed yet
 *     output directory        opened, locked, room checked
 *     confinement             that directory is the root; no capability, no network, no other user
 *     render                  one cycle encoded and made into templates; encoders freed
 *     first windows           published back-dated
 *     second confinement      only what publishing needs
 *     live                    until a signal
 */
#ifndef HLSGEN_RUN_H
#define HLSGEN_RUN_H

#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli.h"
#include "service.h"

/** The segment at work, for a line about an incident; -1: none yet. */
extern volatile int64_t run_segment_at_work;

/**
 * Does not return but on failure.
 *
 * @param cli borrowed
 * @return a negative errno with @p err filled
 */
int run_streams(const struct cli *cli, struct clock clock, struct service service,
                struct error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether another hlsgen publishes, for who asks it of a program and not of a server. */
#ifndef HLSGEN_HEALTH_H
#define HLSGEN_HEALTH_H

#include <stdint.h>

#include "base/error.h"

/**
 * Looks for the lease of @p now, nanoseconds since the Unix epoch, in the directory @p path, and
 * at nothing else but names.
 *
 * @return 0; a negative errno with @p err filled (EX_UNAVAILABLE)
 */
int health_check(const char *path, int64_t now, struct error *err);

#endif

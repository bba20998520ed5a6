/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layers behind sandbox.h, one function each: for sandbox.c, which puts them in order, and for
 * the tests, which also try them one by one. Each returns 0 when the layer is in force, else a
 * negative errno.
 */
#ifndef HLSGEN_SANDBOX_LAYERS_H
#define HLSGEN_SANDBOX_LAYERS_H

#include "sandbox/policy.h"
#include "sandbox/sandbox.h"

/** Resource limits, hard and soft alike. SIGXFSZ is ignored, so that write(2) says EFBIG. */
int limits_enter(const struct sandbox_config *config);

/** Becomes config->uid and gid if config->change_user; proves that there is no way to root. */
int identity_enter_user(const struct sandbox_config *config);

/** Empties every capability set; the bounding set only with CAP_SETPCAP, as capabilities(7). */
int identity_drop_capabilities(const struct sandbox_config *config);

/** Leaves nothing of the file system but new files in config->directory, and no TCP. */
int landlock_enter(const struct sandbox_config *config);

/** Compiles @p policy and loads it beside those already loaded: of several the strictest wins. */
int filter_enter(const struct policy *policy, int directory);

#endif

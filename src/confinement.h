/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person is told of the confinement. */
#ifndef HLSGEN_CONFINEMENT_H
#define HLSGEN_CONFINEMENT_H

#include "base/error.h"
#include "sandbox/sandbox.h"

/** Fills @p err for a layer that cannot be entered. @return @p result */
int confinement_fail(const struct sandbox_failure *failure, int result, struct error *err);

/** Logs what is in force, by our own account, then by the kernel's. */
void confinement_log(const struct sandbox_config *config);

#endif

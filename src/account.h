/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which user the process becomes. */
#ifndef HLSGEN_ACCOUNT_H
#define HLSGEN_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct account {
    bool change; /**< false: started as an ordinary user, who stays */
    uid_t uid;
    gid_t gid;
};

/**
 * Looks up whom to become when started as root: @p name, or when it is NULL the user hls, else
 * nobody. An ordinary user cannot become another: @p name must then be NULL or his own.
 *
 * @return 0; a negative errno with @p err filled: EX_CONFIG for an unknown user and for root,
 *         EX_NOPERM for another user's name
 */
int account_resolve(const char *name, struct account *ret, struct error *err);

#endif

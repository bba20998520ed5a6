/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dead man's switch: hlsgen.alive-T says that the stream is published as it should be from the
 * Unix time T on, for NAMES_LEASE_SECONDS. A server of files need not read it, only find the one of
 * the present time; and whatever ends or hangs the publisher, soon there is none.
 */
#ifndef HLSGEN_ORIGIN_LEASES_H
#define HLSGEN_ORIGIN_LEASES_H

#include <stddef.h>
#include <stdint.h>

#include "base/fs.h"

enum {
    LEASES_HELD = 3, /**< that of the present and the next; and the one before, for a server that
                          looked at its clock a little while ago */
};

struct lease {
    int64_t time; /**< seconds since the Unix epoch; -1: there is none */
    struct fs_status left;
};

struct leases {
    const struct fs *fs; /**< borrowed */
    struct lease held[LEASES_HELD];
};

/** None, yet. */
void leases_init(struct leases *leases, const struct fs *fs);

/**
 * Takes over what an earlier run left that is still good at @p now, nanoseconds since the Unix
 * epoch, and removes the rest. Lists the directory.
 */
void leases_resume(struct leases *leases, int64_t now);

/** Sees to it that there is one for @p now and the next. @return 0 or a negative errno */
int leases_renew(struct leases *leases, int64_t now);

/** Sees to it that there is none for @p now or later; one from before stays, and tells since when.
 */
void leases_withdraw(struct leases *leases, int64_t now);

/** Bytes on disk at most. */
uint64_t leases_room(size_t block_size);

#endif

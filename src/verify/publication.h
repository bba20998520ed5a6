/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When segments are published: against media time, against their dates, and in one stream against
 * another. All is judged in favour of the stream: something appeared between the last look without
 * it and the first one with it.
 */
#ifndef HLSGEN_VERIFY_PUBLICATION_H
#define HLSGEN_VERIFY_PUBLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "verify/m3u8.h"

#define MOMENT_NONE INT64_MIN

/** Nanoseconds in seconds, to be shown. */
static inline double publication_seconds(int64_t ns)
{
    return (double)ns / NS_PER_SECOND;
}

/** The target duration in nanoseconds, 34 years at most; 0: not said. */
static inline int64_t publication_target_ns(const struct m3u8 *playlist)
{
    int64_t target = playlist->target < INT64_C(1) << 30 ? playlist->target : INT64_C(1) << 30;

    return target > 0 ? target * NS_PER_SECOND : 0;
}

/** When something appeared or went, CLOCK_MONOTONIC in nanoseconds. */
struct moment {
    int64_t after; /**< the last look before; MOMENT_NONE: there was none */
    int64_t seen;
};

/** Likewise of a version, with what CLOCK_REALTIME was ahead then. */
struct sight {
    struct moment moment;
    int64_t realtime; /**< nanoseconds to be added for those since the Unix epoch */
};

enum {
    PUBLICATION_RECENT = 32,
    PUBLICATION_KEPT = 256, /* of a run, thinned out as it goes on */
};

struct publication_update {
    struct moment moment;
    int64_t media;  /**< nanoseconds of media up to the end of the newest segment */
    int64_t number; /**< of that */
    bool told;      /**< that it came at another time than it was due */
};

/** Of one playlist. */
struct publication {
    struct findings *findings;
    const char *place;
    int64_t first_end; /**< number behind the newest segment of the first version */
    int64_t media;     /**< nanoseconds listed in this run: since the start, or a discontinuity */
    int64_t target_ns;

    struct publication_update recent[PUBLICATION_RECENT]; /**< a ring */
    int64_t recent_count;                                 /**< how many there ever were */
    int64_t run_first;                                    /**< of these, where the run begins */

    struct publication_update kept[PUBLICATION_KEPT]; /**< the promptest of each few */
    int kept_count;
};

/** Judges that @p added segments at the end of @p playlist were listed, the first of them so. */
void publication_add(struct publication *publication, const struct m3u8 *playlist, size_t added,
                     const struct sight *sight);

/**
 * Begins anew, as after a discontinuity: an irregularity was told already.
 */
void publication_restart(struct publication *publication);

/** Judges the run as a whole. */
void publication_end(struct publication *publication);

/** Judges the newest segment of @p one against the same in @p other. */
void publication_compare(struct publication *one, const struct publication *other);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A playlist that slides, by a clock of our own: versions are made of a list, read, and judged one
 * against the other. What a version says by itself is judged too, so that no fault is told twice.
 */
#ifndef HLSGEN_TESTS_UNIT_SLIDING_H
#define HLSGEN_TESTS_UNIT_SLIDING_H

#include "base/clock.h"
#include "verify/evolution.h"

#define SECOND   NS_PER_SECOND
#define MS       NS_PER_MS
#define EPOCH    INT64_C(1000000000) /* seconds: the date of the clock's 0 */
#define WINDOW   8
#define DURATION (2 * SECOND)

/* What is listed; a number of 0 stands for none of these. */
struct sliding_list {
    int64_t first; /* number of the first segment */
    int count;
    int64_t sequence; /* EXT-X-MEDIA-SEQUENCE */
    int64_t discontinuities;
    int target;
    int version;
    const char *type;
    bool ended;
    int64_t duration; /* EXTINF */
    int64_t date_off;
    bool first_date_only;
    int64_t broken; /* number of the segment that a discontinuity stands before */
    int64_t titled; /* number of the one whose EXTINF has a title */
    int64_t again;  /* number of the one that has the URI of segment 1 */
    int64_t parted; /* number of the first that is listed in parts, too */
};

struct sliding {
    struct run run;
    struct version newest;
    struct evolution evolution;
};

/** That of the running test, between these fixtures. */
extern struct sliding sliding;
void sliding_set_up(void);
void sliding_tear_down(void);

/** WINDOW segments, as they should be. */
struct sliding_list sliding_good(int64_t first);

/** @return what version_finish() frees */
struct version sliding_read(const struct sliding_list *list);

/** When the last segment of @p list has ended. */
int64_t sliding_due(const struct sliding_list *list);

/** Begins with @p list at its time. */
void sliding_begin(struct sliding_list list);

/** It is found at @p seen; 10 ms before it was not there yet. */
enum evolution_verdict sliding_show_at(struct sliding_list list, int64_t seen);

/** Likewise at its time; it is a newer one. */
void sliding_show(struct sliding_list list);

/** Those that begin with @p first to @p last, as they should be. */
void sliding_show_good(int64_t first, int64_t last);

/** Nothing but @p rule is broken, so often; RULES: nothing at all. */
void sliding_expect(enum rule_id rule, int64_t count);

#endif

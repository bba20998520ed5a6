/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of evolution.c: one version of a playlist beside the one before it. */
#ifndef HLSGEN_VERIFY_EVOLUTION_STEP_H
#define HLSGEN_VERIFY_EVOLUTION_STEP_H

#include "verify/evolution.h"

/** From one version to the next. */
struct evolution_step {
    struct evolution *evolution;
    const struct version *before;
    const struct version *after;
    bool aligned;    /**< both have a segment in common */
    int64_t removed; /**< segments, from the start: by that one, and not by their numbers */
    int64_t added;   /**< at the end */
    int faults;      /**< that were told */
};

/** As findings_check() and findings_add(), of the playlist. */
void step_check(const struct evolution_step *step, enum rule_id rule);
void step_file(struct evolution_step *step, enum rule_id rule, const char *wanted,
               const char *found, ...) __attribute__((format(printf, 4, 5)));

/** Lays both versions beside each other. */
void step_align(struct evolution_step *step);

/** The segment of the version before that stands at @p index of the newer one; NULL: none. */
const struct m3u8_segment *step_counterpart(const struct evolution_step *step, size_t index);

/** Judges the segments that stay: their lines, and, if these are the same, what they imply. */
void step_judge_segments(struct evolution_step *step);

/** Judges, if @p is_counted, and keeps in mind the URIs of those that were added. */
void step_judge_names(struct evolution_step *step, bool is_counted);

uint64_t evolution_hash_text(const struct version *version);
bool evolution_has_text(const struct evolution *evolution, uint64_t hash);
void evolution_keep_text(struct evolution *evolution, uint64_t hash);

/** Where the URI and byte range of @p segment were listed last; NULL: they were not. */
const struct evolution_resource *evolution_find_resource(const struct evolution *evolution,
                                                         const struct m3u8_segment *segment);
void evolution_keep_resource(struct evolution *evolution, const struct m3u8_segment *segment);

static inline double step_seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

#endif

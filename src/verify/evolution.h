/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a media playlist may change (RFC 8216 6.2.1, 6.2.2): each version against the one before it.
 * What was changed is told once, by the rule that it breaks; what follows from it is not.
 */
#ifndef HLSGEN_VERIFY_EVOLUTION_H
#define HLSGEN_VERIFY_EVOLUTION_H

#include "verify/publication.h"
#include "verify/stream.h"

enum {
    EVOLUTION_TEXTS = 64,       /* versions that are recognized when they come again */
    EVOLUTION_RESOURCES = 8192, /* segments whose URI is recognized: hours of them */
};

/** Of a segment that was listed. */
struct evolution_resource {
    uint64_t hash; /**< of its URI and byte range */
    int64_t number;
};

/** Of one playlist. */
struct evolution {
    struct findings *findings;
    const char *place;
    struct moment newest;                 /**< when the newest segment was listed */
    int64_t shift;                        /**< added to the numbers of a playlist that has
                                               lost count, so that they run on */
    bool has_slid;                        /**< segments were removed */
    uint64_t texts[EVOLUTION_TEXTS];      /**< hashes; a ring */
    size_t text_count;                    /**< how many there ever were */
    struct evolution_resource *resources; /**< likewise */
    size_t resource_count;
    struct publication publication;
};

/** What becomes of a version. */
enum evolution_verdict {
    EVOLUTION_NEWER,
    EVOLUTION_LEFT_OUT, /**< it was there before a newer one, or cannot be judged */
};

/**
 * Begins with the version @p first, found at @p seen (CLOCK_MONOTONIC).
 *
 * @param place path of the playlist, borrowed
 * @return 0 or -ENOMEM; @p ret is freed by evolution_finish()
 */
int evolution_begin(struct evolution *ret, struct findings *findings, const char *place,
                    const struct version *first, int64_t seen);

/**
 * Judges @p after, which was there in the place of @p before. If its numbers do not go on, they are
 * mended in the model, for those who go by them.
 */
enum evolution_verdict evolution_follow(struct evolution *evolution, const struct version *before,
                                        struct version *after, const struct sight *sight);

/** Judges what is to be said when @p last is still there at @p now. */
void evolution_end(struct evolution *evolution, const struct version *last, int64_t now);

/** Accepts a zeroed one. */
void evolution_finish(struct evolution *evolution);

#endif

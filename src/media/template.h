/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A template: the bytes of one segment of the cycle, and the list of what differs in segment n.
 * Patching writes absolute values from the timeline, so it may be done in any order of segments,
 * any number of times, in place. What there is to patch, and how, the container knows.
 */
#ifndef HLSGEN_MEDIA_TEMPLATE_H
#define HLSGEN_MEDIA_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "media/video.h"
#include "timeline/timeline.h"

struct container;

/** Whose packets have counters: the PIDs of MPEG-TS. */
enum template_pid {
    TEMPLATE_PAT,
    TEMPLATE_PMT,
    TEMPLATE_VIDEO,
    TEMPLATE_AUDIO,
    TEMPLATE_PIDS,
};

struct patch {
    uint32_t offset; /**< of the field, from the start of the segment */
    uint8_t kind;    /**< of the container's; 0: a continuity counter */
    uint8_t pid;     /**< enum template_pid */
    int32_t ordinal; /**< frames since the segment's start, or what the kind counts */
};

/** Patches that are made together, or not at all when what they say has not changed. */
enum {
    TEMPLATE_STAMPS = TEMPLATE_PIDS, /**< times and numbers; those before: counters, by PID */
    TEMPLATE_GROUPS,
};

struct template
{
    const struct container *container;
    uint8_t *bytes;
    size_t size;
    struct patch *patches;              /**< group by group */
    size_t group_ends[TEMPLATE_GROUPS]; /**< in patches; the last is their number */
    int64_t payloads[TEMPLATE_PIDS]; /**< packets with a payload: what continuity_counter counts */
    int64_t index;                   /**< of which the stamps are; -1: none yet */
    int64_t counters[TEMPLATE_PIDS]; /**< likewise, of the first packets, modulo 16 */
};

/** The reading of a segment for what to patch. */
struct template_scan {
    struct template *template;
    const struct timeline *line;
    const struct video *video; /**< the cycle that the segment is of, or NULL */
    int64_t index;
    size_t patches; /**< found */
};

/**
 * Takes over the laid out bytes of segment @p index and lists what to patch.
 *
 * @param bytes @p size bytes from malloc(); the template's from now on, on failure too
 * @param video the cycle that the segment is of, or NULL; not needed afterwards
 * @return 0; -ENOMEM; or what the container finds wrong with it
 */
int template_init(struct template *ret_template, const struct container *container, uint8_t *bytes,
                  size_t size, int64_t index, const struct timeline *line,
                  const struct video *video);

/** Adds to the list; the container has said how many there will be at most. */
void template_add(struct template_scan *scan, struct patch patch);

/**
 * Makes the bytes those of segment @p index.
 *
 * @param counters packets with a payload sent in all segments before it, for each PID
 */
void template_patch(struct template *template, const struct timeline *line, int64_t index,
                    const int64_t counters[TEMPLATE_PIDS]);

/** Accepts a zeroed one. */
void template_finish(struct template *template);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A template: the bytes of one segment of the cycle, and the list of what differs in segment n.
 * Patching writes absolute values from the timeline, so it may be done in any order of segments,
 * any number of times, in place.
 */
#ifndef HLSGEN_MEDIA_TEMPLATE_H
#define HLSGEN_MEDIA_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "media/video.h"
#include "timeline/timeline.h"

enum template_pid {
    TEMPLATE_PAT,
    TEMPLATE_PMT,
    TEMPLATE_VIDEO,
    TEMPLATE_AUDIO,
    TEMPLATE_PIDS,
};

struct patch {
    uint32_t offset; /**< of the field, from the start of the segment */
    uint8_t kind;
    uint8_t pid;     /**< enum template_pid */
    int32_t ordinal; /**< frames since the segment's start, or packets of the PID before this one */
};

/** Patches that are made together, or not at all when what they say has not changed. */
enum {
    TEMPLATE_STAMPS = TEMPLATE_PIDS, /**< PCR, PTS and DTS; those before: counters, by PID */
    TEMPLATE_GROUPS,
};

struct template
{
    uint8_t *bytes;
    int64_t packets;
    struct patch *patches;              /**< group by group */
    size_t group_ends[TEMPLATE_GROUPS]; /**< in patches; the last is their number */
    int64_t payloads[TEMPLATE_PIDS]; /**< packets with a payload: what continuity_counter counts */
    int64_t index;                   /**< of which the stamps are; -1: none yet */
    int64_t counters[TEMPLATE_PIDS]; /**< likewise, of the first packets, modulo 16 */
};

/**
 * Takes over the laid out packets of segment @p index and lists what to patch.
 *
 * @param bytes @p packets * 188 bytes from malloc(); the template's from now on, on failure too
 * @param video the cycle that the segment is of, or NULL; not needed afterwards
 * @return 0; -ENOMEM; -ERANGE when a PES packet arrives after its decode time (ISO 13818-1 2.4.2);
 *         -EINVAL for packets that mux_segments() and layout_place() do not make
 */
int template_init(struct template *ret_template, uint8_t *bytes, int64_t packets, int64_t index,
                  const struct timeline *line, const struct video *video);

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

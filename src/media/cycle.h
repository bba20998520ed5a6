/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The templates of one cycle: after so many segments content, sizes and the place of the sound
 * repeat, and only time stamps and counters go on.
 */
#ifndef HLSGEN_MEDIA_CYCLE_H
#define HLSGEN_MEDIA_CYCLE_H

#include <stdint.h>

#include "media/audio.h"
#include "media/progress.h"
#include "media/template.h"
#include "media/video.h"
#include "preset/preset.h"
#include "timeline/timeline.h"

/** What a segment is made of; all borrowed. */
struct cycle_source {
    const struct preset *preset;
    const struct timeline *line;
    const struct audio *audio;       /**< NULL: there is none */
    struct video *video;             /**< likewise */
    const struct progress *progress; /**< may be NULL */
};

struct cycle {
    int64_t length;                 /**< segments */
    struct template *templates;     /**< one for each */
    int64_t (*sent)[TEMPLATE_PIDS]; /**< payloads before each segment of the cycle */
    int64_t sent_in_cycle[TEMPLATE_PIDS];
};

/** The length of the cycle that a preset has. */
int64_t cycle_length_of(const struct preset *preset, const struct timeline *line);

/**
 * Muxes one cycle and gives its segments their size: each as small as it can be, or, of an
 * aperiodic preset, as large as any other video of the declared size will need. Of sound alone
 * those with equally many AAC frames are equal. The bytes of the video are freed on the way, its
 * units stay.
 *
 * @param ret_cycle freed by cycle_finish()
 * @return 0; -ERANGE: a frame would arrive after its decode time; another negative AVERROR
 */
int cycle_make(const struct cycle_source *source, struct cycle *ret_cycle);

/** Accepts a zeroed one. */
void cycle_finish(struct cycle *cycle);

/** Bytes of segment @p index. */
size_t cycle_segment_size(const struct cycle *cycle, int64_t index);

/** The template of segment @p index, patched to be that segment. */
struct template *cycle_patch(struct cycle *cycle, const struct timeline *line, int64_t index);

/**
 * Makes segment @p index of other video, one segment of it, in the place of the cycle's.
 * Thread-safe.
 *
 * @param to room for cycle_segment_size() bytes
 * @return as cycle_make()
 */
int cycle_make_other(const struct cycle *cycle, const struct cycle_source *source, int64_t index,
                     uint8_t *to);

#endif

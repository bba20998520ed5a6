/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container does to make segments of encoded media, as one table of functions each. All else
 * in making a segment - which there are in a cycle, which of them have one size, templates and when
 * they are patched - is the same for all (cycle.h, template.h, rendition.h).
 */
#ifndef HLSGEN_MEDIA_CONTAINER_H
#define HLSGEN_MEDIA_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "media/mux.h"
#include "media/samples.h"
#include "media/slot.h"
#include "media/template.h"
#include "preset/preset.h"
#include "timeline/timeline.h"

struct cycle_source;

/** The kind of patch that every container keeps free for continuity counters. */
#define CONTAINER_COUNTER 0

/** Where access units that are written anew go in a template. */
union container_places {
    struct slots slots;     /**< of MPEG-TS */
    struct samples samples; /**< of fragmented MPEG-4 */
};

struct container {
    /** Makes the section that all segments need before them; NULL: they need none. */
    int (*make_init_section)(const struct mux_source *source, struct buffer *ret);

    /** Muxes a run of segments; each then goes through keep() into a buffer. */
    int (*mux)(const struct mux_source *source, int64_t first, int64_t count, mux_sink *sink,
               void *arg);
    int (*keep)(struct buffer *to, const uint8_t *bytes, size_t size);

    /** The smallest size, of @p least or more, that the muxed segment @p index can be given. */
    size_t (*fit)(const struct cycle_source *source, int64_t index, const struct buffer *muxed,
                  size_t least);

    /** Gives it that size. @return 0; -EINVAL: it does not fit */
    int (*place)(const struct cycle_source *source, int64_t index, const struct buffer *muxed,
                 size_t size, uint8_t *to);

    /** How many patches a segment of so many bytes has at most; and lists them. */
    size_t (*patches_max)(size_t size);
    int (*scan)(struct template_scan *scan);

    /** Makes one, but a continuity counter. */
    void (*patch)(struct template *template, const struct patch *patch, const struct timeline *line,
                  int64_t index);

    /**
     * Finds the first picture of a segment with video, which can be decoded behind what initializes
     * a decoder. An earlier run's file may hold any bytes, of which the beginning may be all that
     * is given. @return its bytes; 0: there is none that lies whole in them, as the next one shows
     */
    size_t (*find_picture)(const uint8_t *segment, size_t size, size_t *ret_start);

    /** Places of the access units of a template; writes one, all of a segment in order. */
    int (*find_places)(const struct template *template, const struct preset *preset,
                       const struct timeline *line, union container_places *ret);
    void (*write_unit)(union container_places *places, uint8_t *bytes, int64_t unit,
                       const uint8_t *data, size_t size);
    void (*forget_places)(union container_places *places);

    int64_t media_start; /**< container_media_start() */

    /** rendition_segment_bound(). */
    size_t (*bound)(const struct preset *preset, const struct timeline *line);
};

extern const struct container container_ts;
extern const struct container container_fmp4;

const struct container *container_of(const struct preset *preset);

/** The media_start that the timelines of its segments have. */
int64_t container_media_start(const struct preset *preset);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slots: the places of the access units in a template, for a picture that is written anew into each
 * segment. A slot has a fixed size, so whatever it holds the packets lie alike. What an access unit
 * leaves of it becomes a filler data NAL unit (H.264 7.3.2.7), or trailing zeros (H.264 B.1) where
 * the stuffing is done by null packets.
 */
#ifndef HLSGEN_MEDIA_SLOT_H
#define HLSGEN_MEDIA_SLOT_H

#include <stddef.h>
#include <stdint.h>

#include "preset/preset.h"

struct slot_run {
    uint32_t offset; /**< from the start of the segment */
    uint32_t size;
};

struct slots {
    enum preset_stuffing stuffing;
    struct slot_run *runs; /**< of payload, in order */
    size_t run_count;
    struct slot {
        size_t first_run;
        size_t size; /**< bytes */
        size_t used; /**< what is behind this is as it has to be */
    } * units;
    int64_t count;
};

/**
 * Finds the slots of the @p count pictures in a segment that mux_ts() and layout_place()
 * made.
 *
 * @param ret freed by slots_finish()
 * @return 0; -ENOMEM; -EINVAL: it has not so many
 */
int slots_init(struct slots *ret, const uint8_t *bytes, int64_t packets, int64_t count,
               enum preset_stuffing stuffing);

/** Accepts a zeroed one. */
void slots_finish(struct slots *slots);

/**
 * Puts an access unit into slot @p unit.
 *
 * @param bytes the segment
 * @param size  at most what slots_room() says
 */
void slots_write(struct slots *slots, uint8_t *bytes, int64_t unit, const uint8_t *data,
                 size_t size);

/** The largest access unit for a slot of @p size bytes. */
size_t slots_room(size_t size, enum preset_stuffing stuffing);

#endif

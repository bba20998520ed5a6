/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock's face: what a frame says of itself, as text for people and as a code for machines.
 * doc/clock-code.md says where the code's cells lie and what they hold.
 */
#ifndef HLSGEN_MEDIA_FACE_H
#define HLSGEN_MEDIA_FACE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/cells.h"
#include "preset/preset.h"
#include "timeline/timeline.h"

enum {
    FACE_WIDTH_MIN = 256, /* luma samples; below it the code has no room */
    FACE_HEIGHT_MIN = 144,
};

/** What one frame shows. */
struct face_moment {
    int64_t stream; /**< number of the stream, from 1; 0: it is the only one */
    int64_t index;  /**< segment */
    int64_t frame;  /**< video frame since the epoch */
    int64_t time;   /**< at which that frame starts, nanoseconds since the Unix epoch */
    bool flash;     /**< the lamp is lit */
};

/** Whether the code has room in a picture of the preset's size. */
bool face_fits(const struct preset *preset);

struct face;

/**
 * Lays out the face for the size of @p preset: what of the text has room; the code always.
 *
 * @param ret owned by the caller, freed by face_free()
 * @return 0; -ERANGE: the picture is too small even for the code (below FACE_WIDTH_MIN x
 *         FACE_HEIGHT_MIN); -ENOMEM
 */
int face_new(const struct preset *preset, struct face **ret);

/** Accepts NULL. Always NULL. */
struct face *face_free(struct face *face);

struct cells_place face_place(const struct face *face);

/**
 * The moment of frame @p i of segment @p index. For SIGNAL_BEEP the lamp is lit in all frames that
 * start within 100 ms from a full second on, that instant included.
 */
struct face_moment face_moment_of(const struct face *face, const struct timeline *line,
                                  int64_t stream, int64_t index, int64_t i);

/** Draws @p moment: all rows of the strip, and none below. Thread-safe; allocates nothing. */
void face_draw(const struct face *face, const struct face_moment *moment, struct cells *ret);

/**
 * How much can change from one frame to the next at most: an upper bound that holds for any two
 * frames that follow each other, the lamp included.
 */
struct face_change {
    int cells;
    int macroblocks; /**< that hold them */
};
struct face_change face_change_max(const struct face *face);

#endif

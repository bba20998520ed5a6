/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_MEDIA_PROGRESS_H
#define HLSGEN_MEDIA_PROGRESS_H

#include <stdint.h>

/**
 * Called before each piece of work: an AAC frame, a video frame, a segment that is packed or read.
 * @p done counts the video frames so far; again from the first at a lower bit rate. It may take its
 * time.
 */
struct progress {
    void (*step)(void *context, int64_t done, int64_t total);
    void *context;
};

/** @p progress may be NULL. */
static inline void progress_step(const struct progress *progress, int64_t done, int64_t total)
{
    if (progress)
        progress->step(progress->context, done, total);
}

#endif

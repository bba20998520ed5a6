/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_MEDIA_PROGRESS_H
#define HLSGEN_MEDIA_PROGRESS_H

#include <stdint.h>

/** Called with each frame that is encoded; again from the first at a lower bit rate. */
struct progress {
    void (*step)(void *context, int64_t done, int64_t total);
    void *context;
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/container.h"

const struct container *container_of(const struct preset *preset)
{
    static const struct container *const containers[] = {
        [CONTAINER_TS] = &container_ts,
        [CONTAINER_FMP4] = &container_fmp4,
    };

    return containers[preset->stream.container];
}

int64_t container_media_start(const struct preset *preset)
{
    return container_of(preset)->media_start;
}

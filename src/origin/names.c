/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/names.h"

#include <stdio.h>
#include <string.h>

#include "hls/playlist.h"

void names_stream(int64_t number, char name[NAMES_STREAM_SIZE])
{
    (void)snprintf(name, NAMES_STREAM_SIZE, "s%04u", (unsigned)number % (NAMES_STREAMS_MAX + 1U));
}

bool names_is_published(const char *name)
{
    return strcmp(name, PLAYLIST_NAME) == 0 || strcmp(name, NAMES_STATE) == 0 ||
           playlist_segment_number(name) >= 0;
}

bool names_is_ours(const char *name)
{
    return names_is_published(name) || strcmp(name, NAMES_SEGMENT_TMP) == 0 ||
           strcmp(name, NAMES_PLAYLIST_TMP) == 0 || strcmp(name, NAMES_STATE_TMP) == 0;
}

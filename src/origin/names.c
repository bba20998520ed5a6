/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/names.h"

#include <stdio.h>
#include <string.h>

#include "hls/playlist.h"

void names_stream(int64_t number, char name[NAMES_STREAM_SIZE])
{
    (void)snprintf(name, NAMES_STREAM_SIZE, "s%04u", (unsigned)number % (NAMES_STREAMS_MAX + 1U));
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool names_is_published(const char *name)
{
    static const char *const published[] = {PLAYLIST_NAME, NAMES_STATE, NAMES_MASTER,
                                            NAMES_INDEX,   NAMES_SUMS,  NAMES_URLS};

    return is_one_of(name, published, sizeof(published) / sizeof(published[0])) ||
           playlist_segment_number(name) >= 0;
}

bool names_is_ours(const char *name)
{
    static const char *const temporary[] = {NAMES_SEGMENT_TMP, NAMES_PLAYLIST_TMP, NAMES_STATE_TMP,
                                            NAMES_MASTER_TMP,  NAMES_INDEX_TMP,    NAMES_SUMS_TMP,
                                            NAMES_URLS_TMP};

    return names_is_published(name) ||
           is_one_of(name, temporary, sizeof(temporary) / sizeof(temporary[0]));
}

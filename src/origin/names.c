/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/names.h"

#include <string.h>

#include "hls/playlist.h"

bool names_is_ours(const char *name)
{
    return strcmp(name, PLAYLIST_NAME) == 0 || strcmp(name, NAMES_SEGMENT_TMP) == 0 ||
           strcmp(name, NAMES_PLAYLIST_TMP) == 0 || strcmp(name, NAMES_STATE) == 0 ||
           strcmp(name, NAMES_STATE_TMP) == 0 || playlist_segment_number(name) >= 0;
}

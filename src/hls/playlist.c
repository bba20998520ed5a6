/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hls/playlist.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utc.h"

enum {
    VERSION = 3, /* 7: decimal EXTINF; nothing here needs more */
    HEAD_SIZE = 160,
    ENTRY_SIZE = 160,
};

void playlist_segment_name(int64_t index, char name[PLAYLIST_SEGMENT_NAME_SIZE])
{
    (void)snprintf(name, PLAYLIST_SEGMENT_NAME_SIZE, "seg%" PRId64 ".ts", index);
}

int64_t playlist_segment_index(const char *name)
{
    char expected[PLAYLIST_SEGMENT_NAME_SIZE];
    int64_t index;

    if (strncmp(name, "seg", 3) != 0)
        return -1;
    index = strtoll(name + 3, NULL, 10);
    if (index < 0)
        return -1;
    playlist_segment_name(index, expected); /* no sign, no leading zero, nothing behind */
    return strcmp(name, expected) == 0 ? index : -1;
}

size_t playlist_size(int64_t count)
{
    return HEAD_SIZE + (size_t)count * ENTRY_SIZE;
}

/* The smallest target duration that EXTINF, rounded, does not exceed (4.3.3.1). */
static int64_t target_duration(int64_t duration_us)
{
    return (duration_us + 500000) / 1000000;
}

size_t playlist_write(const struct timeline *line, int64_t first, int64_t count, char *text)
{
    int64_t duration = timeline_duration_us(line);
    size_t size = playlist_size(count);
    size_t used = 0;

    used += (size_t)snprintf(text, size,
                             "#EXTM3U\n"
                             "#EXT-X-VERSION:%d\n"
                             "#EXT-X-TARGETDURATION:%" PRId64
                             "\n"
                             "#EXT-X-MEDIA-SEQUENCE:%" PRId64
                             "\n"
                             "#EXT-X-INDEPENDENT-SEGMENTS\n",
                             VERSION, target_duration(duration), first);
    for (int64_t index = first; index < first + count; index++) {
        char name[PLAYLIST_SEGMENT_NAME_SIZE];
        char date[UTC_TEXT_SIZE];

        playlist_segment_name(index, name);
        utc_format(timeline_start(line, index), date);
        used += (size_t)snprintf(text + used, size - used,
                                 "#EXT-X-PROGRAM-DATE-TIME:%s\n"
                                 "#EXTINF:%" PRId64 ".%06" PRId64
                                 ",\n"
                                 "%s\n",
                                 date, duration / 1000000, duration % 1000000, name);
    }
    return used;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hls/playlist.h"

#define LEASE_MAX (INT64_MAX / NS_PER_SECOND - NAMES_LEASE_SECONDS)

void names_stream(int64_t number, char name[NAMES_STREAM_SIZE])
{
    (void)snprintf(name, NAMES_STREAM_SIZE, "s%04u", (unsigned)number % (NAMES_STREAMS_MAX + 1U));
}

void names_lease(int64_t time, char name[NAMES_LEASE_SIZE])
{
    (void)snprintf(name, NAMES_LEASE_SIZE, NAMES_LEASE "%" PRId64, time);
}

int64_t names_lease_time(const char *name)
{
    char expected[NAMES_LEASE_SIZE];
    int64_t time;

    if (strncmp(name, NAMES_LEASE, strlen(NAMES_LEASE)) != 0)
        return -1;
    time = strtoll(name + strlen(NAMES_LEASE), NULL, 10);
    if (time < 0 || time > LEASE_MAX || time % NAMES_LEASE_SECONDS != 0)
        return -1;
    names_lease(time, expected); /* no sign, no leading zero, nothing behind */
    return strcmp(name, expected) == 0 ? time : -1;
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
    static const char *const published[] = {
        PLAYLIST_NAME, PLAYLIST_IFRAMES_NAME, NAMES_STATE, NAMES_MASTER, NAMES_INDEX,
        NAMES_STATUS,  NAMES_METRICS,         NAMES_SUMS,  NAMES_URLS};

    return is_one_of(name, published, sizeof(published) / sizeof(published[0])) ||
           playlist_segment_number(name) >= 0 || playlist_map_of(name) != 0 ||
           names_lease_time(name) >= 0;
}

bool names_is_ours(const char *name)
{
    static const char *const temporary[] = {
        NAMES_SEGMENT_TMP, NAMES_PLAYLIST_TMP, NAMES_IFRAMES_TMP, NAMES_STATE_TMP,
        NAMES_MASTER_TMP,  NAMES_INDEX_TMP,    NAMES_SECTION_TMP, NAMES_STATUS_TMP,
        NAMES_METRICS_TMP, NAMES_LEASE_TMP,    NAMES_SUMS_TMP,    NAMES_URLS_TMP};

    return names_is_published(name) ||
           is_one_of(name, temporary, sizeof(temporary) / sizeof(temporary[0]));
}

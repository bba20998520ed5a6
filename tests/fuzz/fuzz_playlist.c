/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An old playlist: what is taken is written back to the same bytes, its segments have the names
 * that stand there, and a name is a segment's, or an initialization section's, only if that is
 * written so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "tests/fuzz/fuzz.h"

enum {
    ENTRIES_MAX = 8, /* few, so that the limit is met */
};

static void check_written(const struct playlist *playlist, const char *text, size_t size)
{
    char *again = malloc(playlist_size(playlist->count)); /* a sanitizer sees its end */

    FUZZ_CHECK(again != NULL);
    FUZZ_CHECK(playlist_write(playlist, "", again) == size && memcmp(again, text, size) == 0);
    free(again);
}

static void check_entries(const struct playlist *playlist)
{
    FUZZ_CHECK(playlist->count > 0 && playlist->count <= ENTRIES_MAX);
    FUZZ_CHECK(playlist->sequence >= 0 && playlist->discontinuities >= 0);
    for (int64_t i = 0; i < playlist->count; i++) {
        char name[PLAYLIST_SEGMENT_NAME_SIZE];

        playlist_segment_name(playlist->sequence + i, playlist->entries[i].map, name);
        FUZZ_CHECK((playlist->entries[i].map != 0) == (playlist->entries[0].map != 0));
        FUZZ_CHECK(playlist_segment_number(name) == playlist->sequence + i);
        FUZZ_CHECK(playlist->entries[i].start >= 0 && playlist->entries[i].duration_us > 0);
        FUZZ_CHECK(playlist_target(playlist->entries[i].duration_us) <= playlist->target);
    }
}

/* Every line, as the name of a file. */
static void check_names(const char *text, size_t size)
{
    char *copy = strndup(text, size);
    char *rest = copy;

    FUZZ_CHECK(copy != NULL);
    while (rest) {
        const char *line = strsep(&rest, "\n");
        int64_t number = playlist_segment_number(line);
        uint64_t map = playlist_map_of(line);
        char name[PLAYLIST_SEGMENT_NAME_SIZE];
        char other[PLAYLIST_SEGMENT_NAME_SIZE];
        char section[PLAYLIST_MAP_NAME_SIZE];

        FUZZ_CHECK(number >= -1);
        playlist_segment_name(number, 0, name);
        playlist_segment_name(number, 1, other);
        FUZZ_CHECK(number < 0 || strcmp(name, line) == 0 || strcmp(other, line) == 0);
        playlist_map_name(map, section);
        FUZZ_CHECK(map == 0 || strcmp(section, line) == 0);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct playlist_entry entries[ENTRIES_MAX];
    const char *text = (const char *)data;
    struct playlist playlist = {.count = -1, .entries = entries};
    int result = playlist_parse(text, size, ENTRIES_MAX, &playlist);

    FUZZ_CHECK(result == 0 || result == -EBADMSG);
    FUZZ_CHECK(playlist.entries == entries);
    if (result == 0) {
        check_entries(&playlist);
        check_written(&playlist, text, size);
    } else {
        FUZZ_CHECK(playlist.count == -1);
    }
    check_names(text, size);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/findings.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "origin/names.h"

enum {
    ENTRIES_MAX = 1000, /* of a playlist: the largest window that a preset may ask for */
};

/* Whether it is the file that cannot be read, so that another in its place heals it. */
static bool is_fault_of_file(int64_t result)
{
    return result == -EACCES || result == -EPERM || result == -ELOOP || result == -ENXIO;
}

/* Reads a file into @p text. @return bytes; -ENOENT; -EBADMSG for none that can be believed */
static int64_t read_text(const struct fs *fs, const char *name, char *text, size_t size)
{
    int64_t result = fs->read(fs->context, name, text, size);

    return is_fault_of_file(result) || result == (int64_t)size ? -EBADMSG : result;
}

static int judge(int64_t result, enum finding *ret)
{
    if (result < 0 && result != -ENOENT && result != -EBADMSG)
        return (int)result;
    *ret = result == -ENOENT ? FINDING_NONE : result == -EBADMSG ? FINDING_DAMAGED : FINDING_SOUND;
    return 0;
}

static int read_state(const struct fs *fs, struct findings *findings)
{
    char text[STATE_SIZE];
    int64_t result = read_text(fs, NAMES_STATE, text, sizeof(text));

    if (result >= 0)
        result = state_parse(text, (size_t)result, &findings->state);
    return judge(result, &findings->state_found);
}

static int read_playlist(const struct fs *fs, struct findings *findings)
{
    size_t size = playlist_size(ENTRIES_MAX) + 1;
    char *text = malloc(size);
    int64_t result = -ENOMEM;

    findings->playlist.entries = calloc(ENTRIES_MAX, sizeof(*findings->playlist.entries));
    if (text && findings->playlist.entries) {
        result = read_text(fs, PLAYLIST_NAME, text, size);
        if (result >= 0)
            result = playlist_parse(text, (size_t)result, ENTRIES_MAX, &findings->playlist);
    }
    free(text);
    return judge(result, &findings->playlist_found);
}

/* Segments of a second since the year 1 have lower ones. */
#define NUMBER_MAX INT64_C(100000000000)

struct search {
    const struct fs *fs;
    int64_t limit;
    int64_t highest;
    int64_t count;
};

/* What is no file is none of a segment, nor is one of a number that no clock leads to: somebody
 * else's name must not decide on numbers. */
static int find_highest(void *arg, const char *name)
{
    struct search *search = arg;
    int64_t number = playlist_segment_number(name);
    struct fs_status status;
    int result;

    search->count += number >= 0;
    if (number <= search->highest || number > search->limit)
        return 0;
    result = search->fs->status(search->fs->context, name, &status);
    if (result == 0 && status.regular)
        search->highest = number;
    return result == -ENOENT ? 0 : result;
}

int findings_read(const struct fs *fs, int64_t due, struct findings *ret)
{
    struct findings findings = {0};
    struct search search = {.fs = fs, .highest = -1};
    int result = read_state(fs, &findings);

    if (result == 0)
        result = read_playlist(fs, &findings);
    /* Without a state, one still to come says nothing of a stream. */
    search.limit = findings.state_found == FINDING_SOUND ? NUMBER_MAX : due + 1;
    if (result == 0)
        result = fs->list(fs->context, find_highest, &search);
    findings.highest = search.highest;
    findings.count = search.count;
    if (result < 0) {
        free(findings.playlist.entries);
        return result;
    }
    *ret = findings;
    return 0;
}

/* Whether entry @p i is what a run of that state writes; its start was rounded down. */
static bool agrees(const struct findings *findings, int64_t i, const struct timeline *line)
{
    const struct state *state = &findings->state;
    const struct playlist_entry *entry = &findings->playlist.entries[i];
    int64_t number = findings->playlist.sequence + i;
    int64_t start = timeline_start(line, number - state->offset);

    return entry->start <= start && start - entry->start < NS_PER_MS &&
           entry->duration_us == timeline_duration_us(line) &&
           entry->discontinuity == (number == state->from && state->discontinuities > 0);
}

void findings_compare(struct findings *findings, const struct timeline *line)
{
    struct playlist *playlist = &findings->playlist;
    int64_t discontinuities = playlist->discontinuities;

    for (int64_t i = 0; i < playlist->count; i++) {
        bool own = playlist->sequence + i >= findings->state.from;

        discontinuities += playlist->entries[i].discontinuity;
        if (own && (discontinuities != findings->state.discontinuities ||
                    playlist->target != findings->state.target || !agrees(findings, i, line))) {
            findings->playlist_found = FINDING_DAMAGED;
            playlist->count = 0;
        }
    }
}

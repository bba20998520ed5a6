/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/findings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "origin/names.h"
#include "origin/resume.h"

enum {
    PLAYLIST_MAX = 1 << 25, /* bytes: more is not read, for it is none of ours */
};

bool findings_is_fault_of_file(int64_t result)
{
    return result == -EACCES || result == -EPERM || result == -ELOOP || result == -ENXIO;
}

/* Reads a file into @p text. @return bytes; -ENOENT; -EBADMSG for none that can be believed */
static int64_t read_text(const struct fs *fs, const char *name, char *text, size_t size)
{
    int64_t result = fs->read(fs->context, name, text, size);

    return findings_is_fault_of_file(result) || result == (int64_t)size ? -EBADMSG : result;
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

/* Reads one of @p size bytes. @return as read_text() */
static int64_t parse_playlist(const struct fs *fs, size_t size, struct playlist *ret)
{
    int64_t count_max = playlist_count_max(size) + 1;
    char *text = malloc(size + 1); /* one more, to see whether it grows */
    int64_t result = -ENOMEM;

    ret->entries = calloc((size_t)count_max, sizeof(*ret->entries));
    if (text && ret->entries) {
        result = read_text(fs, PLAYLIST_NAME, text, size + 1);
        if (result >= 0)
            result = playlist_parse(text, (size_t)result, count_max, ret);
    }
    free(text);
    return result;
}

static int read_playlist(const struct fs *fs, struct findings *findings)
{
    struct fs_status status;
    int64_t result = fs->status(fs->context, PLAYLIST_NAME, &status);

    if (result == 0 && (!status.regular || status.size > PLAYLIST_MAX))
        result = -EBADMSG;
    if (result == 0)
        result = parse_playlist(fs, (size_t)status.size, &findings->playlist);
    return judge(findings_is_fault_of_file(result) ? -EBADMSG : result, &findings->playlist_found);
}

struct findings_break findings_last_break(const struct fs *fs, const struct timeline *line,
                                          const uint8_t digest[STATE_DIGEST_SIZE])
{
    struct findings findings = {.state_found = FINDING_NONE};
    const struct state *state = &findings.state;
    struct findings_break ret = {.index = -1};

    if (read_state(fs, &findings) < 0 || findings.state_found != FINDING_SOUND)
        return ret;
    if (memcmp(state->digest, digest, STATE_DIGEST_SIZE) == 0)
        return (struct findings_break){state->discontinuities, state->from - state->offset};
    ret.discontinuities = state->discontinuities + 1;
    if (read_playlist(fs, &findings) == 0 && findings.playlist_found == FINDING_SOUND &&
        findings.playlist.count > 0)
        ret.index = resume_index_behind(line, &findings.playlist);
    free(findings.playlist.entries);
    return ret;
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

/* Without a state, one still to come says nothing of a stream; nor does one behind its end. */
static int64_t limit_of(const struct findings *findings, int64_t due)
{
    if (findings->state_found != FINDING_SOUND)
        return due + 1;
    return findings->state.end > 0 ? findings->state.end - 1 : NUMBER_MAX;
}

int findings_read(const struct fs *fs, int64_t due, struct findings *ret)
{
    struct findings findings = {0};
    struct search search = {.fs = fs, .highest = -1};
    int result = read_state(fs, &findings);

    if (result == 0)
        result = read_playlist(fs, &findings);
    search.limit = limit_of(&findings, due);
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
static bool agrees(const struct findings *findings, int64_t i, const struct timeline *line,
                   uint64_t map)
{
    const struct state *state = &findings->state;
    const struct playlist_entry *entry = &findings->playlist.entries[i];
    int64_t number = findings->playlist.sequence + i;
    int64_t start = timeline_start(line, number - state->offset);

    return entry->start <= start && start - entry->start < NS_PER_MS &&
           entry->duration_us == timeline_segment_us(line, number - state->offset) &&
           entry->map == map &&
           entry->discontinuity == (number == state->from && state->discontinuities > 0);
}

void findings_compare(struct findings *findings, const struct timeline *line, uint64_t map)
{
    struct playlist *playlist = &findings->playlist;
    int64_t discontinuities = playlist->discontinuities;

    for (int64_t i = 0; i < playlist->count; i++) {
        bool own = playlist->sequence + i >= findings->state.from;

        discontinuities += playlist->entries[i].discontinuity;
        if (own &&
            (discontinuities != findings->state.discontinuities ||
             playlist->target != findings->state.target || !agrees(findings, i, line, map))) {
            findings->playlist_found = FINDING_DAMAGED;
            playlist->count = 0;
        }
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking: the playlist and what it lists, against all that was said of them before.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/reader_parts.h"

void reader_fail(struct reader *reader, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reader->failure, sizeof(reader->failure), format, args);
    va_end(args);
    longjmp(reader->failed, 1);
}

/* ---- what is known --------------------------------------------------------------------------- */

struct reader_segment *reader_find(struct reader *reader, int64_t number)
{
    for (int i = reader->count - 1; i >= 0 && reader->segments[i].number >= number; i--) {
        if (reader->segments[i].number == number)
            return &reader->segments[i];
    }
    return NULL;
}

bool reader_lists(const struct reader *reader, int64_t number)
{
    return reader->has_playlist && number >= reader->playlist.sequence &&
           number < reader->playlist.sequence + reader->playlist.count;
}

const struct reader_content *reader_content(struct reader *reader, int inode)
{
    const struct disk_inode *file = &reader->machine->disk.inodes[inode];
    struct reader_content *content = &reader->contents[inode];

    if (content->version != file->version) {
        content->version = file->version;
        content->whole = file->kind == DISK_FILE &&
                         stream_identify(file->data, file->size, &content->preset, &content->index);
    }
    return content;
}

int64_t reader_segment_us(const struct reader *reader)
{
    return timeline_duration_us(&reader->stream.line);
}

/* Whether it is too early to hold the program to what others destroyed at @p hurt: it looks at its
 * files once a segment, and what it makes anew takes it another one at most. */
bool reader_is_forgiven(const struct reader *reader, int64_t hurt)
{
    int64_t since = hurt > reader->trouble ? hurt : reader->trouble;

    return hurt != READER_NEVER &&
           reader->machine->now - since < 2 * reader_segment_us(reader) * 1000 + 1000 * MS;
}

/* ---- segments -------------------------------------------------------------------------------- */

static bool is_whole(struct reader *reader, const struct disk_name *name,
                     const struct reader_segment *segment)
{
    const struct reader_content *content = reader_content(reader, name->inode);
    const struct disk_inode *file = &reader->machine->disk.inodes[name->inode];

    return content->whole && content->preset == segment->preset &&
           content->index == segment->index && file->mode == 0644 && file->time == segment->due;
}

/* Nobody can make a segment of an earlier stream, nor is a playlist that has ended changed. */
static bool is_lost(const struct reader *reader, const struct reader_segment *segment)
{
    const struct m3u8 *playlist = &reader->playlist;

    return playlist->ended && segment->hurt != READER_NEVER &&
           segment->said.discontinuity < playlist->entries[playlist->count - 1].discontinuity;
}

static void check_missing(struct reader *reader, uint32_t there)
{
    for (int i = 0; i < reader->playlist.count; i++) {
        int64_t number = reader->playlist.sequence + i;
        const struct reader_segment *segment = reader_find(reader, number);

        if (!(there & 1U << i) && segment->left == READER_NEVER &&
            !reader_is_forgiven(reader, segment->hurt) && !is_lost(reader, segment))
            reader_fail(reader, "segment %lld is listed, but not there, or not whole", (ll)number);
    }
}

/* What is listed is there and whole; a name has the bytes that it was listed with, or none. */
static void check_files(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;
    uint32_t there = 0;

    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];

        if (name->number < 0 || name->inode < 0 || !reader_lists(reader, name->number))
            continue;
        if (is_whole(reader, name, reader_find(reader, name->number)))
            there |= 1U << (name->number - reader->playlist.sequence);
    }
    if (reader->has_playlist && there != (1U << reader->playlist.count) - 1)
        check_missing(reader, there);
}

/* Whether two numbers are of one stream that goes on from the one to the other. */
static bool goes_on(const struct reader_segment *a, const struct reader_segment *b)
{
    return a->preset == b->preset && a->epoch == b->epoch &&
           b->index - a->index == b->number - a->number;
}

static void check_discontinuity(struct reader *reader, const struct reader_segment *before,
                                const struct reader_segment *after)
{
    int64_t rise = after->said.discontinuity - before->said.discontinuity;

    if (before->vague || after->vague || before->said.discontinuity < 0 ||
        after->said.discontinuity < 0)
        return;
    if (goes_on(before, after) && rise != 0) {
        if (!(reader->may_break || (reader->state_lost && reader->faults)) || rise < 0)
            reader_fail(reader, "discontinuity sequence rises by %lld inside a stream, at %lld",
                        (ll)rise, (ll)after->number);
        reader->pristine = false;
    }
    if (!goes_on(before, after) && rise < 1)
        reader_fail(reader, "another stream at %lld without discontinuity", (ll)after->number);
    if (after->number == before->number + 1 && before->left == READER_NEVER && rise > 1)
        reader_fail(reader, "discontinuity sequence rises by %lld at %lld", (ll)rise,
                    (ll)after->number);
}

static struct reader_segment *insert(struct reader *reader, int64_t number)
{
    int at = reader->count;

    if (reader->count == READER_SEGMENTS)
        reader_fail(reader, "the reader's memory is full");
    while (at > 0 && reader->segments[at - 1].number > number)
        at--;
    memmove(&reader->segments[at + 1], &reader->segments[at],
            sizeof(reader->segments[0]) * (size_t)(reader->count - at));
    reader->count++;
    reader->segments[at] = (struct reader_segment){.number = number, .hurt = READER_NEVER};
    return &reader->segments[at];
}

/* The index of the segment of a stream that starts at @p start_ms, rounded down; or -1. */
static int64_t index_of(const struct timeline *line, int64_t start_ms)
{
    int64_t index = timeline_newest_due(line, (start_ms + 1) * MS - 1) + 1;

    return timeline_start(line, index) / MS == start_ms ? index : -1;
}

/* The latest that can be due by any clock that the program could see. */
int64_t reader_newest_due(const struct reader *reader, int64_t slack)
{
    return timeline_newest_due(&reader->stream.line,
                               machine_monotonic(reader->machine) + reader->clock - slack);
}

/* When others hurt a segment that was not listed yet. */
static int64_t hurt_before(const struct reader *reader, int64_t number)
{
    for (int i = 0; i < READER_HURT; i++) {
        if (reader->hurt[i] == number)
            return reader->hurt_at[i];
    }
    return READER_NEVER;
}

/* Of which stream it is, and when due, only its file can tell. */
static void believe_file(struct reader *reader, struct reader_segment *segment)
{
    const struct disk *disk = &reader->machine->disk;

    for (int i = 0; i < disk->name_count; i++) {
        const struct reader_content *content;

        if (disk->names[i].number != segment->number || disk->names[i].inode < 0)
            continue;
        content = reader_content(reader, disk->names[i].inode);
        segment->preset = content->preset;
        segment->index = content->index;
        segment->due = disk->inodes[disk->names[i].inode].time;
    }
}

/* A number that no playlist had listed yet, or none that is remembered: it is of this life's
 * stream, unless one had that could not be read. */
static void learn(struct reader *reader, struct reader_segment *segment,
                  const struct m3u8_entry *said)
{
    int64_t number = segment->number;
    const struct timeline *line = &reader->stream.line;

    segment->said = *said;
    segment->left = READER_NEVER;
    segment->hurt = hurt_before(reader, number);
    segment->preset = reader->stream.preset;
    segment->epoch = line->epoch;
    segment->index = index_of(line, said->start_ms);
    segment->due = timeline_due(line, segment->index);
    segment->vague = false;
    if (said->duration_us != timeline_duration_us(line) && number <= reader->unseen) {
        believe_file(reader, segment);
        return;
    }
    if (segment->index < 0 || said->duration_us != timeline_duration_us(line))
        reader_fail(reader, "segment %lld has a date or duration that is not the stream's",
                    (ll)number);
    if (segment->due > machine_monotonic(reader->machine) + reader->clock)
        reader_fail(reader, "segment %lld is listed before it is due", (ll)number);
    if (segment > reader->segments)
        check_discontinuity(reader, segment - 1, segment);
    if (segment + 1 < reader->segments + reader->count)
        check_discontinuity(reader, segment, segment + 1);
    if (reader->pristine && (segment->index != number || said->discontinuity != 0))
        reader_fail(reader, "segment %lld is not what an undisturbed run lists", (ll)number);
}

static bool says_the_same(const struct m3u8_entry *a, struct m3u8_entry *b)
{
    if (b->discontinuity < 0) /* forgotten */
        b->discontinuity = a->discontinuity;
    return a->start_ms == b->start_ms && a->duration_us == b->duration_us &&
           a->discontinuity == b->discontinuity && a->map == b->map;
}

/* What has the name of a segment; NULL when there is nothing whole. */
static const struct reader_content *find_content(struct reader *reader, int64_t number)
{
    const struct disk *disk = &reader->machine->disk;

    for (int i = 0; i < disk->name_count; i++) {
        const struct reader_content *content;

        if (disk->names[i].number != number || disk->names[i].inode < 0)
            continue;
        content = reader_content(reader, disk->names[i].inode);
        return content->whole ? content : NULL;
    }
    return NULL;
}

/* The program may have known of it before it was lost, or not. Of equal dates there can be segments
 * of two presets: the file tells which it is. */
static void recall(struct reader *reader, struct reader_segment *segment,
                   const struct m3u8_entry *said)
{
    const struct reader_content *content = find_content(reader, segment->number);

    if (segment->said.start_ms != said->start_ms ||
        segment->said.duration_us != said->duration_us) {
        learn(reader, segment, said);
        return;
    }
    if (content && content->index == segment->index)
        segment->preset = content->preset;
    segment->said = *said;
    segment->listed_us = 0; /* nor in which playlists */
    segment->vague = false;
}

/* ---- playlist -------------------------------------------------------------------------------- */

static void check_head(struct reader *reader, const struct m3u8 *m3u8)
{
    int64_t newest = m3u8->sequence + m3u8->count - 1;

    if ((m3u8->sequence < reader->sequence && !reader->playlist_lost) ||
        newest < reader->newest - reader->playlist_lost)
        reader_fail(reader, "the sequence goes back, from %lld-%lld to %lld-%lld",
                    (ll)reader->sequence, (ll)reader->newest, (ll)m3u8->sequence, (ll)newest);
    if (m3u8->mapped != reader->stream.mapped)
        reader_fail(reader, "its container");
    if (m3u8->target < reader->target || m3u8->target > reader->longest_target)
        reader_fail(reader, "the target duration goes from %lld to %lld", (ll)reader->target,
                    (ll)m3u8->target);
    for (int i = 0; i < m3u8->count; i++) {
        if ((m3u8->entries[i].duration_us + 500000) / 1000000 > m3u8->target)
            reader_fail(reader, "segment %lld is longer than the target duration",
                        (ll)m3u8->sequence + i);
    }
}

static void leave(struct reader *reader, const struct m3u8 *m3u8)
{
    for (int i = 0; i < reader->count; i++) {
        struct reader_segment *segment = &reader->segments[i];

        if (segment->left == READER_NEVER &&
            (segment->number < m3u8->sequence || segment->number >= m3u8->sequence + m3u8->count))
            segment->left = reader->machine->now;
    }
}

static void take_entries(struct reader *reader, const struct m3u8 *m3u8)
{
    int64_t duration = 0;

    for (int i = 0; i < m3u8->count; i++)
        duration += m3u8->entries[i].duration_us;
    for (int i = 0; i < m3u8->count; i++) {
        struct reader_segment *segment = reader_find(reader, m3u8->sequence + i);

        if (!segment) {
            segment = insert(reader, m3u8->sequence + i);
            learn(reader, segment, &m3u8->entries[i]);
        } else if (segment->vague) {
            recall(reader, segment, &m3u8->entries[i]);
        } else if (!says_the_same(&m3u8->entries[i], &segment->said)) {
            reader_fail(reader, "segment %lld is another than it was said to be",
                        (ll)segment->number);
        }
        segment->left = READER_NEVER;
        if (segment->listed_us < duration)
            segment->listed_us = duration;
    }
}

/* A playlist that was not there at the last look. */
static void take_playlist(struct reader *reader, const struct m3u8 *m3u8)
{
    const struct reader_segment *newest = reader_find(reader, m3u8->sequence + m3u8->count - 1);
    bool was_there = newest && !newest->vague;

    check_head(reader, m3u8);
    reader_check_ends(reader, m3u8);
    leave(reader, m3u8);
    if (!was_there) {
        reader->advanced = reader->machine->now;
        if (reader->unsynced && !reader->names_unsure)
            reader_fail(reader, "two playlists in a row are not durable");
        reader->unsynced = true;
        reader->stale = false;
    }
    take_entries(reader, m3u8);
    for (int i = 0; i < reader->count && reader->playlist_lost; i++) {
        if (reader->segments[i].number >= m3u8->sequence + m3u8->count)
            reader->segments[i].vague = true; /* as if it had been waiting for its time */
    }
    if (!was_there && reader->machine->settled)
        reader->muddled = reader->state_other = false;
    reader->playlist = *m3u8;
    reader->has_playlist = true;
    reader->playlist_lost = false;
    reader->sequence = m3u8->sequence;
    reader->newest = m3u8->sequence + m3u8->count - 1;
    reader->target = m3u8->target;
}

const char *reader_read_playlist(struct reader *reader, struct m3u8 *m3u8)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, PLAYLIST);

    if (!file)
        return "it is missing";
    if (file->kind != DISK_FILE)
        return "it is no file";
    if (file->mode != 0644)
        return "its mode";
    return m3u8_parse(file->data, file->size, m3u8);
}

/* What is so old is not kept any longer: there would have to be room for it. */
void reader_end_playlist(struct reader *reader)
{
    int64_t now = reader->machine->now;

    for (int i = 0; i < reader->count && reader->has_playlist; i++) {
        if (reader->segments[i].left == READER_NEVER)
            reader->segments[i].left = reader->playlist_hurt < now ? reader->playlist_hurt : now;
    }
    reader->has_playlist = false;
}

void reader_end_retention(struct reader *reader)
{
    for (int i = 0; i < reader->count; i++)
        reader->segments[i].left = INT64_MIN / 2;
}

/* Whether the playlist is as others left it. */
bool reader_is_others(const struct reader *reader, const struct disk_inode *file)
{
    return reader->playlist_hurt != READER_NEVER &&
           (!file || file->version == reader->hurt_version);
}

static void look_at_playlist(struct reader *reader)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, PLAYLIST);
    struct m3u8 m3u8;
    const char *wrong;

    if (reader_is_others(reader, file)) {
        if (!reader_is_forgiven(reader, reader->playlist_hurt))
            reader_fail(reader, "the playlist has not been mended");
        if (reader->stale && reader->has_playlist) {
            reader_end_retention(reader);
            reader->has_playlist = false;
        }
        return;
    }
    if (!file) {
        const struct reader_segment *newest = reader_find(reader, reader->newest);

        /* Without what it ends with, of which this run can make no other, nothing can be listed. */
        if (reader->has_playlist && !reader->stale && !reader_is_hurt(reader, newest))
            reader_fail(reader, "the playlist is gone");
        if (reader->stale)
            reader_end_retention(reader);
        reader_end_playlist(reader);
        return;
    }
    if (file->version == reader->playlist_version)
        return;
    wrong = reader_read_playlist(reader, &m3u8);
    if (wrong)
        reader_fail(reader, "the playlist is not valid: %s", wrong);
    reader->playlist_version = file->version;
    take_playlist(reader, &m3u8);
}

void reader_look(struct reader *reader)
{
    if (reader->changes == reader->machine->disk.changes)
        return;
    reader->changes = reader->machine->disk.changes;
    look_at_playlist(reader);
    check_files(reader);
    reader_check_sections(reader);
    reader_check_iframes(reader);
    reader_check_alias_there(reader);
}

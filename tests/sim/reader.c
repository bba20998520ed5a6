/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "origin/publisher.h"

#define MS     INT64_C(1000000)
#define MOMENT (MS / 10) /* in which a program that has looked cannot look again */

#define PLAYLIST "stream.m3u8"
#define STATE    "hlsgen.state"

typedef long long ll;

void reader_fail(struct reader *reader, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reader->failure, sizeof(reader->failure), format, args);
    va_end(args);
    longjmp(reader->failed, 1);
}

/* ---- what is known -----------------------------------------------------------------------------
 */

static struct reader_segment *find(struct reader *reader, int64_t number)
{
    for (int i = reader->count - 1; i >= 0 && reader->segments[i].number >= number; i--) {
        if (reader->segments[i].number == number)
            return &reader->segments[i];
    }
    return NULL;
}

static bool is_listed(const struct reader *reader, int64_t number)
{
    return reader->has_playlist && number >= reader->playlist.sequence &&
           number < reader->playlist.sequence + reader->playlist.count;
}

static const struct reader_content *content_of(struct reader *reader, int inode)
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

static int64_t segment_us(const struct reader *reader)
{
    return timeline_duration_us(&reader->stream.line);
}

/* Whether it is too early to hold the program to what others destroyed at @p hurt: it looks at its
 * files once a segment, and what it makes anew takes it another one at most. */
static bool is_forgiven(const struct reader *reader, int64_t hurt)
{
    int64_t since = hurt > reader->trouble ? hurt : reader->trouble;

    return hurt != READER_NEVER &&
           reader->machine->now - since < 2 * segment_us(reader) * 1000 + 1000 * MS;
}

/* ---- segments ----------------------------------------------------------------------------------
 */

static bool is_whole(struct reader *reader, const struct disk_name *name,
                     const struct reader_segment *segment)
{
    const struct reader_content *content = content_of(reader, name->inode);
    const struct disk_inode *file = &reader->machine->disk.inodes[name->inode];

    return content->whole && content->preset == segment->preset &&
           content->index == segment->index && file->mode == 0644 && file->time == segment->due;
}

static void check_missing(struct reader *reader, uint32_t there)
{
    for (int i = 0; i < reader->playlist.count; i++) {
        int64_t number = reader->playlist.sequence + i;
        const struct reader_segment *segment = find(reader, number);

        if (!(there & 1U << i) && !is_forgiven(reader, segment->hurt))
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

        if (name->number < 0 || name->inode < 0 || !is_listed(reader, name->number))
            continue;
        if (is_whole(reader, name, find(reader, name->number)))
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

    if (before->said.discontinuity < 0 || after->said.discontinuity < 0)
        return;
    if (goes_on(before, after) && rise != 0) {
        if (!(reader->may_break || (reader->state_lost && reader->faults)) || rise != 1)
            reader_fail(reader, "discontinuity sequence rises by %lld inside a stream, at %lld",
                        (ll)rise, (ll)after->number);
        reader->pristine = false;
    }
    if (!goes_on(before, after) && rise < 1)
        reader_fail(reader, "another stream at %lld without discontinuity", (ll)after->number);
    if (after->number == before->number + 1 && rise > 1)
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
static int64_t newest_due(const struct reader *reader, int64_t slack)
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

/* Whose segment a number is that no playlist had listed yet: this life's; or, when it was waiting
 * for its time as the life before ended, of the stream before it, and then no discontinuity says
 * otherwise. */
static struct stream stream_of(const struct reader *reader, const struct reader_segment *segment)
{
    const struct reader_segment *before = segment - 1;

    if (segment > reader->segments && before->number == segment->number - 1 &&
        before->said.discontinuity == segment->said.discontinuity)
        return stream_make(before->preset, 1, before->epoch);
    return reader->stream;
}

static void learn(struct reader *reader, int64_t number, const struct m3u8_entry *said)
{
    struct reader_segment *segment = insert(reader, number);
    struct stream stream;

    segment->said = *said;
    segment->left = READER_NEVER;
    segment->hurt = hurt_before(reader, number);
    stream = stream_of(reader, segment);
    segment->preset = stream.preset;
    segment->epoch = stream.line.epoch;
    segment->index = index_of(&stream.line, said->start_ms);
    segment->due = timeline_due(&stream.line, segment->index);
    if (segment->index < 0 || said->duration_us != timeline_duration_us(&stream.line))
        reader_fail(reader, "segment %lld has a date or duration that is not its stream's",
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
           a->discontinuity == b->discontinuity;
}

/* ---- playlist ----------------------------------------------------------------------------------
 */

static void check_head(struct reader *reader, const struct m3u8 *m3u8)
{
    int64_t newest = m3u8->sequence + m3u8->count - 1;

    if (m3u8->sequence < reader->sequence || newest < reader->newest)
        reader_fail(reader, "the sequence goes back, from %lld-%lld to %lld-%lld",
                    (ll)reader->sequence, (ll)reader->newest, (ll)m3u8->sequence, (ll)newest);
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
        struct reader_segment *segment = find(reader, m3u8->sequence + i);

        if (!segment) {
            learn(reader, m3u8->sequence + i, &m3u8->entries[i]);
            segment = find(reader, m3u8->sequence + i);
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
    check_head(reader, m3u8);
    leave(reader, m3u8);
    take_entries(reader, m3u8);
    if (m3u8->sequence + m3u8->count - 1 > reader->newest) {
        reader->advanced = reader->machine->now;
        if (reader->unsynced && !reader->names_unsure)
            reader_fail(reader, "two playlists in a row are not durable");
        reader->unsynced = true;
        reader->stale = reader->muddled = false;
    }
    reader->playlist = *m3u8;
    reader->has_playlist = true;
    reader->sequence = m3u8->sequence;
    reader->newest = m3u8->sequence + m3u8->count - 1;
    reader->target = m3u8->target;
}

static const char *read_playlist(struct reader *reader, struct m3u8 *m3u8)
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
static void end_retention(struct reader *reader)
{
    for (int i = 0; i < reader->count; i++)
        reader->segments[i].left = INT64_MIN / 2;
}

/* Whether the playlist is as others left it. */
static bool is_others_playlist(const struct reader *reader, const struct disk_inode *file)
{
    return reader->playlist_hurt != READER_NEVER &&
           (!file || file->version == reader->hurt_version);
}

static void look_at_playlist(struct reader *reader)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, PLAYLIST);
    struct m3u8 m3u8;
    const char *wrong;

    if (is_others_playlist(reader, file)) {
        if (!is_forgiven(reader, reader->playlist_hurt))
            reader_fail(reader, "the playlist has not been mended");
        if (reader->stale && reader->has_playlist) {
            end_retention(reader);
            reader->has_playlist = false;
        }
        return;
    }
    if (!file) {
        const struct reader_segment *newest = find(reader, reader->newest);

        /* Without what it ends with, of which this run can make no other, nothing can be listed. */
        if (reader->has_playlist && !reader->stale && newest->hurt == READER_NEVER)
            reader_fail(reader, "the playlist is gone");
        if (reader->has_playlist)
            end_retention(reader);
        reader->has_playlist = false;
        return;
    }
    if (file->version == reader->playlist_version)
        return;
    wrong = read_playlist(reader, &m3u8);
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
}

/* ---- calls -------------------------------------------------------------------------------------
 */

static bool is_ours(const char *name)
{
    static const char *const names[] = {PLAYLIST, STATE, ".hlsgen-state.tmp", ".hlsgen-segment.tmp",
                                        ".hlsgen-playlist.tmp"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return disk_segment_number(name) >= 0;
}

/* Whether it would be over if publication had never stood still, by what the wall clock once was.
 */
static bool is_over(const struct reader *reader, const struct reader_segment *segment)
{
    return reader->machine->now + reader->ahead - segment->due > 2 * segment->listed_us * 1000;
}

/* A segment's file may go when its time is over, or when it is none any more. */
static void check_removal(struct reader *reader, const char *name)
{
    struct reader_segment *segment = find(reader, disk_segment_number(name));
    const struct disk_inode *file = disk_find(&reader->machine->disk, name);
    int64_t until;

    if (!segment || !file || segment->hurt != READER_NEVER)
        return;
    if (is_listed(reader, segment->number))
        reader_fail(reader, "%s is removed while it is listed", name);
    if (reader->machine->now - reader->lacking < 10 * MOMENT && is_over(reader, segment))
        return; /* it makes room: none is needed for what would have been over by now */
    until = segment->left + (segment->said.duration_us + segment->listed_us) * 1000;
    if (reader->machine->now < until)
        reader_fail(reader, "%s is removed %lld ms before its retention is over", name,
                    (ll)((until - reader->machine->now) / MS));
}

/* Whether it was put in the place of a temporary file just now. */
static bool is_swapped(const struct reader *reader, const struct disk_inode *file)
{
    return file->version == reader->swapped && reader->machine->now - reader->swapped_at < MOMENT;
}

/* What is whole stays untouched, and a name that was listed never gets other bytes. */
static void check_replacement(struct reader *reader, const char *from, const char *to)
{
    struct reader_segment *segment = find(reader, disk_segment_number(to));
    const struct disk_inode *source = disk_find(&reader->machine->disk, from);
    const struct disk_inode *target = disk_find(&reader->machine->disk, to);
    const struct reader_content *content;

    if (!segment || !source || is_swapped(reader, source))
        return;
    content = content_of(reader, (int)(source - reader->machine->disk.inodes));
    if (!content->whole || content->preset != segment->preset || content->index != segment->index)
        reader_fail(reader, "%s gets other bytes than it was listed with", to);
    if (source->time != segment->due)
        reader_fail(reader, "%s is dated otherwise than when it is due", to);
    if (target && segment->hurt == READER_NEVER && !reader->faults &&
        target->time == source->time && target->kind == DISK_FILE)
        reader_fail(reader, "%s is made again although it is whole", to);
}

void reader_before(struct reader *reader, const struct machine_event *event)
{
    bool changes = event->call == MACHINE_CREATE || event->call == MACHINE_RENAME ||
                   event->call == MACHINE_UNLINK;

    if (changes && !is_ours(event->name))
        reader_fail(reader, "%s is not ours", event->name);
    if (event->call == MACHINE_UNLINK)
        check_removal(reader, event->name);
    if (event->call != MACHINE_RENAME)
        return;
    if (!is_ours(event->to))
        reader_fail(reader, "%s is not ours", event->to);
    check_replacement(reader, event->name, event->to);
}

/* Whether others put it there at the last moment before its rename. */
static bool is_others(struct reader *reader, const char *name)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, name);

    if (!file || !is_swapped(reader, file))
        return false;
    reader_hurt(reader, name);
    return true;
}

static void remember_mended(struct reader *reader, const char *name)
{
    struct reader_segment *segment = find(reader, disk_segment_number(name));

    if (segment)
        segment->mended = true;
    for (int i = 0; i < READER_HURT; i++) {
        if (reader->hurt[i] == disk_segment_number(name))
            reader->hurt[i] = -1;
    }
    if (strcmp(name, PLAYLIST) == 0)
        reader->playlist_mended = true;
    if (strcmp(name, STATE) == 0)
        reader->state_mended = true;
}

/* What others hurt comes back with a power cut until the names are durable. */
static void settle_mended(struct reader *reader)
{
    for (int i = 0; i < reader->count; i++) {
        if (reader->segments[i].mended)
            reader->segments[i].hurt = READER_NEVER;
        reader->segments[i].mended = false;
    }
    if (reader->playlist_mended)
        reader->playlist_hurt = READER_NEVER;
    if (reader->state_mended)
        reader->state_hurt = false;
    reader->playlist_mended = reader->state_mended = false;
}

/*
 * At most there are a window listed, what left the playlist while one and two segments more were
 * published, and the windows of before a gap and of before a step of the clock; with what is being
 * made. Of another stream, or with another window, there may be as much as that beside it.
 */
static void check_count(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;
    int64_t most = 4 * reader->stream.window + 5;
    int64_t count = 0;

    for (int i = 0; i < disk->name_count; i++) {
        if (disk->names[i].inode >= 0 && disk->names[i].number >= 0)
            count += content_of(reader, disk->names[i].inode)->whole;
    }
    if (!reader->pristine || reader->window_before != reader->stream.window)
        most += 4 * reader->window_before + 5;
    if (count > most)
        reader_fail(reader, "%lld segments are on disk", (ll)count);
}

void reader_after(struct reader *reader, const struct machine_event *event)
{
    if (event->result < 0 && event->result != -ENOENT && event->result != -EEXIST)
        reader->faults = true;
    if (event->result == -ENOSPC || event->result == -EDQUOT)
        reader->lacking = reader->machine->now;
    if (event->call == MACHINE_SYNC_NAMES) {
        reader->names_unsure = event->result < 0;
        reader->unsynced = reader->unsynced && event->result < 0;
        if (event->result == 0)
            settle_mended(reader);
    }
    if (event->call == MACHINE_RENAME && event->result == 0) {
        if (!is_others(reader, event->to))
            remember_mended(reader, event->to);
        check_count(reader);
    }
    reader_look(reader);
}

/* ---- lives -------------------------------------------------------------------------------------
 */

void reader_init(struct reader *reader, struct machine *machine)
{
    reader->machine = machine;
    reader->window_before = 0;
    reader->trouble = reader->advanced = reader->longest_target = 0;
    reader->ahead = INT64_MIN;
    reader->lacking = INT64_MIN / 2;
    reader->faults = reader->stale = reader->muddled = reader->may_break = reader->names_unsure =
        reader->unsynced = false;
    reader->swapped = 0;
    reader->pristine = true;
    reader->has_playlist = false;
    reader->sequence = reader->newest = -1;
    reader->target = 0;
    reader->playlist_hurt = READER_NEVER;
    reader->playlist_mended = reader->state_hurt = reader->state_mended = false;
    reader->changes = reader->playlist_version = reader->hurt_version = 0;
    reader->count = 0;
    reader->stream = (struct stream){.preset = -1};
    for (int i = 0; i < READER_HURT; i++)
        reader->hurt[i] = -1;
    for (int i = 0; i < DISK_INODES; i++)
        reader->contents[i].version = 0;
}

/* What the directory still tells of the streams that it held. */
struct witnesses {
    bool playlist;
    bool state;
    bool number;  /* of the newest segment, by its file */
    bool bytes;   /* of that */
    bool strange; /* there is a file of a higher number, which nobody has published */
};

static struct witnesses hear(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;
    const struct disk_inode *playlist = disk_find(&reader->machine->disk, PLAYLIST);
    struct witnesses heard = {.state = !reader->state_hurt};
    struct m3u8 m3u8;

    heard.playlist = playlist && playlist->kind == DISK_FILE && playlist->mode & 0400 &&
                     !m3u8_parse(playlist->data, playlist->size, &m3u8) &&
                     m3u8.sequence == reader->sequence &&
                     m3u8.sequence + m3u8.count - 1 == reader->newest;
    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];

        if (name->inode < 0 || name->number < reader->newest)
            continue;
        if (name->number > reader->newest)
            heard.strange = heard.strange || !content_of(reader, name->inode)->whole;
        else if (disk->inodes[name->inode].kind == DISK_FILE)
            heard.number = true;
        if (name->number == reader->newest)
            heard.bytes =
                content_of(reader, name->inode)->whole && disk->inodes[name->inode].mode & 0400;
    }
    return heard;
}

/* Nothing was published for longer than a window, or the wall clock makes it believe so. */
static bool is_long_ago(struct reader *reader)
{
    const struct reader_segment *newest = find(reader, reader->newest);
    int64_t window = 0;

    for (int i = 0; i < reader->playlist.count; i++)
        window += reader->playlist.entries[i].duration_us * 1000;
    return newest && (reader->machine->now - reader->advanced > window ||
                      machine_realtime(reader->machine) - newest->due > window);
}

/* When a segment left the playlist nobody has written down: it is told from when it was due. Nor
 * how long a playlist was that is no more. */
static void forget_when_left(struct reader *reader, const struct witnesses *heard)
{
    int64_t longest = reader->stream.window * segment_us(reader);
    int64_t found = 0;

    for (int i = 0; i < reader->playlist.count && heard->playlist; i++)
        found += reader->playlist.entries[i].duration_us;
    if (found > longest)
        longest = found;
    for (int i = 0; i < reader->count; i++) {
        struct reader_segment *segment = &reader->segments[i];
        int64_t left = reader->machine->now - machine_realtime(reader->machine) + segment->due;

        if (segment->listed_us > longest)
            segment->listed_us = longest;
        left += segment->listed_us * 1000;
        if (segment->left != READER_NEVER && segment->left > left)
            segment->left = left;
    }
}

/* Files alone tell of numbers that this life's stream could have published just now. */
static bool is_recent(const struct reader *reader)
{
    int64_t due = newest_due(reader, 0);

    return reader->newest <= due + 1 && reader->newest > due - 2 * reader->stream.window;
}

/* Nobody can go on from what nothing tells of. */
static void forget(struct reader *reader, const struct witnesses *heard)
{
    if (!heard->playlist && !heard->state) {
        reader->target = 0;
        for (int i = 0; i < reader->count; i++)
            reader->segments[i].said.discontinuity = -1;
    }
    if (!heard->playlist && (!heard->number || (!heard->state && !is_recent(reader)))) {
        reader->count = 0;
        reader->has_playlist = false;
        reader->sequence = reader->newest = -1;
    }
    if (reader->stale)
        end_retention(reader);
    if (!heard->playlist && !heard->state)
        end_retention(reader);
    if (!heard->playlist && reader->has_playlist) {
        for (int i = 0; i < reader->count; i++) {
            if (reader->segments[i].left == READER_NEVER)
                reader->segments[i].left = reader->machine->now;
        }
        reader->has_playlist = false;
    }
    forget_when_left(reader, heard);
}

/* Whether the newest segment is of this life's stream. */
static bool is_own(struct reader *reader, const struct stream *stream)
{
    const struct reader_segment *newest = find(reader, reader->newest);

    return !newest || (newest->preset == stream->preset && newest->epoch == stream->line.epoch);
}

/* What is listed was due; so it is, although the clock may have been stepped back a little since.
 */
static void hold_cadence(struct reader *reader)
{
    const struct reader_segment *newest = find(reader, reader->newest);

    if (newest && newest->index == newest_due(reader, 0) + 1)
        reader->clock = newest->due - machine_monotonic(reader->machine);
}

/* The playlist is lost: what it began with, and whether the newest file was listed or still waited
 * for its time, cannot be told. */
static void lose_playlist(struct reader *reader)
{
    int64_t newest = reader->playlist.sequence + reader->playlist.count - 2;

    reader->sequence = -1;
    if (reader->count > 0 && reader->newest > newest)
        reader->newest = newest;
}

void reader_start(struct reader *reader, const struct stream *stream)
{
    struct witnesses heard = hear(reader);
    int64_t ahead = machine_realtime(reader->machine) - reader->machine->now;
    int64_t target = (timeline_duration_us(&stream->line) + 500000) / 1000000;

    if (reader->stream.preset >= 0 && (stream->preset != reader->stream.preset ||
                                       stream->line.epoch != reader->stream.line.epoch))
        reader->pristine = false;
    reader->state_lost = !heard.state;
    reader->may_break =
        (!heard.state && !heard.bytes) || (!heard.playlist && heard.strange) || reader->muddled;
    if (reader->may_break) {
        reader->muddled = true;
        reader->pristine = false;
    }
    reader->window_before = reader->stream.window;
    reader->stream = *stream;
    reader->clock = machine_realtime(reader->machine) - machine_monotonic(reader->machine);
    if (heard.playlist && is_own(reader, stream))
        hold_cadence(reader);
    if (ahead < reader->ahead)
        reader->pristine = false; /* the clock went back */
    if (target > reader->longest_target)
        reader->longest_target = target;
    reader->trouble = reader->machine->now;
    reader->faults = false;
    reader->stale = is_long_ago(reader);
    if (heard.strange && !heard.playlist)
        reader->pristine = false;
    if (!is_own(reader, stream))
        reader->muddled = true;
    if (reader->count > 0)
        forget(reader, &heard);
    if (!heard.playlist)
        lose_playlist(reader);
}

void reader_step(struct reader *reader)
{
    if (!is_long_ago(reader))
        return;
    reader->stale = true;
    for (int i = 0; i < reader->count; i++) {
        if (reader->segments[i].left != READER_NEVER)
            reader->segments[i].left = INT64_MIN / 2;
    }
}

void reader_forget(struct reader *reader)
{
    reader->count = 0;
    reader->has_playlist = false;
    reader->sequence = reader->newest = -1;
    reader->target = 0;
    reader->playlist_hurt = READER_NEVER;
    reader->state_hurt = false;
}

static void hurt_segment(struct reader *reader, int64_t number)
{
    struct reader_segment *segment = find(reader, number);

    if (segment) {
        segment->hurt = reader->machine->now;
        segment->mended = false;
    } else if (number >= 0) {
        memmove(&reader->hurt[1], &reader->hurt[0], sizeof(reader->hurt[0]) * (READER_HURT - 1));
        memmove(&reader->hurt_at[1], &reader->hurt_at[0],
                sizeof(reader->hurt_at[0]) * (READER_HURT - 1));
        reader->hurt[0] = number;
        reader->hurt_at[0] = reader->machine->now;
    }
}

void reader_hurt(struct reader *reader, const char *name)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, name);

    reader->trouble = reader->machine->now;
    reader->faults = true;
    hurt_segment(reader, disk_segment_number(name));
    if (file && strstr(name, ".tmp")) {
        reader->swapped = file->version;
        reader->swapped_at = reader->machine->now;
    }
    if (!reader->has_playlist && disk_segment_number(name) >= 0)
        reader->pristine = false; /* for all that anybody knows, a stream was here */
    if (strcmp(name, PLAYLIST) == 0) {
        reader->playlist_hurt = reader->machine->now;
        reader->playlist_mended = false;
        reader->hurt_version = file ? file->version : 0;
    }
    if (strcmp(name, PLAYLIST) == 0 && !reader->machine->settled)
        lose_playlist(reader);
    if (strcmp(name, STATE) == 0 && !reader->machine->settled)
        reader->state_lost = reader->may_break = true;
    if (strcmp(name, STATE) == 0) {
        reader->state_hurt = true;
        reader->state_mended = false;
    }
}

/* A date may be lost, and takes part in telling whether a file is as it was left. */
static void forgive_dates(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;

    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];
        struct reader_segment *segment = find(reader, name->number);

        if (segment && name->inode >= 0 && disk->inodes[name->inode].time != segment->due)
            segment->hurt = reader->machine->now;
    }
}

/*
 * The playlist may be that of just before: nothing can be done about a cut between its rename and
 * the sync of the directory. That it is not an older one is checked at each rename of it.
 */
void reader_cut(struct reader *reader)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, PLAYLIST);
    struct m3u8 m3u8;

    reader->trouble = reader->machine->now;
    for (int i = 0; i < reader->count; i++)
        reader->segments[i].mended = false;
    reader->state_mended = false;
    forgive_dates(reader);
    if (!file) {
        reader->has_playlist = false;
    } else if (!is_others_playlist(reader, file) && !read_playlist(reader, &m3u8)) {
        reader->sequence = m3u8.sequence;
        reader->newest = m3u8.sequence + m3u8.count - 1;
        reader->target = m3u8.target;
    }
    reader_look(reader);
}

/* ---- calm --------------------------------------------------------------------------------------
 */

void reader_check_live(struct reader *reader)
{
    const struct reader_segment *newest = find(reader, reader->newest);
    int64_t segment = segment_us(reader) * 1000;
    int64_t due =
        timeline_newest_due(&reader->stream.line, machine_realtime(reader->machine) - 500 * MS);

    if (due < 0)
        return;
    if (!newest)
        reader_fail(reader, "nothing is published");
    if (newest->preset != reader->stream.preset || newest->epoch != reader->stream.line.epoch)
        reader_fail(reader, "nothing of this stream is published");
    if (newest->index < due)
        reader_fail(reader, "index %lld is published, %lld is due", (ll)newest->index, (ll)due);
    if (reader->machine->now - reader->advanced > segment + segment / 2)
        reader_fail(reader, "nothing has been published for longer than a segment");
    reader->changes = 0; /* what was forgiven is so no more */
    reader_look(reader);
}

void reader_check_stopped(struct reader *reader)
{
    static const char *const temporary[] = {".hlsgen-state.tmp", ".hlsgen-segment.tmp",
                                            ".hlsgen-playlist.tmp"};
    const struct disk *disk = &reader->machine->disk;

    for (size_t i = 0; i < sizeof(temporary) / sizeof(temporary[0]); i++) {
        if (disk_find(&reader->machine->disk, temporary[i]))
            reader_fail(reader, "%s is left", temporary[i]);
    }
    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];

        if (name->inode >= 0 && name->number > reader->newest &&
            content_of(reader, name->inode)->whole)
            reader_fail(reader, "%s is left, which was never listed", name->name);
    }
}

void reader_check_tidy(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;
    int64_t window = reader->stream.window;
    int64_t due = newest_due(reader, 500 * MS);

    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];

        if (name->inode >= 0 && content_of(reader, name->inode)->whole &&
            name->number <= reader->newest - publisher_segments_max(window))
            reader_fail(reader, "%s is left for ever", name->name);
    }
    if (due + 1 >= window && reader->playlist.count != window)
        reader_fail(reader, "the playlist lists %d segments", reader->playlist.count);
}

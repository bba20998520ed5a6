/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens around the program: it starts, others change its files, the power fails; and how far
 * the directory still tells then of what was. At the end, whether all is well.
 */
#include <stddef.h>
#include <string.h>

#include "origin/publisher.h"
#include "tests/sim/reader_parts.h"

/* ---- lives ----------------------------------------------------------------------------------- */

void reader_init(struct reader *reader, struct machine *machine)
{
    memset(reader, 0, offsetof(struct reader, segments));
    reader->machine = machine;
    reader->ahead = INT64_MIN;
    reader->pristine = true;
    reader->sequence = reader->newest = -1;
    reader->playlist_hurt = READER_NEVER;
    reader->unseen = -1;
    reader->end_low = -1;
    reader->stream.preset = -1;
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

/* Whether a file can be read and has the date of its segment. */
static bool is_dated(struct reader *reader, const struct disk_name *name)
{
    const struct reader_segment *segment = reader_find(reader, name->number);
    const struct disk_inode *file = &reader->machine->disk.inodes[name->inode];

    return file->mode == 0644 && segment && file->time == segment->due;
}

static struct witnesses hear(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;
    const struct disk_inode *playlist = disk_find(&reader->machine->disk, PLAYLIST);
    struct witnesses heard = {.state = !reader->state_hurt && !reader->state_other};
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
            heard.strange = heard.strange || !reader_content(reader, name->inode)->whole;
        else if (disk->inodes[name->inode].kind == DISK_FILE)
            heard.number = true;
        if (name->number == reader->newest)
            heard.bytes = is_dated(reader, name) && reader_content(reader, name->inode)->whole;
    }
    return heard;
}

/* Nothing was published for longer than a window, or the wall clock makes it believe so. */
static bool is_long_ago(struct reader *reader)
{
    const struct reader_segment *newest = reader_find(reader, reader->newest);
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
    int64_t longest = reader->stream.window * reader_segment_us(reader);
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
    int64_t due = reader_newest_due(reader, 0);

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
        for (int i = 0; i < reader->count; i++)
            reader->segments[i].vague = true;
        reader->has_playlist = false;
        reader->sequence = reader->newest = -1;
    }
    if (reader->stale)
        reader_end_retention(reader);
    if (!heard->playlist && !heard->state)
        reader_end_retention(reader);
    if (!heard->playlist)
        reader_end_playlist(reader);
    forget_when_left(reader, heard);
}

/* Whether the newest segment is of this life's stream. */
static bool is_own(struct reader *reader, const struct stream *stream)
{
    const struct reader_segment *newest = reader_find(reader, reader->newest);

    return !newest || (newest->preset == stream->preset && newest->epoch == stream->line.epoch);
}

/* What is listed was due; so it is, although the clock may have been stepped back a little since.
 */
static void hold_cadence(struct reader *reader)
{
    const struct reader_segment *newest = reader_find(reader, reader->newest);

    if (newest && newest->index == reader_newest_due(reader, 0) + 1)
        reader->clock = newest->due - machine_monotonic(reader->machine);
}

/* Before the program has read what there is. */
static struct witnesses hear_and_forget(struct reader *reader)
{
    struct witnesses heard = hear(reader);

    reader->state_lost = reader->state_lost || !heard.state;
    reader->end_unsure = reader->end_unsure || (!heard.state && reader->count > 0);
    if ((!heard.state && !heard.bytes) || (!heard.playlist && heard.strange))
        reader->muddled = true;
    if (reader->muddled) {
        reader->may_break = true;
        reader->pristine = false;
    }
    if (reader->count > 0)
        forget(reader, &heard);
    if (!heard.playlist)
        reader->playlist_lost = true;
    return heard;
}

static bool is_same_stream(const struct stream *a, const struct stream *b)
{
    return a->preset == b->preset && a->line.epoch == b->line.epoch;
}

void reader_start(struct reader *reader, const struct stream *stream)
{
    bool went_back = machine_realtime(reader->machine) - reader->machine->now < reader->ahead;
    int64_t target = (timeline_duration_us(&stream->line) + 500000) / 1000000;

    if (reader->stream.preset >= 0 && !is_same_stream(stream, &reader->stream))
        reader->pristine = false;
    if (went_back)
        reader->pristine = false;
    if (target > reader->longest_target)
        reader->longest_target = target;
    reader->length_before = reader->stream.length;
    reader->stream = *stream;
    reader->clock = machine_realtime(reader->machine) - machine_monotonic(reader->machine);
    reader->clock_first = reader->clock;
    reader->trouble = reader->machine->now;
    reader->faults = reader->state_lost = reader->may_break = false;
    reader->started = reader->machine->disk.changes;
    reader->stale = is_long_ago(reader);
    reader_begin_end(reader);
    if (hear_and_forget(reader).playlist && is_own(reader, stream))
        hold_cadence(reader);
    reader->state_other = reader->state_other || went_back || !is_own(reader, stream);
}

void reader_step(struct reader *reader)
{
    struct witnesses heard = hear(reader);

    forget_when_left(reader, &heard);
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
    reader->alias_unsure = true;
    reader->sequence = reader->newest = -1;
    reader->target = 0;
    reader->end_low = -1;
    reader->playlist.ended = false;
    reader->playlist_hurt = READER_NEVER;
    reader->state_hurt = false;
}

static void hurt_segment(struct reader *reader, int64_t number)
{
    struct reader_segment *segment = reader_find(reader, number);

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
    if (reader_section_of(name) != 0)
        reader_hurt_section(reader, reader_section_of(name));
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
    if (strcmp(name, IFRAMES) == 0)
        reader->iframes_hurt = true;
    if (strcmp(name, STATE) == 0) {
        reader->state_hurt = true;
        reader->state_mended = false;
    }
    if (!reader->machine->settled && reader->stream.preset >= 0)
        (void)hear_and_forget(reader);
}

/* A date may be lost, and takes part in telling whether a file is as it was left. */
static void forgive_dates(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;

    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];
        struct reader_segment *segment = reader_find(reader, name->number);

        if (segment && name->inode >= 0 && disk->inodes[name->inode].time != segment->due)
            segment->hurt = reader->machine->now;
    }
}

/*
 * The playlist may be that of just before: nothing can be done about a cut between its rename and
 * the sync of the directory, but to make that time short. That it is not an older one is checked at
 * each rename of it. Of what the lost one alone listed nothing tells that it ever was listed.
 */
void reader_cut(struct reader *reader)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, PLAYLIST);
    struct m3u8 m3u8;

    reader->trouble = reader->machine->now;
    for (int i = 0; i < reader->count; i++)
        reader->segments[i].mended = false;
    for (int i = 0; i < READER_SECTIONS; i++)
        reader->sections[i].mended = false;
    reader->state_mended = reader->playlist_mended = false;
    reader->iframes_hurt = reader->alias_unsure = true; /* each name may be of another instant */
    forgive_dates(reader);
    if (file && reader->playlist_hurt != READER_NEVER && reader_read_playlist(reader, &m3u8))
        reader->hurt_version = file->version;
    if (!file) {
        reader->has_playlist = reader->playlist.ended = false;
        reader->newest = -1;
    } else if (!reader_is_others(reader, file) && !reader_read_playlist(reader, &m3u8)) {
        reader->sequence = m3u8.sequence;
        reader->newest = m3u8.sequence + m3u8.count - 1;
        reader->target = m3u8.target;
        reader->playlist.ended = m3u8.ended;
    }
    for (int i = 0; i < reader->count; i++) {
        if (reader->segments[i].number > reader->newest) {
            reader->segments[i].vague = true;
            reader->muddled = true; /* the state may be of that playlist */
        }
    }
    reader_look(reader);
}

/* ---- calm ------------------------------------------------------------------------------------ */

void reader_check_live(struct reader *reader)
{
    const struct reader_segment *newest = reader_find(reader, reader->newest);
    int64_t segment = reader_segment_us(reader) * 1000;
    int64_t due =
        timeline_newest_due(&reader->stream.line, machine_realtime(reader->machine) - 500 * MS);

    if (due < 0)
        return;
    reader_check_alias(reader);
    reader_check_iframes_fresh(reader);
    if (reader->has_playlist && reader->playlist.ended)
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
                                            ".hlsgen-playlist.tmp", ".hlsgen-iframes.tmp",
                                            ".hlsgen-init.tmp"};
    const struct disk *disk = &reader->machine->disk;

    for (size_t i = 0; i < sizeof(temporary) / sizeof(temporary[0]); i++) {
        if (disk_find(&reader->machine->disk, temporary[i]))
            reader_fail(reader, "%s is left", temporary[i]);
    }
    if (reader_is_others(reader, disk_find(&reader->machine->disk, PLAYLIST)))
        return; /* nobody knows what it should list */
    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];

        if (name->inode >= 0 && name->number > reader->newest &&
            disk->inodes[name->inode].born > reader->started &&
            !reader_find(reader, name->number) && reader_content(reader, name->inode)->whole)
            reader_fail(reader, "%s is left, which was never listed", name->name);
    }
}

void reader_check_tidy(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;
    int64_t window = reader->stream.window;
    int64_t due = reader_newest_due(reader, 500 * MS);

    if (reader->stream.kind == PLAYLIST_EVENT || reader->playlist.ended)
        return;

    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];

        if (name->inode >= 0 && reader_content(reader, name->inode)->whole &&
            name->number <= reader->newest - publisher_segments_max(PLAYLIST_LIVE, window))
            reader_fail(reader, "%s is left for ever", name->name);
    }
    reader_check_sections_tidy(reader);
    if (due + 1 >= window && reader->playlist.count != window)
        reader_fail(reader, "the playlist lists %d segments", reader->playlist.count);
}

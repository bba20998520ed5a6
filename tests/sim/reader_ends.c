/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is promised of events, of streams that end, and of a playlist that is known by another name,
 * too.
 */
#include <errno.h>
#include <string.h>

#include "tests/sim/reader_parts.h"

/* Where a URI begins. */
#define SEGMENT "\nseg"
#define SECTION "\"init"

void reader_begin_end(struct reader *reader)
{
    int64_t earliest = reader_newest_due(reader, 0) + reader->stream.follow;

    if (reader->count == 0 && (reader->end_low < 0 || earliest < reader->end_low))
        reader->end_low = earliest;
}

/* Whether one of the segments that leave was destroyed by others: then nothing before it is. */
static bool is_cut(struct reader *reader, int64_t end)
{
    for (int64_t number = reader->playlist.sequence; number < end; number++) {
        const struct reader_segment *segment = reader_find(reader, number);

        if (segment && reader_is_hurt(reader, segment))
            return true;
    }
    return reader->faults;
}

/* The stream has begun once, and goes on since. */
static bool knows_end(const struct reader *reader)
{
    return reader->pristine && !reader->end_unsure;
}

static void check_end(struct reader *reader, const struct m3u8 *m3u8)
{
    const struct stream *stream = &reader->stream;
    int64_t newest = m3u8->sequence + m3u8->count - 1;

    if (stream->kind == PLAYLIST_EVENT && m3u8->count == stream->length) {
        if (!m3u8->ended)
            reader_fail(reader, "an event does not end with its length");
        return;
    }
    if (m3u8->ended && stream->follow == 0)
        reader_fail(reader, "it ends for no reason");
    if (stream->follow == 0 || !knows_end(reader))
        return;
    if (m3u8->ended && newest < reader->end_low)
        reader_fail(reader, "it ends with %lld, before %lld", (ll)newest, (ll)reader->end_low);
    if (newest > reader->end_high || (newest == reader->end_high && !m3u8->ended))
        reader_fail(reader, "it does not end with %lld", (ll)reader->end_high);
}

void reader_check_ends(struct reader *reader, const struct m3u8 *m3u8)
{
    const struct m3u8 *before = &reader->playlist;
    int64_t newest = m3u8->sequence + m3u8->count - 1;

    if (m3u8->event != (reader->stream.kind == PLAYLIST_EVENT))
        reader_fail(reader, "its EXT-X-PLAYLIST-TYPE");
    if (reader->count == 0)
        reader->end_high = newest + reader->stream.follow;
    if (m3u8->event && m3u8->count > reader->stream.length)
        reader_fail(reader, "it lists %d segments", m3u8->count);
    if (reader->has_playlist && before->ended && (!m3u8->ended || newest != reader->newest))
        reader_fail(reader, "it goes on after its end");
    if (reader->has_playlist && m3u8->event && m3u8->sequence > before->sequence &&
        !is_cut(reader, m3u8->sequence))
        reader_fail(reader, "segments before %lld leave an event", (ll)m3u8->sequence);
    if (!(reader->has_playlist && before->ended))
        check_end(reader, m3u8);
}

/* ---- alias ----------------------------------------------------------------------------------- */

static bool begins(const struct disk_inode *file, size_t at, const char *text)
{
    return at + strlen(text) < file->size && memcmp(file->data + at, text, strlen(text)) == 0;
}

/* Whether @p below is @p top with "../" before each URI. */
static bool is_alias(const struct disk_inode *top, const struct disk_inode *below)
{
    static uint8_t expected[2 * DISK_DATA_SIZE];
    size_t size = 0;

    for (size_t i = 0; i < top->size; i++) {
        expected[size++] = top->data[i];
        if (begins(top, i, SEGMENT) || begins(top, i, SECTION)) {
            memcpy(expected + size, "../", 3);
            size += 3;
        }
    }
    return below->size == size && memcmp(below->data, expected, size) == 0;
}

void reader_check_alias(struct reader *reader)
{
    const struct disk_inode *top = disk_find(&reader->machine->disk, PLAYLIST);
    const struct disk_inode *below = disk_find(&reader->machine->alias_disk, PLAYLIST);

    if (!reader->stream.has_alias || !top || reader->playlist_hurt != READER_NEVER)
        return;
    if (!below || !is_alias(top, below))
        reader_fail(reader, "the alias is not what the playlist is");
}

/* ---- at the end of a life -------------------------------------------------------------------- */

bool reader_expects_refusal(struct reader *reader, int result)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, PLAYLIST);
    struct m3u8 m3u8;

    return result == -EEXIST && file && !m3u8_parse(file->data, file->size, &m3u8) && m3u8.ended &&
           (!reader->pristine || reader->state_lost || reader->may_break);
}

void reader_check_ended(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;

    if (reader->faults)
        return;
    if (!reader->has_playlist || !reader->playlist.ended)
        reader_fail(reader, "it has ended, and its playlist has not");
    reader_check_alias(reader);
    reader_check_iframes_fresh(reader);
    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];

        if (name->inode >= 0 && name->number >= 0 && !reader_lists(reader, name->number) &&
            reader_content(reader, name->inode)->whole)
            reader_fail(reader, "%s is left after the end", name->name);
    }
}

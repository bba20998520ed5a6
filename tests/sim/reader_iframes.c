/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I-frame playlist and the alias, which follow the playlist. */
#include <string.h>

#include "tests/sim/reader_parts.h"

static int64_t end_of(const struct m3u8 *m3u8)
{
    return m3u8->sequence + m3u8->count;
}

/* @return whether there is one to be held to what is promised */
static bool read_iframes(struct reader *reader, struct m3u8 *m3u8)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, IFRAMES);
    const char *wrong;

    if (!file || reader->iframes_hurt)
        return false;
    wrong = m3u8_parse_iframes(file->data, file->size, m3u8);
    if (wrong)
        reader_fail(reader, "the I-frame playlist is not valid: %s", wrong);
    return true;
}

static void check_entry(struct reader *reader, int64_t number, const struct m3u8_entry *entry)
{
    const struct m3u8_entry *listed = &reader->playlist.entries[number - reader->playlist.sequence];
    const struct reader_segment *segment = reader_find(reader, number);
    struct playlist_range picture;

    if (!segment || segment->vague)
        return;
    picture = stream_picture(segment->index);
    if (entry->start_ms != listed->start_ms || entry->duration_us != listed->duration_us ||
        entry->discontinuity != listed->discontinuity || entry->map != listed->map)
        reader_fail(reader, "the I-frame playlist says otherwise of %lld", (ll)number);
    if (entry->range_start != picture.start || entry->range_size != picture.size)
        reader_fail(reader, "the picture of %lld lies elsewhere", (ll)number);
}

/* It may be older than the playlist, after a kill between their two renames, but not so old that
 * what it lists is gone. */
static void check_there(struct reader *reader, const char *list, int64_t number)
{
    const struct disk *disk = &reader->machine->disk;
    const struct reader_segment *segment = reader_find(reader, number);
    bool there = false;

    for (int i = 0; i < disk->name_count && !there; i++)
        there = disk->names[i].number == number && disk->names[i].inode >= 0;
    if (!there && segment && !segment->vague && segment->hurt == READER_NEVER)
        reader_fail(reader, "%s lists segment %lld, which is gone", list, (ll)number);
}

void reader_check_iframes(struct reader *reader)
{
    const struct m3u8 *playlist = &reader->playlist;
    struct m3u8 m3u8;

    if (!reader->has_playlist || reader->playlist_hurt != READER_NEVER || reader->playlist_lost ||
        !read_iframes(reader, &m3u8))
        return;
    if (end_of(&m3u8) > end_of(playlist))
        reader_fail(reader, "the I-frame playlist is ahead");
    for (int i = 0; i < m3u8.count; i++) {
        if (reader_lists(reader, m3u8.sequence + i))
            check_entry(reader, m3u8.sequence + i, &m3u8.entries[i]);
        else if (!reader->iframes_stuck)
            check_there(reader, "the I-frame playlist", m3u8.sequence + i);
    }
}

/* As if it lay beside the playlist. */
static const char *read_alias(const struct disk_inode *file, struct m3u8 *m3u8)
{
    static uint8_t text[DISK_DATA_SIZE];
    size_t size = 0;

    for (size_t i = 0; i < file->size; i++) {
        if (i + 3 < file->size && memcmp(file->data + i, "../", 3) == 0)
            i += 3;
        text[size++] = file->data[i];
    }
    return m3u8_parse(text, size, m3u8);
}

void reader_check_alias_there(struct reader *reader)
{
    const struct disk_inode *file = disk_find(&reader->machine->alias_disk, PLAYLIST);
    struct m3u8 m3u8;
    const char *wrong;

    if (!reader->stream.has_alias || !file || reader->alias_unsure)
        return;
    wrong = read_alias(file, &m3u8);
    if (wrong)
        reader_fail(reader, "the alias is not valid: %s", wrong);
    for (int i = 0; i < m3u8.count; i++)
        check_there(reader, "the alias", m3u8.sequence + i);
}

/* Whether the picture of a segment that is listed may not be known: it could not be read. */
static bool may_lack_pictures(struct reader *reader)
{
    bool may = reader->faults;

    for (int i = 0; i < reader->playlist.count; i++) {
        const struct reader_segment *segment = reader_find(reader, reader->playlist.sequence + i);

        may = may || !segment || segment->hurt != READER_NEVER;
    }
    return may;
}

void reader_check_iframes_fresh(struct reader *reader)
{
    const struct m3u8 *playlist = &reader->playlist;
    const struct disk_inode *file = disk_find(&reader->machine->disk, IFRAMES);
    struct m3u8 m3u8;

    if (!reader->has_playlist || reader->playlist_hurt != READER_NEVER || reader->iframes_hurt)
        return;
    if (!reader->stream.has_iframes && file && !reader->faults)
        reader_fail(reader, "an I-frame playlist is left");
    if (!reader->stream.has_iframes)
        return;
    if (!read_iframes(reader, &m3u8))
        reader_fail(reader, "there is no I-frame playlist");
    if (end_of(&m3u8) != end_of(playlist) || m3u8.ended != playlist->ended ||
        m3u8.target != playlist->target || m3u8.event != playlist->event)
        reader_fail(reader, "the I-frame playlist stays behind");
    if (m3u8.sequence != playlist->sequence && !may_lack_pictures(reader))
        reader_fail(reader, "the I-frame playlist begins behind the playlist");
    reader_check_iframes(reader);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initialization sections that a playlist names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/reader_parts.h"

uint64_t reader_section_of(const char *name)
{
    unsigned long long map;
    char again[DISK_NAME_SIZE];

    if (strncmp(name, "init-", 5) != 0)
        return 0;
    map = strtoull(name + 5, NULL, 16);
    (void)snprintf(again, sizeof(again), "init-%016llx.mp4", map);
    return strcmp(name, again) == 0 ? map : 0;
}

static const struct disk_inode *find_file(struct reader *reader, uint64_t map)
{
    char name[DISK_NAME_SIZE];

    (void)snprintf(name, sizeof(name), "init-%016llx.mp4", (unsigned long long)map);
    return disk_find(&reader->machine->disk, name);
}

static bool is_of(const struct disk_inode *file, int preset)
{
    uint8_t section[STREAM_SECTION_SIZE];

    stream_section(preset, section);
    return file && file->kind == DISK_FILE && file->size == sizeof(section) &&
           memcmp(file->data, section, sizeof(section)) == 0;
}

static bool is_any(const struct disk_inode *file)
{
    bool any = false;

    for (int preset = 0; preset < STREAM_PRESETS; preset++)
        any = any || is_of(file, preset);
    return any;
}

/* ---- what others do -------------------------------------------------------------------------- */

static struct reader_section *find(struct reader *reader, uint64_t map)
{
    int i = 0;

    while (i < READER_SECTIONS && reader->sections[i].map != map)
        i++;
    return i < READER_SECTIONS ? &reader->sections[i] : NULL;
}

int64_t reader_section_hurt(const struct reader *reader, uint64_t map)
{
    for (int i = 0; i < READER_SECTIONS; i++) {
        if (reader->sections[i].map == map)
            return reader->sections[i].hurt;
    }
    return READER_NEVER;
}

void reader_hurt_section(struct reader *reader, uint64_t map)
{
    struct reader_section *section = find(reader, map);

    if (!section)
        section = find(reader, 0);
    if (!section)
        reader_fail(reader, "the reader's memory of sections is full");
    *section = (struct reader_section){.map = map, .hurt = reader->machine->now};
}

void reader_mend_section(struct reader *reader, uint64_t map)
{
    struct reader_section *section = find(reader, map);

    if (section)
        section->mended = true;
}

void reader_settle_sections(struct reader *reader)
{
    for (int i = 0; i < READER_SECTIONS; i++) {
        if (reader->sections[i].mended)
            reader->sections[i] = (struct reader_section){.map = 0};
    }
}

bool reader_is_hurt(const struct reader *reader, const struct reader_segment *segment)
{
    return segment->hurt != READER_NEVER ||
           (segment->said.map != 0 &&
            reader_section_hurt(reader, segment->said.map) != READER_NEVER);
}

/* ---- what the program does ------------------------------------------------------------------- */

/* Nobody can make that of an earlier stream, nor is a playlist that has ended changed. */
static bool is_lost(const struct reader *reader, const struct m3u8_entry *entry)
{
    const struct m3u8 *playlist = &reader->playlist;

    return playlist->ended && reader_section_hurt(reader, entry->map) != READER_NEVER &&
           entry->discontinuity < playlist->entries[playlist->count - 1].discontinuity;
}

void reader_check_sections(struct reader *reader)
{
    const struct m3u8 *playlist = &reader->playlist;

    for (int i = 0; reader->has_playlist && playlist->mapped && i < playlist->count; i++) {
        const struct m3u8_entry *entry = &playlist->entries[i];
        const struct reader_segment *segment = reader_find(reader, playlist->sequence + i);
        const struct disk_inode *file = find_file(reader, entry->map);

        if (i > 0 && entry->map == entry[-1].map)
            continue;
        if ((!is_of(file, segment->preset) || file->mode != 0644) &&
            segment->left == READER_NEVER && !is_lost(reader, entry) &&
            !reader_is_forgiven(reader, reader_section_hurt(reader, entry->map)))
            reader_fail(reader, "the section of segment %lld is not there, or not whole",
                        (ll)segment->number);
    }
}

void reader_check_section_replacement(struct reader *reader, const char *from, const char *to)
{
    const struct disk_inode *source = disk_find(&reader->machine->disk, from);
    const struct disk_inode *target = disk_find(&reader->machine->disk, to);

    if (!source || source->version == reader->swapped)
        return;
    if (!is_any(source))
        reader_fail(reader, "%s gets other bytes", to);
    if (is_any(target) && !reader->faults &&
        reader_section_hurt(reader, reader_section_of(to)) == READER_NEVER)
        reader_fail(reader, "%s is made again although it is whole", to);
}

/* As long as a segment has to stay its section does. */
void reader_check_section_removal(struct reader *reader, uint64_t map)
{
    const struct disk *disk = &reader->machine->disk;

    if (reader_section_hurt(reader, map) != READER_NEVER)
        return;
    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];
        const struct reader_segment *segment =
            name->inode >= 0 && name->number >= 0 ? reader_find(reader, name->number) : NULL;

        if (!segment || segment->vague || segment->said.map != map ||
            segment->hurt != READER_NEVER || !reader_content(reader, name->inode)->whole)
            continue;
        if (segment->left == READER_NEVER ||
            reader->machine->now <
                segment->left + (segment->said.duration_us + segment->listed_us) * 1000)
            reader_fail(reader, "the section of segment %lld is removed", (ll)segment->number);
    }
}

/* Whether a segment is there that is not of the newest one's stream. */
static bool has_earlier(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;
    const struct reader_segment *newest = reader_find(reader, reader->newest);

    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];
        const struct reader_segment *segment;

        if (name->inode < 0 || name->number < 0)
            continue;
        segment = reader_find(reader, name->number);
        if (!segment || segment->vague || segment->said.map != newest->said.map ||
            segment->preset != newest->preset || segment->epoch != newest->epoch)
            return true;
    }
    return false;
}

void reader_check_sections_tidy(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;
    const struct reader_segment *newest = reader_find(reader, reader->newest);

    if (!newest || has_earlier(reader))
        return;
    for (int i = 0; i < disk->name_count; i++) {
        const struct disk_name *name = &disk->names[i];
        uint64_t map = reader_section_of(name->name);

        if (name->inode >= 0 && map != 0 && map != newest->said.map &&
            is_any(&disk->inodes[name->inode]))
            reader_fail(reader, "%s is left for ever", name->name);
    }
}

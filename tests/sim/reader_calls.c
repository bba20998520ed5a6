/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program is about to do, before it does it: whether it may remove, replace or list this
 * now; and what it has mended.
 */
#include <errno.h>
#include <string.h>

#include "tests/sim/reader_parts.h"

#define LEASE "hlsgen.alive-"

#define MOMENT (MS / 10) /* in which a program that has looked cannot look again */

/* Of the folder of the alias. */
static bool is_below(const char *name)
{
    return strncmp(name, MACHINE_BELOW, strlen(MACHINE_BELOW)) == 0;
}

/* "hlsgen.alive-" and a number that is a multiple of 5. */
static bool is_lease(const char *name)
{
    const char *digits = name + strlen(LEASE);
    size_t count = strncmp(name, LEASE, strlen(LEASE)) == 0 ? strspn(digits, "0123456789") : 0;

    return count > 0 && digits[count] == '\0' && digits[0] != '0' &&
           strchr("05", digits[count - 1]);
}

static bool is_ours(const char *name)
{
    static const char *const names[] = {PLAYLIST,
                                        STATE,
                                        ".hlsgen-state.tmp",
                                        ".hlsgen-segment.tmp",
                                        ".hlsgen-playlist.tmp",
                                        ".hlsgen-init.tmp",
                                        ".hlsgen-iframes.tmp",
                                        "iframes.m3u8",
                                        ".hlsgen-master.tmp",
                                        ".hlsgen-index.tmp",
                                        "index.json",
                                        "master.m3u8",
                                        ".hlsgen-status.tmp",
                                        "status.json",
                                        ".hlsgen-metrics.tmp",
                                        "hlsgen.prom",
                                        ".hlsgen-alive.tmp"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    if (is_below(name))
        name += strlen(MACHINE_BELOW);
    if (strcmp(name, PLAYLIST) == 0 || strcmp(name, ".hlsgen-playlist.tmp") == 0 ||
        strcmp(name, "iframes.m3u8") == 0 || strcmp(name, ".hlsgen-iframes.tmp") == 0)
        return true;
    return disk_segment_number(name) >= 0 || reader_section_of(name) != 0 || is_lease(name);
}

/* Whether it would be over if publication had never stood still, by what the wall clock once was,
 * and by how far it has jumped ahead in this life. */
static bool is_over(const struct reader *reader, const struct reader_segment *segment)
{
    int64_t ahead = machine_realtime(reader->machine) - machine_monotonic(reader->machine);
    int64_t jumped = ahead > reader->clock_first ? ahead - reader->clock_first : 0;

    return reader->machine->now + reader->ahead + jumped - segment->due >
           2 * segment->listed_us * 1000;
}

/* A segment's file may go when its time is over, or when it is none any more. */
static void check_removal(struct reader *reader, const char *name)
{
    struct reader_segment *segment = reader_find(reader, disk_segment_number(name));
    const struct disk_inode *file = disk_find(&reader->machine->disk, name);
    int64_t until;

    if (!segment || !file || segment->vague || segment->hurt != READER_NEVER)
        return;
    if (reader_lists(reader, segment->number) && segment->left == READER_NEVER)
        reader_fail(reader, "%s is removed while it is listed", name);
    if (reader->lacking && is_over(reader, segment))
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
    struct reader_segment *segment = reader_find(reader, disk_segment_number(to));
    const struct disk_inode *source = disk_find(&reader->machine->disk, from);
    const struct disk_inode *target = disk_find(&reader->machine->disk, to);
    const struct reader_content *content;

    if (!segment || !source || segment->vague || is_swapped(reader, source))
        return;
    content = reader_content(reader, (int)(source - reader->machine->disk.inodes));
    if (!content->whole || content->preset != segment->preset || content->index != segment->index)
        reader_fail(reader, "%s gets other bytes than it was listed with", to);
    if (source->time != segment->due)
        reader_fail(reader, "%s is dated otherwise than when it is due", to);
    if (target && segment->hurt == READER_NEVER && !reader->faults && !reader->playlist_lost &&
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
    if (event->call == MACHINE_UNLINK && reader_section_of(event->name) != 0)
        reader_check_section_removal(reader, reader_section_of(event->name));
    if (event->call != MACHINE_RENAME)
        return;
    if (!is_ours(event->to))
        reader_fail(reader, "%s is not ours", event->to);
    check_replacement(reader, event->name, event->to);
    if (reader_section_of(event->to) != 0)
        reader_check_section_replacement(reader, event->name, event->to);
}

/* Whether others put it there at the last moment before its rename. */
static bool is_others(struct reader *reader, const char *name)
{
    const struct disk_inode *file = disk_find(&reader->machine->disk, name);
    struct m3u8 m3u8;

    if (!file || !is_swapped(reader, file))
        return false;
    if (strcmp(name, PLAYLIST) == 0 && !m3u8_parse(file->data, file->size, &m3u8))
        reader->unseen = m3u8.sequence + m3u8.count - 1;
    for (int i = 0; i < reader->count && strcmp(name, PLAYLIST) == 0; i++) {
        if (reader->segments[i].left == READER_NEVER)
            reader->segments[i].left = reader->machine->now;
    }
    reader_hurt(reader, name);
    return true;
}

static void remember_mended(struct reader *reader, const char *name)
{
    struct reader_segment *segment = reader_find(reader, disk_segment_number(name));

    if (segment)
        segment->mended = true;
    for (int i = 0; i < READER_HURT; i++) {
        if (reader->hurt[i] == disk_segment_number(name))
            reader->hurt[i] = -1;
    }
    if (reader_section_of(name) != 0)
        reader_mend_section(reader, reader_section_of(name));
    if (strcmp(name, PLAYLIST) == 0)
        reader->playlist_mended = true;
    if (strcmp(name, IFRAMES) == 0)
        reader->iframes_hurt = false;
    if (strcmp(name, STATE) == 0)
        reader->state_mended = true;
}

/* What others hurt comes back with a power cut until the names are durable. */
static void settle_mended(struct reader *reader)
{
    for (int i = 0; i < reader->count; i++) {
        if (reader->segments[i].mended && !reader->playlist_lost)
            reader->segments[i].hurt = READER_NEVER;
        reader->segments[i].mended = reader->segments[i].mended && reader->playlist_lost;
    }
    reader_settle_sections(reader);
    if (reader->playlist_mended)
        reader->playlist_hurt = READER_NEVER;
    if (reader->state_mended)
        reader->state_hurt = false;
    reader->playlist_mended = reader->state_mended = false;
}

/*
 * At most there are a window listed, what left the playlist while one and two segments more were
 * published, and the windows of before a gap, a step of the clock and a restart; with what is being
 * made. Of another stream, or with another window, there may be as much as that beside it, and it
 * stays as long as if its segments were the longest that ever were.
 */
static void check_count(struct reader *reader)
{
    const struct disk *disk = &reader->machine->disk;
    int64_t most = 5 * reader->stream.length + 5;
    int64_t count = 0;

    for (int i = 0; i < disk->name_count; i++) {
        if (disk->names[i].inode >= 0 && disk->names[i].number >= 0)
            count += reader_content(reader, disk->names[i].inode)->whole;
    }
    if (!reader->pristine || reader->length_before != reader->stream.length)
        most += 5 * reader->length_before + 5 + 16 * reader->longest_target;
    if (count > most)
        reader_fail(reader, "%lld segments are on disk", (ll)count);
}

/* What could not be removed may list what is gone, until something else has its name. */
static bool is_stuck(bool before, const struct machine_event *event, const char *name)
{
    if (event->call == MACHINE_RENAME && event->result == 0 && strcmp(event->to, name) == 0)
        return false;
    return before || (event->call == MACHINE_UNLINK && event->result < 0 &&
                      event->result != -ENOENT && strcmp(event->name, name) == 0);
}

static void after_below(struct reader *reader, const struct machine_event *event)
{
    reader->alias_unsure = is_stuck(reader->alias_unsure, event, MACHINE_BELOW PLAYLIST);
    if (event->call == MACHINE_RENAME && event->result == 0)
        reader_check_alias(reader);
}

void reader_after(struct reader *reader, const struct machine_event *event)
{
    if (event->result < 0 && event->result != -ENOENT && event->result != -EEXIST)
        reader->faults = true;
    if (reader->faults && reader->state_lost && !reader->machine->settled)
        reader->muddled = true; /* bytes were to tell, and could not be read */
    if (is_below(event->name)) {
        after_below(reader, event);
        return;
    }
    reader->iframes_stuck = is_stuck(reader->iframes_stuck, event, IFRAMES);
    if (event->result == -ENOSPC || event->result == -EDQUOT)
        reader->lacking = true;
    if (event->call == MACHINE_WRITE && event->result == 0)
        reader->lacking = false;
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
    if (event->call == MACHINE_UNLINK && event->result == 0 && strcmp(event->name, PLAYLIST) == 0)
        reader_end_playlist(reader);
}

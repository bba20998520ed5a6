/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/stage.h"

#include <stdlib.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/sections.h"
#include "origin/state.h"
#include "tests/unit/suite.h"

enum {
    PLAYLIST_MAX = 4096,
};

/* Every segment has bytes of its own. */
static void make_segment(int64_t index, uint8_t bytes[STAGE_SEGMENT_SIZE])
{
    for (size_t i = 0; i < STAGE_SEGMENT_SIZE; i++)
        bytes[i] = (uint8_t)((uint64_t)index >> i % 8 * 8);
}

static const uint8_t *source_segment(void *source, int64_t index, size_t *ret_size)
{
    static uint8_t bytes[STAGE_SEGMENT_SIZE];

    (void)source;
    make_segment(index, bytes);
    *ret_size = sizeof(bytes);
    return bytes;
}

static size_t source_size(void *source, int64_t index)
{
    (void)source;
    (void)index;
    return STAGE_SEGMENT_SIZE;
}

struct playlist_range stage_picture(int64_t index)
{
    return (struct playlist_range){2, 1 + index % 100};
}

/* What is shorter than one of these has none, as one of sound alone. */
static struct playlist_range source_picture(void *source, const uint8_t *bytes, size_t size)
{
    int64_t index = 0;

    (void)source;
    for (size_t i = 0; i < 8 && size >= STAGE_SEGMENT_SIZE; i++)
        index |= (int64_t)bytes[i] << i * 8;
    return size >= STAGE_SEGMENT_SIZE ? stage_picture(index) : (struct playlist_range){0};
}

static bool source_stood_by(void *source, int64_t index)
{
    return ((const struct stage *)source)->stood_by == index;
}

void stage_restart(struct stage *stage)
{
    stage_join(stage, stage);
}

void stage_join(struct stage *stage, const struct stage *other)
{
    struct publisher_config config = {
        .fs = &stage->disk.fs,
        .clock = &other->clock.clock,
        .line = &stage->line,
        .alias = stage->alias ? &stage->alias->fs : NULL,
        .kind = stage->kind,
        .window = STAGE_WINDOW,
        .length = stage->length,
        .follow = stage->follow,
        .joined = stage->joined,
        .segment_size = STAGE_SEGMENT_SIZE,
        .digest = stage->digest,
        .section = (const uint8_t *)stage->section,
        .section_size = stage->section ? strlen(stage->section) : 0,
        .source = stage,
        .segment = source_segment,
        .picture = stage->has_iframes ? source_picture : NULL,
        .master_fs = &stage->top->fs,
        .master = stage->master,
        .master_size = stage->master ? strlen(stage->master) : 0,
        .ready = stage->ready,
        .size = stage->stands_by ? source_size : NULL,
        .stood_by = stage->stands_by ? source_stood_by : NULL,
        .index = stage->index,
        .stream = {.preset = "stage", .rendition = ""},
    };

    (void)publisher_free(stage->publisher);
    ck_assert_int_eq(publisher_new(&config, &stage->publisher), 0);
}

void stage_open(struct stage *stage, struct timeline line)
{
    stage->line = line;
    stage->publisher = NULL;
    stage->ready = NULL;
    stage->stands_by = false;
    stage->stood_by = -1;
    stage->index = INDEX_NONE;
    stage->kind = PLAYLIST_LIVE;
    stage->length = STAGE_WINDOW;
    stage->follow = 0;
    stage->alias = NULL;
    stage->joined = (struct findings_break){.index = -1};
    stage->top = &stage->disk;
    stage->master = NULL;
    stage->has_iframes = false;
    stage->section = NULL;
    fake_disk_init(&stage->disk);
    fake_clock_init(&stage->clock, 1000 * NS_PER_SECOND, timeline_due(&line, STAGE_NEWEST));
    stage_restart(stage);
}

void stage_close(struct stage *stage)
{
    ck_assert_int_eq(fake_disk_count_open(&stage->disk), 0);
    stage->publisher = publisher_free(stage->publisher);
    fake_disk_finish(&stage->disk);
}

void stage_change_stream(struct stage *stage, struct timeline line)
{
    stage->line = line;
    stage->digest[0]++;
}

int stage_start(struct stage *stage, int64_t due)
{
    struct publisher_resumption resumption;
    int result = publisher_resume(stage->publisher, due, &resumption);

    return result < 0 ? result : publisher_fill(stage->publisher, resumption.newest);
}

void stage_read_playlist(const struct stage *stage, int64_t *ret_first, int64_t *ret_newest)
{
    const struct fake_file *file = fake_disk_find(&stage->disk, PLAYLIST_NAME);
    char text[PLAYLIST_MAX] = "";
    const char *sequence;

    *ret_first = *ret_newest = -1;
    if (!file)
        return;
    ck_assert_uint_lt(file->bytes.size, sizeof(text));
    memcpy(text, file->bytes.data, file->bytes.size);
    sequence = strstr(text, "#EXT-X-MEDIA-SEQUENCE:");
    ck_assert_msg(sequence != NULL, "the playlist on disk: \"%s\"", text);
    *ret_first = strtoll(strchr(sequence, ':') + 1, NULL, 10);
    *ret_newest = *ret_first - 1;
    for (const char *at = text; (at = strstr(at, "#EXTINF")) != NULL; at++)
        ++*ret_newest;
}

bool stage_has_ended(const struct stage *stage)
{
    static const char end[] = "#EXT-X-ENDLIST\n";
    const struct fake_file *file = fake_disk_find(&stage->disk, PLAYLIST_NAME);
    size_t length = strlen(end);

    return file && file->bytes.size > length &&
           memcmp(file->bytes.data + file->bytes.size - length, end, length) == 0;
}

uint64_t stage_map(const struct stage *stage)
{
    return stage->section ? sections_map_of(stage->section, strlen(stage->section)) : 0;
}

static void check_file(const struct fake_file *file, const void *bytes, size_t size, int64_t time)
{
    ck_assert_uint_eq(file->bytes.size, size);
    ck_assert_mem_eq(file->bytes.data, bytes, size);
    ck_assert_int_eq(file->time, time);
    ck_assert(file->synced && !file->open);
}

static void check_section(const struct stage *stage)
{
    char name[PLAYLIST_MAP_NAME_SIZE];
    const struct fake_file *file;

    playlist_map_name(stage_map(stage), name);
    file = fake_disk_find(&stage->disk, name);
    ck_assert_ptr_nonnull(file);
    check_file(file, stage->section, strlen(stage->section), SECTIONS_TIME);
}

static void check_playlist(const struct stage *stage)
{
    const struct fake_file *file = fake_disk_find(&stage->disk, PLAYLIST_NAME);
    struct playlist_entry entries[STAGE_LENGTH_MAX];
    struct playlist expected = {.entries = entries, .kind = stage->kind};
    char text[PLAYLIST_MAX];
    int64_t first;
    int64_t newest;
    size_t size;

    stage_read_playlist(stage, &first, &newest);
    expected.target = playlist_target(timeline_duration_us(&stage->line));
    expected.sequence = first;
    expected.count = newest - first + 1;
    ck_assert_int_le(expected.count, stage->length);
    expected.ended = stage_has_ended(stage);
    for (int64_t i = 0; i < expected.count; i++)
        entries[i] = (struct playlist_entry){
            .start = timeline_start(&stage->line, first + i),
            .duration_us = timeline_duration_us(&stage->line),
            .map = stage_map(stage),
        };
    size = playlist_write(&expected, "", text);
    check_file(file, text, size, timeline_due(&stage->line, newest));
    if (stage->section)
        check_section(stage);
    for (int64_t index = first; index <= newest; index++)
        ck_assert_msg(stage_has_segment(stage, index), "segment %lld is listed, but not there",
                      (long long)index);
}

void stage_check(const struct stage *stage)
{
    for (size_t i = 0; i < FAKE_FILES_MAX; i++) {
        const struct fake_file *file = &stage->disk.files[i];
        int64_t index = playlist_segment_number(file->name);
        uint8_t bytes[STAGE_SEGMENT_SIZE];

        if (index < 0)
            continue;
        make_segment(index, bytes);
        check_file(file, bytes, sizeof(bytes), timeline_due(&stage->line, index));
    }
    if (fake_disk_find(&stage->disk, PLAYLIST_NAME))
        check_playlist(stage);
}

void stage_put_segment(struct stage *stage, int64_t index)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    uint8_t bytes[STAGE_SEGMENT_SIZE];

    playlist_segment_name(index, stage_map(stage), name);
    make_segment(index, bytes);
    fake_disk_put(&stage->disk, name, bytes, sizeof(bytes), timeline_due(&stage->line, index));
}

bool stage_has_segment(const struct stage *stage, int64_t index)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(index, stage_map(stage), name);
    return fake_disk_find(&stage->disk, name) != NULL;
}

void stage_sleep_until_due(struct stage *stage, int64_t index)
{
    int64_t left = timeline_due(&stage->line, index) - stage->clock.realtime;

    if (left > 0)
        fake_clock_advance(&stage->clock, left);
}

int stage_publish_next(struct stage *stage)
{
    int result = publisher_prepare(stage->publisher);

    stage_sleep_until_due(stage, publisher_newest(stage->publisher) + 1);
    if (result == 0)
        result = publisher_commit(stage->publisher);
    return result < 0 ? result : publisher_expire(stage->publisher);
}

void stage_publish_until(struct stage *stage, int64_t newest)
{
    while (publisher_newest(stage->publisher) < newest)
        ck_assert_int_eq(stage_publish_next(stage), 0);
}

void stage_check_listed(const struct stage *stage, int64_t first, int64_t newest)
{
    int64_t listed_first;
    int64_t listed_newest;

    stage_read_playlist(stage, &listed_first, &listed_newest);
    ck_assert_int_eq(listed_first, first);
    ck_assert_int_eq(listed_newest, newest);
    ck_assert_int_eq(publisher_newest(stage->publisher), newest);
}

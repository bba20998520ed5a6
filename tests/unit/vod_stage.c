/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/vod_stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "hls/playlist.h"
#include "origin/names.h"
#include "tests/unit/suite.h"

static const char *const folders[DISKS] = {"", "360p", "720p"};

static const char golden[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:3\n"
    "#EXT-X-PLAYLIST-TYPE:VOD\n"
    "#EXT-X-TARGETDURATION:2\n"
    "#EXT-X-MEDIA-SEQUENCE:9\n"
    "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
    "#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:18.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg9.ts\n"
    "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:20.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg10.ts\n"
    "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:22.000Z\n"
    "#EXTINF:2.000000,\n"
    "seg11.ts\n"
    "#EXT-X-ENDLIST\n";

static const char master[] = "#EXTM3U\n# hlsgen\n720p/stream.m3u8\n360p/stream.m3u8\n";

static const char urls_of_one[] =
    "stream.m3u8\n"
    "seg9.ts\n"
    "seg10.ts\n"
    "seg11.ts\n";

static const char urls_of_ladder[] =
    "master.m3u8\n"
    "stream.m3u8\n"
    "360p/stream.m3u8\n"
    "720p/stream.m3u8\n"
    "seg9.ts\n"
    "seg10.ts\n"
    "seg11.ts\n"
    "360p/seg9.ts\n"
    "360p/seg10.ts\n"
    "360p/seg11.ts\n";

/* In the order of SHA256SUMS. */
static const char *const paths_of_one[FILES_OF_ONE] = {
    "hlsgen.state", "index.json", "seg10.ts", "seg11.ts", "seg9.ts", "stream.m3u8", "urls.txt",
};
static const char *const paths_of_ladder[] = {
    "360p/hlsgen.state", "360p/index.json",  "360p/seg10.ts", "360p/seg11.ts", "360p/seg9.ts",
    "360p/stream.m3u8",  "720p/stream.m3u8", "hlsgen.state",  "index.json",    "master.m3u8",
    "seg10.ts",          "seg11.ts",         "seg9.ts",       "stream.m3u8",   "urls.txt",
};

struct hashing {
    uint8_t bytes[SIZE * LANES + SEGMENTS];
    size_t size;
    uint8_t *digest;
};

struct vod_stage stage;

static struct timeline line;
static struct hashing pending[8]; /* hashed when all has been asked for */
static int pending_count;

/* ---- the stage ------------------------------------------------------------------------------- */

/* No two are of the same size. */
static size_t size_of(void *source, int64_t lane, int64_t index)
{
    (void)source;
    return (size_t)(SIZE * (lane + 1) + index - FIRST);
}

static void make_bytes(int64_t lane, int64_t index, uint8_t *bytes)
{
    memset(bytes, 'a' + (int)(index + lane), size_of(NULL, lane, index));
}

static int segment_of(void *source, int64_t lane, int64_t index, const uint8_t **ret,
                      struct error *err)
{
    static uint8_t bytes[SIZE * LANES + SEGMENTS];

    (void)source;
    stage.asked++;
    if (index == stage.fails)
        return error_set(err, -EDOM, EX_SOFTWARE, "no such segment");
    make_bytes(lane, index, bytes);
    *ret = bytes;
    return 0;
}

/* It is told from the bytes alone. */
static struct playlist_range picture_of(void *source, int64_t lane, const uint8_t *bytes,
                                        size_t size)
{
    (void)source;
    return (struct playlist_range){lane, (int64_t)size * 1000 + bytes[0]};
}

static void hash(void *source, const uint8_t *bytes, size_t size, uint8_t *ret_digest)
{
    struct hashing *hashing = &pending[pending_count++];

    (void)source;
    ck_assert_int_le(pending_count, LENGTH(pending));
    memcpy(hashing->bytes, bytes, size);
    hashing->size = size;
    hashing->digest = ret_digest;
}

static void finish_hashing(void *source)
{
    (void)source;
    for (; pending_count > 0; pending_count--) {
        const struct hashing *hashing = &pending[pending_count - 1];

        sha256_of(hashing->bytes, hashing->size, hashing->digest);
    }
}

static void take_step(void *source, const struct vod_figures *figures)
{
    (void)source;
    ck_assert_int_eq(figures->segments, stage.lanes * stage.segments);
    ck_assert_int_eq(figures->done, stage.told.done + 1);
    stage.told = *figures;
}

static void take_asked(void *source, const struct vod_figures *figures)
{
    (void)source;
    (void)figures;
}

void stage_open(void)
{
    line = timeline_make(0, 2000, 30, 1);
    for (int i = 0; i < DISKS; i++)
        fake_disk_init(&stage.disks[i]);
    fake_clock_init(&stage.clock, NS_PER_SECOND, 1000 * NS_PER_SECOND);
    memset(stage.digests, 7, sizeof(stage.digests));
    stage.asked = pending_count = 0;
    stage.lanes = 1;
    stage.segments = SEGMENTS;
    stage.fails = -1;
    stage.slow = stage.has_iframes = false;
    stage.why = (struct error){0};
}

void stage_close(void)
{
    for (int i = 0; i < DISKS; i++) {
        ck_assert_int_eq(fake_disk_count_open(&stage.disks[i]), 0);
        fake_disk_finish(&stage.disks[i]);
    }
}

struct vod *stage_open_vod(int64_t first)
{
    static struct vod_lane each[LANES];
    const struct vod_config config = {
        .lanes = each,
        .count = stage.lanes,
        .alias = stage.lanes > 1 ? &stage.disks[ALIAS].fs : NULL,
        .alias_folder = folders[ALIAS],
        .master = stage.lanes > 1 || stage.has_iframes ? master : NULL,
        .master_size = strlen(master),
        .clock = &stage.clock.clock,
        .preset = "test",
        .path = "out",
        .first = first,
        .segments = stage.segments,
        .segment_size = SIZE * LANES + SEGMENTS,
        .size = size_of,
        .segment = segment_of,
        .picture = stage.has_iframes ? picture_of : NULL,
        .hash = hash,
        .finish_hashing = finish_hashing,
        .step = take_step,
        .asked = take_asked,
    };
    struct vod *vod;

    for (int i = 0; i < LANES; i++)
        each[i] = (struct vod_lane){
            .fs = &stage.disks[i].fs,
            .folder = folders[i],
            .rendition = "",
            .line = &line,
            .digest = stage.digests[i],
            .has_iframes = stage.has_iframes,
            .slow = stage.slow,
        };
    stage.told = (struct vod_figures){0};
    pending_count = 0;
    ck_assert_int_eq(vod_new(&config, &vod), 0);
    return vod;
}

/* What a start does. */
int stage_make_from(int64_t first)
{
    struct vod *vod = stage_open_vod(first);
    int result = vod_begin(vod, &stage.why);

    if (result == 0)
        result = vod_run(vod, &stage.why);
    (void)vod_free(vod);
    return result;
}

int stage_make(void)
{
    return stage_make_from(FIRST);
}

/* ---- what is there --------------------------------------------------------------------------- */

const struct fake_file *stage_find(const char *path)
{
    const char *name = strchr(path, '/');
    int disk = name ? DISKS - 1 : TOP;

    while (disk > TOP && strncmp(folders[disk], path, (size_t)(name - path)) != 0)
        disk--;
    return fake_disk_find(&stage.disks[disk], name ? name + 1 : path);
}

static void check_file(const char *path, const void *bytes, size_t size, int64_t time)
{
    const struct fake_file *file = stage_find(path);

    ck_assert_msg(file, "%s is missing", path);
    ck_assert_uint_eq(file->bytes.size, size);
    ck_assert_mem_eq(file->bytes.data, bytes, size);
    ck_assert_int_eq(file->time, time);
    ck_assert(file->synced && !file->open);
}

static void check_text(const char *path, const char *text)
{
    check_file(path, text, strlen(text), (int64_t)2 * (FIRST + SEGMENTS) * NS_PER_SECOND);
}

static void segment_path(int64_t lane, int64_t index, char path[PATH_SIZE])
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(index, 0, name);
    (void)snprintf(path, PATH_SIZE, "%s%s%s", folders[lane], lane > 0 ? "/" : "", name);
}

static void check_segment(int64_t lane, int64_t index)
{
    uint8_t bytes[SIZE * LANES + SEGMENTS];
    char path[PATH_SIZE];

    segment_path(lane, index, path);
    make_bytes(lane, index, bytes);
    check_file(path, bytes, size_of(NULL, lane, index), (2 * index + 2) * NS_PER_SECOND);
}

bool stage_has_all_segments(int64_t lane)
{
    bool all = true;

    for (int64_t index = FIRST; index < FIRST + SEGMENTS; index++) {
        char path[PATH_SIZE];

        segment_path(lane, index, path);
        if (stage_find(path))
            check_segment(lane, index);
        else
            all = false;
    }
    return all;
}

/* A copy of the text of a file, NULL when there is none. */
char *stage_text_of(const char *path)
{
    const struct fake_file *file = stage_find(path);

    return file ? strndup((const char *)file->bytes.data, file->bytes.size) : NULL;
}

static void hash_file(const struct fake_file *file, char hex[SHA256_TEXT_SIZE])
{
    uint8_t digest[SHA256_SIZE];

    sha256_of(file->bytes.data, file->bytes.size, digest);
    sha256_text(digest, hex);
}

void stage_check_named(const char *path, size_t column)
{
    char *text = stage_text_of(path);
    char *rest = text;

    for (char *word = text ? strtok_r(text, "\n", &rest) : NULL; word;
         word = strtok_r(NULL, "\n", &rest)) {
        const struct fake_file *file = stage_find(word + column);
        char hex[SHA256_TEXT_SIZE];

        ck_assert_msg(file, "%s names %s", path, word + column);
        hash_file(file, hex);
        ck_assert_msg(column == 0 || strncmp(word, hex, strlen(hex)) == 0, "%s is wrong of %s",
                      path, word + column);
    }
    free(text);
}

static void check_sums(const char *const *paths, int count)
{
    char wanted[4096] = "";
    size_t used = 0;

    for (int i = 0; i < count; i++) {
        const struct fake_file *file = stage_find(paths[i]);
        char hex[SHA256_TEXT_SIZE];

        ck_assert_msg(file, "%s is missing", paths[i]);
        hash_file(file, hex);
        used += (size_t)snprintf(wanted + used, sizeof(wanted) - used, "%s  %s\n", hex, paths[i]);
    }
    check_text(NAMES_SUMS, wanted);
}

/* Of the alias. */
static void check_alias(void)
{
    char *text = stage_text_of("720p/stream.m3u8");
    const char *name = strstr(text, "../seg9.ts\n");

    ck_assert_ptr_nonnull(name);
    ck_assert_ptr_nonnull(strstr(name, "../seg10.ts\n"));
    ck_assert_ptr_nonnull(strstr(name, "../seg11.ts\n#EXT-X-ENDLIST\n"));
    free(text);
}

void stage_check_all(void)
{
    int count = 0;

    for (int64_t lane = 0; lane < stage.lanes; lane++) {
        for (int64_t index = FIRST; index < FIRST + SEGMENTS; index++)
            check_segment(lane, index);
    }
    check_text(PLAYLIST_NAME, golden);
    check_text(NAMES_URLS, stage.lanes > 1 ? urls_of_ladder : urls_of_one);
    if (stage.lanes > 1) {
        check_text("360p/stream.m3u8", golden);
        check_text(NAMES_MASTER, master);
        check_alias();
        check_sums(paths_of_ladder, LENGTH(paths_of_ladder));
    } else {
        check_sums(paths_of_one, LENGTH(paths_of_one));
    }
    for (int i = 0; i < DISKS; i++) {
        count += fake_disk_count(&stage.disks[i]);
        ck_assert_int_eq(stage.disks[i].unsynced, 0);
    }
    ck_assert_int_eq(count, 1 + (stage.lanes > 1 ? LENGTH(paths_of_ladder) : LENGTH(paths_of_one)));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands beside the segments of a finite stream: playlists, index.json, urls.txt, SHA256SUMS.
 * Each is on disk, name and all, before another that names it is begun, and they go in the other
 * order. Long ones are written in pieces, since they have a line for each segment. Of all the
 * digest is taken on the way, for SHA256SUMS.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hls/multivariant.h"
#include "origin/index.h"
#include "origin/names.h"
#include "origin/state.h"
#include "origin/vod_parts.h"
#include "preset/preset.h"

enum {
    PATH_SIZE = 128,
    LINE_SIZE = INDEX_HEAD_SIZE,
    PIECE_SIZE = 16 * 1024,
};

/* ---- which there are ---------------------------------------------------------------------------
 */

/* Of a segment, if @p number is not negative; of segments, what comes before the number. */
static void write_path(const struct vod_files *files, int64_t number, char path[PATH_SIZE])
{
    char segment[PLAYLIST_SEGMENT_NAME_SIZE] = "seg";

    if (number >= 0)
        playlist_segment_name(number, segment);
    (void)snprintf(path, PATH_SIZE, "%s%s%s", files->folder, files->folder[0] ? "/" : "",
                   files->name ? files->name : segment);
}

static int compare_paths(const void *a, const void *b)
{
    char path_a[PATH_SIZE];
    char path_b[PATH_SIZE];

    write_path(*(struct vod_files *const *)a, -1, path_a);
    write_path(*(struct vod_files *const *)b, -1, path_b);
    return strcmp(path_a, path_b);
}

static int compare_names(const void *a, const void *b)
{
    char name_a[PLAYLIST_SEGMENT_NAME_SIZE];
    char name_b[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(*(const int64_t *)a, name_a);
    playlist_segment_name(*(const int64_t *)b, name_b);
    return strcmp(name_a, name_b);
}

/* Segments, state, playlist and index of each lane, the alias, the multivariant playlist, URLs. */
static int64_t count_files(int64_t lanes)
{
    return 4 * lanes + 3;
}

/* All but the segments have one digest each. */
static int64_t count_digests(int64_t lanes, int64_t segments)
{
    return lanes * (segments + 3) + 3;
}

static void add_file(struct vod *vod, const struct fs *fs, const char *folder, const char *name,
                     const char *temporary, int64_t lane)
{
    const struct vod_config *config = &vod->config;
    int64_t segments = config->count * config->segments;
    int64_t i = vod->files_count++;

    vod->files[i] = (struct vod_files){
        .fs = fs,
        .folder = folder,
        .name = name,
        .temporary = temporary,
        .lane = lane,
        .digests = vod->digests + (name ? segments + i - config->count : lane * config->segments),
    };
}

static void add_to_each_lane(struct vod *vod, const char *name, const char *temporary)
{
    for (int64_t lane = 0; lane < vod->config.count; lane++)
        add_file(vod, vod->config.lanes[lane].fs, vod->config.lanes[lane].folder, name, temporary,
                 lane);
}

static void list_files(struct vod *vod)
{
    const struct vod_config *config = &vod->config;
    const struct fs *top = config->lanes[0].fs;

    add_to_each_lane(vod, NULL, NAMES_SEGMENT_TMP);
    add_to_each_lane(vod, NAMES_STATE, NAMES_STATE_TMP);
    vod->named_first = vod->files_count;
    add_to_each_lane(vod, PLAYLIST_NAME, NAMES_PLAYLIST_TMP);
    if (config->alias)
        add_file(vod, config->alias, config->alias_folder, PLAYLIST_NAME, NAMES_PLAYLIST_TMP, 0);
    if (config->master)
        add_file(vod, top, "", NAMES_MASTER, NAMES_MASTER_TMP, 0);
    vod->index_first = vod->files_count;
    add_to_each_lane(vod, NAMES_INDEX, NAMES_INDEX_TMP);
    add_file(vod, top, "", NAMES_URLS, NAMES_URLS_TMP, 0);
}

/* What clients fetch: the multivariant playlist, the others, segments. */
static void list_fetched(struct vod *vod)
{
    int64_t count = 0;

    if (vod->config.master)
        vod->fetched[count++] = &vod->files[vod->index_first - 1];
    for (int64_t i = vod->named_first; i < vod->index_first - (vod->config.master != NULL); i++)
        vod->fetched[count++] = &vod->files[i];
    for (int64_t i = 0; i < vod->config.count; i++)
        vod->fetched[count++] = &vod->files[i];
    vod->fetched_count = count;
}

static void sort_files(struct vod *vod)
{
    for (int64_t i = 0; i < vod->files_count; i++)
        vod->sorted[i] = &vod->files[i];
    qsort(vod->sorted, (size_t)vod->files_count, sizeof(struct vod_files *), compare_paths);
    for (int64_t i = 0; i < vod->config.segments; i++)
        vod->order[i] = vod->config.first + i;
    qsort(vod->order, (size_t)vod->config.segments, sizeof(*vod->order), compare_names);
}

static void hash_states(struct vod *vod)
{
    char text[STATE_SIZE];
    size_t size = vod_owner_state(vod, text);

    for (int64_t lane = 0; lane < vod->config.count; lane++)
        sha256_of(text, size, *vod->files[vod->config.count + lane].digests);
}

size_t vod_files_memory(int64_t lanes, int64_t segments)
{
    size_t files = (size_t)count_files(lanes);

    /* Order is made by a copy of what is put in order. */
    return files * (sizeof(struct vod_files) + 3 * sizeof(struct vod_files *)) +
           (size_t)count_digests(lanes, segments) * SHA256_SIZE +
           (size_t)segments * (2 * sizeof(int64_t) + sizeof(struct playlist_entry)) +
           playlist_size(segments);
}

int vod_files_init(struct vod *vod)
{
    const struct vod_config *config = &vod->config;
    size_t files = (size_t)count_files(config->count);
    size_t segments = (size_t)config->segments;

    vod->files = calloc(files, sizeof(*vod->files));
    vod->sorted = calloc(files, sizeof(struct vod_files *));
    vod->fetched = calloc(files, sizeof(struct vod_files *));
    vod->digests = calloc((size_t)count_digests(config->count, config->segments), SHA256_SIZE);
    vod->order = malloc(segments * sizeof(*vod->order));
    vod->entries = malloc(segments * sizeof(*vod->entries));
    vod->text = malloc(playlist_size(config->segments));
    if (!vod->files || !vod->sorted || !vod->fetched || !vod->digests || !vod->order ||
        !vod->entries || !vod->text)
        return -ENOMEM;
    list_files(vod);
    list_fetched(vod);
    sort_files(vod);
    hash_states(vod);
    return 0;
}

void vod_files_finish(struct vod *vod)
{
    free(vod->files);
    free(vod->sorted);
    free(vod->fetched);
    free(vod->digests);
    free(vod->order);
    free(vod->entries);
    free(vod->text);
}

uint8_t *vod_files_digest(const struct vod *vod, int64_t lane, int64_t index)
{
    return vod->files[lane].digests[index - vod->config.first];
}

/* ---- text, line by line ------------------------------------------------------------------------
 */

/* A file that is written in pieces. */
struct sheet {
    struct vod *vod;
    int64_t lane;
    size_t (*line)(struct sheet *sheet, char text[LINE_SIZE]); /* 0: that was all */
    int64_t at;      /* which line is next, or which files */
    int64_t segment; /* and of these, if they are segments, which */
    struct sha256 sha;
    char text[PIECE_SIZE];
};

static size_t next_piece(void *context, const void **ret_data)
{
    struct sheet *sheet = context;
    size_t used = 0;
    size_t line;

    do {
        line = sheet->line(sheet, sheet->text + used);
        used += line;
    } while (line > 0 && used <= PIECE_SIZE - LINE_SIZE);
    sha256_add(&sheet->sha, sheet->text, used);
    *ret_data = sheet->text;
    return used;
}

static struct index_segment describe(const struct vod *vod, int64_t lane, int64_t index)
{
    const struct vod_config *config = &vod->config;
    const struct timeline *line = config->lanes[lane].line;

    return (struct index_segment){
        .number = index,
        .index = index,
        .size = (int64_t)config->size(config->source, lane, index),
        .duration_us = timeline_segment_us(line, index),
        .ticks = timeline_segment_ticks(line, index),
        .due = timeline_due(line, index),
        .published = INDEX_UNKNOWN,
        .digest = vod_files_digest(vod, lane, index),
    };
}

static size_t index_line(struct sheet *sheet, char text[LINE_SIZE])
{
    const struct vod_config *config = &sheet->vod->config;
    const struct vod_lane *lane = &config->lanes[sheet->lane];
    const struct index_head head = {
        .stream = {.preset = config->preset, .rendition = lane->rendition},
        .target = playlist_target(timeline_duration_us(lane->line)),
        .epoch = lane->line->epoch,
        .finite = true,
        .hashed = true,
    };
    int64_t i = sheet->at++ - 1;
    struct index_segment segment;

    if (i < 0)
        return index_write_head(&head, text);
    if (i >= config->segments)
        return i == config->segments ? index_write_end(text) : 0;
    segment = describe(sheet->vod, sheet->lane, config->first + i);
    return index_write_segment(&head, &segment, i == 0, text);
}

/* The path of the next file of @p list. @return its digest; NULL: that was all */
static const uint8_t *next_file(struct sheet *sheet, struct vod_files *const *list, int64_t count,
                                const int64_t *order, char path[PATH_SIZE])
{
    const struct vod_config *config = &sheet->vod->config;
    const struct vod_files *files;
    int64_t number;

    if (sheet->at == count)
        return NULL;
    files = list[sheet->at];
    if (files->name) {
        sheet->at++;
        write_path(files, -1, path);
        return *files->digests;
    }
    number = order ? order[sheet->segment] : config->first + sheet->segment;
    if (++sheet->segment == config->segments) {
        sheet->segment = 0;
        sheet->at++;
    }
    write_path(files, number, path);
    return files->digests[number - config->first];
}

static size_t url_line(struct sheet *sheet, char text[LINE_SIZE])
{
    const struct vod *vod = sheet->vod;
    char path[PATH_SIZE];

    if (!next_file(sheet, vod->fetched, vod->fetched_count, NULL, path))
        return 0;
    return (size_t)snprintf(text, LINE_SIZE, "%s\n", path);
}

/* As sha256sum(1) has it. */
static size_t sum_line(struct sheet *sheet, char text[LINE_SIZE])
{
    const struct vod *vod = sheet->vod;
    char path[PATH_SIZE];
    char hex[SHA256_TEXT_SIZE];
    const uint8_t *digest = next_file(sheet, vod->sorted, vod->files_count, vod->order, path);

    if (!digest)
        return 0;
    sha256_text(digest, hex);
    return (size_t)snprintf(text, LINE_SIZE, "%s  %s\n", hex, path);
}

/* ---- putting -----------------------------------------------------------------------------------
 */

int64_t vod_files_time(const struct vod *vod)
{
    const struct vod_config *config = &vod->config;

    return timeline_due(config->lanes[0].line, config->first + config->segments - 1);
}

static int put_lines(struct vod *vod, const struct vod_files *file,
                     size_t (*line)(struct sheet *sheet, char text[LINE_SIZE]), struct error *err)
{
    struct sheet sheet = {.vod = vod, .lane = file->lane, .line = line};
    const struct fs_pieces pieces = {next_piece, &sheet};
    struct fs_status left;
    int result;

    sha256_begin(&sheet.sha);
    result = fs_write_pieces(file->fs, file->temporary, &pieces, vod_files_time(vod), &left);
    sha256_end(&sheet.sha, *file->digests);
    if (result < 0)
        return vod_fail_write(vod, file, file->name, result, err);
    result = vod_name(vod, file, file->name, err);
    return result < 0 ? result : vod_sync(vod, file, err);
}

static int put_whole(struct vod *vod, const struct vod_files *file, const char *text, size_t size,
                     struct error *err)
{
    int result = vod_put(vod, file, file->name, text, size, vod_files_time(vod), err);

    sha256_of(text, size, *file->digests);
    return result < 0 ? result : vod_sync(vod, file, err);
}

static int put_playlist(struct vod *vod, const struct vod_files *file, struct error *err)
{
    const struct vod_config *config = &vod->config;
    const struct timeline *line = config->lanes[file->lane].line;
    const struct playlist playlist = {
        .target = playlist_target(timeline_duration_us(line)),
        .sequence = config->first,
        .count = config->segments,
        .entries = vod->entries,
        .kind = PLAYLIST_VOD,
        .ended = true,
    };
    bool is_alias = file->fs == config->alias;

    for (int64_t i = 0; i < config->segments; i++)
        vod->entries[i] = (struct playlist_entry){
            .start = timeline_start(line, config->first + i),
            .duration_us = timeline_segment_us(line, config->first + i),
        };
    return put_whole(vod, file, vod->text,
                     playlist_write(&playlist, is_alias ? "../" : "", vod->text), err);
}

static int put_file(struct vod *vod, const struct vod_files *file, struct error *err)
{
    if (strcmp(file->name, PLAYLIST_NAME) == 0)
        return put_playlist(vod, file, err);
    if (strcmp(file->name, NAMES_MASTER) == 0)
        return put_whole(vod, file, vod->config.master, vod->config.master_size, err);
    return put_lines(vod, file, strcmp(file->name, NAMES_INDEX) == 0 ? index_line : url_line, err);
}

/* @param digest where that of it goes, which nothing names */
static struct vod_files sums_of(const struct vod *vod, uint8_t (*digest)[SHA256_SIZE])
{
    return (struct vod_files){
        .fs = vod->config.lanes[0].fs,
        .folder = "",
        .name = NAMES_SUMS,
        .temporary = NAMES_SUMS_TMP,
        .digests = digest,
    };
}

int vod_files_put(struct vod *vod, struct error *err)
{
    uint8_t digest[1][SHA256_SIZE];
    const struct vod_files sums = sums_of(vod, digest);
    int result = 0;

    for (int64_t i = vod->named_first; i < vod->files_count && result == 0; i++)
        result = put_file(vod, &vod->files[i], err);
    return result < 0 ? result : put_lines(vod, &sums, sum_line, err);
}

static int take_away(const struct vod *vod, const struct vod_files *file, struct error *err)
{
    int result = file->fs->unlink(file->fs->context, file->name);

    if (result == -ENOENT)
        return 0;
    return result < 0 ? vod_fail_write(vod, file, file->name, result, err)
                      : vod_sync(vod, file, err);
}

int vod_files_retract(struct vod *vod, struct error *err)
{
    const struct vod_files sums = sums_of(vod, NULL);
    int result = take_away(vod, &sums, err);

    for (int64_t i = vod->files_count - 1; i >= vod->named_first && result == 0; i--)
        result = take_away(vod, &vod->files[i], err);
    return result;
}

/* ---- how much there is -------------------------------------------------------------------------
 */

static size_t list_size(int64_t lanes, int64_t segments)
{
    return (size_t)(count_files(lanes) + lanes * segments) *
           (SHA256_TEXT_SIZE + PRESET_RENDITION_SIZE + PLAYLIST_SEGMENT_NAME_SIZE + 2);
}

size_t vod_file_max(int64_t lanes, int64_t segments)
{
    size_t index = index_size(segments);
    size_t list = list_size(lanes, segments);

    return index > list ? index : list; /* a line of a playlist is shorter than one of an index */
}

uint64_t vod_files_room(int64_t lanes, int64_t segments, size_t block_size)
{
    uint64_t of_lane = fs_whole_blocks(playlist_size(segments), block_size) +
                       fs_whole_blocks(index_size(segments), block_size) +
                       fs_whole_blocks(STATE_SIZE, block_size);

    /* The alias, master.m3u8, urls.txt and SHA256SUMS; one is there twice, when it is replaced. */
    return (uint64_t)lanes * of_lane + fs_whole_blocks(playlist_size(segments), block_size) +
           fs_whole_blocks(multivariant_size(lanes), block_size) +
           2 * fs_whole_blocks(list_size(lanes, segments), block_size) +
           fs_whole_blocks(vod_file_max(lanes, segments), block_size);
}

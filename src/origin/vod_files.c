/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands beside the segments of a finite stream: initialization sections, playlists,
 * index.json, urls.txt, SHA256SUMS. Each is on disk, name and all, before another that names it is
 * begun, and they go in the other order; SHA256SUMS goes before any of them gets other bytes. Long
 * ones are written in pieces, since they have a line for each segment. Of all the digest is taken
 * on the way, for SHA256SUMS.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hls/iframes.h"
#include "hls/multivariant.h"
#include "origin/index.h"
#include "origin/names.h"
#include "origin/sections.h"
#include "origin/state.h"
#include "origin/vod_parts.h"
#include "preset/preset.h"

enum {
    LINE_SIZE = INDEX_HEAD_SIZE,
    PIECE_SIZE = 16 * 1024,
};

/* ---- text, line by line ---------------------------------------------------------------------- */

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
        .map = sheet->vod->files[sheet->lane].map,
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
                                const int64_t *order, char path[VOD_PATH_SIZE])
{
    const struct vod_config *config = &sheet->vod->config;
    const struct vod_files *files;
    int64_t number;

    if (sheet->at == count)
        return NULL;
    files = list[sheet->at];
    if (files->name) {
        sheet->at++;
        vod_write_path(files, -1, path);
        return *files->digests;
    }
    number = order ? order[sheet->segment] : config->first + sheet->segment;
    if (++sheet->segment == config->segments) {
        sheet->segment = 0;
        sheet->at++;
    }
    vod_write_path(files, number, path);
    return files->digests[number - config->first];
}

static size_t url_line(struct sheet *sheet, char text[LINE_SIZE])
{
    const struct vod *vod = sheet->vod;
    char path[VOD_PATH_SIZE];

    if (!next_file(sheet, vod->fetched, vod->fetched_count, NULL, path))
        return 0;
    return (size_t)snprintf(text, LINE_SIZE, "%s\n", path);
}

/* As sha256sum(1) has it. */
static size_t sum_line(struct sheet *sheet, char text[LINE_SIZE])
{
    const struct vod *vod = sheet->vod;
    char path[VOD_PATH_SIZE];
    char hex[SHA256_TEXT_SIZE];
    const uint8_t *digest = next_file(sheet, vod->sorted, vod->files_count, vod->order, path);

    if (!digest)
        return 0;
    sha256_text(digest, hex);
    return (size_t)snprintf(text, LINE_SIZE, "%s  %s\n", hex, path);
}

/* ---- putting --------------------------------------------------------------------------------- */

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

static struct playlist_entry entry_of(const struct vod *vod, const struct vod_files *file,
                                      int64_t index)
{
    const struct timeline *line = vod->config.lanes[file->lane].line;
    struct playlist_entry entry = {
        .start = timeline_start(line, index),
        .duration_us = timeline_segment_us(line, index),
        .map = file->map,
    };

    if (vod->pictures)
        entry.iframe = *vod_files_picture(vod, file->lane, index);
    return entry;
}

static bool is_iframes(const struct vod_files *file)
{
    return strcmp(file->name, PLAYLIST_IFRAMES_NAME) == 0;
}

static int put_playlist(struct vod *vod, const struct vod_files *file, struct error *err)
{
    const struct vod_config *config = &vod->config;
    const struct timeline *line = config->lanes[file->lane].line;
    struct playlist playlist = {
        .target = playlist_target(timeline_duration_us(line)),
        .sequence = config->first,
        .count = config->segments,
        .entries = vod->entries,
        .kind = PLAYLIST_VOD,
        .ended = true,
    };
    bool is_alias = file->fs == config->alias;

    for (int64_t i = 0; i < config->segments; i++)
        vod->entries[i] = entry_of(vod, file, config->first + i);
    if (is_iframes(file))
        playlist = iframes_of(&playlist);
    return put_whole(vod, file, vod->text,
                     playlist_write(&playlist, is_alias ? "../" : "", vod->text), err);
}

static int put_file(struct vod *vod, const struct vod_files *file, struct error *err)
{
    const struct vod_lane *lane = &vod->config.lanes[file->lane];

    if (playlist_map_of(file->name) != 0)
        return put_whole(vod, file, (const char *)lane->section, lane->section_size, err);
    if (strcmp(file->name, PLAYLIST_NAME) == 0 || is_iframes(file))
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

static int take_away(const struct vod *vod, const struct vod_files *file, struct error *err)
{
    int result = file->fs->unlink(file->fs->context, file->name);

    if (result == -ENOENT)
        return 0;
    return result < 0 ? vod_fail_write(vod, file, file->name, result, err)
                      : vod_sync(vod, file, err);
}

int vod_files_put(struct vod *vod, struct error *err)
{
    uint8_t digest[1][SHA256_SIZE];
    const struct vod_files sums = sums_of(vod, digest);
    int result = take_away(vod, &sums, err); /* it says of the others which bytes they have */

    for (int64_t i = vod->sections_first; i < vod->files_count && result == 0; i++)
        result = put_file(vod, &vod->files[i], err);
    return result < 0 ? result : put_lines(vod, &sums, sum_line, err);
}

int vod_files_have_sections(const struct vod *vod, struct error *err)
{
    for (int64_t i = vod->sections_first; i < vod->named_first; i++) {
        const struct vod_files *file = &vod->files[i];
        struct fs_status now;
        int result = file->fs->status(file->fs->context, file->name, &now);

        if (result < 0)
            return result == -ENOENT ? 0 : vod_fail_write(vod, file, file->name, result, err);
        if (!fs_is_as_written(&now, vod->config.lanes[file->lane].section_size,
                              vod_files_time(vod)))
            return 0;
    }
    return 1;
}

int vod_files_retract(struct vod *vod, struct error *err)
{
    const struct vod_files sums = sums_of(vod, NULL);
    int result = take_away(vod, &sums, err);

    for (int64_t i = vod->files_count - 1; i >= vod->named_first && result == 0; i--)
        result = take_away(vod, &vod->files[i], err);
    return result;
}

static bool is_there(const struct fs *fs, const char *name)
{
    struct fs_status status;

    return fs->status(fs->context, name, &status) == 0;
}

static bool is_own_master(const struct fs *fs)
{
    char text[MULTIVARIANT_START_SIZE];
    int64_t got = fs->read(fs->context, NAMES_MASTER, text, sizeof(text));

    return got > 0 && multivariant_is_own(text, (size_t)got);
}

static int clear(struct vod *vod, const struct fs *fs, const char *folder, const char *name,
                 struct error *err)
{
    const struct vod_files file = {.fs = fs, .folder = folder, .name = name};
    int result = vod_files_retract(vod, err);

    return result < 0 ? result : take_away(vod, &file, err);
}

int vod_files_clear(struct vod *vod, struct error *err)
{
    const struct vod_config *config = &vod->config;
    int result = 0;

    for (int64_t i = 0; i < config->count && result == 0; i++) {
        const struct vod_lane *lane = &config->lanes[i];

        if (!lane->has_iframes && is_there(lane->fs, PLAYLIST_IFRAMES_NAME))
            result = clear(vod, lane->fs, lane->folder, PLAYLIST_IFRAMES_NAME, err);
    }
    if (result == 0 && config->alias && !config->lanes[0].has_iframes &&
        is_there(config->alias, PLAYLIST_IFRAMES_NAME))
        result = clear(vod, config->alias, config->alias_folder, PLAYLIST_IFRAMES_NAME, err);
    if (result == 0 && !config->master && is_own_master(config->lanes[0].fs))
        result = clear(vod, config->lanes[0].fs, "", NAMES_MASTER, err);
    return result;
}

/* ---- how much there is ----------------------------------------------------------------------- */

static size_t list_size(int64_t lanes, int64_t segments)
{
    return (size_t)(vod_count_files(lanes) + lanes * segments) *
           (SHA256_TEXT_SIZE + PRESET_RENDITION_SIZE + PLAYLIST_SEGMENT_NAME_SIZE + 2);
}

size_t vod_file_max(int64_t lanes, int64_t segments)
{
    size_t index = index_size(segments);
    size_t list = list_size(lanes, segments);

    return index > list ? index : list; /* a line of a playlist is shorter than one of an index */
}

uint64_t vod_files_room(int64_t lanes, int64_t segments, bool mapped, bool has_iframes,
                        size_t block_size)
{
    uint64_t playlists =
        (has_iframes ? 2 : 1) * fs_whole_blocks(playlist_size(segments), block_size);
    uint64_t of_lane = (mapped ? fs_whole_blocks(SECTIONS_SIZE_MAX, block_size) : 0) + playlists +
                       fs_whole_blocks(index_size(segments), block_size) +
                       fs_whole_blocks(STATE_SIZE, block_size);

    /* The alias, master.m3u8, urls.txt and SHA256SUMS; one is there twice, when it is replaced. */
    return (uint64_t)lanes * of_lane + playlists +
           fs_whole_blocks(multivariant_size(lanes), block_size) +
           2 * fs_whole_blocks(list_size(lanes, segments), block_size) +
           fs_whole_blocks(vod_file_max(lanes, segments), block_size);
}

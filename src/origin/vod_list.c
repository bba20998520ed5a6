/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files there are in the directories of a finite stream, in the order in which they are
 * written, in which clients fetch them, and in that of their paths.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "origin/names.h"
#include "origin/sections.h"
#include "origin/vod_parts.h"

void vod_write_path(const struct vod_files *files, int64_t number, char path[VOD_PATH_SIZE])
{
    char segment[PLAYLIST_SEGMENT_NAME_SIZE] = "seg";

    if (number >= 0)
        playlist_segment_name(number, files->map, segment);
    (void)snprintf(path, VOD_PATH_SIZE, "%s%s%s", files->folder, files->folder[0] ? "/" : "",
                   files->name ? files->name : segment);
}

static int compare_paths(const void *a, const void *b)
{
    char path_a[VOD_PATH_SIZE];
    char path_b[VOD_PATH_SIZE];

    vod_write_path(*(struct vod_files *const *)a, -1, path_a);
    vod_write_path(*(struct vod_files *const *)b, -1, path_b);
    return strcmp(path_a, path_b);
}

static int compare_names(const void *a, const void *b)
{
    char name_a[PLAYLIST_SEGMENT_NAME_SIZE];
    char name_b[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(*(const int64_t *)a, 0, name_a);
    playlist_segment_name(*(const int64_t *)b, 0, name_b);
    return strcmp(name_a, name_b);
}

/* Segments, state, section, playlist, I-frame playlist and index of each lane, the alias of two of
 * them, the multivariant playlist, URLs. */
int64_t vod_count_files(int64_t lanes)
{
    return 6 * lanes + 4;
}

/* All but the segments have one digest each. */
static int64_t count_digests(int64_t lanes, int64_t segments)
{
    return lanes * (segments + 5) + 4;
}

static uint64_t map_of(const struct vod_lane *lane)
{
    return lane->section ? sections_map_of(lane->section, lane->section_size) : 0;
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
        .map = map_of(&config->lanes[lane]),
        .digests = vod->digests + (name ? segments + i - config->count : lane * config->segments),
    };
}

static void add_to_each_lane(struct vod *vod, const char *name, const char *temporary)
{
    for (int64_t lane = 0; lane < vod->config.count; lane++)
        add_file(vod, vod->config.lanes[lane].fs, vod->config.lanes[lane].folder, name, temporary,
                 lane);
}

static void add_iframes(struct vod *vod)
{
    const struct vod_config *config = &vod->config;

    for (int64_t lane = 0; lane < config->count; lane++) {
        const struct vod_lane *of = &config->lanes[lane];

        if (of->has_iframes)
            add_file(vod, of->fs, of->folder, PLAYLIST_IFRAMES_NAME, NAMES_IFRAMES_TMP, lane);
    }
    if (config->alias && config->lanes[0].has_iframes)
        add_file(vod, config->alias, config->alias_folder, PLAYLIST_IFRAMES_NAME, NAMES_IFRAMES_TMP,
                 0);
}

static void add_sections(struct vod *vod)
{
    const struct vod_config *config = &vod->config;

    for (int64_t lane = 0; lane < config->count; lane++) {
        const struct vod_lane *of = &config->lanes[lane];

        if (!of->section)
            continue;
        playlist_map_name(map_of(of), vod->section_names[lane]);
        add_file(vod, of->fs, of->folder, vod->section_names[lane], NAMES_SECTION_TMP, lane);
    }
}

static void list_files(struct vod *vod)
{
    const struct vod_config *config = &vod->config;
    const struct fs *top = config->lanes[0].fs;

    add_to_each_lane(vod, NULL, NAMES_SEGMENT_TMP);
    add_to_each_lane(vod, NAMES_STATE, NAMES_STATE_TMP);
    vod->sections_first = vod->files_count;
    add_sections(vod);
    vod->named_first = vod->files_count;
    add_to_each_lane(vod, PLAYLIST_NAME, NAMES_PLAYLIST_TMP);
    if (config->alias)
        add_file(vod, config->alias, config->alias_folder, PLAYLIST_NAME, NAMES_PLAYLIST_TMP, 0);
    add_iframes(vod);
    if (config->master)
        add_file(vod, top, "", NAMES_MASTER, NAMES_MASTER_TMP, 0);
    vod->index_first = vod->files_count;
    add_to_each_lane(vod, NAMES_INDEX, NAMES_INDEX_TMP);
    add_file(vod, top, "", NAMES_URLS, NAMES_URLS_TMP, 0);
}

/* What clients fetch: the multivariant playlist, the others, sections, segments. */
static void list_fetched(struct vod *vod)
{
    int64_t count = 0;

    if (vod->config.master)
        vod->fetched[count++] = &vod->files[vod->index_first - 1];
    for (int64_t i = vod->named_first; i < vod->index_first - (vod->config.master != NULL); i++)
        vod->fetched[count++] = &vod->files[i];
    for (int64_t i = vod->sections_first; i < vod->named_first; i++)
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
    size_t files = (size_t)vod_count_files(lanes);

    /* Order is made by a copy of what is put in order. */
    return files * (sizeof(struct vod_files) + 3 * sizeof(struct vod_files *)) +
           (size_t)count_digests(lanes, segments) * SHA256_SIZE +
           (size_t)lanes * PLAYLIST_MAP_NAME_SIZE +
           (size_t)(lanes * segments) * sizeof(struct playlist_range) +
           (size_t)segments * (2 * sizeof(int64_t) + sizeof(struct playlist_entry)) +
           playlist_size(segments);
}

int vod_files_init(struct vod *vod)
{
    const struct vod_config *config = &vod->config;
    size_t files = (size_t)vod_count_files(config->count);
    size_t segments = (size_t)config->segments;

    vod->files = calloc(files, sizeof(*vod->files));
    vod->sorted = calloc(files, sizeof(struct vod_files *));
    vod->fetched = calloc(files, sizeof(struct vod_files *));
    vod->digests = calloc((size_t)count_digests(config->count, config->segments), SHA256_SIZE);
    vod->section_names = calloc((size_t)config->count, sizeof(*vod->section_names));
    vod->order = malloc(segments * sizeof(*vod->order));
    vod->entries = malloc(segments * sizeof(*vod->entries));
    vod->text = malloc(playlist_size(config->segments));
    if (config->picture)
        vod->pictures = calloc((size_t)config->count * segments, sizeof(*vod->pictures));
    if (config->picture && !vod->pictures)
        return -ENOMEM;
    if (!vod->files || !vod->sorted || !vod->fetched || !vod->digests || !vod->section_names ||
        !vod->order || !vod->entries || !vod->text)
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
    free(vod->section_names);
    free(vod->order);
    free(vod->pictures);
    free(vod->entries);
    free(vod->text);
}

uint8_t *vod_files_digest(const struct vod *vod, int64_t lane, int64_t index)
{
    return vod->files[lane].digests[index - vod->config.first];
}

struct playlist_range *vod_files_picture(const struct vod *vod, int64_t lane, int64_t index)
{
    return &vod->pictures[lane * vod->config.segments + index - vod->config.first];
}

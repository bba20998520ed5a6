/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each segment is synced before it gets its name, as those of a live stream: one that has its name,
 * size and date is whole then, even after a power cut, and is kept when a run is taken up again. On
 * tmpfs that costs nothing. One sync of all at the end would do for what names them, but not for
 * what an earlier run left.
 *
 * A digest is that of the bytes as they are made, not as they are read back: a file that differs is
 * found by it. Only where making takes far longer than reading, what is there is read.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "origin/live.h"
#include "origin/names.h"
#include "origin/vod_parts.h"

/* ---- how much there is ----------------------------------------------------------------------- */

int64_t vod_segments(const struct timeline *line, int64_t first, int64_t duration_ms)
{
    int64_t end = timeline_start(line, first) + duration_ms * NS_PER_MS;

    return timeline_index_at(line, end - 1) + 1 - first;
}

uint64_t vod_room(const size_t *sizes, int64_t lanes, int64_t segments, bool mapped,
                  bool has_iframes, size_t block_size)
{
    uint64_t room = vod_files_room(lanes, segments, mapped, has_iframes, block_size);

    for (int64_t lane = 0; lane < lanes; lane++)
        room += (uint64_t)segments * fs_whole_blocks(sizes[lane], block_size);
    return room;
}

size_t vod_memory(int64_t lanes, int64_t segments, size_t size)
{
    return sizeof(struct vod) + vod_files_memory(lanes, segments) + size;
}

/* ---- life ------------------------------------------------------------------------------------ */

static bool has_slow_lane(const struct vod_config *config)
{
    for (int64_t i = 0; i < config->count; i++) {
        if (config->lanes[i].slow)
            return true;
    }
    return false;
}

int vod_new(const struct vod_config *config, struct vod **ret)
{
    struct vod *vod = calloc(1, sizeof(*vod));
    int result;

    if (!vod)
        return -ENOMEM;
    vod->config = *config;
    vod->figures.segments = config->count * config->segments;
    result = vod_files_init(vod);
    if (result == 0 && has_slow_lane(config)) {
        vod->read = malloc(config->segment_size);
        result = vod->read ? 0 : -ENOMEM;
    }
    if (result == 0)
        *ret = vod;
    else
        (void)vod_free(vod);
    return result;
}

struct vod *vod_free(struct vod *vod)
{
    if (!vod)
        return NULL;
    vod_files_finish(vod);
    free(vod->read);
    free(vod);
    return NULL;
}

const struct vod_figures *vod_figures(const struct vod *vod)
{
    return &vod->figures;
}

/* ---- files ----------------------------------------------------------------------------------- */

int vod_fail_write(const struct vod *vod, const struct vod_files *file, const char *name,
                   int result, struct error *err)
{
    return error_set(err, result, EX_IOERR,
                     "cannot write %s/%s%s%s: %s; %" PRId64 " of %" PRId64
                     " segments are there, the same command goes on from them",
                     vod->config.path, file->folder, file->folder[0] ? "/" : "", name,
                     live_reason(result), vod->figures.done, vod->figures.segments);
}

int vod_name(const struct vod *vod, const struct vod_files *file, const char *name,
             struct error *err)
{
    int result = fs_put_in_place(file->fs, file->temporary, name);

    if (result == 0)
        return 0;
    (void)file->fs->unlink(file->fs->context, file->temporary);
    return vod_fail_write(vod, file, name, result, err);
}

int vod_put(const struct vod *vod, const struct vod_files *file, const char *name,
            const void *bytes, size_t size, int64_t time, struct error *err)
{
    struct fs_status left;
    int result = fs_write_file(file->fs, file->temporary, bytes, size, time, &left);

    if (result < 0)
        return vod_fail_write(vod, file, name, result, err);
    return vod_name(vod, file, name, err);
}

int vod_sync(const struct vod *vod, const struct vod_files *file, struct error *err)
{
    int result = file->fs->sync_directory(file->fs->context);

    return result < 0 ? vod_fail_write(vod, file, file->name ? file->name : ".", result, err) : 0;
}

/* ---- a segment ------------------------------------------------------------------------------- */

/* @return whether it is there, whole; a negative errno */
static int is_there(struct vod *vod, int64_t lane, int64_t index, const char *name,
                    struct error *err)
{
    const struct vod_config *config = &vod->config;
    const struct fs *fs = config->lanes[lane].fs;
    size_t size = config->size(config->source, lane, index);
    struct fs_status now;
    int result = fs->status(fs->context, name, &now);

    if (result == -ENOENT)
        return 0;
    if (result < 0)
        return vod_fail_write(vod, &vod->files[lane], name, result, err);
    return fs_is_as_written(&now, size, timeline_due(config->lanes[lane].line, index));
}

/* What those that name it say of it. */
static void learn(struct vod *vod, int64_t lane, int64_t index, const uint8_t *bytes)
{
    const struct vod_config *config = &vod->config;
    size_t size = config->size(config->source, lane, index);

    if (config->picture)
        *vod_files_picture(vod, lane, index) = config->picture(config->source, lane, bytes, size);
    config->hash(config->source, bytes, size, vod_files_digest(vod, lane, index));
}

/* @return whether it could be read whole, and is hashed */
static bool learn_by_reading(struct vod *vod, int64_t lane, int64_t index, const char *name)
{
    const struct vod_config *config = &vod->config;
    const struct fs *fs = config->lanes[lane].fs;
    size_t size = config->size(config->source, lane, index);

    if (fs->read(fs->context, name, vod->read, size) != (int64_t)size)
        return false;
    learn(vod, lane, index, vod->read);
    return true;
}

/* What names others is to be gone for as long as one of these is. */
static int retract(struct vod *vod, struct error *err)
{
    int result = vod->retracted ? 0 : vod_files_retract(vod, err);

    vod->retracted = result == 0;
    return result;
}

static int write_segment(struct vod *vod, int64_t lane, int64_t index, const char *name,
                         const uint8_t *bytes, struct error *err)
{
    const struct vod_config *config = &vod->config;
    size_t size = config->size(config->source, lane, index);
    int result = retract(vod, err);

    if (result == 0)
        result = vod_put(vod, &vod->files[lane], name, bytes, size,
                         timeline_due(config->lanes[lane].line, index), err);
    if (result < 0)
        return result;
    vod->figures.made++;
    vod->figures.bytes += (int64_t)size;
    return 0;
}

/* Hashes segment @p index, unless all are, and makes it unless it is there.
 * @return 1 when it was made, 0; a negative errno */
static int provide(struct vod *vod, int64_t lane, int64_t index, struct error *err)
{
    const struct vod_config *config = &vod->config;
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    const uint8_t *bytes;
    int there;
    int result;

    playlist_segment_name(index, vod->files[lane].map, name);
    there = is_there(vod, lane, index, name, err);
    if (there < 0)
        return there;
    if (there &&
        (vod->hashed || (config->lanes[lane].slow && learn_by_reading(vod, lane, index, name))))
        return 0;
    result = config->segment(config->source, lane, index, &bytes, err);
    if (result < 0)
        return result;
    if (!vod->hashed)
        learn(vod, lane, index, bytes);
    result = there ? 0 : write_segment(vod, lane, index, name, bytes, err);
    return result < 0 ? result : !there;
}

/* ---- the run --------------------------------------------------------------------------------- */

/* Whether a signal asks for the end; SIGUSR1 asks for a line. */
static bool is_ended(const struct vod *vod)
{
    const struct vod_config *config = &vod->config;
    int taken = config->clock->sleep_until(config->clock->context, 0);

    if (taken == SIGUSR1)
        config->asked(config->source, &vod->figures);
    return taken != 0 && taken != SIGUSR1;
}

static int fail_ended(const struct vod *vod, struct error *err)
{
    return error_set(err, -EINTR, EX_TEMPFAIL,
                     "ended by a signal: %" PRId64 " of %" PRId64
                     " segments are there, the same command goes on from them",
                     vod->figures.done, vod->figures.segments);
}

/* Those of an instant together, so that lanes that are encoded are encoded side by side.
 * @return how many segments were not there, and are now; a negative errno */
static int64_t make_missing(struct vod *vod, struct error *err)
{
    const struct vod_config *config = &vod->config;
    int64_t made = 0;

    for (int64_t i = 0; i < vod->figures.segments; i++) {
        int result = is_ended(vod)
                         ? fail_ended(vod, err)
                         : provide(vod, i % config->count, config->first + i / config->count, err);

        if (result < 0)
            return result;
        made += result;
        if (vod->hashed)
            continue;
        vod->figures.done = i + 1;
        config->step(config->source, &vod->figures);
    }
    vod->hashed = true;
    return made;
}

/* @return whether all segments and sections are there; a negative errno */
static int is_complete(struct vod *vod, struct error *err)
{
    const struct vod_config *config = &vod->config;
    int there = vod_files_have_sections(vod, err);

    for (int64_t i = 0; i < vod->figures.segments && there > 0; i++) {
        int64_t index = config->first + i / config->count;
        int64_t lane = i % config->count;
        char name[PLAYLIST_SEGMENT_NAME_SIZE];

        playlist_segment_name(index, vod->files[lane].map, name);
        there = is_there(vod, lane, index, name, err);
    }
    return there;
}

/* Before the first is made, which may be the last. */
static int retract_if_one_is_missing(struct vod *vod, struct error *err)
{
    int complete = is_complete(vod, err);

    return complete == 0 ? retract(vod, err) : complete < 0 ? complete : 0;
}

int vod_run(struct vod *vod, struct error *err)
{
    const struct vod_config *config = &vod->config;
    int64_t missing;
    int result = retract_if_one_is_missing(vod, err);

    if (result < 0)
        return result;
    do { /* others may have taken one away meanwhile */
        missing = make_missing(vod, err);
    } while (missing > 0);
    config->finish_hashing(config->source);
    result = missing < 0 ? (int)missing : 0;
    for (int64_t lane = 0; lane < config->count && result == 0; lane++)
        result = vod_sync(vod, &vod->files[lane], err);
    return result < 0 ? result : vod_files_put(vod, err);
}

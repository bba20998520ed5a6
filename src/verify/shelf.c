/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file is read again only when its size, its date or its inode is another one: whoever writes
 * into it in place changes the date, and inotify tells of it at once. Times count in favour of the
 * stream: a segment was listed since the last look without it, and is gone at the first one. Why it
 * is gone is judged when the playlist has been looked at since: it may list it no more.
 */
#include "verify/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"
#include "verify/folder.h"

#define TOLERANCE_NS (NS_PER_SECOND / 10) /* whoever counts segments has no other clock */

enum {
    PATIENCE_TARGETS = 3,
    PATIENCE_SECONDS = 6, /* what is to be removed may wait while a machine is busy */
    PIECE = 64 << 10,
};

/* ---- one file -------------------------------------------------------------------------------- */

int shelf_read_state(int folder, const char *path, struct shelf_state *ret)
{
    struct stat status;

    if (fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    *ret = (struct shelf_state){
        .size = status.st_size,
        .time = fs_time_of(&status.st_mtim),
        .inode = status.st_ino,
    };
    return 0;
}

bool shelf_is_same(const struct shelf_state *a, const struct shelf_state *b)
{
    return a->size == b->size && a->time == b->time && a->inode == b->inode;
}

/* The digest of the segment as it is now. */
static int hash_file(const struct shelf *shelf, const struct shelf_file *file,
                     uint8_t ret_digest[SHA256_SIZE])
{
    int64_t at = file->range.offset;
    static uint8_t piece[PIECE];
    struct folder_file open;
    struct sha256 sha;
    int64_t got = folder_open_file(shelf->run->folder, file->path, &open);
    int64_t left = file->range.size;

    if (got < 0)
        return (int)got;
    if (left < 0)
        left = open.size; /* who appends to it does not keep us */
    sha256_begin(&sha);
    do {
        got = folder_read(&open, at, piece, left < PIECE ? (size_t)left : PIECE);
        if (got > 0)
            sha256_add(&sha, piece, (size_t)got);
        at += got > 0 ? got : 0;
        left -= got > 0 ? got : 0;
    } while (got > 0 && left > 0);
    folder_close_file(&open);
    if (got < 0)
        return (int)got;
    sha256_end(&sha, ret_digest);
    return 0;
}

/* It has another state than when it was listed: has it other bytes? */
static void judge_bytes(struct shelf *shelf, struct shelf_file *file,
                        const struct shelf_state *state)
{
    uint8_t digest[SHA256_SIZE];

    if (file->told || !file->hashed || hash_file(shelf, file, digest) < 0 ||
        memcmp(digest, file->sha256, sizeof(digest)) == 0)
        return;
    file->told = true;
    findings_add(
        &shelf->run->findings, RULE_SG_IMMUTABLE, file->path, "the bytes that it was listed with",
        "others: %" PRId64 " bytes, where there were %" PRId64, state->size, file->state.size);
}

/* How long it was kept, by the weakest rule that this breaks. */
static void judge_keeping(const struct shelf *shelf, const struct shelf_file *file)
{
    struct findings *findings = &shelf->run->findings;
    int64_t needed = file->needed_ns - TOLERANCE_NS;
    int64_t removed = file->gone - file->removed;

    findings_check(findings, RULE_SG_KEPT_8216);
    if (file->listed != MOMENT_NONE) {
        findings_check(findings, RULE_SG_KEPT_BIS);
        if (file->gone - file->listed < needed) {
            findings_add(findings, RULE_SG_KEPT_BIS, file->path,
                         "kept for its duration and the longest playlist that listed it",
                         "gone %.2f s after it was first listed, %.2f s are needed",
                         publication_seconds(file->gone - file->listed),
                         publication_seconds(file->needed_ns));
            return;
        }
    }
    if (removed < needed)
        findings_add(findings, RULE_SG_KEPT_8216, file->path,
                     "kept for its duration and the longest playlist that listed it",
                     "gone %.2f s after its removal from the playlist, %.2f s are needed",
                     publication_seconds(removed), publication_seconds(file->needed_ns));
}

static int64_t patience_of(const struct shelf *shelf)
{
    int64_t targets = PATIENCE_TARGETS * shelf->target_ns;

    return targets > PATIENCE_SECONDS * NS_PER_SECOND ? targets : PATIENCE_SECONDS * NS_PER_SECOND;
}

/* @return whether its time is over */
static bool judge_stay(const struct shelf *shelf, const struct shelf_file *file, int64_t now)
{
    int64_t stayed;

    if (file->removed == MOMENT_NONE)
        return false;
    stayed = now - file->removed;
    if (stayed <= file->needed_ns + patience_of(shelf))
        return false;
    findings_check(&shelf->run->findings, RULE_SG_KEPT_8216);
    findings_add(&shelf->run->findings, RULE_SG_TEMP, file->path,
                 "removed when nobody may ask for it any more",
                 "still there %.1f s after its removal from the playlist, %.1f s are needed",
                 publication_seconds(stayed), publication_seconds(file->needed_ns));
    return true;
}

/* @return whether there is nothing more to be seen of it */
static bool look_at(struct shelf *shelf, struct shelf_file *file, int64_t now)
{
    struct shelf_state state = {0};
    int result = shelf_read_state(shelf->run->folder, file->path, &state);

    if ((result == -ENOENT || result == -ENOTDIR) && file->gone == MOMENT_NONE)
        file->gone = now;
    if (result < 0)
        return false;
    findings_check(&shelf->run->findings, RULE_SG_IMMUTABLE);
    if (!shelf_is_same(&state, &file->state))
        judge_bytes(shelf, file, &state);
    file->state = state;
    return judge_stay(shelf, file, now);
}

/* Whether it can be said why it is gone, and is: it was listed, or it was not any more. */
static bool judge_absence(const struct shelf *shelf, const struct shelf_file *file, int64_t looked)
{
    if (file->gone == MOMENT_NONE)
        return false;
    if (file->removed != MOMENT_NONE) {
        judge_keeping(shelf, file);
        return true;
    }
    if (looked <= file->gone)
        return false;
    findings_add(&shelf->run->findings, RULE_SG_AVAILABLE, file->path,
                 "it stays while it is listed", "it is gone");
    return true;
}

/* ---- the shelf ------------------------------------------------------------------------------- */

static void take_off(struct shelf *shelf, size_t i)
{
    free(shelf->files[i].path);
    memmove(&shelf->files[i], &shelf->files[i + 1], (shelf->count - i - 1) * sizeof(*shelf->files));
    shelf->count--;
}

static int add(struct shelf *shelf, const struct stream_segment *segment, int64_t listed)
{
    struct shelf_file file = {
        .number = segment->number,
        .range = segment->range,
        .listed = listed,
        .gone = MOMENT_NONE,
        .removed = MOMENT_NONE,
        .duration_ns = segment->duration_ns,
        .hashed = segment->hashed,
    };

    memcpy(file.sha256, segment->sha256, sizeof(file.sha256));
    if (shelf_read_state(shelf->run->folder, segment->path, &file.state) <
        0) /* which was told when it was read */
        return 0;
    if (shelf->count == shelf->capacity) {
        size_t capacity = shelf->capacity * 2 + 16;
        struct shelf_file *files = reallocarray(shelf->files, capacity, sizeof(*files));

        if (!files)
            return -ENOMEM;
        shelf->files = files;
        shelf->capacity = capacity;
    }
    file.path = strdup(segment->path);
    if (!file.path)
        return -ENOMEM;
    shelf->files[shelf->count++] = file;
    return 0;
}

static int add_new(struct shelf *shelf, const struct stream *stream, int64_t listed)
{
    size_t first = stream->segment_count;
    int result = 0;

    while (first > 0 && shelf->newest < stream->segments[first - 1].number)
        first--;
    for (size_t i = first; i < stream->segment_count && result == 0; i++) {
        if (stream->segments[i].path)
            result = add(shelf, &stream->segments[i], listed);
        shelf->newest = stream->segments[i].number;
    }
    return result;
}

static int64_t total_of(const struct m3u8 *playlist)
{
    int64_t ns = 0;

    for (size_t i = 0; i < playlist->segment_count; i++)
        ns += playlist->segments[i].duration_ns;
    return ns;
}

/* What is not listed any more; and how long the longest playlist is that lists the others. */
static void note_version(struct shelf *shelf, const struct m3u8 *playlist,
                         const struct moment *when)
{
    int64_t end = playlist->sequence + (int64_t)playlist->segment_count;
    int64_t total = total_of(playlist);

    for (size_t i = 0; i < shelf->count; i++) {
        struct shelf_file *file = &shelf->files[i];
        int64_t needed = file->duration_ns + total;

        if (file->number >= playlist->sequence && file->number < end)
            file->needed_ns = needed > file->needed_ns ? needed : file->needed_ns;
        else if (file->removed == MOMENT_NONE)
            file->removed = when->after;
    }
    shelf->target_ns = publication_target_ns(playlist);
}

/* Of those that are listed, one after the other, and always the oldest. */
static void look_at_some(struct shelf *shelf, int64_t now)
{
    size_t first = 0;
    size_t listed;

    while (first < shelf->count && shelf->files[first].removed != MOMENT_NONE)
        first++;
    if (first == shelf->count)
        return;
    listed = shelf->count - first;
    shelf->turn++;
    (void)look_at(shelf, &shelf->files[first + shelf->turn % listed], now);
    (void)look_at(shelf, &shelf->files[first], now);
}

void shelf_begin(struct shelf *ret, struct run *run)
{
    *ret = (struct shelf){.run = run, .newest = INT64_MIN};
}

int shelf_put(struct shelf *shelf, const struct stream *stream, const struct moment *when)
{
    int result = add_new(shelf, stream, when->after);

    note_version(shelf, &stream->version.playlist, when);
    look_at_some(shelf, when->seen);
    shelf_look(shelf, when->seen);
    return result;
}

void shelf_look_at(struct shelf *shelf, const char *path, int64_t now)
{
    for (size_t i = shelf->count; i-- > 0;)
        if (strcmp(shelf->files[i].path, path) == 0 && look_at(shelf, &shelf->files[i], now))
            take_off(shelf, i);
}

void shelf_settle(struct shelf *shelf, int64_t looked)
{
    for (size_t i = shelf->count; i-- > 0;)
        if (judge_absence(shelf, &shelf->files[i], looked))
            take_off(shelf, i);
}

void shelf_look(struct shelf *shelf, int64_t now)
{
    for (size_t i = shelf->count; i-- > 0;)
        if (shelf->files[i].removed != MOMENT_NONE && look_at(shelf, &shelf->files[i], now))
            take_off(shelf, i);
}

void shelf_finish(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++)
        free(shelf->files[i].path);
    free(shelf->files);
    *shelf = (struct shelf){0};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at every playlist fifty times a second, which costs next to nothing, and at once when
 * inotify(7) tells of a change. What inotify alone can tell is what was done between two looks:
 * that a published file was written into in place, or was away for a moment. Where there is no
 * inotify, or it does not see who writes, the looks are all there is.
 */
#include "verify/watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "verify/folder.h"
#include "verify/follower.h"
#include "verify/leftover.h"

#define LOOK_NS     (20 * NS_PER_MS)
#define ROUND_NS    NS_PER_SECOND       /* how often is looked for what is to be gone */
#define MORE_LOOKS  3                   /* target durations after the end of all streams */
#define PATIENCE_NS (6 * NS_PER_SECOND) /* for a temporary file; or three target durations */

#define EVENTS                                                                                     \
    (IN_MODIFY | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR)

/*
 * A long watch is judged in pieces, so that it does not take ever more memory. Those that begin a
 * piece are the last ones of the piece before.
 */
enum {
    PIECE_SEGMENTS = 4096,
    PIECE_OVERLAP = 64,
};

enum {
    FOLDERS_MAX = 1024,
    TEMPORARY_MAX = 64,
};

/* A folder with playlists or segments. */
struct place {
    int number; /* of inotify's watch; -1: none */
    char *path; /* "" or with a slash at its end */
};

/* A file that is not finished. */
struct temporary {
    char *path;
    uint64_t inode;
    int64_t since;
    bool told;
};

struct watch {
    struct run *run;
    struct follower *followers;
    size_t *parents; /* of each follower: which presentation */
    size_t count;
    struct presentation *presentations;
    size_t presentation_count;
    struct place *places;
    size_t place_count;
    struct temporary temporaries[TEMPORARY_MAX];
    size_t temporary_count;
    int64_t target_ns; /* the longest */
    int64_t over;      /* when to end */
    int64_t next_round;
};

static int64_t now_of(const struct watch *watch)
{
    const struct clock *clock = &watch->run->clock;

    return clock->monotonic(clock->context);
}

/* ---- folders --------------------------------------------------------------------------------- */

static struct place *find_place(struct watch *watch, const char *path, size_t length)
{
    for (size_t i = 0; i < watch->place_count; i++)
        if (strlen(watch->places[i].path) == length &&
            memcmp(watch->places[i].path, path, length) == 0)
            return &watch->places[i];
    return NULL;
}

/* The folder of the file @p path. @return 0 or -ENOMEM */
static int watch_folder_of(struct watch *watch, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    struct place place = {.number = -1};
    struct place *places;

    if (find_place(watch, path, length) || watch->place_count == FOLDERS_MAX)
        return 0;
    places = reallocarray(watch->places, watch->place_count + 1, sizeof(*places));
    if (!places)
        return -ENOMEM;
    watch->places = places;
    place.path = strndup(path, length);
    if (!place.path)
        return -ENOMEM;
    if (watch->run->watch >= 0)
        place.number = inotify_add_watch(watch->run->watch, *place.path ? place.path : ".", EVENTS);
    places[watch->place_count++] = place;
    return 0;
}

/* Where its playlist lies, and the segment that was listed last. */
static int watch_folders(struct watch *watch, const struct stream *stream)
{
    const struct stream_segment *last =
        stream->segment_count > 0 ? &stream->segments[stream->segment_count - 1] : NULL;
    int result = watch_folder_of(watch, stream->path);

    return result == 0 && last && last->path ? watch_folder_of(watch, last->path) : result;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void take_event_of_playlist(struct follower *follower, uint32_t mask)
{
    if (mask & (IN_DELETE | IN_MOVED_FROM))
        follower_note_absence(follower);
    if (mask & IN_MODIFY)
        follower_note_writing(follower, true);
    if (mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE))
        follower_note_writing(follower, false);
}

/* A multivariant playlist: each version is judged by itself. */
static void take_event_of_master(struct run *run, const char *path, uint32_t mask)
{
    struct version version = {0};

    findings_check(&run->findings, RULE_PL_FETCH);
    if (mask & (IN_MODIFY | IN_DELETE | IN_MOVED_FROM))
        findings_add(&run->findings, RULE_PL_FETCH, path, "it is replaced by a whole one, at once",
                     "it %s", mask & IN_MODIFY ? "is written in place" : "was removed");
    if (mask & (IN_CLOSE_WRITE | IN_MOVED_TO) && version_read(run, path, &version) == 0)
        version_finish(&version);
}

static void take_event_of_file(struct watch *watch, const char *path, uint32_t mask)
{
    for (size_t i = 0; i < watch->presentation_count; i++)
        if (watch->presentations[i].path && strcmp(watch->presentations[i].path, path) == 0)
            take_event_of_master(watch->run, path, mask);
    for (size_t i = 0; i < watch->count; i++) {
        struct follower *follower = &watch->followers[i];

        if (strcmp(follower->stream->path, path) == 0)
            take_event_of_playlist(follower, mask);
        else if (mask & (IN_MODIFY | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO))
            shelf_look_at(&follower->shelf, path, now_of(watch));
    }
}

/* That a file was closed again may be among what was lost. */
static void note_loss(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        follower_note_writing(&watch->followers[i], false);
}

static void take_event(struct watch *watch, const struct inotify_event *event)
{
    char path[PATH_MAX];

    if (event->mask & IN_Q_OVERFLOW)
        note_loss(watch);
    for (size_t i = 0; i < watch->place_count && event->len > 0; i++)
        if (watch->places[i].number == event->wd &&
            (size_t)snprintf(path, sizeof(path), "%s%s", watch->places[i].path, event->name) <
                sizeof(path)) {
            take_event_of_file(watch, path, event->mask);
            return;
        }
}

/* For no longer than one look may take: there may be no end of them. */
static void take_events(struct watch *watch)
{
    _Alignas(struct inotify_event) char buffer[16384];
    int64_t until = now_of(watch) + LOOK_NS;
    ssize_t size;

    while (watch->run->watch >= 0 && now_of(watch) < until &&
           (size = read(watch->run->watch, buffer, sizeof(buffer))) > 0)
        for (ssize_t at = 0; at < size;) {
            const struct inotify_event *event = (const struct inotify_event *)&buffer[at];

            take_event(watch, event);
            at += (ssize_t)(sizeof(*event) + event->len);
        }
}

/* ---- temporary files ------------------------------------------------------------------------- */

static int64_t patience_of(const struct watch *watch)
{
    int64_t targets = 3 * watch->target_ns;

    return targets > PATIENCE_NS ? targets : PATIENCE_NS;
}

static void note_temporary(struct watch *watch, const char *path, uint64_t inode)
{
    struct temporary *temporary = watch->temporaries;
    struct temporary *end = temporary + watch->temporary_count;

    while (temporary < end && (temporary->inode != inode || strcmp(temporary->path, path) != 0))
        temporary++;
    if (temporary < end || watch->temporary_count == TEMPORARY_MAX)
        return;
    *temporary = (struct temporary){.path = strdup(path), .inode = inode, .since = now_of(watch)};
    if (temporary->path)
        watch->temporary_count++;
}

struct listing {
    struct watch *watch;
    const char *folder;
};

static int see_name(void *arg, const char *name)
{
    const struct listing *listing = arg;
    struct shelf_state state;
    char path[PATH_MAX];

    if (leftover_is_temporary(name) &&
        (size_t)snprintf(path, sizeof(path), "%s%s", listing->folder, name) < sizeof(path) &&
        shelf_read_state(listing->watch->run->folder, path, &state) == 0)
        note_temporary(listing->watch, path, state.inode);
    return 0;
}

/* @return whether it is still there */
static bool judge_temporary(struct watch *watch, struct temporary *temporary)
{
    int64_t stayed = now_of(watch) - temporary->since;
    struct shelf_state state;

    if (shelf_read_state(watch->run->folder, temporary->path, &state) < 0 ||
        state.inode != temporary->inode)
        return false;
    if (temporary->told || stayed < patience_of(watch))
        return true;
    temporary->told = true;
    findings_add(&watch->run->findings, RULE_SG_TEMP, temporary->path,
                 "a temporary file is soon renamed or removed", "it has stayed for %.1f s",
                 (double)stayed / NS_PER_SECOND);
    return true;
}

static void look_for_temporaries(struct watch *watch)
{
    findings_check(&watch->run->findings, RULE_SG_TEMP);
    for (size_t i = 0; i < watch->place_count; i++) {
        struct listing listing = {watch, watch->places[i].path};

        (void)folder_list(watch->run->folder, listing.folder, see_name, &listing);
    }
    for (size_t i = watch->temporary_count; i-- > 0;)
        if (!judge_temporary(watch, &watch->temporaries[i])) {
            free(watch->temporaries[i].path);
            watch->temporaries[i] = watch->temporaries[--watch->temporary_count];
        }
}

/* ---- playlists ------------------------------------------------------------------------------- */

static void compare_with_others(struct watch *watch, size_t i)
{
    for (size_t other = 0; other < watch->count; other++)
        if (other != i && watch->parents[other] == watch->parents[i])
            publication_compare(&watch->followers[i].evolution.publication,
                                &watch->followers[other].evolution.publication);
}

static int look_at_playlists(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        int result = follower_look(&watch->followers[i]);

        if (result > 0) {
            compare_with_others(watch, i);
            result = watch_folders(watch, watch->followers[i].stream);
        }
        if (result < 0)
            return result;
    }
    return 0;
}

static bool is_long(const struct presentation *presentation)
{
    for (size_t i = 0; i < presentation->stream_count; i++)
        if (presentation->streams[i].segment_count >= PIECE_SEGMENTS)
            return true;
    return false;
}

static void end_piece(struct presentation *presentation, struct findings *findings)
{
    presentation_judge(presentation, findings);
    for (size_t i = 0; i < presentation->stream_count; i++)
        stream_forget(&presentation->streams[i], PIECE_OVERLAP);
}

static void look_around(struct watch *watch)
{
    if (now_of(watch) < watch->next_round)
        return;
    watch->next_round = now_of(watch) + ROUND_NS;
    for (size_t i = 0; i < watch->count; i++)
        shelf_look(&watch->followers[i].shelf, now_of(watch));
    for (size_t i = 0; i < watch->presentation_count; i++)
        if (is_long(&watch->presentations[i]))
            end_piece(&watch->presentations[i], &watch->run->findings);
    look_for_temporaries(watch);
}

/* ---- the watch ------------------------------------------------------------------------------- */

static bool have_all_ended(const struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        if (!watch->followers[i].stream->version.playlist.ended)
            return false;
    return true;
}

/* What is added to a playlist that has ended would be so soon. */
static void notice_end(struct watch *watch, bool *ended)
{
    int64_t over = now_of(watch) + MORE_LOOKS * watch->target_ns;

    if (*ended || !have_all_ended(watch))
        return;
    *ended = true;
    watch->over = over < watch->over ? over : watch->over;
}

static void wait_for_event(const struct watch *watch)
{
    const struct timespec longest = {.tv_nsec = LOOK_NS};
    struct pollfd event = {.fd = watch->run->watch, .events = POLLIN};

    (void)ppoll(&event, 1, &longest, NULL);
}

/* @return whether a signal asks to end */
static bool is_interrupted(const struct watch *watch)
{
    const struct clock *clock = &watch->run->clock;

    return clock->sleep_until(clock->context, 0) > 0;
}

static int look_on(struct watch *watch)
{
    bool ended = false;
    int result = 0;

    while (result == 0 && now_of(watch) < watch->over && !is_interrupted(watch)) {
        wait_for_event(watch);
        take_events(watch);
        result = look_at_playlists(watch);
        look_around(watch);
        notice_end(watch, &ended);
    }
    for (size_t i = 0; i < watch->count && result == 0; i++)
        follower_end(&watch->followers[i]);
    return result;
}

static int add_follower(struct watch *watch, size_t parent, struct stream *stream)
{
    int64_t target_ns = publication_target_ns(&stream->version.playlist);
    int result = follower_begin(&watch->followers[watch->count], watch->run, stream);

    if (result < 0)
        return result;
    watch->parents[watch->count++] = parent;
    watch->target_ns = target_ns > watch->target_ns ? target_ns : watch->target_ns;
    return watch_folders(watch, stream);
}

static int add_followers(struct watch *watch)
{
    size_t streams = 0;
    int result = 0;

    for (size_t i = 0; i < watch->presentation_count; i++)
        streams += watch->presentations[i].stream_count;
    watch->followers = calloc(streams + 1, sizeof(*watch->followers));
    watch->parents = calloc(streams + 1, sizeof(*watch->parents));
    if (!watch->followers || !watch->parents)
        return -ENOMEM;
    for (size_t i = 0; i < watch->presentation_count && result == 0; i++) {
        struct presentation *presentation = &watch->presentations[i];

        if (presentation->path)
            result = watch_folder_of(watch, presentation->path);
        for (size_t j = 0; j < presentation->stream_count && result == 0; j++)
            result = add_follower(watch, i, &presentation->streams[j]);
    }
    return result;
}

static void finish(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        follower_finish(&watch->followers[i]);
    for (size_t i = 0; i < watch->place_count; i++)
        free(watch->places[i].path);
    for (size_t i = 0; i < watch->temporary_count; i++)
        free(watch->temporaries[i].path);
    free(watch->followers);
    free(watch->parents);
    free(watch->places);
}

int watch_follow(struct run *run, struct presentation *presentations, size_t count, int64_t seconds)
{
    struct watch watch = {.run = run, .presentations = presentations, .presentation_count = count};
    int result = add_followers(&watch);

    clock_let_signals_end(false, 0);
    watch.over = now_of(&watch) + seconds * NS_PER_SECOND;
    if (result == 0)
        result = look_on(&watch);
    finish(&watch);
    return result;
}

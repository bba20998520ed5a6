/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a stream goes on: resume_decide() from what an earlier run may have left. The input is
 * decimal numbers. What lacks is 0, and zeros make a directory that was left in order: the numbers
 * say what differs from that. The oracle knows what the directory was made from.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "origin/resume.h"
#include "tests/fuzz/fuzz.h"

enum {
    ENTRIES_MAX = 12,
};

#define NUMBER_LIMIT INT64_C(100000000000000)
#define TIME_LIMIT   INT64_C(9000000000) /* seconds: 2255 */

struct numbers {
    char *rest;
};

/* The next number, brought between @p low and @p high. */
static int64_t take(struct numbers *numbers, int64_t low, int64_t high)
{
    int64_t number = strtoll(numbers->rest, &numbers->rest, 10);
    int64_t span = high - low + 1;

    if (number < low || number > high)
        number = low + (number % span + span) % span;
    return number;
}

/* A directory, what is to be published in it, and what is known of both. */
struct scene {
    struct timeline line;
    uint8_t digest[STATE_DIGEST_SIZE];
    struct resume_stream stream;
    struct resume_found found;

    struct state state;
    struct playlist playlist;
    struct playlist_entry entries[ENTRIES_MAX];
    int64_t newest; /* the number of the newest segment found; -1: there is none */
    int64_t index;  /* its index */
    bool orderly;   /* dates, numbers and state agree */
};

static void take_stream(struct numbers *numbers, struct scene *scene)
{
    static const struct rational rates[] = {
        {30, 1}, {25, 1}, {30000, 1001}, {60000, 1001}, {10, 1}};
    int64_t epoch = take(numbers, 0, TIME_LIMIT) * NS_PER_SECOND;
    struct rational rate = rates[take(numbers, 0, sizeof(rates) / sizeof(rates[0]) - 1)];
    int64_t duration_ms = 1000 + take(numbers, 0, 9000);
    int64_t now = take(numbers, 0, TIME_LIMIT) * NS_PER_SECOND;

    scene->line = timeline_make(epoch, duration_ms, rate.num, rate.den);
    scene->stream = (struct resume_stream){
        .line = &scene->line,
        .digest = scene->digest,
        .window = 1 + take(numbers, 0, ENTRIES_MAX - 1),
        .due = timeline_newest_due(&scene->line, now),
    };
}

static int64_t to_ms(int64_t time)
{
    return time / NS_PER_MS * NS_PER_MS;
}

static void take_state(struct numbers *numbers, struct scene *scene)
{
    int64_t from = take(numbers, -1, NUMBER_LIMIT);

    scene->state = (struct state){
        .from = scene->newest < 0 ? from : scene->newest - from,
        .offset = scene->newest - scene->index + take(numbers, -NUMBER_LIMIT, NUMBER_LIMIT),
        .discontinuities = take(numbers, 0, NUMBER_LIMIT / 200), /* not the last that is read */
        .target = 1 + take(numbers, 0, 99999),
    };
    scene->state.digest[0] = (uint8_t)take(numbers, 0, 1);
    scene->found.state = &scene->state;
    scene->orderly = scene->state.offset == scene->newest - scene->index;
}

/* Entries on the grid up to the newest; but the first and the newest may be off it. */
static void take_playlist(struct numbers *numbers, struct scene *scene)
{
    struct playlist *playlist = &scene->playlist;
    int64_t duration_us = timeline_duration_us(&scene->line) + take(numbers, 0, 99999999);

    *playlist = (struct playlist){
        .target = playlist_target(duration_us) + take(numbers, 0, 1000),
        .count = 1 + take(numbers, 0, ENTRIES_MAX - 1),
        .discontinuities = take(numbers, 0, NUMBER_LIMIT),
        .entries = scene->entries,
    };
    playlist->sequence = scene->newest - playlist->count + 1;
    for (int64_t i = 0; i < playlist->count; i++) {
        int64_t index = scene->index - playlist->count + 1 + i;
        int64_t skew = take(numbers, -3600000, 3600000) * NS_PER_MS;

        playlist->entries[i] = (struct playlist_entry){
            .start = to_ms(timeline_start(&scene->line, index) + skew),
            .duration_us = duration_us,
            .discontinuity = take(numbers, 0, 1) != 0,
        };
        scene->orderly = scene->orderly && skew == 0;
    }
    scene->found.playlist = playlist;
}

/* What the parsers would not let pass never comes to resume_decide(). */
static bool is_readable(const struct scene *scene)
{
    char text[8192];
    struct playlist_entry entries[ENTRIES_MAX];
    struct playlist playlist = {.entries = entries};
    struct state state;

    if (scene->found.state && state_parse(text, state_write(&scene->state, text), &state) < 0)
        return false;
    if (!scene->found.playlist)
        return true;
    if (scene->playlist.sequence < 0 || scene->entries[0].start < 0)
        return false;
    return playlist_parse(text, playlist_write(&scene->playlist, "", text), ENTRIES_MAX,
                          &playlist) == 0;
}

/* Of what kind it is to be, and what was found is; and whether that has ended. */
static void take_kinds(struct numbers *numbers, struct scene *scene)
{
    scene->stream.kind = (enum playlist_kind)take(numbers, 0, 1);
    scene->stream.follow = take(numbers, 0, 1000);
    scene->stream.length = scene->stream.window;
    if (scene->stream.kind == PLAYLIST_EVENT)
        scene->stream.length += take(numbers, 0, ENTRIES_MAX);
    scene->state.kind = take(numbers, 0, 1);
    if (scene->state.kind == PLAYLIST_EVENT)
        scene->state.first = scene->state.from - take(numbers, 0, ENTRIES_MAX);
    scene->state.end = take(numbers, 0, 1) * (scene->newest + 1 + take(numbers, 0, 1000));
    scene->playlist.kind = (enum playlist_kind)take(numbers, 0, 1);
    scene->playlist.ended = take(numbers, 0, 1) != 0;
}

/* Of which container it is to be, and what was found is. */
static void take_containers(struct numbers *numbers, struct scene *scene)
{
    uint64_t found = (uint64_t)take(numbers, 0, 1);

    scene->stream.map = found ^ (uint64_t)take(numbers, 0, 1);
    for (int64_t i = 0; i < scene->playlist.count; i++)
        scene->entries[i].map = found;
}

/* The newest segment, listed or only there. False: it cannot be. */
static bool take_newest(struct numbers *numbers, struct scene *scene)
{
    scene->index = scene->stream.due - take(numbers, -10000, 10000);
    scene->newest = scene->index + take(numbers, -NUMBER_LIMIT, NUMBER_LIMIT);
    scene->found.highest = scene->newest;
    return scene->newest >= 0;
}

/* A name alone tells no offset; and nothing at all, unless it could have been listed just now. */
static void forget_index(struct scene *scene)
{
    int64_t age = scene->stream.due - scene->newest;

    scene->index = scene->newest;
    if (age < -1 || age >= 2 * scene->stream.window)
        scene->newest = scene->index = -1;
}

static bool take_scene(struct numbers *numbers, struct scene *scene)
{
    bool has_state;
    bool has_playlist;
    bool has_segments;

    *scene = (struct scene){.newest = -1, .index = -1, .orderly = true};
    scene->found.highest = -1;
    take_stream(numbers, scene);
    has_state = take(numbers, 0, 1) == 0;
    has_playlist = take(numbers, 0, 1) == 0;
    has_segments = take(numbers, 0, 1) == 0;
    if ((has_playlist || has_segments) && !take_newest(numbers, scene))
        return false;
    if (has_state)
        take_state(numbers, scene);
    if (has_playlist)
        take_playlist(numbers, scene);
    if (!has_segments)
        scene->found.highest = -1;
    else if (has_playlist)
        scene->found.highest += take(numbers, 0, 1); /* prepared, not yet listed */
    if (!has_state && !has_playlist)
        forget_index(scene);
    scene->found.same_bytes = !has_state && take(numbers, 0, 1) == 0;
    take_kinds(numbers, scene);
    take_containers(numbers, scene);
    return is_readable(scene);
}

/* ---- what must hold -------------------------------------------------------------------------- */

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool is_same(const struct scene *scene)
{
    if (scene->found.state)
        return scene->state.digest[0] == 0 && scene->state.from <= scene->newest;
    return scene->found.same_bytes;
}

/* Refused is another kind, another container, another stream that has ended, and an event that is
 * too long. */
static void check_refused(const struct scene *scene, int result)
{
    int64_t kind = scene->stream.kind;

    if (scene->found.playlist)
        kind = scene->playlist.kind;
    else if (scene->found.state)
        kind = scene->state.kind;
    FUZZ_CHECK((result == -EMEDIUMTYPE) == (kind != (int64_t)scene->stream.kind));
    if (result == -EPROTOTYPE)
        FUZZ_CHECK(scene->found.playlist && scene->entries[0].map != scene->stream.map);
    if (result == -EEXIST)
        FUZZ_CHECK(scene->found.playlist && scene->playlist.ended &&
                   !(scene->orderly && is_same(scene) && scene->index >= 0));
    if (result == -EFBIG)
        FUZZ_CHECK(scene->playlist.kind == PLAYLIST_EVENT && !scene->playlist.ended &&
                   scene->playlist.count > scene->stream.length);
}

/* It is left as it is. */
static void check_ended(const struct scene *scene, const struct resume_plan *plan)
{
    FUZZ_CHECK(scene->playlist.ended && !plan->breaks);
    FUZZ_CHECK(plan->state.end == scene->newest + 1);
    FUZZ_CHECK(plan->newest + plan->state.offset == scene->newest);
}

/* The discontinuity sequence number of the playlist's last segment (RFC 8216 6.2.1). */
static int64_t last_discontinuity(const struct playlist *playlist)
{
    int64_t number = playlist->discontinuities;

    for (int64_t i = 0; i < playlist->count; i++)
        number += playlist->entries[i].discontinuity;
    return number;
}

static int64_t last_number(const struct resume_plan *plan)
{
    return plan->newest + plan->state.offset;
}

/* Whatever was found. */
static void check_always(const struct scene *scene, const struct resume_plan *plan)
{
    int64_t target = playlist_target(timeline_duration_us(&scene->line));
    struct state again;
    char text[STATE_SIZE];

    if (scene->found.state)
        target = max_of(target, scene->state.target);
    if (scene->found.playlist)
        target = max_of(target, scene->playlist.target);
    FUZZ_CHECK(plan->state.target == target);
    FUZZ_CHECK(memcmp(plan->state.digest, scene->digest, STATE_DIGEST_SIZE) == 0);
    FUZZ_CHECK(state_parse(text, state_write(&plan->state, text), &again) == 0);
    FUZZ_CHECK(plan->state.kind == (int64_t)scene->stream.kind);
    FUZZ_CHECK((plan->state.end == 0) == (scene->stream.follow == 0));
    FUZZ_CHECK(plan->newest >= -1 && plan->newest >= scene->stream.due);
    FUZZ_CHECK(plan->newest <= max_of(scene->stream.due + 1, 0));
    /* If no playlist says that it was listed, the newest file may have been waiting for its time.
     */
    FUZZ_CHECK(last_number(plan) >= scene->newest - (scene->found.playlist ? 0 : 1));
}

static void check_break(const struct scene *scene, const struct resume_plan *plan)
{
    int64_t discontinuities = 0;

    if (scene->found.playlist)
        discontinuities = last_discontinuity(&scene->playlist);
    else if (scene->found.state)
        discontinuities = scene->state.discontinuities;
    /* What the state tells of may not have been published yet. */
    if (!scene->found.playlist && discontinuities > 0 && scene->newest < scene->state.from)
        discontinuities--;
    FUZZ_CHECK(plan->state.discontinuities == discontinuities + 1);
    FUZZ_CHECK(plan->state.from > scene->newest);
}

/* A break if and only if it was another stream, or time went back. */
static void check_whether(const struct scene *scene, const struct resume_plan *plan)
{
    bool same = is_same(scene);

    if (scene->orderly)
        FUZZ_CHECK(plan->breaks ==
                   !(same && scene->index >= 0 && scene->index <= scene->stream.due + 1));
    if (plan->breaks)
        check_break(scene, plan);
    else
        FUZZ_CHECK(plan->state.offset ==
                   scene->newest - resume_index_of_newest(&scene->stream, &scene->found));
}

/* The number with which that playlist begins; of an earlier stream no more is known. */
static int64_t first_number(const struct scene *scene, const struct resume_plan *plan)
{
    if (scene->stream.kind == PLAYLIST_EVENT && scene->found.playlist)
        return max_of(scene->playlist.sequence, plan->state.offset);
    if (scene->stream.kind == PLAYLIST_EVENT)
        return max_of(plan->state.first, max_of(plan->state.from, plan->state.offset));
    return max_of(last_number(plan) - scene->stream.window + 1, plan->state.offset);
}

/* The playlist that the plan leads to, dates of an earlier stream aside; false: it has nothing new.
 */
static bool carry_out(const struct scene *scene, const struct resume_plan *plan,
                      struct playlist *playlist)
{
    int64_t from = plan->state.from;
    int64_t first = first_number(scene, plan);

    if (plan->state.discontinuities == 0)
        first = max_of(first, from);
    if (plan->newest < 0 || last_number(plan) < max_of(first, from) ||
        last_number(plan) - first >= ENTRIES_MAX ||
        last_number(plan) - first >= scene->stream.length)
        return false;
    playlist->kind = scene->stream.kind;
    playlist->target = plan->state.target;
    playlist->sequence = first;
    playlist->count = last_number(plan) - first + 1;
    playlist->discontinuities = plan->state.discontinuities;
    for (int64_t i = 0; i < playlist->count; i++)
        playlist->entries[i] = (struct playlist_entry){
            .start = to_ms(timeline_start(&scene->line, first + i - plan->state.offset)),
            .duration_us = timeline_duration_us(&scene->line),
            .map = scene->stream.map,
        };
    if (from >= first && plan->state.discontinuities > 0) {
        playlist->entries[from - first].discontinuity = true;
        playlist->discontinuities--;
    }
    return true;
}

static void check_goes_on(const struct scene *scene, const struct resume_plan *plan,
                          const struct resume_found *found)
{
    struct state expected = plan->state;
    struct resume_plan next;

    FUZZ_CHECK(resume_decide(&scene->stream, found, &next) == 0);
    FUZZ_CHECK(!next.breaks && !next.ended);
    FUZZ_CHECK(next.newest == (found->playlist ? plan->newest : scene->stream.due));
    FUZZ_CHECK(next.state.offset == plan->state.offset);
    FUZZ_CHECK(next.state.discontinuities == plan->state.discontinuities);
    FUZZ_CHECK(next.state.target == plan->state.target);
    if (plan->state.kind == PLAYLIST_EVENT && found->playlist)
        expected.first = found->playlist->sequence;
    else if (plan->state.kind == PLAYLIST_EVENT) /* no more is known of others */
        expected.first = max_of(expected.first, max_of(expected.from, expected.offset));
    if (found->state)
        FUZZ_CHECK(memcmp(&next.state, &expected, sizeof(expected)) == 0);
    else if (plan->state.discontinuities > 0 && plan->state.from >= found->playlist->sequence)
        FUZZ_CHECK(next.state.from == plan->state.from);
}

/* A restart leaves no seam, with the state file or the playlist lost neither. */
static void check_restart(const struct scene *scene, const struct resume_plan *plan)
{
    struct playlist_entry entries[ENTRIES_MAX];
    struct playlist playlist = {.entries = entries};
    struct resume_found found = {.state = &plan->state, .highest = last_number(plan)};

    if (!carry_out(scene, plan, &playlist))
        return;
    check_goes_on(scene, plan, &found);
    found.playlist = &playlist;
    check_goes_on(scene, plan, &found);
    found.state = NULL;
    found.same_bytes = true;
    check_goes_on(scene, plan, &found);
}

static void check_plan(const struct scene *scene, const struct resume_plan *plan)
{
    if (plan->ended) {
        check_ended(scene, plan);
        return;
    }
    check_always(scene, plan);
    if (scene->newest >= 0)
        check_whether(scene, plan);
    else if (scene->found.state)
        FUZZ_CHECK(last_number(plan) >= scene->state.from - 1);
    else
        FUZZ_CHECK(!plan->breaks);
    check_restart(scene, plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct numbers numbers = {.rest = text};
    struct scene scene;
    struct resume_plan plan;

    FUZZ_CHECK(text != NULL);
    if (take_scene(&numbers, &scene)) {
        int result = resume_decide(&scene.stream, &scene.found, &plan);

        check_refused(&scene, result);
        if (result == 0)
            check_plan(&scene, &plan);
    }
    free(text);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A playlist is looked at often, and read when its file is another one or has another size or date.
 * A version that is not whole is given time to become so: that a part of it could be read is then
 * what is wrong, and not what this part would say.
 */
#include "verify/follower.h"

#include <errno.h>
#include <string.h>

#include "verify/folder.h"

#define PATIENCE_NS NS_PER_SECOND /* for a version to become whole */

static int64_t now_of(const struct follower *follower)
{
    const struct clock *clock = &follower->run->clock;

    return clock->monotonic(clock->context);
}

static void file_fault(const struct follower *follower, const char *found)
{
    findings_add(&follower->run->findings, RULE_PL_FETCH, follower->stream->path,
                 "it is replaced by a whole one, at once", "%s", found);
}

/* ---- a version ------------------------------------------------------------------------------- */

static bool is_whole(const struct buffer *text)
{
    static const char first[] = "#EXTM3U";

    return text->size > sizeof(first) && memcmp(text->data, first, sizeof(first) - 1) == 0 &&
           text->data[text->size - 1] == '\n';
}

/* Takes @p text over, which was there instead of the newest version since @p moment. */
static int take_text(struct follower *follower, struct buffer *text, const struct moment *moment)
{
    const struct clock *clock = &follower->run->clock;
    const struct sight sight = {*moment, clock->realtime(clock->context) - now_of(follower)};
    int64_t updates = follower->evolution.publication.recent_count;
    struct stream *stream = follower->stream;
    struct run *run = follower->run;
    struct version version;
    int result = version_parse(run, stream->path, text, &version);

    if (result < 0)
        return result == -ENOMEM ? result : 0;
    if (evolution_follow(&follower->evolution, &stream->version, &version, &sight) ==
        EVOLUTION_LEFT_OUT) {
        version_finish(&version);
        return 0;
    }
    index_json_finish(&run->index); /* it has changed, too */
    result = stream_take(stream, run, &version);
    if (result == 0) {
        const struct moment put = {moment->after, now_of(follower)}; /* reading took its time */

        result = shelf_put(&follower->shelf, stream, &put);
    }
    if (result < 0)
        return result;
    return follower->evolution.publication.recent_count > updates;
}

/* Whether what is there is to be waited for. */
static bool waits(struct follower *follower, const struct buffer *text, int64_t now)
{
    if (!follower->writing && is_whole(text))
        return false;
    if (follower->pending == MOMENT_NONE)
        follower->pending = now;
    return now - follower->pending < PATIENCE_NS;
}

static bool is_newest(const struct follower *follower, const struct buffer *text)
{
    const struct buffer *newest = &follower->stream->version.text;

    return text->size == newest->size && memcmp(text->data, newest->data, text->size) == 0;
}

static int take_state(struct follower *follower, const struct shelf_state *state,
                      struct buffer *text, int64_t begun)
{
    struct moment moment = {follower->looked, now_of(follower)};

    if (waits(follower, text, moment.seen))
        return 0;
    if (follower->pending != MOMENT_NONE && is_whole(text) && !follower->torn)
        file_fault(follower, "a part of a version was there");
    follower->torn = false;
    follower->pending = MOMENT_NONE;
    follower->state = *state;
    follower->looked = begun;
    return is_newest(follower, text) ? 0 : take_text(follower, text, &moment);
}

/* ---- looks ----------------------------------------------------------------------------------- */

static int look_at(struct follower *follower, const struct shelf_state *state, int64_t begun)
{
    struct buffer text = {0};
    int result =
        folder_read_whole(follower->run->folder, follower->stream->path, 0, -1, VERSION_MAX, &text);

    if (result == -ENOENT)
        follower_note_absence(follower);
    else if (result == 0)
        result = take_state(follower, state, &text, begun);
    buffer_finish(&text);
    return result == -ENOMEM || result > 0 ? result : 0;
}

static int look(struct follower *follower)
{
    int64_t begun = now_of(follower);
    struct shelf_state state;
    int result = shelf_read_state(follower->run->folder, follower->stream->path, &state);

    if (result == -ENOENT)
        follower_note_absence(follower);
    if (result < 0)
        return 0;
    follower->missing = false;
    if (shelf_is_same(&state, &follower->state)) {
        follower->looked = begun;
        return 0;
    }
    return look_at(follower, &state, begun);
}

int follower_look(struct follower *follower)
{
    int result = look(follower);

    shelf_settle(&follower->shelf, follower->looked);
    return result;
}

void follower_note_writing(struct follower *follower, bool writing)
{
    if (writing && !follower->writing && !follower->torn) {
        follower->torn = true;
        file_fault(follower, "it is written in place: a reader may get a part of it");
    }
    follower->writing = writing;
}

void follower_note_absence(struct follower *follower)
{
    if (!follower->missing)
        file_fault(follower, "it was removed");
    follower->missing = true;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

/* What came while the segments were read is the first version in its place. */
static int begin_anew(struct follower *follower)
{
    struct stream *stream = follower->stream;
    struct run *run = follower->run;
    struct version version = {0};
    struct buffer text = {0};
    int result;

    follower->looked = now_of(follower);
    result = shelf_read_state(run->folder, stream->path, &follower->state);
    if (result == 0)
        result = folder_read_whole(run->folder, stream->path, 0, -1, VERSION_MAX, &text);
    if (result == 0 && is_whole(&text) && !is_newest(follower, &text))
        result = version_parse(run, stream->path, &text, &version);
    if (result == 0 && version.text.data)
        result = stream_take(stream, run, &version);
    buffer_finish(&text);
    return result == -ENOMEM ? result : 0;
}

int follower_begin(struct follower *ret, struct run *run, struct stream *stream)
{
    struct follower follower = {.run = run, .stream = stream, .pending = MOMENT_NONE};
    struct moment first = {.after = MOMENT_NONE};
    int result = begin_anew(&follower);

    first.seen = now_of(&follower);
    shelf_begin(&follower.shelf, run);
    if (result == 0)
        result = evolution_begin(&follower.evolution, &run->findings, stream->path,
                                 &stream->version, first.seen);
    if (result == 0)
        result = shelf_put(&follower.shelf, stream, &first);
    if (result < 0) {
        follower_finish(&follower);
        return result;
    }
    *ret = follower;
    return 0;
}

void follower_end(struct follower *follower)
{
    evolution_end(&follower->evolution, &follower->stream->version, follower->looked);
}

void follower_finish(struct follower *follower)
{
    evolution_finish(&follower->evolution);
    shelf_finish(&follower->shelf);
    *follower = (struct follower){0};
}

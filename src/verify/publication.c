/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lateness is measured against the promptest update near by, never against the first one, which may
 * have been late itself. What is kept does not grow: the last updates for jitter, and a number of
 * prompt ones out of the whole run for drift.
 */
#include "verify/publication.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

#define DRIFT_UPDATES   10 /* that it takes to tell a drift */
#define DRIFT_PPM       1000
#define DRIFT_LEAST     (50 * NS_PER_MS) /* in all: a busy machine is late by so much */
#define EARLY_TOLERANCE (2 * NS_PER_MS)  /* of dates, which have milliseconds */
#define EDGE_TOLERANCE  (NS_PER_SECOND / 2)
#define DURATION_MAX    (3600 * NS_PER_SECOND)
#define DATE_MAX        (INT64_C(1) << 62)
#define LIKE_NUMBERED   1 /* ends of playlists may be so far apart */

/* ---- jitter ---------------------------------------------------------------------------------- */

static struct publication_update *recent_at(struct publication *publication, int64_t index)
{
    return &publication->recent[index % PUBLICATION_RECENT];
}

static int64_t first_recent(const struct publication *publication)
{
    int64_t first = publication->recent_count - PUBLICATION_RECENT;

    return first > publication->run_first ? first : publication->run_first;
}

/* When media time 0 was due by the promptest of the last updates. */
static int64_t find_start(struct publication *publication)
{
    int64_t start = INT64_MAX;

    for (int64_t i = first_recent(publication); i < publication->recent_count; i++) {
        const struct publication_update *update = recent_at(publication, i);
        int64_t begun = update->moment.seen - update->media;

        start = begun < start ? begun : start;
    }
    return start;
}

static void judge_jitter(struct publication *publication)
{
    int64_t start = find_start(publication);

    findings_check(publication->findings, RULE_PB_JITTER);
    for (int64_t i = first_recent(publication); i < publication->recent_count; i++) {
        struct publication_update *update = recent_at(publication, i);
        int64_t late = update->moment.after - update->media - start;

        if (update->told || late <= publication->target_ns / 4)
            continue;
        update->told = true;
        findings_add(publication->findings, RULE_PB_JITTER, publication->place,
                     "at most 0.25 target durations", "segment %" PRId64 " is %.3f s late",
                     update->number, publication_seconds(late));
    }
}

/* ---- drift ----------------------------------------------------------------------------------- */

static int64_t begun_at(const struct publication_update *update)
{
    return update->moment.seen - update->media;
}

static const struct publication_update *promptest(const struct publication_update *updates,
                                                  int count)
{
    const struct publication_update *found = updates;

    for (int i = 1; i < count; i++)
        if (begun_at(&updates[i]) < begun_at(found))
            found = &updates[i];
    return found;
}

/* Of two neighbours each the one that was later goes. */
static void thin_out(struct publication *publication)
{
    for (int i = 0; i < PUBLICATION_KEPT / 2; i++)
        publication->kept[i] = *promptest(&publication->kept[2 * i], 2);
    publication->kept_count = PUBLICATION_KEPT / 2;
}

/* How much longer than media time it took from one update to another, in parts of a million. */
static int64_t ppm(int64_t took, int64_t media)
{
    return (took - media) / (media / 1000000 + 1);
}

static void judge_drift(const struct publication *publication)
{
    int half = publication->kept_count / 2;
    const struct publication_update *one = promptest(publication->kept, half);
    const struct publication_update *other =
        promptest(&publication->kept[half], publication->kept_count - half);
    int64_t media = other->media - one->media;
    int64_t slowest;
    int64_t fastest;
    int64_t floor;

    if (media <= 0)
        return;
    findings_check(publication->findings, RULE_PB_DRIFT);
    slowest = ppm(other->moment.seen - one->moment.after, media);
    fastest = ppm(other->moment.after - one->moment.seen, media);
    floor = ppm(media + DRIFT_LEAST, media);
    if ((fastest > DRIFT_PPM && fastest > floor) || (slowest < -DRIFT_PPM && slowest < -floor))
        findings_add(publication->findings, RULE_PB_DRIFT, publication->place,
                     "at most 1000 ppm against media time", "%" PRId64 " ppm",
                     (slowest + fastest) / 2);
}

/* ---- dates ----------------------------------------------------------------------------------- */

/* The date of the end of @p playlist, by the last date in it. @return false: there is none */
static bool find_date_of_end(const struct m3u8 *playlist, int64_t *ret_ns)
{
    int64_t ns = 0;

    for (size_t i = playlist->segment_count; i-- > 0;) {
        const struct m3u8_segment *segment = &playlist->segments[i];

        ns += segment->duration_ns;
        if (segment->date_ns != M3U8_NONE) {
            *ret_ns = segment->date_ns + ns;
            return segment->date_ns >= 0 && segment->date_ns < DATE_MAX;
        }
        if (segment->breaks)
            return false;
    }
    return false;
}

static void judge_date(const struct publication *publication, const struct m3u8 *playlist,
                       const struct sight *sight)
{
    int64_t number = playlist->segments[playlist->segment_count - 1].number;
    int64_t seen = sight->moment.seen + sight->realtime;
    int64_t after = sight->moment.after + sight->realtime;
    int64_t due;

    if (!find_date_of_end(playlist, &due))
        return;
    findings_check(publication->findings, RULE_PB_FUTURE);
    if (seen < due - EARLY_TOLERANCE)
        findings_add(publication->findings, RULE_PB_FUTURE, publication->place,
                     "published when its date-time has passed",
                     "segment %" PRId64 " is published %.3f s before it ends", number,
                     publication_seconds(due - seen));
    if (after > due + publication->target_ns * 3 / 2)
        findings_add(publication->findings, RULE_PB_FUTURE, publication->place,
                     "published within 1.5 target durations",
                     "segment %" PRId64 " is published %.3f s after it ended", number,
                     publication_seconds(after - due));
}

/* ---- updates --------------------------------------------------------------------------------- */

/* So that a day of them is a number still. */
static int64_t bounded(int64_t ns)
{
    return ns < DURATION_MAX ? ns : DURATION_MAX;
}

static int64_t add_media(struct publication *publication, const struct m3u8 *playlist, size_t added)
{
    for (size_t i = playlist->segment_count - added; i < playlist->segment_count; i++) {
        if (playlist->segments[i].breaks)
            publication_restart(publication);
        publication->media += bounded(playlist->segments[i].duration_ns);
    }
    return publication->media;
}

void publication_add(struct publication *publication, const struct m3u8 *playlist, size_t added,
                     const struct sight *sight)
{
    const struct publication_update update = {
        .moment = sight->moment,
        .media = add_media(publication, playlist, added),
        .number = playlist->segments[playlist->segment_count - 1].number,
    };

    *recent_at(publication, publication->recent_count) = update;
    publication->recent_count++;
    judge_jitter(publication);
    judge_date(publication, playlist, sight);
    if (publication->kept_count == PUBLICATION_KEPT)
        thin_out(publication);
    publication->kept[publication->kept_count++] = update;
}

void publication_restart(struct publication *publication)
{
    publication_end(publication);
    publication->run_first = publication->recent_count;
    publication->kept_count = 0;
    publication->media = 0;
}

void publication_end(struct publication *publication)
{
    if (publication->kept_count >= DRIFT_UPDATES)
        judge_drift(publication);
}

/* ---- one stream and another ------------------------------------------------------------------ */

static int64_t apart(const struct moment *one, const struct moment *other)
{
    int64_t later = one->after - other->seen;
    int64_t earlier = other->after - one->seen;

    return later > earlier ? later : earlier;
}

void publication_compare(struct publication *one, const struct publication *other)
{
    const struct publication_update *newest = recent_at(one, one->recent_count - 1);
    int64_t offset = one->first_end - other->first_end;
    int64_t first =
        other->recent_count > PUBLICATION_RECENT ? other->recent_count - PUBLICATION_RECENT : 0;

    if (one->recent_count == 0 || offset > LIKE_NUMBERED || offset < -LIKE_NUMBERED)
        return;
    for (int64_t i = first; i < other->recent_count; i++) {
        const struct publication_update *same = &other->recent[i % PUBLICATION_RECENT];

        if (same->number != newest->number)
            continue;
        findings_check(one->findings, RULE_XV_EDGE);
        if (apart(&newest->moment, &same->moment) > EDGE_TOLERANCE)
            findings_add(one->findings, RULE_XV_EDGE, one->place,
                         "published within 0.5 s in all streams",
                         "segment %" PRId64 " is published %.3f s apart from %s", newest->number,
                         publication_seconds(apart(&newest->moment, &same->moment)), other->place);
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streams of the same content beside each other (RFC 8216 6.2.4): the first variant's beside each
 * other one. That they number their segments alike nobody asks; where they do not, what is the same
 * content is told by the dates, or not at all.
 */
#include "verify/rules_same.h"

#include "base/clock.h"
#include "verify/m3u8_lex.h"
#include "verify/measure.h"

enum {
    DATE_TICKS_MAX = 2 * SEGMENT_CLOCK_HZ / 1000,
};

#define SAME_DATE_NS INT64_C(100000000) /* that of sound and pictures of one segment is apart */

struct pair {
    struct findings *findings;
    const struct stream *one;
    const struct stream *other;
};

/* Ticks by which @p stream may begin after another: an AAC frame, unless it has pictures. */
static int64_t slack(const struct stream *stream)
{
    for (size_t i = 0; i < stream->segment_count; i++) {
        const struct segment *media = &stream->segments[i].media;

        if (!stream->segments[i].measured)
            continue;
        if (media->video.units > 0 || media->audio.unit_den == 0)
            return 1;
        return media->audio.unit_num / media->audio.unit_den + 1;
    }
    return 1;
}

static int64_t limit_of(const struct pair *pair)
{
    int64_t one = slack(pair->one), other = slack(pair->other);

    return one > other ? one : other;
}

static bool is_within(int64_t off, int64_t limit)
{
    return off <= limit && -off <= limit;
}

static double seconds(int64_t ticks)
{
    return (double)ticks / SEGMENT_CLOCK_HZ;
}

/* ---- the same number ------------------------------------------------------------------------- */

/* Whether both end with the same segment, but for one that came between two looks. */
static bool is_numbered_alike(const struct pair *pair)
{
    const struct stream *one = pair->one, *other = pair->other;
    int64_t last, other_last;

    if (one->segment_count == 0 || other->segment_count == 0)
        return false;
    last = one->segments[one->segment_count - 1].number;
    other_last = other->segments[other->segment_count - 1].number;
    return is_within(last - other_last, 1);
}

/* ---- the same time --------------------------------------------------------------------------- */

/* Nanoseconds that the EXTINF of both leave open, by their last digits. */
static int64_t doubt_of(const struct stream_segment *one, const struct stream_segment *other)
{
    int64_t ns = NS_PER_SECOND;

    for (int i = 0; i < one->decimals && i < other->decimals; i++)
        ns /= 10;
    return ns;
}

/* Whether segments of the same number last alike; but for the last, which may be a rest. */
static bool is_cut_alike(const struct pair *pair)
{
    int64_t limit_ns = limit_of(pair) * NS_PER_SECOND / SEGMENT_CLOCK_HZ;

    for (size_t i = 0; i + 1 < pair->other->segment_count; i++) {
        const struct stream_segment *other = &pair->other->segments[i];
        const struct stream_segment *one = measure_find(pair->one, other->number);

        if (one &&
            !is_within(other->duration_ns - one->duration_ns, limit_ns + doubt_of(one, other)))
            return false;
    }
    return true;
}

/* Whether it is known from its beginning to its end. */
static bool is_whole(const struct stream *stream)
{
    const struct m3u8 *playlist = &stream->version.playlist;

    return playlist->ended && playlist->segment_count == stream->segment_count &&
           (playlist->type != M3U8_LIVE || stream->segments[0].number == 0);
}

/* Whether the same content can be told: by the number of the segment, or where that is cut
 * differently (6.3.2 forbids to conclude from the one to the other), by the time since the
 * beginning of both. */
static bool is_comparable(const struct pair *pair)
{
    return is_numbered_alike(pair) &&
           (is_cut_alike(pair) ||
            (is_whole(pair->one) && is_whole(pair->other) &&
             pair->one->segments[0].number == pair->other->segments[0].number));
}

/* How far the content of one segment begins behind that of another, as EXTINF say. */
struct lag {
    int64_t ns;
    int64_t doubt_ns;
};

static bool is_within_lag(int64_t off, int64_t limit, const struct lag *lag)
{
    measure_wide apart =
        (measure_wide)off * NS_PER_SECOND - (measure_wide)lag->ns * SEGMENT_CLOCK_HZ;
    measure_wide most =
        (measure_wide)limit * NS_PER_SECOND + (measure_wide)lag->doubt_ns * SEGMENT_CLOCK_HZ;

    return is_within(off, limit) || (apart <= most && -apart <= most);
}

/* @return whether the time stamps of both agree, or are not known */
static bool judge_time(const struct pair *pair, const struct stream_segment *one,
                       const struct stream_segment *other, const struct lag *lag)
{
    int64_t off = measure_difference(measure_start(other), measure_start(one));

    if (!measure_is_timed(one) || !measure_is_timed(other))
        return true;
    if (is_within_lag(off, limit_of(pair), lag)) {
        findings_check(pair->findings, RULE_XV_PTS);
        return true;
    }
    findings_add(pair->findings, RULE_XV_PTS, other->path, "the time stamps of the first variant",
                 "%lld ticks off", (long long)off);
    return false;
}

/* @return whether time stamps agree, or cannot be compared */
static bool judge_times(const struct pair *pair)
{
    struct lag lag = {0, 0};
    bool agrees = true;

    if (!is_comparable(pair))
        return true;
    for (size_t i = 0; i < pair->other->segment_count; i++) {
        const struct stream_segment *other = &pair->other->segments[i];
        const struct stream_segment *one = measure_find(pair->one, other->number);

        if (!one)
            continue;
        agrees = judge_time(pair, one, other, &lag) && agrees;
        lag.ns += other->duration_ns - one->duration_ns;
        lag.doubt_ns += doubt_of(one, other);
    }
    return agrees;
}

/* The nearest of two borders around @p border; they rise. @p at: where to look first. */
static int64_t nearest_border(const struct stream *stream, int64_t border, size_t *at)
{
    int64_t before, after;

    while (*at + 2 < stream->segment_count &&
           measure_difference(measure_start(&stream->segments[*at + 1]), border) < 0)
        (*at)++;
    before = measure_difference(border, measure_start(&stream->segments[*at]));
    after = measure_difference(measure_start(&stream->segments[*at + 1]), border);
    if (before < 0 || after < 0)
        return 0; /* where the other one has no segments */
    return before < after ? before : after;
}

static bool is_measured(const struct stream *stream)
{
    for (size_t i = 0; i < stream->segment_count; i++) {
        if (!measure_is_timed(&stream->segments[i]) || (i > 0 && stream->segments[i].breaks))
            return false;
    }
    return stream->segment_count > 1;
}

static void judge_borders(const struct pair *pair)
{
    int64_t limit = limit_of(pair);
    size_t at = 0;

    if (!is_measured(pair->one) || !is_measured(pair->other))
        return;
    for (size_t i = 0; i < pair->other->segment_count; i++) {
        const struct stream_segment *segment = &pair->other->segments[i];
        int64_t off = nearest_border(pair->one, measure_start(segment), &at);

        if (off <= limit)
            findings_check(pair->findings, RULE_XV_BORDERS);
        else
            findings_add(pair->findings, RULE_XV_BORDERS, segment->path,
                         "a border of the first variant where it begins", "%.3f s from the nearest",
                         seconds(off));
    }
}

/* ---- dates ----------------------------------------------------------------------------------- */

static const struct stream_segment *find_dated(const struct stream *stream)
{
    for (size_t i = 0; i < stream->segment_count; i++) {
        if (measure_is_timed(&stream->segments[i]) && stream->segments[i].date_ns != M3U8_NONE)
            return &stream->segments[i];
    }
    return NULL;
}

static void judge_dates(const struct pair *pair)
{
    const struct stream_segment *one = find_dated(pair->one), *other = find_dated(pair->other);
    measure_wide apart;
    int64_t off;

    if (!one || !other)
        return;
    apart = ((measure_wide)other->date_ns - one->date_ns) * SEGMENT_CLOCK_HZ / NS_PER_SECOND;
    off = measure_difference((int64_t)apart, measure_start(other) - measure_start(one));
    if (is_within(off, DATE_TICKS_MAX))
        findings_check(pair->findings, RULE_XV_PDT);
    else
        findings_add(pair->findings, RULE_XV_PDT, other->path,
                     "the date that the first variant has at that time", "%.4f s off",
                     seconds(off));
}

/* The segment of the first that has the content of @p segment; NULL: not known. Dates rise. */
static const struct stream_segment *find_same(const struct pair *pair,
                                              const struct stream_segment *segment, size_t *at)
{
    const struct stream *one = pair->one;

    if (segment->date_ns == M3U8_NONE)
        return is_numbered_alike(pair) ? measure_find(one, segment->number) : NULL;
    while (*at < one->segment_count &&
           (one->segments[*at].date_ns == M3U8_NONE ||
            one->segments[*at].date_ns < segment->date_ns - SAME_DATE_NS))
        (*at)++;
    return *at < one->segment_count && one->segments[*at].date_ns <= segment->date_ns + SAME_DATE_NS
               ? &one->segments[*at]
               : NULL;
}

static void judge_discontinuities(const struct pair *pair)
{
    size_t at = 0;

    for (size_t i = 0; i < pair->other->segment_count; i++) {
        const struct stream_segment *other = &pair->other->segments[i];
        const struct stream_segment *one = find_same(pair, other, &at);

        if (!one)
            continue;
        if (one->discontinuity == other->discontinuity) {
            findings_check(pair->findings, RULE_XV_DSN);
            continue;
        }
        findings_add(pair->findings, RULE_XV_DSN, other->path ? other->path : pair->other->path,
                     "the discontinuity sequence number of the first variant", "%lld, not %lld",
                     (long long)other->discontinuity, (long long)one->discontinuity);
        return;
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void judge_target(const struct pair *pair)
{
    int64_t one = pair->one->version.playlist.target;
    int64_t other = pair->other->version.playlist.target;

    if (one < 0 || other < 0)
        return;
    if (one == other)
        findings_check(pair->findings, RULE_XV_TD);
    else
        findings_add(pair->findings, RULE_XV_TD, pair->other->path,
                     "the target duration of the first variant", "%lld, not %lld", (long long)other,
                     (long long)one);
}

static void judge_pair(const struct pair *pair)
{
    judge_target(pair);
    judge_discontinuities(pair);
    if (!judge_times(pair))
        return; /* all that compares time is broken by that */
    judge_borders(pair);
    judge_dates(pair);
}

/* Subtitles, and I-frames, go their own ways (4.3.3.1). */
static bool is_compared(const struct presentation *presentation, const struct stream *stream)
{
    const struct m3u8 *playlist = &presentation->version.playlist;

    if (stream->version.playlist.iframes_only)
        return false;
    for (size_t i = 0; i < playlist->rendition_count; i++) {
        if (presentation->renditions[i] == stream &&
            m3u8_text_is(playlist->renditions[i].type, "SUBTITLES"))
            return false;
    }
    return true;
}

void rules_same_judge(const struct presentation *presentation, struct findings *findings)
{
    struct pair pair = {.findings = findings};

    for (size_t i = 0; i < presentation->stream_count; i++) {
        const struct stream *stream = &presentation->streams[i];

        if (!is_compared(presentation, stream))
            continue;
        pair.other = stream;
        if (pair.one)
            judge_pair(&pair);
        else
            pair.one = stream;
    }
}

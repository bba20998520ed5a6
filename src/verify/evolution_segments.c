/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client has read of a segment must hold for as long as it is listed (RFC 8216 6.2.1). */
#include "verify/evolution_step.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "verify/m3u8_lex.h"

#define STEP_TOLERANCE_NS (43 * NS_PER_MS)   /* as inside a playlist */
#define DATE_MAX          (INT64_C(1) << 62) /* to be added to */

/* ---- lines ----------------------------------------------------------------------------------- */

/* Whether @p line, between those of a segment, is not of it alone: what applies to all that follow
 * moves on to the segment that has become the first, and others come and go by themselves (RFC 8216
 * 4.3.2.7, bis 6.2.1, 6.2.2). */
static bool is_of_others(struct m3u8_text line)
{
    static const char *const tags[] = {
        "#EXT-X-MAP:",  "#EXT-X-KEY:",          "#EXT-X-BITRATE:",          "#EXT-X-DATERANGE:",
        "#EXT-X-PART:", "#EXT-X-PRELOAD-HINT:", "#EXT-X-RENDITION-REPORT:",
    };
    bool found = false;

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        found = found || m3u8_text_begins(line, tags[i]);
    return found;
}

/* The next line of a segment that belongs to it alone; data NULL: that was all. */
static struct m3u8_text next_line(const struct version *version, size_t *at, size_t end,
                                  bool without_date)
{
    const char *text = (const char *)version->text.data;

    while (*at < end) {
        const char *feed = memchr(text + *at, '\n', end - *at);
        struct m3u8_text line = {text + *at, feed ? (size_t)(feed - text) - *at : end - *at};

        *at += line.size + 1;
        if (line.size > 0 && !is_of_others(line) &&
            !(without_date && m3u8_text_begins(line, "#EXT-X-PROGRAM-DATE-TIME:")))
            return line;
    }
    return (struct m3u8_text){NULL, 0};
}

/* The segment that has become the first may have a date where there was none. */
static bool has_same_lines(const struct evolution_step *step, const struct m3u8_segment *old,
                           const struct m3u8_segment *new)
{
    bool without_date = new == step->after->playlist.segments && old->date_ns == M3U8_NONE;
    size_t old_at = old->lines_begin;
    size_t new_at = new->lines_begin;

    for (;;) {
        struct m3u8_text a = next_line(step->before, &old_at, old->lines_end, false);
        struct m3u8_text b = next_line(step->after, &new_at, new->lines_end, without_date);

        if (!a.data || !b.data)
            return !a.data && !b.data;
        if (!m3u8_text_equals(a, b))
            return false;
    }
}

static void judge_lines(struct evolution_step *step)
{
    const struct m3u8 *after = &step->after->playlist;

    step_check(step, RULE_EV_LINES);
    for (size_t i = 0; i < after->segment_count; i++) {
        const struct m3u8_segment *old = step_counterpart(step, i);

        if (!old || has_same_lines(step, old, &after->segments[i]))
            continue;
        step_file(step, RULE_EV_LINES, "lines of segments that stay are never changed",
                  "those of segment %" PRId64 " became others (line %d)", old->number,
                  after->segments[i].line);
        return;
    }
    if (step->aligned && (step->added < 0 || step->removed < 0))
        step_file(step, RULE_EV_LINES, "segments are added at the end, and removed from the start",
                  "%" PRId64 " were %s", step->added < 0 ? -step->added : -step->removed,
                  step->added < 0 ? "removed from the end" : "added before the first");
}

/* ---- discontinuities, dates, names ----------------------------------------------------------- */

static void judge_discontinuities(struct evolution_step *step)
{
    const struct m3u8 *before = &step->before->playlist;
    const struct m3u8 *after = &step->after->playlist;
    const struct m3u8_segment *first = after->segments;
    const struct m3u8_segment *old = step_counterpart(step, 0);
    int64_t least;

    if (after->segment_count == 0 || before->segment_count == 0)
        return;
    step_check(step, RULE_EV_DSN);
    least = before->segments[before->segment_count - 1].discontinuity;
    if (old ? old->discontinuity != first->discontinuity
            : !step->aligned && first->discontinuity < least)
        step_file(step, RULE_EV_DSN, "a segment keeps its discontinuity sequence number",
                  "%" PRId64 " became %" PRId64, old ? old->discontinuity : least,
                  first->discontinuity);
}

/* The date of the segment at @p index, by the last date before it. @return M3U8_NONE: not known */
static int64_t date_of(const struct m3u8 *playlist, size_t index)
{
    int64_t ns = 0;

    for (size_t i = index;; i--) {
        int64_t date = playlist->segments[i].date_ns;

        if (date != M3U8_NONE)
            return date < DATE_MAX ? date + ns : M3U8_NONE;
        if (i == 0 || playlist->segments[i].breaks)
            return M3U8_NONE;
        ns += playlist->segments[i - 1].duration_ns;
    }
}

/* Where the first segment has a date that it had not before, by what the version before implies. */
static void judge_date(struct evolution_step *step)
{
    const struct m3u8_segment *old = step_counterpart(step, 0);
    const struct m3u8_segment *first = step->after->playlist.segments;
    int64_t implied;

    if (!old || old->date_ns != M3U8_NONE || first->date_ns == M3U8_NONE)
        return;
    implied = date_of(&step->before->playlist, (size_t)(old - step->before->playlist.segments));
    if (implied == M3U8_NONE)
        return;
    step_check(step, RULE_PL_PDT_STEP);
    if (llabs(first->date_ns - implied) > STEP_TOLERANCE_NS)
        step_file(step, RULE_PL_PDT_STEP,
                  "EXT-X-PROGRAM-DATE-TIME advances by the EXTINF in between",
                  "segment %" PRId64 " is dated %.3f s off what the version before implies",
                  first->number, step_seconds(first->date_ns - implied));
}

void step_judge_names(struct evolution_step *step, bool is_counted)
{
    const struct m3u8 *after = &step->after->playlist;
    struct evolution *evolution = step->evolution;
    size_t first =
        step->added > 0 ? after->segment_count - (size_t)step->added : after->segment_count;

    for (size_t i = first; i < after->segment_count; i++) {
        const struct m3u8_segment *segment = &after->segments[i];
        const struct evolution_resource *known = evolution_find_resource(evolution, segment);

        step_check(step, RULE_PL_URI_UNIQUE);
        if (is_counted && known && known->number != segment->number)
            step_file(step, RULE_PL_URI_UNIQUE, "no URI is used for another segment",
                      "%.*s is segment %" PRId64 ", and was %" PRId64, M3U8_SHOWN(segment->uri),
                      segment->number, known->number);
        evolution_keep_resource(evolution, segment);
    }
}

void step_judge_segments(struct evolution_step *step)
{
    int faults = step->faults;

    judge_lines(step);
    if (step->faults == faults) {
        judge_discontinuities(step);
        judge_date(step);
    }
}

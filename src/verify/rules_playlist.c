/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules about one media playlist that follow from its text alone. A rule whose premise is
 * broken, as a target duration that is not there, is not judged: that has been filed already.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "verify/m3u8_reading.h"

#define STEP_TOLERANCE_NS (43 * NS_PER_MS) /* one picture of 24000/1001 a second, and a bit */
#define WINDOW_SEGMENTS   6                /* Apple 8.11 */

static void judge_target(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;

    findings_check(reading->findings, RULE_PL_TD);
    if (reading->seen[TAG_TARGETDURATION] == 0)
        m3u8_file(reading, RULE_PL_TD, 0, "EXT-X-TARGETDURATION", "none");
    if (playlist->target < 0)
        return;
    for (size_t i = 0; i < playlist->segment_count; i++) {
        const struct m3u8_segment *segment = &playlist->segments[i];
        int64_t rounded = (segment->duration_ns + NS_PER_SECOND / 2) / NS_PER_SECOND;

        findings_check(reading->findings, RULE_PL_TD_EXTINF);
        if (rounded > playlist->target)
            m3u8_file(reading, RULE_PL_TD_EXTINF, segment->line, "at most EXT-X-TARGETDURATION",
                      "%.3f s, target duration %lld", (double)segment->duration_ns / 1e9,
                      (long long)playlist->target);
    }
}

struct resource {
    const struct m3u8_segment *segment;
};

/* An order of resources, in which equal ones are neighbours. */
static int compare_resources(const void *a, const void *b)
{
    const struct m3u8_segment *one = ((const struct resource *)a)->segment;
    const struct m3u8_segment *other = ((const struct resource *)b)->segment;
    int order;

    if (one->uri.size != other->uri.size)
        return one->uri.size < other->uri.size ? -1 : 1;
    order = memcmp(one->uri.data, other->uri.data, one->uri.size);
    if (order != 0)
        return order;
    if (one->range.offset != other->range.offset)
        return one->range.offset < other->range.offset ? -1 : 1;
    if (one->range.size != other->range.size)
        return one->range.size < other->range.size ? -1 : 1;
    return (one->line > other->line) - (one->line < other->line);
}

/* Without the memory for it, it is not judged. */
static void judge_resources(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;
    struct resource *sorted = calloc(playlist->segment_count + 1, sizeof(*sorted));

    if (!sorted)
        return;
    findings_check(reading->findings, RULE_PL_URI_UNIQUE);
    for (size_t i = 0; i < playlist->segment_count; i++)
        sorted[i].segment = &playlist->segments[i];
    qsort(sorted, playlist->segment_count, sizeof(*sorted), compare_resources);
    for (size_t i = 1; i < playlist->segment_count; i++) {
        const struct m3u8_segment *first = sorted[i - 1].segment;
        const struct m3u8_segment *again = sorted[i].segment;

        if (m3u8_text_equals(first->uri, again->uri) &&
            first->range.offset == again->range.offset && first->range.size == again->range.size)
            m3u8_file(reading, RULE_PL_URI_UNIQUE, again->line, "each resource once",
                      "%.*s again, as in line %d", M3U8_SHOWN(again->uri), first->line);
    }
    free(sorted);
}

static void judge_type(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;

    if (playlist->type != M3U8_VOD)
        return;
    findings_check(reading->findings, RULE_PL_LIVE_TYPE);
    if (!playlist->ended)
        m3u8_file(reading, RULE_PL_LIVE_TYPE, 0, "EXT-X-ENDLIST",
                  "EXT-X-PLAYLIST-TYPE:VOD without it");
}

/* A live playlist whose first number is not 0 has lost segments, as far as one version tells. */
static void judge_window(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;

    if (playlist->ended || playlist->type != M3U8_LIVE || playlist->sequence == 0 ||
        reading->skipped > 0)
        return;
    findings_check(reading->findings, RULE_PL_WINDOW_6);
    if (playlist->segment_count < WINDOW_SEGMENTS)
        m3u8_file(reading, RULE_PL_WINDOW_6, 0, "6 or more", "%zu segments",
                  playlist->segment_count);
}

/* ---- dates ----------------------------------------------------------------------------------- */

static void judge_presence(const struct m3u8_reading *reading)
{
    enum rule_id rule = reading->playlist.has_parts ? RULE_LL_PDT : RULE_PL_PDT_PRESENT;

    if (reading->playlist.ended && rule == RULE_PL_PDT_PRESENT)
        return;
    findings_check(reading->findings, rule);
    if (reading->seen[TAG_PROGRAM_DATE_TIME] == 0)
        m3u8_file(reading, rule, 0, "EXT-X-PROGRAM-DATE-TIME", "none");
}

static void judge_step(const struct m3u8_reading *reading, struct m3u8_segment *segment,
                       int64_t wanted_ns)
{
    int64_t off = segment->date_ns - wanted_ns;

    findings_check(reading->findings, RULE_PL_PDT_STEP);
    if (off <= STEP_TOLERANCE_NS && off >= -STEP_TOLERANCE_NS)
        return;
    segment->date_jumps = true;
    m3u8_file(reading, RULE_PL_PDT_STEP, segment->line,
              "EXT-X-PROGRAM-DATE-TIME advances by the EXTINF in between", "it is %.3f s %s",
              (double)llabs(off) / 1e9, off > 0 ? "late" : "early");
}

/* Each date against the one before and what lies in between; M3U8_NONE: not known. */
static void judge_dates(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;
    int64_t expected_ns = M3U8_NONE;

    for (size_t i = 0; i < playlist->segment_count; i++) {
        struct m3u8_segment *segment = &playlist->segments[i];

        if (segment->breaks)
            expected_ns = M3U8_NONE;
        if (segment->date_ns != M3U8_NONE) {
            if (expected_ns != M3U8_NONE)
                judge_step(reading, segment, expected_ns);
            expected_ns = segment->date_ns;
        }
        if (segment->is_untimed)
            expected_ns = M3U8_NONE;
        else if (expected_ns != M3U8_NONE)
            expected_ns += segment->duration_ns;
    }
}

static void judge_gaps(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;

    findings_check(reading->findings, RULE_PL_GAP);
    for (size_t i = 0; i < playlist->segment_count; i++)
        if (playlist->segments[i].gap)
            m3u8_file(reading, RULE_PL_GAP, playlist->segments[i].line, "no EXT-X-GAP",
                      "%.*s is missing on purpose", M3U8_SHOWN(playlist->segments[i].uri));
}

void rules_playlist_judge(struct m3u8_reading *reading)
{
    judge_target(reading);
    judge_resources(reading);
    judge_type(reading);
    judge_window(reading);
    judge_presence(reading);
    judge_dates(reading);
    judge_gaps(reading);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules about partial segments and delivery directives (bis 4.4.3.7, 4.4.3.8, 4.4.4.9, 6.2.2,
 * B.1), as far as a playlist shows them by itself.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "verify/m3u8_reading.h"

#define ROUNDING_NS NS_PER_MS /* of each DURATION and EXTINF */

/* Whether @p index is the last part of its segment, as far as is known. */
static bool is_last(const struct m3u8_reading *reading, size_t index)
{
    return index + 1 == reading->part_count ||
           reading->parts[index + 1].segment != reading->parts[index].segment;
}

static void judge_durations(const struct m3u8_reading *reading)
{
    int64_t target = reading->control.part_target;

    if (reading->part_count == 0)
        return;
    findings_check(reading->findings, RULE_LL_PARTINF);
    if (target < 0)
        m3u8_file(reading, RULE_LL_PARTINF, reading->control.part_inf_line,
                  "EXT-X-PART-INF with PART-TARGET", "none");
    for (size_t i = 0; i < reading->part_count && target >= 0; i++) {
        const struct m3u8_part *part = &reading->parts[i];
        bool may_be_short =
            part->independent || part->gap || is_last(reading, i) || reading->parts[i + 1].gap;

        if (part->duration_ns > target)
            m3u8_file(reading, RULE_LL_PARTINF, part->line, "at most PART-TARGET",
                      "a part of %.5f s, PART-TARGET %.5f", (double)part->duration_ns / 1e9,
                      (double)target / 1e9);
        else if (part->duration_ns >= 0 && part->duration_ns < target / 100 * 85 && !may_be_short)
            m3u8_file(reading, RULE_LL_PARTINF, part->line, "at least 85 % of PART-TARGET",
                      "a part of %.5f s, PART-TARGET %.5f", (double)part->duration_ns / 1e9,
                      (double)target / 1e9);
    }
}

/* One of the attributes of EXT-X-SERVER-CONTROL against @p count times @p unit_ns. */
static void judge_control_value(const struct m3u8_reading *reading, const char *name, int64_t value,
                                int64_t count, int64_t unit_ns)
{
    char wanted[FINDINGS_TEXT_SIZE];

    if (value < 0 || unit_ns < 0 || value / count >= unit_ns)
        return;
    (void)snprintf(wanted, sizeof(wanted), "at least %lld times %.5f", (long long)count,
                   (double)unit_ns / 1e9);
    m3u8_file(reading, RULE_LL_CONTROL, reading->control.line, wanted, "%s=%.5f", name,
              (double)value / 1e9);
}

static void judge_control(const struct m3u8_reading *reading)
{
    const struct m3u8_control *control = &reading->control;
    int64_t target = reading->playlist.target;
    int64_t target_ns =
        target < 0 || target > M3U8_VALUE_MAX / NS_PER_SECOND ? -1 : target * NS_PER_SECOND;

    if (control->line == 0 && reading->part_count == 0)
        return;
    findings_check(reading->findings, RULE_LL_CONTROL);
    if (control->part_target >= 0 && control->part_hold_back < 0)
        m3u8_file(reading, RULE_LL_CONTROL, control->line, "PART-HOLD-BACK, for there are parts",
                  "none");
    judge_control_value(reading, "PART-HOLD-BACK", control->part_hold_back, 2,
                        control->part_target);
    judge_control_value(reading, "HOLD-BACK", control->hold_back, 3, target_ns);
    judge_control_value(reading, "CAN-SKIP-UNTIL", control->skip_until, 6, target_ns);
}

/* The parts of each whole segment against its EXTINF. */
static void judge_sums(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;
    int64_t sum = 0;
    int64_t count = 0;

    for (size_t i = 0; i < reading->part_count; i++) {
        const struct m3u8_part *part = &reading->parts[i];
        const struct m3u8_segment *segment;

        sum = part->duration_ns < 0 || sum > M3U8_VALUE_MAX - part->duration_ns
                  ? M3U8_VALUE_MAX
                  : sum + part->duration_ns;
        count++;
        if (!is_last(reading, i) || part->segment == playlist->segment_count)
            continue;
        segment = &playlist->segments[part->segment];
        findings_check(reading->findings, RULE_LL_SUM);
        if (segment->duration_ns > 0 && sum < M3U8_VALUE_MAX &&
            llabs(sum - segment->duration_ns) > (count + 1) * ROUNDING_NS)
            m3u8_file(reading, RULE_LL_SUM, segment->line, "parts that add up to EXTINF",
                      "%.5f s of parts, EXTINF %.5f", (double)sum / 1e9,
                      (double)segment->duration_ns / 1e9);
        sum = 0;
        count = 0;
    }
}

static void judge_hint(const struct m3u8_reading *reading)
{
    const struct m3u8_control *control = &reading->control;

    if (reading->part_count == 0 || reading->playlist.ended)
        return;
    findings_check(reading->findings, RULE_LL_HINT);
    if (control->hints != 1)
        m3u8_file(reading, RULE_LL_HINT, control->hint_line, "one EXT-X-PRELOAD-HINT of TYPE=PART",
                  "%d", control->hints);
    else if (control->hint_line < reading->parts[reading->part_count - 1].line)
        m3u8_file(reading, RULE_LL_HINT, control->hint_line, "behind the last part", "before it");
}

/* Parts go with their segments: those count whose whole segment ends further than that from the end
 * of the last whole segment. */
static void judge_old_parts(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;
    size_t part = reading->part_count;
    int64_t behind = 0;

    if (playlist->target < 0 || part == 0 || playlist->ended)
        return;
    findings_check(reading->findings, RULE_LL_OLDPARTS);
    for (size_t i = playlist->segment_count; i-- > 0;) {
        while (part > 0 && reading->parts[part - 1].segment > i)
            part--;
        if (part > 0 && reading->parts[part - 1].segment == i && behind > 0 &&
            (behind - 1) / 3 / NS_PER_SECOND >= playlist->target) {
            m3u8_file(reading, RULE_LL_OLDPARTS, reading->parts[part - 1].line,
                      "no parts further than 3 target durations from the end",
                      "a part %.3f s from it", (double)behind / 1e9);
            return;
        }
        behind += playlist->segments[i].duration_ns;
    }
}

void rules_parts_judge(const struct m3u8_reading *reading)
{
    judge_durations(reading);
    judge_control(reading);
    judge_sums(reading);
    judge_hint(reading);
    judge_old_parts(reading);
}

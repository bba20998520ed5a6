/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Playlists of anyone's making: what becomes of one lies within the text and within the limits that
 * let others add and subtract without looking; it is the same when the text is read again; and
 * where nothing was found, the numbers hold together.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "tests/fuzz/fuzz.h"
#include "verify/m3u8.h"
#include "verify/m3u8_lex.h"

static struct findings findings; /* too large for a stack, and to be cleared whole each time */

static void clear_findings(void)
{
    for (unsigned i = 0; i < RULES; i++)
        findings.of[i].checked = findings.of[i].count = 0;
}

static void check_findings(void)
{
    for (unsigned i = 0; i < RULES; i++) {
        int64_t count = findings.of[i].count;

        FUZZ_CHECK(count >= 0 && count <= findings.of[i].checked);
        for (int64_t k = 0; k < count && k < FINDINGS_KEPT; k++)
            FUZZ_CHECK(strncmp(findings.of[i].kept[k].place, "list", 4) == 0 &&
                       findings.of[i].kept[k].wanted[0] != '\0');
    }
}

/* What is made of variables lies elsewhere, whole. */
static bool is_readable(struct m3u8_text text)
{
    return text.size == 0 || memrchr(text.data, text.data[0], text.size) != NULL;
}

static void check_text(const struct m3u8 *playlist, struct m3u8_text text, const uint8_t *data,
                       size_t size)
{
    const uint8_t *start = (const uint8_t *)text.data;

    if (playlist->made && is_readable(text))
        return;
    FUZZ_CHECK(!start ? text.size == 0
                      : start >= data && start <= data + size &&
                            text.size <= size - (size_t)(start - data));
}

static void check_range(struct m3u8_range range)
{
    FUZZ_CHECK(range.size >= -1 && range.size <= M3U8_VALUE_MAX && range.offset >= 0);
    FUZZ_CHECK(range.size >= 0 || range.offset == 0);
}

static void check_segments(const struct m3u8 *playlist, const uint8_t *data, size_t size)
{
    int64_t total_ns = 0;
    size_t end = 0;

    FUZZ_CHECK(playlist->target >= -1 && playlist->target <= M3U8_VALUE_MAX);
    for (size_t i = 0; i < playlist->segment_count; i++) {
        const struct m3u8_segment *segment = &playlist->segments[i];

        check_text(playlist, segment->uri, data, size);
        check_text(playlist, segment->map.uri, data, size);
        check_range(segment->range);
        FUZZ_CHECK((segment->uri.size > 0 || playlist->made) && segment->line > 0);
        FUZZ_CHECK(segment->lines_begin >= end && segment->lines_begin < segment->lines_end);
        FUZZ_CHECK(segment->lines_end <= size);
        FUZZ_CHECK(segment->duration_ns >= 0 && segment->decimals >= 0 && segment->decimals <= 9);
        FUZZ_CHECK(segment->date_ns == M3U8_NONE || segment->date_ns > -M3U8_VALUE_MAX);
        FUZZ_CHECK(segment->number >= 0 && segment->discontinuity >= 0);
        FUZZ_CHECK(i == 0 || segment->number == segment[-1].number + 1);
        FUZZ_CHECK(i == 0 || segment->discontinuity - segment[-1].discontinuity == segment->breaks);
        end = segment->lines_end;
        total_ns += segment->duration_ns;
    }
    FUZZ_CHECK(total_ns <= M3U8_VALUE_MAX);
}

static void check_parts(const struct m3u8 *playlist, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < playlist->part_count; i++) {
        const struct m3u8_part *part = &playlist->parts[i];

        check_text(playlist, part->uri, data, size);
        check_range(part->range);
        FUZZ_CHECK(part->segment <= playlist->segment_count);
        FUZZ_CHECK(i == 0 || part->segment >= part[-1].segment);
    }
}

static void check_variants(const struct m3u8 *playlist, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < playlist->variant_count; i++) {
        const struct m3u8_variant *variant = &playlist->variants[i];

        check_text(playlist, variant->uri, data, size);
        check_text(playlist, variant->codecs, data, size);
        check_text(playlist, variant->audio, data, size);
        FUZZ_CHECK(variant->bandwidth >= -1 && variant->average_bandwidth >= -1);
        FUZZ_CHECK(variant->width >= 0 && variant->height >= 0 && variant->frame_rate >= -1);
        FUZZ_CHECK(variant->line > 0);
    }
    for (size_t i = 0; i < playlist->rendition_count; i++) {
        check_text(playlist, playlist->renditions[i].uri, data, size);
        check_text(playlist, playlist->renditions[i].group, data, size);
    }
}

/* What the rules that found nothing promise of the model. */
static void check_good(const struct m3u8 *playlist)
{
    if (findings.of[RULE_PL_TD].count == 0 && findings.of[RULE_PL_PARSE].count == 0 &&
        findings.of[RULE_PL_TD_EXTINF].count == 0 && !playlist->is_multivariant)
        for (size_t i = 0; i < playlist->segment_count; i++)
            FUZZ_CHECK(playlist->segments[i].duration_ns / NS_PER_SECOND <= playlist->target);
    if (findings.of[RULE_MV_PARSE].count == 0)
        for (size_t i = 0; i < playlist->variant_count; i++)
            FUZZ_CHECK(playlist->variants[i].uri.data && playlist->variants[i].bandwidth >= 0);
    for (size_t i = 0; i < playlist->segment_count; i++)
        FUZZ_CHECK(!playlist->segments[i].gap || findings.of[RULE_PL_GAP].count > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct m3u8 playlist = {0};
    struct m3u8 again = {0};
    int result;

    clear_findings();
    result = m3u8_read("list", (const char *)data, size, &findings, &playlist);
    FUZZ_CHECK(result == 0 || result == -EBADMSG || result == -EFBIG);
    check_findings();
    check_segments(&playlist, data, size);
    check_parts(&playlist, data, size);
    check_variants(&playlist, data, size);
    if (result == 0)
        check_good(&playlist);
    FUZZ_CHECK(m3u8_read("list", (const char *)data, size, &findings, &again) == result);
    FUZZ_CHECK(again.segment_count == playlist.segment_count &&
               again.variant_count == playlist.variant_count);
    m3u8_finish(&playlist);
    m3u8_finish(&again);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A multivariant playlist beside the media that it names: that what it says of each variant is so.
 * To a variant belong its own media playlist and one of each group that it names; of the renditions
 * of a group the largest counts.
 */
#include "verify/rules_variants.h"

#include <stdio.h>
#include <stdlib.h>

#include "verify/codecs.h"
#include "verify/m3u8_lex.h"
#include "verify/measure.h"
#include "verify/rules_iframes.h"
#include "verify/rules_same.h"

/* Of a stream, however many variants name it. */
struct summary {
    int64_t peak;
    int64_t average;
    int64_t frame_rate;           /* thousandths; 0: not known */
    struct segment_video picture; /* the first; width 0: not known */
    struct codecs codecs;
};

struct judging {
    const struct presentation *presentation;
    const struct summary *summaries; /* of its streams */
    struct findings *findings;
    const struct m3u8_variant *variant;
    const struct stream *stream; /* its own */
    char place[FINDINGS_PLACE_SIZE];
};

static const struct summary *summary_of(const struct judging *judging, const struct stream *stream)
{
    return &judging->summaries[stream - judging->presentation->streams];
}

/* ---- its groups ------------------------------------------------------------------------------ */

/* The next rendition from @p *at on of the variant's group of sound that has a playlist of its own,
 * or NULL. Pictures alone have none. */
static const struct stream *next_sound(const struct judging *judging, size_t *at)
{
    const struct m3u8 *playlist = &judging->presentation->version.playlist;

    while (!judging->variant->iframes && *at < playlist->rendition_count) {
        const struct m3u8_rendition *rendition = &playlist->renditions[*at];
        const struct stream *stream = judging->presentation->renditions[(*at)++];

        if (stream && stream != judging->stream && m3u8_text_is(rendition->type, "AUDIO") &&
            m3u8_text_equals(rendition->group, judging->variant->audio))
            return stream;
    }
    return NULL;
}

/* Whether all that belongs to the variant has been read: what is missing is filed already. */
static bool is_whole(const struct judging *judging)
{
    const struct m3u8 *playlist = &judging->presentation->version.playlist;
    bool has_group = !judging->variant->audio.data;

    for (size_t i = 0; i < playlist->rendition_count; i++) {
        const struct m3u8_rendition *rendition = &playlist->renditions[i];

        if (!m3u8_text_is(rendition->type, "AUDIO") ||
            !m3u8_text_equals(rendition->group, judging->variant->audio))
            continue;
        has_group = true;
        if (rendition->uri.data && !judging->presentation->renditions[i])
            return false;
    }
    return has_group;
}

/* What the variant and the largest rendition of its group have together. */
static void sum_rates(const struct judging *judging, int64_t *ret_peak, int64_t *ret_average)
{
    const struct summary *own = summary_of(judging, judging->stream);
    const struct stream *sound;
    int64_t peak = 0, average = 0;
    size_t at = 0;

    while ((sound = next_sound(judging, &at))) {
        const struct summary *summary = summary_of(judging, sound);

        peak = summary->peak > peak ? summary->peak : peak;
        average = summary->average > average ? summary->average : average;
    }
    *ret_peak = own->peak + peak;
    *ret_average = own->average + average;
}

/* ---- bit rates ------------------------------------------------------------------------------- */

/* An attribute beside what is measured. */
struct claim {
    const char *name;
    int64_t said;
    int64_t real;
};

/* Judges @p rule: it holds, or wants what the text says. */
static void judge_claim(const struct judging *judging, enum rule_id rule, const struct claim *claim,
                        bool holds, const char *wanted)
{
    if (holds)
        findings_check(judging->findings, rule);
    else
        findings_add(judging->findings, rule, judging->place, wanted, "%s=%lld, measured %lld",
                     claim->name, (long long)claim->said, (long long)claim->real);
}

static bool is_known(const struct claim *claim)
{
    return claim->said > 0 && claim->real > 0;
}

/* In per cent of what is said. */
static bool is_below(const struct claim *claim, int percent)
{
    return (measure_wide)claim->real * 100 < (measure_wide)claim->said * percent;
}

static bool is_within_tenth(const struct claim *claim)
{
    return !is_below(claim, 90) && (measure_wide)claim->real * 10 <= (measure_wide)claim->said * 11;
}

/* Of what is all there: only then BANDWIDTH MUST be the peak (RFC 8216 4.3.4.2). */
static void judge_ended(const struct judging *judging, const struct claim *peak,
                        const struct claim *average)
{
    static const char within[] = "within 10 % of what is measured";

    if (is_known(peak)) {
        judge_claim(judging, RULE_BW_BOUND, peak, peak->real <= peak->said,
                    "at least the peak segment bit rate");
        judge_claim(judging, RULE_BW_VOD, peak, !is_below(peak, 90), within);
    }
    if (is_known(average))
        judge_claim(judging, RULE_BW_VOD, average, is_within_tenth(average), within);
}

static bool is_tight(const struct claim *claim)
{
    return (measure_wide)claim->said * 10 <= (measure_wide)claim->real * 11;
}

static void judge_live(const struct judging *judging, const struct claim *peak,
                       const struct claim *average)
{
    static const char tight[] = "at most 10 % more than what is measured";

    if (is_known(peak)) {
        judge_claim(judging, RULE_BW_PEAK, peak, is_below(peak, 125), "a peak below 125 % of it");
        judge_claim(judging, RULE_BW_TIGHT, peak, is_tight(peak), tight);
    }
    if (is_known(average)) {
        judge_claim(judging, RULE_BW_AVG, average, is_below(average, 110),
                    "an average below 110 % of it");
        judge_claim(judging, RULE_BW_TIGHT, average, is_tight(average), tight);
    }
}

static void judge_rates(const struct judging *judging)
{
    struct claim peak = {"BANDWIDTH", judging->variant->bandwidth, 0};
    struct claim average = {"AVERAGE-BANDWIDTH", judging->variant->average_bandwidth, 0};

    sum_rates(judging, &peak.real, &average.real);
    if (judging->stream->version.playlist.ended)
        judge_ended(judging, &peak, &average);
    else
        judge_live(judging, &peak, &average);
}

/* ---- codecs ---------------------------------------------------------------------------------- */

static void judge_codecs(const struct judging *judging)
{
    const struct m3u8_variant *variant = judging->variant;
    const struct stream *sound;
    struct codecs codecs;
    char real[CODECS_TEXT_SIZE];
    size_t at = 0;

    if (!variant->codecs.data)
        return;
    codecs = summary_of(judging, judging->stream)->codecs;
    codecs.is_open = codecs.is_open || variant->subtitles.data || variant->video.data;
    while ((sound = next_sound(judging, &at)))
        codecs_join(&codecs, &summary_of(judging, sound)->codecs);
    if (codecs_agree(&codecs, variant->codecs)) {
        findings_check(judging->findings, RULE_MV_CODECS);
        return;
    }
    codecs_print(&codecs, real);
    findings_add(judging->findings, RULE_MV_CODECS, judging->place, real, "CODECS=\"%.*s\"",
                 (int)(variant->codecs.size < 100 ? variant->codecs.size : 100),
                 variant->codecs.data);
}

/* ---- pictures -------------------------------------------------------------------------------- */

/* Whether it is as wide as @p picture is displayed, rounded to an even number at most. */
static bool is_displayed_width(const struct segment_video *picture, int width)
{
    int64_t off =
        (int64_t)width * picture->sar_height - (int64_t)picture->width * picture->sar_width;

    return llabs(off) < 2 * (int64_t)picture->sar_height;
}

static void judge_resolution(const struct judging *judging)
{
    const struct m3u8_variant *variant = judging->variant;
    const struct segment_video *picture = &summary_of(judging, judging->stream)->picture;
    char real[CODECS_TEXT_SIZE];

    if (variant->width == 0 || picture->width == 0)
        return;
    if (picture->height == variant->height &&
        (picture->width == variant->width || is_displayed_width(picture, variant->width))) {
        findings_check(judging->findings, RULE_MV_RESOLUTION);
        return;
    }
    (void)snprintf(real, sizeof(real), "RESOLUTION=%dx%d", picture->width, picture->height);
    findings_add(judging->findings, RULE_MV_RESOLUTION, judging->place, real, "%dx%d",
                 variant->width, variant->height);
}

static void judge_frame_rate(const struct judging *judging)
{
    int64_t said = judging->variant->frame_rate;
    int64_t real = summary_of(judging, judging->stream)->frame_rate;
    char wanted[CODECS_TEXT_SIZE];

    if (said < 0 || real == 0)
        return;
    if (said - real <= 1 && real - said <= 1) {
        findings_check(judging->findings, RULE_MV_FRAMERATE);
        return;
    }
    (void)snprintf(wanted, sizeof(wanted), "FRAME-RATE=%lld.%03lld", (long long)real / 1000,
                   (long long)real % 1000);
    findings_add(judging->findings, RULE_MV_FRAMERATE, judging->place, wanted, "%lld.%03lld",
                 (long long)said / 1000, (long long)said % 1000);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void judge_variant(const struct judging *judging)
{
    if (is_whole(judging)) {
        judge_rates(judging);
        judge_codecs(judging);
    }
    judge_resolution(judging);
    if (!judging->variant->iframes)
        judge_frame_rate(judging);
}

static void sum_up(const struct stream *stream, struct summary *ret)
{
    ret->peak = measure_peak(stream);
    ret->average = measure_average(stream);
    ret->frame_rate = measure_frame_rate(stream);
    codecs_add(&ret->codecs, stream);
    for (size_t i = 0; i < stream->segment_count && ret->picture.width == 0; i++)
        if (stream->segments[i].measured)
            ret->picture = stream->segments[i].media.picture;
}

static void judge_variants(struct judging *judging)
{
    const struct presentation *presentation = judging->presentation;
    const struct m3u8 *playlist = &presentation->version.playlist;

    for (size_t i = 0; i < playlist->variant_count; i++) {
        judging->variant = &playlist->variants[i];
        judging->stream = presentation->variants[i];
        if (!judging->stream)
            continue;
        (void)snprintf(judging->place, sizeof(judging->place), "%s line %d", presentation->path,
                       judging->variant->line);
        judge_variant(judging);
    }
}

void rules_variants_judge(const struct presentation *presentation, struct findings *findings)
{
    struct summary *summaries = calloc(presentation->stream_count + 1, sizeof(*summaries));
    struct judging judging = {presentation, summaries, findings, NULL, NULL, ""};

    for (size_t i = 0; summaries && i < presentation->stream_count; i++)
        sum_up(&presentation->streams[i], &summaries[i]);
    if (summaries)
        judge_variants(&judging);
    free(summaries);
    rules_iframes_judge(presentation, findings);
    rules_same_judge(presentation, findings);
}

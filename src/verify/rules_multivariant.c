/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules about a multivariant playlist that follow from its text alone: what must be said of
 * variants, and that groups are whole. Whether it is true is seen in the media.
 */
#include <string.h>

#include "verify/m3u8_reading.h"

/* Whether a list of RFC 6381 names has a video codec. */
static bool has_video_codec(struct m3u8_text codecs)
{
    static const char *const families[] = {"avc1", "avc3", "hvc1", "hev1", "dvh1", "dvhe",
                                           "dva1", "dvav", "av01", "vp08", "vp09", "mp4v"};

    while (codecs.size > 0) {
        struct m3u8_text name = m3u8_text_trim(m3u8_text_split(codecs, ',', &codecs));

        for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
            if (name.size >= 4 && memcmp(name.data, families[i], 4) == 0)
                return true;
    }
    return false;
}

static bool has_video(const struct m3u8_attributes *attributes)
{
    return m3u8_attributes_have(attributes, ATTRIBUTE_RESOLUTION) ||
           m3u8_attributes_have(attributes, ATTRIBUTE_FRAME_RATE) ||
           has_video_codec(attributes->of[ATTRIBUTE_CODECS]);
}

static void want(const struct m3u8_reading *reading, const struct m3u8_attributes *attributes,
                 enum m3u8_attribute which, enum rule_id rule, const char *name)
{
    findings_check(reading->findings, rule);
    if (!m3u8_attributes_have(attributes, which))
        m3u8_file(reading, rule, reading->line, name, "EXT-X-STREAM-INF without it");
}

void rules_multivariant_judge_variant(const struct m3u8_reading *reading,
                                      const struct m3u8_attributes *attributes)
{
    const struct m3u8 *playlist = &reading->playlist;

    if (playlist->variants[playlist->variant_count - 1].iframes)
        return;
    want(reading, attributes, ATTRIBUTE_AVERAGE_BANDWIDTH, RULE_MV_AVERAGE, "AVERAGE-BANDWIDTH");
    want(reading, attributes, ATTRIBUTE_CODECS, RULE_MV_CODECS, "CODECS");
    if (!has_video(attributes))
        return;
    want(reading, attributes, ATTRIBUTE_RESOLUTION, RULE_MV_RESOLUTION, "RESOLUTION");
    want(reading, attributes, ATTRIBUTE_FRAME_RATE, RULE_MV_FRAMERATE, "FRAME-RATE");
}

/* ---- groups (4.3.4.1, 4.3.4.2) --------------------------------------------------------------- */

static void file_rendition(const struct m3u8_reading *reading, const char *wanted,
                           const char *found)
{
    m3u8_file(reading, RULE_MV_GROUPS, reading->line, wanted, "%s", found);
}

void rules_multivariant_judge_rendition(const struct m3u8_reading *reading,
                                        const struct m3u8_attributes *attributes)
{
    static const enum m3u8_attribute wanted[] = {ATTRIBUTE_TYPE, ATTRIBUTE_GROUP_ID,
                                                 ATTRIBUTE_NAME};
    struct m3u8_text type = attributes->of[ATTRIBUTE_TYPE];
    bool has_uri = m3u8_attributes_have(attributes, ATTRIBUTE_URI);

    findings_check(reading->findings, RULE_MV_GROUPS);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (attributes->of[wanted[i]].size == 0) {
            file_rendition(reading, "TYPE, GROUP-ID and NAME", "EXT-X-MEDIA without one of them");
            return;
        }
    if (m3u8_text_is(attributes->of[ATTRIBUTE_DEFAULT], "YES") &&
        m3u8_text_is(attributes->of[ATTRIBUTE_AUTOSELECT], "NO"))
        file_rendition(reading, "AUTOSELECT=YES, if it is there", "DEFAULT=YES, AUTOSELECT=NO");
    if (m3u8_text_is(type, "CLOSED-CAPTIONS")) {
        if (has_uri || !m3u8_attributes_have(attributes, ATTRIBUTE_INSTREAM_ID))
            file_rendition(reading, "INSTREAM-ID and no URI", "other closed captions");
    } else if (m3u8_text_is(type, "SUBTITLES")) {
        if (!has_uri)
            file_rendition(reading, "a URI", "subtitles without it");
    } else if (!m3u8_text_is(type, "AUDIO") && !m3u8_text_is(type, "VIDEO")) {
        file_rendition(reading, "AUDIO, VIDEO, SUBTITLES or CLOSED-CAPTIONS", "another TYPE");
    }
}

static bool is_same_group(const struct m3u8_rendition *one, const struct m3u8_rendition *other)
{
    return m3u8_text_equals(one->type, other->type) && m3u8_text_equals(one->group, other->group);
}

/* In a group no name twice, and one default. */
static void judge_members(const struct m3u8_reading *reading, size_t index)
{
    const struct m3u8_rendition *all = reading->playlist.renditions;
    const struct m3u8_rendition *rendition = &all[index];
    bool name_is_taken = false;
    bool default_is_taken = false;

    for (size_t i = 0; i < index; i++) {
        if (!is_same_group(&all[i], rendition))
            continue;
        name_is_taken = name_is_taken || m3u8_text_equals(all[i].name, rendition->name);
        default_is_taken = default_is_taken || (all[i].is_default && rendition->is_default);
    }
    if (name_is_taken)
        m3u8_file(reading, RULE_MV_GROUPS, rendition->line, "each NAME once in a group",
                  "%.*s again", M3U8_SHOWN(rendition->name));
    if (default_is_taken)
        m3u8_file(reading, RULE_MV_GROUPS, rendition->line, "one DEFAULT=YES in a group",
                  "one more in group %.*s", M3U8_SHOWN(rendition->group));
}

static void judge_group(const struct m3u8_reading *reading, const struct m3u8_variant *variant,
                        const char *type, struct m3u8_text group)
{
    const struct m3u8 *playlist = &reading->playlist;

    if (!group.data)
        return;
    findings_check(reading->findings, RULE_MV_GROUPS);
    for (size_t i = 0; i < playlist->rendition_count; i++)
        if (m3u8_text_is(playlist->renditions[i].type, type) &&
            m3u8_text_equals(playlist->renditions[i].group, group))
            return;
    m3u8_file(reading, RULE_MV_GROUPS, variant->line, "EXT-X-MEDIA of each group that is named",
              "no %s group %.*s", type, M3U8_SHOWN(group));
}

static void judge_groups(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;

    for (size_t i = 0; i < playlist->rendition_count; i++)
        if (playlist->renditions[i].name.size > 0)
            judge_members(reading, i);
    for (size_t i = 0; i < playlist->variant_count; i++) {
        const struct m3u8_variant *variant = &playlist->variants[i];

        judge_group(reading, variant, "AUDIO", variant->audio);
        judge_group(reading, variant, "VIDEO", variant->video);
        judge_group(reading, variant, "SUBTITLES", variant->subtitles);
        if (!m3u8_text_is(variant->captions, "NONE"))
            judge_group(reading, variant, "CLOSED-CAPTIONS", variant->captions);
    }
}

/* ---- all variants together ------------------------------------------------------------------- */

/* Whether there is video, by what is said; and of how many bit rates. */
static void judge_variants(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;
    const struct m3u8_variant *first = NULL;
    bool has_pictures = false;
    bool has_iframes = false;
    bool has_more = false;

    for (size_t i = 0; i < playlist->variant_count; i++) {
        const struct m3u8_variant *variant = &playlist->variants[i];

        if (variant->iframes) {
            has_iframes = true;
            continue;
        }
        has_pictures = has_pictures || variant->width > 0 || has_video_codec(variant->codecs);
        has_more = has_more || (first && first->bandwidth != variant->bandwidth);
        first = first ? first : variant;
    }
    if (!first) {
        m3u8_file(reading, RULE_MV_PARSE, 0, "a variant", "none");
        return;
    }
    findings_check(reading->findings, RULE_MV_MORE);
    if (!has_more)
        m3u8_file(reading, RULE_MV_MORE, 0, "variants of more than one BANDWIDTH",
                  "all have the same");
    if (!has_pictures)
        return;
    findings_check(reading->findings, RULE_MV_IFRAME);
    if (!has_iframes)
        m3u8_file(reading, RULE_MV_IFRAME, 0, "EXT-X-I-FRAME-STREAM-INF", "none");
}

void rules_multivariant_judge(const struct m3u8_reading *reading)
{
    findings_check(reading->findings, RULE_MV_PARSE);
    findings_check(reading->findings, RULE_MV_INDEPENDENT);
    if (!reading->playlist.independent)
        m3u8_file(reading, RULE_MV_INDEPENDENT, 0, "EXT-X-INDEPENDENT-SEGMENTS", "none");
    judge_groups(reading);
    judge_variants(reading);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multivariant playlists (RFC 8216 4.3.4): variants, with the URI in the line that follows, and
 * renditions. */
#include <errno.h>

#include "base/clock.h"
#include "verify/m3u8_reading.h"

static int64_t integer_of(const struct m3u8_attributes *attributes, enum m3u8_attribute which)
{
    int64_t value = -1;

    if (attributes->of[which].data)
        (void)m3u8_read_integer(attributes->of[which], &value);
    return value;
}

/* In thousandths, to the nearest. */
static int64_t frame_rate_of(const struct m3u8_attributes *attributes)
{
    const int64_t unit = NS_PER_SECOND / 1000;
    int64_t value = -1;
    int decimals;

    if (attributes->of[ATTRIBUTE_FRAME_RATE].data &&
        m3u8_read_decimal(attributes->of[ATTRIBUTE_FRAME_RATE], &value, &decimals))
        return (value + unit / 2) / unit;
    return -1;
}

static void want(const struct m3u8_reading *reading, enum m3u8_tag tag,
                 const struct m3u8_attributes *attributes, enum m3u8_attribute which,
                 const char *name)
{
    if (!m3u8_attributes_have(attributes, which) && !attributes->fault)
        m3u8_file(reading, RULE_MV_PARSE, reading->line, name, "%s without it",
                  m3u8_tags[tag].name);
}

static int read_variant(struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text value)
{
    struct m3u8 *playlist = &reading->playlist;
    struct m3u8_attributes attributes = m3u8_read_list(reading, tag, value, RULE_MV_PARSE);
    struct m3u8_variant *variant;

    if (playlist->variant_count == M3U8_VARIANTS_MAX)
        return -EFBIG;
    variant = m3u8_add((void **)&playlist->variants, &playlist->variant_count,
                       &reading->variant_room, sizeof(*variant));
    if (!variant)
        return -ENOMEM;
    *variant = (struct m3u8_variant){
        .uri = attributes.of[ATTRIBUTE_URI],
        .codecs = attributes.of[ATTRIBUTE_CODECS],
        .audio = attributes.of[ATTRIBUTE_AUDIO],
        .video = attributes.of[ATTRIBUTE_VIDEO],
        .subtitles = attributes.of[ATTRIBUTE_SUBTITLES],
        .captions = attributes.of[ATTRIBUTE_CLOSED_CAPTIONS],
        .bandwidth = integer_of(&attributes, ATTRIBUTE_BANDWIDTH),
        .average_bandwidth = integer_of(&attributes, ATTRIBUTE_AVERAGE_BANDWIDTH),
        .frame_rate = frame_rate_of(&attributes),
        .iframes = tag == TAG_I_FRAME_STREAM_INF,
        .line = reading->line,
    };
    if (attributes.of[ATTRIBUTE_RESOLUTION].data)
        (void)m3u8_read_resolution(attributes.of[ATTRIBUTE_RESOLUTION], &variant->width,
                                   &variant->height);
    want(reading, tag, &attributes, ATTRIBUTE_BANDWIDTH, "BANDWIDTH");
    if (variant->iframes)
        want(reading, tag, &attributes, ATTRIBUTE_URI, "a URI");
    reading->wants_uri = !variant->iframes;
    if (!attributes.fault)
        rules_multivariant_judge_variant(reading, &attributes);
    return 0;
}

static int read_rendition(struct m3u8_reading *reading, struct m3u8_text value)
{
    struct m3u8 *playlist = &reading->playlist;
    struct m3u8_attributes attributes = m3u8_read_list(reading, TAG_MEDIA, value, RULE_MV_PARSE);
    struct m3u8_rendition *rendition;

    if (playlist->rendition_count == M3U8_VARIANTS_MAX)
        return -EFBIG;
    rendition = m3u8_add((void **)&playlist->renditions, &playlist->rendition_count,
                         &reading->rendition_room, sizeof(*rendition));
    if (!rendition)
        return -ENOMEM;
    *rendition = (struct m3u8_rendition){
        .type = attributes.of[ATTRIBUTE_TYPE],
        .group = attributes.of[ATTRIBUTE_GROUP_ID],
        .name = attributes.of[ATTRIBUTE_NAME],
        .uri = attributes.of[ATTRIBUTE_URI],
        .is_default = m3u8_text_is(attributes.of[ATTRIBUTE_DEFAULT], "YES"),
        .line = reading->line,
    };
    if (m3u8_text_begins(attributes.of[ATTRIBUTE_INSTREAM_ID], "SERVICE"))
        m3u8_need_version(reading, 7, "SERVICE in INSTREAM-ID");
    if (!attributes.fault)
        rules_multivariant_judge_rendition(reading, &attributes);
    return 0;
}

int m3u8_multivariant_tag(struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text value)
{
    struct m3u8_attributes attributes;

    if (tag == TAG_STREAM_INF || tag == TAG_I_FRAME_STREAM_INF)
        return read_variant(reading, tag, value);
    if (tag == TAG_MEDIA)
        return read_rendition(reading, value);
    attributes = m3u8_read_list(reading, tag, value, RULE_MV_PARSE);
    if (tag == TAG_SESSION_KEY && (m3u8_attributes_have(&attributes, ATTRIBUTE_KEYFORMAT) ||
                                   m3u8_attributes_have(&attributes, ATTRIBUTE_KEYFORMATVERSIONS)))
        m3u8_need_version(reading, 5, "KEYFORMAT of EXT-X-SESSION-KEY");
    return 0;
}

int m3u8_multivariant_uri(struct m3u8_reading *reading, struct m3u8_text uri)
{
    struct m3u8 *playlist = &reading->playlist;

    if (reading->wants_uri)
        playlist->variants[playlist->variant_count - 1].uri = uri;
    else
        m3u8_file(reading, RULE_MV_PARSE, reading->line, "EXT-X-STREAM-INF before each URI",
                  "none before %.*s", M3U8_SHOWN(uri));
    reading->wants_uri = false;
    return 0;
}

void m3u8_multivariant_settle(struct m3u8_reading *reading)
{
    if (reading->wants_uri)
        m3u8_file(reading, RULE_MV_PARSE, reading->line, "a URI behind EXT-X-STREAM-INF", "none");
    reading->wants_uri = false;
}

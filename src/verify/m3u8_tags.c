/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tags and attributes as two tables. What is not in them is passed over as RFC 8216 6.3.1 asks; an
 * attribute list is nevertheless checked to its end, for who misplaces a comma loses the attributes
 * behind it.
 */
#include "verify/m3u8_tags.h"

#include <string.h>

#include "verify/m3u8_lex.h"

enum {
    MEDIA_HEAD = TAG_OF_MEDIA | TAG_ONCE,
    SEGMENT = TAG_OF_MEDIA | TAG_OF_SEGMENT,
    MEDIA_LIST = TAG_OF_MEDIA | TAG_IS_LIST,
    MULTIVARIANT_LIST = TAG_OF_MULTIVARIANT | TAG_IS_LIST,
};

const struct m3u8_tag_form m3u8_tags[TAGS] = {
    [TAG_EXTM3U] = {"EXTM3U", TAG_ONCE | TAG_IS_BARE},
    [TAG_VERSION] = {"EXT-X-VERSION", TAG_ONCE},
    [TAG_INDEPENDENT_SEGMENTS] = {"EXT-X-INDEPENDENT-SEGMENTS", TAG_ONCE | TAG_IS_BARE},
    [TAG_START] = {"EXT-X-START", TAG_ONCE | TAG_IS_LIST},
    [TAG_DEFINE] = {"EXT-X-DEFINE", TAG_IS_LIST},
    [TAG_TARGETDURATION] = {"EXT-X-TARGETDURATION", MEDIA_HEAD},
    [TAG_MEDIA_SEQUENCE] = {"EXT-X-MEDIA-SEQUENCE", MEDIA_HEAD},
    [TAG_DISCONTINUITY_SEQUENCE] = {"EXT-X-DISCONTINUITY-SEQUENCE", MEDIA_HEAD},
    [TAG_ENDLIST] = {"EXT-X-ENDLIST", MEDIA_HEAD | TAG_IS_BARE},
    [TAG_PLAYLIST_TYPE] = {"EXT-X-PLAYLIST-TYPE", MEDIA_HEAD},
    [TAG_I_FRAMES_ONLY] = {"EXT-X-I-FRAMES-ONLY", MEDIA_HEAD | TAG_IS_BARE},
    [TAG_ALLOW_CACHE] = {"EXT-X-ALLOW-CACHE", TAG_ONCE}, /* until version 6 */
    [TAG_PART_INF] = {"EXT-X-PART-INF", MEDIA_HEAD | TAG_IS_LIST},
    [TAG_SERVER_CONTROL] = {"EXT-X-SERVER-CONTROL", MEDIA_HEAD | TAG_IS_LIST},
    [TAG_EXTINF] = {"EXTINF", SEGMENT},
    [TAG_BYTERANGE] = {"EXT-X-BYTERANGE", SEGMENT},
    [TAG_DISCONTINUITY] = {"EXT-X-DISCONTINUITY", SEGMENT | TAG_IS_BARE},
    [TAG_KEY] = {"EXT-X-KEY", MEDIA_LIST},
    [TAG_MAP] = {"EXT-X-MAP", MEDIA_LIST},
    [TAG_PROGRAM_DATE_TIME] = {"EXT-X-PROGRAM-DATE-TIME", SEGMENT},
    [TAG_GAP] = {"EXT-X-GAP", SEGMENT | TAG_IS_BARE},
    [TAG_BITRATE] = {"EXT-X-BITRATE", TAG_OF_MEDIA},
    [TAG_PART] = {"EXT-X-PART", MEDIA_LIST},
    [TAG_DATERANGE] = {"EXT-X-DATERANGE", MEDIA_LIST},
    [TAG_SKIP] = {"EXT-X-SKIP", MEDIA_HEAD | TAG_IS_LIST},
    [TAG_PRELOAD_HINT] = {"EXT-X-PRELOAD-HINT", MEDIA_LIST},
    [TAG_RENDITION_REPORT] = {"EXT-X-RENDITION-REPORT", MEDIA_LIST},
    [TAG_MEDIA] = {"EXT-X-MEDIA", MULTIVARIANT_LIST},
    [TAG_STREAM_INF] = {"EXT-X-STREAM-INF", MULTIVARIANT_LIST},
    [TAG_I_FRAME_STREAM_INF] = {"EXT-X-I-FRAME-STREAM-INF", MULTIVARIANT_LIST},
    [TAG_SESSION_DATA] = {"EXT-X-SESSION-DATA", MULTIVARIANT_LIST},
    [TAG_SESSION_KEY] = {"EXT-X-SESSION-KEY", MULTIVARIANT_LIST},
    [TAG_CONTENT_STEERING] = {"EXT-X-CONTENT-STEERING", MULTIVARIANT_LIST | TAG_ONCE},
};

/* Types of values (4.2). */
enum value_type {
    VALUE_INTEGER,
    VALUE_DECIMAL,
    VALUE_STRING,
    VALUE_WORD,
    VALUE_STRING_OR_WORD,
    VALUE_RESOLUTION,
};

static const struct {
    const char *name;
    enum value_type type;
} forms[ATTRIBUTES] = {
    [ATTRIBUTE_ASSOC_LANGUAGE] = {"ASSOC-LANGUAGE", VALUE_STRING},
    [ATTRIBUTE_AUDIO] = {"AUDIO", VALUE_STRING},
    [ATTRIBUTE_AUTOSELECT] = {"AUTOSELECT", VALUE_WORD},
    [ATTRIBUTE_AVERAGE_BANDWIDTH] = {"AVERAGE-BANDWIDTH", VALUE_INTEGER},
    [ATTRIBUTE_BANDWIDTH] = {"BANDWIDTH", VALUE_INTEGER},
    [ATTRIBUTE_BYTERANGE] = {"BYTERANGE", VALUE_STRING},
    [ATTRIBUTE_BYTERANGE_LENGTH] = {"BYTERANGE-LENGTH", VALUE_INTEGER},
    [ATTRIBUTE_BYTERANGE_START] = {"BYTERANGE-START", VALUE_INTEGER},
    [ATTRIBUTE_CAN_BLOCK_RELOAD] = {"CAN-BLOCK-RELOAD", VALUE_WORD},
    [ATTRIBUTE_CAN_SKIP_UNTIL] = {"CAN-SKIP-UNTIL", VALUE_DECIMAL},
    [ATTRIBUTE_CHANNELS] = {"CHANNELS", VALUE_STRING},
    [ATTRIBUTE_CHARACTERISTICS] = {"CHARACTERISTICS", VALUE_STRING},
    [ATTRIBUTE_CLOSED_CAPTIONS] = {"CLOSED-CAPTIONS", VALUE_STRING_OR_WORD},
    [ATTRIBUTE_CODECS] = {"CODECS", VALUE_STRING},
    [ATTRIBUTE_DEFAULT] = {"DEFAULT", VALUE_WORD},
    [ATTRIBUTE_DURATION] = {"DURATION", VALUE_DECIMAL},
    [ATTRIBUTE_FORCED] = {"FORCED", VALUE_WORD},
    [ATTRIBUTE_FRAME_RATE] = {"FRAME-RATE", VALUE_DECIMAL},
    [ATTRIBUTE_GAP] = {"GAP", VALUE_WORD},
    [ATTRIBUTE_GROUP_ID] = {"GROUP-ID", VALUE_STRING},
    [ATTRIBUTE_HOLD_BACK] = {"HOLD-BACK", VALUE_DECIMAL},
    [ATTRIBUTE_ID] = {"ID", VALUE_STRING},
    [ATTRIBUTE_IMPORT] = {"IMPORT", VALUE_STRING},
    [ATTRIBUTE_INDEPENDENT] = {"INDEPENDENT", VALUE_WORD},
    [ATTRIBUTE_INSTREAM_ID] = {"INSTREAM-ID", VALUE_STRING},
    [ATTRIBUTE_IV] = {"IV", VALUE_WORD},
    [ATTRIBUTE_KEYFORMAT] = {"KEYFORMAT", VALUE_STRING},
    [ATTRIBUTE_KEYFORMATVERSIONS] = {"KEYFORMATVERSIONS", VALUE_STRING},
    [ATTRIBUTE_LANGUAGE] = {"LANGUAGE", VALUE_STRING},
    [ATTRIBUTE_METHOD] = {"METHOD", VALUE_WORD},
    [ATTRIBUTE_NAME] = {"NAME", VALUE_STRING},
    [ATTRIBUTE_PART_HOLD_BACK] = {"PART-HOLD-BACK", VALUE_DECIMAL},
    [ATTRIBUTE_PART_TARGET] = {"PART-TARGET", VALUE_DECIMAL},
    [ATTRIBUTE_QUERYPARAM] = {"QUERYPARAM", VALUE_STRING},
    [ATTRIBUTE_RESOLUTION] = {"RESOLUTION", VALUE_RESOLUTION},
    [ATTRIBUTE_SKIPPED_SEGMENTS] = {"SKIPPED-SEGMENTS", VALUE_INTEGER},
    [ATTRIBUTE_SUBTITLES] = {"SUBTITLES", VALUE_STRING},
    [ATTRIBUTE_TYPE] = {"TYPE", VALUE_WORD},
    [ATTRIBUTE_URI] = {"URI", VALUE_STRING},
    [ATTRIBUTE_VALUE] = {"VALUE", VALUE_STRING},
    [ATTRIBUTE_VIDEO] = {"VIDEO", VALUE_STRING},
};

enum m3u8_tag m3u8_tag_find(struct m3u8_text name)
{
    unsigned tag = 0;

    while (tag < TAGS && !m3u8_text_is(name, m3u8_tags[tag].name))
        tag++;
    return (enum m3u8_tag)tag;
}

static enum m3u8_attribute find_attribute(struct m3u8_text name)
{
    unsigned which = 0;

    while (which < ATTRIBUTES && !m3u8_text_is(name, forms[which].name))
        which++;
    return (enum m3u8_attribute)which;
}

static bool is_name(struct m3u8_text name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!(name.data[i] >= 'A' && name.data[i] <= 'Z') &&
            !(name.data[i] >= '0' && name.data[i] <= '9') && name.data[i] != '-')
            return false;
    return name.size > 0;
}

/* Whether @p value, quoted or not, is of @p type. */
static bool is_of_type(struct m3u8_text value, bool quoted, enum value_type type)
{
    int64_t number;
    int decimals;
    int height;

    switch (type) {
    case VALUE_INTEGER:
        return !quoted && m3u8_read_integer(value, &number);
    case VALUE_DECIMAL:
        return !quoted && m3u8_read_decimal(value, &number, &decimals);
    case VALUE_RESOLUTION:
        return !quoted && m3u8_read_resolution(value, &decimals, &height);
    case VALUE_WORD:
        return !quoted;
    case VALUE_STRING:
        return quoted;
    case VALUE_STRING_OR_WORD:
        return true;
    }
    return false;
}

static void note(struct m3u8_attributes *attributes, const char *fault, struct m3u8_text where)
{
    if (attributes->fault)
        return;
    attributes->fault = fault;
    attributes->faulty = where;
}

static void keep(struct m3u8_attributes *attributes, struct m3u8_text name, struct m3u8_text value,
                 bool quoted)
{
    enum m3u8_attribute which = find_attribute(name);

    if (which == ATTRIBUTES)
        return;
    if (m3u8_attributes_have(attributes, which))
        note(attributes, "occurs twice", name);
    else if (!is_of_type(value, quoted, forms[which].type))
        note(attributes, "has a value of another type", name);
    else
        attributes->of[which] = value;
    attributes->there |= UINT64_C(1) << which;
}

/* Takes the value at the front of @p text, its quotes with it: it ends behind the second, or at a
 * comma. */
static struct m3u8_text take_value(struct m3u8_text *text)
{
    struct m3u8_text whole = *text;
    struct m3u8_text value = whole;
    struct m3u8_text rest;

    if (whole.size == 0 || whole.data[0] != '"') {
        value = m3u8_text_split(whole, ',', &rest);
    } else {
        (void)m3u8_text_split((struct m3u8_text){whole.data + 1, whole.size - 1}, '"', &rest);
        if (rest.data)
            value.size = (size_t)(rest.data - whole.data);
    }
    *text = (struct m3u8_text){whole.data + value.size, whole.size - value.size};
    return m3u8_text_trim(value);
}

static void judge_value(struct m3u8_attributes *attributes, struct m3u8_text name,
                        struct m3u8_text value)
{
    bool quoted = value.size > 1 && value.data[0] == '"' && value.data[value.size - 1] == '"';

    if (quoted)
        keep(attributes, name, (struct m3u8_text){value.data + 1, value.size - 2}, true);
    else if (value.size == 0 || memchr(value.data, '"', value.size))
        note(attributes, "has a malformed value", name);
    else
        keep(attributes, name, value, false);
}

/* Takes one attribute, and the comma behind it, from the front of @p list. Blanks between them are
 * a fault of the line, and no other. */
static void take_attribute(struct m3u8_attributes *attributes, struct m3u8_text *list)
{
    struct m3u8_text others;
    struct m3u8_text piece = m3u8_text_split(*list, ',', &others);
    struct m3u8_text value;
    struct m3u8_text name = m3u8_text_trim(m3u8_text_split(piece, '=', &value));
    struct m3u8_text rest;

    if (!value.data || !is_name(name)) {
        note(attributes, "is no attribute", piece);
        *list = others;
        return;
    }
    rest = (struct m3u8_text){value.data, list->size - (size_t)(value.data - list->data)};
    judge_value(attributes, name, take_value(&rest));
    rest = m3u8_text_trim(m3u8_text_split(rest, ',', list));
    if (rest.size > 0)
        note(attributes, "is followed by more than a comma", name);
    else if (list->data && list->size == 0)
        note(attributes, "is the last, yet a comma follows", name);
}

struct m3u8_attributes m3u8_attributes_read(struct m3u8_text list)
{
    struct m3u8_attributes attributes = {.there = 0};

    if (list.size == 0)
        note(&attributes, "has no attributes", list);
    while (list.size > 0)
        take_attribute(&attributes, &list);
    return attributes;
}

bool m3u8_attributes_have(const struct m3u8_attributes *attributes, enum m3u8_attribute which)
{
    return (attributes->there >> which & 1) != 0;
}

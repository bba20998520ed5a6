/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media playlists (RFC 8216 4.3.2, 4.3.3): tags are gathered until a URI makes a segment of them.
 * What a segment inherits, as its initialization section and its key, stays for the next one.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "verify/m3u8_reading.h"

/* Whether a tag that has to precede the first segment comes too late. Tags of that one may stand
 * before it. */
static bool is_late(const struct m3u8_reading *reading)
{
    return reading->playlist.segment_count > 0;
}

static void read_integer(const struct m3u8_reading *reading, enum m3u8_tag tag,
                         struct m3u8_text value, enum rule_id rule, int64_t *ret)
{
    if (!m3u8_read_integer(value, ret))
        m3u8_file(reading, rule, reading->line, "a decimal integer", "%s:%.*s", m3u8_tags[tag].name,
                  M3U8_SHOWN(value));
}

static void read_target(struct m3u8_reading *reading, struct m3u8_text value)
{
    if (is_late(reading))
        m3u8_file(reading, RULE_PL_TD, reading->line, "before the first segment",
                  "EXT-X-TARGETDURATION behind it");
    read_integer(reading, TAG_TARGETDURATION, value, RULE_PL_TD, &reading->playlist.target);
}

static void read_number(struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text value,
                        int64_t *ret)
{
    findings_check(reading->findings, RULE_PL_HEAD_ORDER);
    if (is_late(reading))
        m3u8_file(reading, RULE_PL_HEAD_ORDER, reading->line, "before the first segment",
                  "%s behind it", m3u8_tags[tag].name);
    else if (tag == TAG_DISCONTINUITY_SEQUENCE && reading->seen[TAG_DISCONTINUITY] > 0)
        m3u8_file(reading, RULE_PL_HEAD_ORDER, reading->line, "before EXT-X-DISCONTINUITY",
                  "%s behind it", m3u8_tags[tag].name);
    read_integer(reading, tag, value, RULE_PL_PARSE, ret);
}

static void read_type(struct m3u8_reading *reading, struct m3u8_text value)
{
    if (m3u8_text_is(value, "EVENT"))
        reading->playlist.type = M3U8_EVENT;
    else if (m3u8_text_is(value, "VOD"))
        reading->playlist.type = M3U8_VOD;
    else
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "EVENT or VOD", "EXT-X-PLAYLIST-TYPE:%.*s",
                  M3U8_SHOWN(value));
}

/* ---- tags of segments (4.3.2) ---------------------------------------------------------------- */

/* Longer than 64 bits of nanoseconds no playlist gets: what is beyond counts as not said. */
static void read_duration(struct m3u8_reading *reading, struct m3u8_text value)
{
    struct m3u8_segment *next = &reading->next;
    struct m3u8_text title;
    struct m3u8_text duration = m3u8_text_trim(m3u8_text_split(value, ',', &title));
    int64_t ns;
    int decimals;

    if (reading->has_extinf)
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "a URI behind each EXTINF",
                  "EXTINF again");
    reading->has_extinf = true;
    next->duration_ns = 0;
    next->is_untimed = true;
    if (duration.size > 0 && memchr(duration.data, '.', duration.size))
        m3u8_need_version(reading, 3, "EXTINF with decimals");
    if (!title.data || !m3u8_read_decimal(duration, &ns, &decimals) ||
        ns >= M3U8_VALUE_MAX - reading->total_ns) {
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "<duration>,[<title>]", "EXTINF:%.*s",
                  M3U8_SHOWN(value));
        return;
    }
    next->is_untimed = false;
    next->duration_ns = ns;
    next->decimals = decimals;
}

/* @return whether it is one */
static bool read_range(struct m3u8_reading *reading, struct m3u8_text value, struct m3u8_range *ret)
{
    if (m3u8_read_range(value, ret))
        return true;
    m3u8_file(reading, RULE_PL_PARSE, reading->line, "<n>[@<o>]", "a byte range \"%.*s\"",
              M3U8_SHOWN(value));
    return false;
}

static void read_date(struct m3u8_reading *reading, struct m3u8_text value)
{
    findings_check(reading->findings, RULE_PL_PDT_FORMAT);
    if (!m3u8_read_date(value, &reading->next.date_ns))
        m3u8_file(reading, RULE_PL_PDT_FORMAT, reading->line,
                  "YYYY-MM-DDThh:mm:ss.SSS and Z, +hh:mm or +hh", "%.*s", M3U8_SHOWN(value));
}

static void read_map(struct m3u8_reading *reading, struct m3u8_text value)
{
    struct m3u8_attributes attributes = m3u8_read_list(reading, TAG_MAP, value, RULE_PL_PARSE);
    struct m3u8_map map = {
        .uri = attributes.of[ATTRIBUTE_URI],
        .range = {0, -1},
        .is_encrypted = reading->hides_map,
    };
    struct m3u8_text range = attributes.of[ATTRIBUTE_BYTERANGE];

    if (!m3u8_attributes_have(&attributes, ATTRIBUTE_URI) && !attributes.fault)
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "a URI", "EXT-X-MAP without it");
    if (range.data)
        (void)read_range(reading, range, &map.range);
    reading->has_vague_map = !map.uri.data || (range.data && map.range.size < 0);
    if (map.range.offset < 0)
        map.range.offset = 0;
    reading->next.map = map;
}

static void read_key(struct m3u8_reading *reading, struct m3u8_text value)
{
    struct m3u8_attributes attributes = m3u8_read_list(reading, TAG_KEY, value, RULE_PL_PARSE);

    if (!m3u8_attributes_have(&attributes, ATTRIBUTE_METHOD) && !attributes.fault)
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "a METHOD", "EXT-X-KEY without it");
    reading->next.encrypted = !m3u8_text_is(attributes.of[ATTRIBUTE_METHOD], "NONE");
    reading->hides_map = m3u8_text_is(attributes.of[ATTRIBUTE_METHOD], "AES-128");
    if (m3u8_attributes_have(&attributes, ATTRIBUTE_IV))
        m3u8_need_version(reading, 2, "IV of EXT-X-KEY");
    if (m3u8_attributes_have(&attributes, ATTRIBUTE_KEYFORMAT) ||
        m3u8_attributes_have(&attributes, ATTRIBUTE_KEYFORMATVERSIONS))
        m3u8_need_version(reading, 5, "KEYFORMAT of EXT-X-KEY");
}

/* ---- low latency (bis 4.4.3.7 to 4.4.5.3) ---------------------------------------------------- */

static int64_t seconds_of(const struct m3u8_attributes *attributes, enum m3u8_attribute which)
{
    int64_t ns = -1;
    int decimals;

    if (attributes->of[which].data)
        (void)m3u8_read_decimal(attributes->of[which], &ns, &decimals);
    return ns;
}

/* Where @p range ends; clamped, as all numbers are. */
static int64_t end_of(struct m3u8_range range)
{
    return range.offset < M3U8_VALUE_MAX - range.size ? range.offset + range.size : M3U8_VALUE_MAX;
}

/* Of the part that was read last. Without an offset it follows the part before, in the same
 * resource. */
static void read_part_range(struct m3u8_reading *reading, struct m3u8_text value)
{
    struct m3u8_part *part = &reading->parts[reading->part_count - 1];
    struct m3u8_range range;

    part->range = (struct m3u8_range){0, -1};
    if (!value.data || !read_range(reading, value, &range))
        return;
    if (range.offset < 0 && reading->part_count > 1 && part[-1].range.size >= 0 &&
        m3u8_text_equals(part[-1].uri, part->uri))
        range.offset = end_of(part[-1].range);
    if (range.offset >= 0)
        part->range = range;
}

static int read_part(struct m3u8_reading *reading, struct m3u8_text value)
{
    struct m3u8_attributes attributes = m3u8_read_list(reading, TAG_PART, value, RULE_PL_PARSE);
    struct m3u8_part *part;

    if (!(m3u8_attributes_have(&attributes, ATTRIBUTE_URI) &&
          m3u8_attributes_have(&attributes, ATTRIBUTE_DURATION)) &&
        !attributes.fault)
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "a URI and a DURATION",
                  "EXT-X-PART without them");
    if (reading->part_count == M3U8_PARTS_MAX)
        return -EFBIG;
    part = m3u8_add((void **)&reading->parts, &reading->part_count, &reading->part_room,
                    sizeof(*part));
    if (!part)
        return -ENOMEM;
    part->uri = attributes.of[ATTRIBUTE_URI];
    part->segment = reading->playlist.segment_count;
    part->duration_ns = seconds_of(&attributes, ATTRIBUTE_DURATION);
    part->independent = m3u8_text_is(attributes.of[ATTRIBUTE_INDEPENDENT], "YES");
    part->gap = m3u8_text_is(attributes.of[ATTRIBUTE_GAP], "YES");
    part->line = reading->line;
    read_part_range(reading, attributes.of[ATTRIBUTE_BYTERANGE]);
    reading->playlist.has_parts = true;
    return 0;
}

static void read_control(struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text value)
{
    struct m3u8_attributes attributes = m3u8_read_list(reading, tag, value, RULE_PL_PARSE);
    struct m3u8_control *control = &reading->control;

    if (tag == TAG_PART_INF) {
        control->part_inf_line = reading->line;
        control->part_target = seconds_of(&attributes, ATTRIBUTE_PART_TARGET);
        return;
    }
    control->line = reading->line;
    control->part_hold_back = seconds_of(&attributes, ATTRIBUTE_PART_HOLD_BACK);
    control->hold_back = seconds_of(&attributes, ATTRIBUTE_HOLD_BACK);
    control->skip_until = seconds_of(&attributes, ATTRIBUTE_CAN_SKIP_UNTIL);
}

static void read_hint(struct m3u8_reading *reading, struct m3u8_text value)
{
    struct m3u8_attributes attributes =
        m3u8_read_list(reading, TAG_PRELOAD_HINT, value, RULE_PL_PARSE);

    if (!m3u8_text_is(attributes.of[ATTRIBUTE_TYPE], "PART"))
        return;
    if (reading->control.hints++ == 0)
        reading->control.hint_line = reading->line;
}

static void read_skip(struct m3u8_reading *reading, struct m3u8_text value)
{
    struct m3u8_attributes attributes = m3u8_read_list(reading, TAG_SKIP, value, RULE_PL_PARSE);

    m3u8_need_version(reading, 9, "EXT-X-SKIP");
    if (attributes.of[ATTRIBUTE_SKIPPED_SEGMENTS].data)
        (void)m3u8_read_integer(attributes.of[ATTRIBUTE_SKIPPED_SEGMENTS], &reading->skipped);
    else if (!attributes.fault)
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "SKIPPED-SEGMENTS",
                  "EXT-X-SKIP without it");
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void read_segment_tag(struct m3u8_reading *reading, enum m3u8_tag tag,
                             struct m3u8_text value, const struct m3u8_line *line)
{
    if (!reading->has_tags)
        reading->next.lines_begin = line->begin;
    reading->has_tags = true;
    if (tag == TAG_EXTINF)
        read_duration(reading, value);
    if (tag == TAG_BYTERANGE) {
        m3u8_need_version(reading, 4, "EXT-X-BYTERANGE");
        reading->next.is_vague = !read_range(reading, value, &reading->next.range);
    }
    if (tag == TAG_DISCONTINUITY)
        reading->next.breaks = true;
    if (tag == TAG_PROGRAM_DATE_TIME)
        read_date(reading, value);
    if (tag == TAG_GAP)
        reading->next.gap = true;
}

int m3u8_media_tag(struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text value,
                   const struct m3u8_line *line)
{
    struct m3u8 *playlist = &reading->playlist;

    if (m3u8_tags[tag].flags & TAG_OF_SEGMENT)
        read_segment_tag(reading, tag, value, line);
    else if (tag == TAG_TARGETDURATION)
        read_target(reading, value);
    else if (tag == TAG_MEDIA_SEQUENCE)
        read_number(reading, tag, value, &playlist->sequence);
    else if (tag == TAG_DISCONTINUITY_SEQUENCE)
        read_number(reading, tag, value, &playlist->discontinuities);
    else if (tag == TAG_PLAYLIST_TYPE)
        read_type(reading, value);
    else if (tag == TAG_ENDLIST)
        playlist->ended = true;
    else if (tag == TAG_I_FRAMES_ONLY)
        playlist->iframes_only = true;
    else if (tag == TAG_MAP)
        read_map(reading, value);
    else if (tag == TAG_KEY)
        read_key(reading, value);
    else if (tag == TAG_PART)
        return read_part(reading, value);
    else if (tag == TAG_PART_INF || tag == TAG_SERVER_CONTROL)
        read_control(reading, tag, value);
    else if (tag == TAG_PRELOAD_HINT)
        read_hint(reading, value);
    else if (tag == TAG_SKIP)
        read_skip(reading, value);
    else if (m3u8_tags[tag].flags & TAG_IS_LIST)
        (void)m3u8_read_list(reading, tag, value, RULE_PL_PARSE);
    return 0;
}

/* A byte range without an offset follows that of the segment before, in the same resource
 * (4.3.2.2). */
static void settle_range(const struct m3u8_reading *reading, struct m3u8_segment *segment)
{
    const struct m3u8 *playlist = &reading->playlist;
    const struct m3u8_segment *last =
        playlist->segment_count > 1 ? &playlist->segments[playlist->segment_count - 2] : NULL;

    if (segment->range.size < 0) {
        segment->range.offset = 0;
    } else if (segment->range.offset < 0) {
        bool follows = last && last->range.size >= 0 && m3u8_text_equals(last->uri, segment->uri);

        if (!follows)
            m3u8_file(reading, RULE_PL_PARSE, segment->line,
                      "the range before is of the same resource", "a byte range without an offset");
        segment->is_vague = !follows;
        segment->range.offset = follows ? end_of(last->range) : 0;
    }
}

/* What the next segment does not inherit is as it was at the start. */
static void begin_next(struct m3u8_reading *reading)
{
    struct m3u8_segment *next = &reading->next;

    *next = (struct m3u8_segment){
        .range.size = -1, .map = next->map, .encrypted = next->encrypted, .date_ns = M3U8_NONE};
    reading->has_extinf = false;
    reading->has_tags = false;
}

int m3u8_media_uri(struct m3u8_reading *reading, struct m3u8_text uri, const struct m3u8_line *line)
{
    struct m3u8 *playlist = &reading->playlist;
    struct m3u8_segment *segment;

    if (!reading->has_extinf)
        m3u8_file(reading, RULE_PL_PARSE, line->number, "EXTINF before each URI",
                  "none before %.*s", M3U8_SHOWN(line->text));
    if (playlist->segment_count == M3U8_SEGMENTS_MAX)
        return -EFBIG;
    segment = m3u8_add((void **)&playlist->segments, &playlist->segment_count,
                       &reading->segment_room, sizeof(*segment));
    if (!segment)
        return -ENOMEM;
    *segment = reading->next;
    segment->uri = uri;
    segment->line = line->number;
    segment->is_untimed = segment->is_untimed || !reading->has_extinf;
    segment->is_vague = segment->is_vague || reading->has_vague_map;
    segment->lines_begin = reading->has_tags ? reading->next.lines_begin : line->begin;
    segment->lines_end = line->end;
    settle_range(reading, segment);
    reading->total_ns += segment->duration_ns;
    begin_next(reading);
    return 0;
}

/* Numbers follow from the head, wherever that stood (4.3.3.2, 4.3.3.3). */
static void number_segments(const struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;
    int64_t number = playlist->sequence / 2 + reading->skipped / 2 < M3U8_VALUE_MAX / 2
                         ? playlist->sequence + reading->skipped
                         : M3U8_VALUE_MAX;
    int64_t discontinuity = playlist->discontinuities;

    for (size_t i = 0; i < playlist->segment_count; i++) {
        discontinuity += playlist->segments[i].breaks;
        playlist->segments[i].number = number + (int64_t)i;
        playlist->segments[i].discontinuity = discontinuity;
    }
}

void m3u8_media_end(struct m3u8_reading *reading)
{
    const struct m3u8 *playlist = &reading->playlist;
    bool has_map = reading->seen[TAG_MAP] > 0;

    if (reading->has_extinf)
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "a URI behind each EXTINF", "none");
    if (playlist->iframes_only)
        m3u8_need_version(reading, 4, "EXT-X-I-FRAMES-ONLY");
    if (has_map)
        m3u8_need_version(reading, playlist->iframes_only ? 5 : 6, "EXT-X-MAP");
    number_segments(reading);
}

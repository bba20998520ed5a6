/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Playlists: line by line, twice. First it is seen of which kind a playlist is: that of most of its
 * tags, so that a stray one does not change what all the others mean. Then each line is given to
 * the reader of that kind. Whatever is wrong is filed, and reading goes on.
 */
#include "verify/m3u8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/m3u8_reading.h"

void m3u8_file(const struct m3u8_reading *reading, enum rule_id rule, int line, const char *wanted,
               const char *found, ...)
{
    char place[FINDINGS_PLACE_SIZE];
    va_list args;

    if (line > 0)
        (void)snprintf(place, sizeof(place), "%s line %d", reading->place, line);
    else
        (void)snprintf(place, sizeof(place), "%s", reading->place);
    va_start(args, found);
    findings_vadd(reading->findings, rule, place, wanted, found, args);
    va_end(args);
}

void m3u8_need_version(struct m3u8_reading *reading, int64_t version, const char *what)
{
    if (version <= reading->version_needed)
        return;
    reading->version_needed = version;
    reading->needed_for = what;
}

struct m3u8_attributes m3u8_read_list(struct m3u8_reading *reading, enum m3u8_tag tag,
                                      struct m3u8_text list, enum rule_id rule)
{
    struct m3u8_attributes attributes = m3u8_attributes_read(list);

    if (attributes.fault)
        m3u8_file(reading, rule, reading->line, "an attribute list", "%s: \"%.*s\" %s",
                  m3u8_tags[tag].name, M3U8_SHOWN(attributes.faulty), attributes.fault);
    for (size_t i = 0; i < ATTRIBUTES; i++)
        m3u8_variables_replace(reading, &attributes.of[i]);
    return attributes;
}

void *m3u8_add(void **array, size_t *count, size_t *room, size_t size)
{
    uint8_t *element;

    if (*count == *room) {
        size_t more = *room > 0 ? *room * 2 : 16;
        void *larger = reallocarray(*array, more, size);

        if (!larger)
            return NULL;
        *array = larger;
        *room = more;
    }
    element = (uint8_t *)*array + (*count)++ * size;
    memset(element, 0, size);
    return element;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* All lines, the first without its byte order mark. */
static struct m3u8_lines begin_lines(const char *text, size_t size)
{
    bool has_mark = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;

    return (struct m3u8_lines){.data = text, .size = size, .at = has_mark ? 3 : 0};
}

/* Whether @p line is a tag, and which one; @p ret_value has data NULL where there is no colon. */
static bool is_tag(struct m3u8_text line, enum m3u8_tag *ret_tag, struct m3u8_text *ret_name,
                   struct m3u8_text *ret_value)
{
    struct m3u8_text rest;

    if (line.size < 4 || memcmp(line.data, "#EXT", 4) != 0)
        return false;
    rest = (struct m3u8_text){line.data + 1, line.size - 1};
    *ret_name = m3u8_text_split(rest, ':', ret_value);
    *ret_value = m3u8_text_trim(*ret_value);
    *ret_tag = m3u8_tag_find(*ret_name);
    return true;
}

/* Counts the tags. @return whether there is any that is known */
static bool survey(const char *text, size_t size, bool *ret_is_multivariant)
{
    struct m3u8_lines lines = begin_lines(text, size);
    struct m3u8_line line;
    int64_t media = 0;
    int64_t multivariant = 0;
    int64_t others = 0;

    while (m3u8_lines_next(&lines, &line)) {
        struct m3u8_text name;
        struct m3u8_text value;
        enum m3u8_tag tag;

        if (!is_tag(line.text, &tag, &name, &value) || tag == TAGS)
            continue;
        media += (m3u8_tags[tag].flags & TAG_OF_MEDIA) != 0;
        multivariant += (m3u8_tags[tag].flags & TAG_OF_MULTIVARIANT) != 0;
        others++;
    }
    *ret_is_multivariant = multivariant > media;
    return others > 0;
}

/* A blank in a tag may stand in quotes, in a title, and in what nobody knows. */
static bool has_stray_blank(enum m3u8_tag tag, struct m3u8_text line)
{
    bool quoted = false;

    for (size_t i = 0; i < line.size; i++) {
        if (tag == TAG_EXTINF && line.data[i] == ',')
            return false;
        if (line.data[i] == '"')
            quoted = !quoted;
        else if (line.data[i] == ' ' && !quoted)
            return true;
    }
    return false;
}

/* What the table of tags says about this one, here. @return whether it belongs here */
static bool judge_tag(const struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text line,
                      bool has_value)
{
    bool is_multivariant = reading->playlist.is_multivariant;
    const struct m3u8_tag_form *form = &m3u8_tags[tag];

    if (form->flags & (is_multivariant ? TAG_OF_MEDIA : TAG_OF_MULTIVARIANT)) {
        m3u8_file(reading, RULE_PL_KIND, reading->line, "tags of one kind of playlist",
                  "%s in a %s playlist", form->name, is_multivariant ? "multivariant" : "media");
        return false;
    }
    if (form->flags & TAG_ONCE && reading->seen[tag] > 1)
        m3u8_file(reading, tag == TAG_TARGETDURATION ? RULE_PL_TD : RULE_PL_KIND, reading->line,
                  "once", "%s again", form->name);
    if (form->flags & TAG_IS_BARE && has_value)
        m3u8_file(reading, RULE_PL_PARSE, reading->line, form->name, "\"%.*s\"", M3U8_SHOWN(line));
    if (has_stray_blank(tag, line))
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "no blank in a tag", "\"%.*s\"",
                  M3U8_SHOWN(line));
    return true;
}

static void read_version(struct m3u8_reading *reading, struct m3u8_text value)
{
    if (!m3u8_read_integer(value, &reading->playlist.version))
        m3u8_file(reading, RULE_PL_PARSE, reading->line, "a decimal integer", "EXT-X-VERSION:%.*s",
                  M3U8_SHOWN(value));
}

/* Tags of both kinds of playlists (4.3.1, 4.3.5). */
static void read_common(struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text value)
{
    enum rule_id rule = reading->playlist.is_multivariant ? RULE_MV_PARSE : RULE_PL_PARSE;
    struct m3u8_attributes attributes = {0};

    if (m3u8_tags[tag].flags & TAG_IS_LIST)
        attributes = m3u8_read_list(reading, tag, value, rule);
    if (tag == TAG_VERSION)
        read_version(reading, value);
    if (tag == TAG_INDEPENDENT_SEGMENTS)
        reading->playlist.independent = true;
    if (tag != TAG_DEFINE)
        return;
    m3u8_need_version(reading, 8, "EXT-X-DEFINE");
    m3u8_variables_define(reading, &attributes);
    if (m3u8_attributes_have(&attributes, ATTRIBUTE_QUERYPARAM))
        m3u8_need_version(reading, 11, "QUERYPARAM of EXT-X-DEFINE");
}

static int read_tag(struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text value,
                    const struct m3u8_line *line)
{
    m3u8_multivariant_settle(reading);
    reading->seen[tag]++;
    if (!judge_tag(reading, tag, line->text, value.data != NULL))
        return 0;
    if (!(m3u8_tags[tag].flags & (TAG_OF_MEDIA | TAG_OF_MULTIVARIANT))) {
        read_common(reading, tag, value);
        return 0;
    }
    return reading->playlist.is_multivariant ? m3u8_multivariant_tag(reading, tag, value)
                                             : m3u8_media_tag(reading, tag, value, line);
}

static int read_uri(struct m3u8_reading *reading, const struct m3u8_line *line)
{
    struct m3u8_text uri = line->text;

    if (memchr(line->text.data, ' ', line->text.size))
        m3u8_file(reading, RULE_PL_PARSE, line->number, "no blank in a URI", "\"%.*s\"",
                  M3U8_SHOWN(line->text));
    m3u8_variables_replace(reading, &uri);
    return reading->playlist.is_multivariant ? m3u8_multivariant_uri(reading, uri)
                                             : m3u8_media_uri(reading, uri, line);
}

static int read_line(struct m3u8_reading *reading, const struct m3u8_line *line)
{
    struct m3u8_text name;
    struct m3u8_text value;
    enum m3u8_tag tag;

    reading->line = line->number;
    if (is_tag(line->text, &tag, &name, &value)) {
        if (tag < TAGS)
            return read_tag(reading, tag, value, line);
        m3u8_file(reading, RULE_PL_TAGS, line->number, "a tag of RFC 8216 or its successor", "%.*s",
                  M3U8_SHOWN(name));
        return 0;
    }
    return line->text.size > 0 && line->text.data[0] != '#' ? read_uri(reading, line) : 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void judge_bytes(const struct m3u8_reading *reading, const char *text, size_t size)
{
    static const char *const texts[M3U8_BYTES_FAULTS][2] = {
        [M3U8_BYTES_ORDER_MARK] = {"no byte order mark", "a byte order mark"},
        [M3U8_BYTES_NOT_UTF8] = {"UTF-8", "bytes that are not"},
        [M3U8_BYTES_CONTROL] = {"no control character", "a control character"},
        [M3U8_BYTES_CARRIAGE_RETURN] = {"a line feed behind a carriage return",
                                        "a carriage return alone"},
        [M3U8_BYTES_OPEN_END] = {"a line feed at the end of the last line",
                                 "a last line without end"},
    };
    struct m3u8_lines lines = begin_lines(text, size);
    struct m3u8_line line;
    int faults[M3U8_BYTES_FAULTS];

    findings_check(reading->findings, RULE_PL_PARSE);
    findings_check(reading->findings, RULE_PL_KIND);
    findings_check(reading->findings, RULE_PL_TAGS);
    m3u8_check_bytes(text, size, faults);
    for (int i = 0; i < M3U8_BYTES_FAULTS; i++)
        if (faults[i] > 0)
            m3u8_file(reading, RULE_PL_PARSE, faults[i], texts[i][0], "%s", texts[i][1]);
    if (m3u8_lines_next(&lines, &line) && !m3u8_text_is(line.text, "#EXTM3U"))
        m3u8_file(reading, RULE_PL_PARSE, 1, "#EXTM3U", "\"%.*s\"", M3U8_SHOWN(line.text));
}

/* That it is too high is judged of media playlists alone: a multivariant one may tell what those
 * that it names need. */
static void judge_version(const struct m3u8_reading *reading)
{
    long long version = reading->playlist.version;
    long long needed = reading->version_needed;
    char wanted[FINDINGS_TEXT_SIZE];

    (void)snprintf(wanted, sizeof(wanted), "%lld, for %s", needed, reading->needed_for);
    findings_check(reading->findings, RULE_PL_VERSION_MIN);
    if (version < needed)
        m3u8_file(reading, RULE_PL_VERSION_MIN, 0, wanted, "EXT-X-VERSION %lld", version);
    if (reading->playlist.is_multivariant)
        return;
    findings_check(reading->findings, RULE_PL_VERSION_MAX);
    if (version > needed)
        m3u8_file(reading, RULE_PL_VERSION_MAX, 0, wanted, "EXT-X-VERSION %lld", version);
}

static int read_all(struct m3u8_reading *reading, const char *text, size_t size)
{
    struct m3u8_lines lines = begin_lines(text, size);
    struct m3u8_line line;
    int result = 0;

    while (result == 0 && m3u8_lines_next(&lines, &line)) {
        result = read_line(reading, &line);
        result = result == 0 ? reading->failure : result;
    }
    if (result < 0)
        return result;
    if (reading->playlist.is_multivariant) {
        m3u8_multivariant_settle(reading);
        rules_multivariant_judge(reading);
    } else {
        m3u8_media_end(reading);
        rules_playlist_judge(reading);
        rules_parts_judge(reading);
    }
    judge_version(reading);
    return 0;
}

int m3u8_read(const char *place, const char *text, size_t size, struct findings *findings,
              struct m3u8 *ret)
{
    struct m3u8_reading reading = {
        .place = place,
        .findings = findings,
        .playlist = {.version = 1, .target = -1},
        .version_needed = 1,
        .needed_for = "what is used",
        .next = {.range.size = -1, .map.range.size = -1, .date_ns = M3U8_NONE},
        .control = {-1, -1, -1, -1, .line = 0},
    };
    int result;

    findings_check(findings, RULE_PL_FETCH);
    if (size == 0) {
        m3u8_file(&reading, RULE_PL_FETCH, 0, "a playlist", "an empty file");
        return -EBADMSG;
    }
    judge_bytes(&reading, text, size);
    if (!survey(text, size, &reading.playlist.is_multivariant))
        return -EBADMSG;
    result = read_all(&reading, text, size);
    reading.playlist.parts = reading.parts;
    reading.playlist.part_count = reading.part_count;
    free(reading.variables);
    if (result < 0)
        m3u8_finish(&reading.playlist);
    else
        *ret = reading.playlist;
    return result;
}

bool m3u8_is_multivariant(const char *text, size_t size)
{
    bool is_multivariant = false;

    return survey(text, size, &is_multivariant) && is_multivariant;
}

void m3u8_finish(struct m3u8 *playlist)
{
    free(playlist->segments);
    free(playlist->parts);
    free(playlist->variants);
    free(playlist->renditions);
    m3u8_variables_finish(playlist);
    *playlist = (struct m3u8){0};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Playlists of anyone's making: what is read of them, and which rule each fault is filed under. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "verify/m3u8.h"
#include "verify/m3u8_lex.h"
#include "verify/m3u8_tags.h"

#define SECOND INT64_C(1000000000)
#define DATE   "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:02:0"
#define HEAD   "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
#define END    "#EXT-X-ENDLIST\n"
#define VIDEO                                                                                      \
    "AVERAGE-BANDWIDTH=1,CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=29.970\n"
#define MASTER                                                                                     \
    "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n"                                                       \
    "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i.m3u8\"\n"
#define LADDER                                                                                     \
    "#EXT-X-STREAM-INF:BANDWIDTH=1," VIDEO "a.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2," VIDEO          \
    "b."                                                                                           \
    "m3u8\n"
#define PARTS                                                                                      \
    HEAD "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.0\n"                         \
         "#EXT-X-PART-INF:PART-TARGET=1.0\n" DATE "0Z\n#EXTINF:2.0,\na\n"
#define HINT "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"d\"\n"

static struct findings findings;
static struct m3u8 playlist;

static int read_text(const char *text)
{
    memset(&findings, 0, sizeof(findings));
    memset(&playlist, 0, sizeof(playlist));
    return m3u8_read("list", text, strlen(text), &findings, &playlist);
}

static struct m3u8_text text_of(const char *text)
{
    return (struct m3u8_text){text, strlen(text)};
}

/* Reads @p text, in which nothing but @p rule is broken; RULES: nothing at all. */
static void read_with(const char *text, enum rule_id rule)
{
    ck_assert_int_eq(read_text(text), 0);
    for (unsigned i = 0; i < RULES; i++)
        ck_assert_msg((findings.of[i].count > 0) == (i == rule), "%s of\n%s%s: %s", rules[i].name,
                      text, findings.of[i].kept[0].place, findings.of[i].kept[0].found);
}

/* ---- the model ------------------------------------------------------------------------------- */

START_TEST(a_media_playlist_becomes_segments)
{
    static const char text[] =
        "#EXTM3U\r\n"
        "#EXT-X-VERSION:6\n"
        "#EXT-X-TARGETDURATION:4\n"
        "#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n"
        "#EXT-X-DISCONTINUITY-SEQUENCE:7\n"
        "#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n"
        "#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"100@20\"\n"
        "# a comment\n"
        "\n" DATE
        "4.25+01:30\n"
        "#EXTINF:3.5,a title, with a comma\n"
        "#EXT-X-BYTERANGE:1000@50\n"
        "one.m4s\n"
        "#EXTINF:4,\n"
        "#EXT-X-BYTERANGE:10\n"
        "one.m4s\n"
        "#EXT-X-DISCONTINUITY\n"
        "#EXT-X-KEY:METHOD=NONE\n"
        "#EXTINF:4.0,\n"
        "two.m4s\n" END;
    const struct m3u8_segment *segments;

    read_with(text, RULES);
    segments = playlist.segments;
    ck_assert_uint_eq(playlist.segment_count, 3);
    ck_assert(!playlist.is_multivariant && playlist.ended && playlist.type == M3U8_LIVE);
    ck_assert_int_eq(playlist.version, 6);
    ck_assert_int_eq(playlist.target, 4);
    ck_assert_int_eq(segments[0].number, M3U8_VALUE_MAX);
    ck_assert_int_eq(segments[0].duration_ns, 7 * SECOND / 2);
    ck_assert_int_eq(segments[0].decimals, 1);
    ck_assert_int_eq(segments[0].date_ns, INT64_C(1795303924) * SECOND + SECOND / 4);
    ck_assert_int_eq(segments[0].range.offset, 50);
    ck_assert_int_eq(segments[0].line, 13);
    ck_assert(segments[0].encrypted && segments[1].encrypted && !segments[2].encrypted);
    ck_assert(segments[0].map.is_encrypted && segments[2].map.is_encrypted);
    ck_assert(m3u8_text_is(segments[2].map.uri, "init.mp4"));
    ck_assert_int_eq(segments[2].map.range.offset, 20);
    ck_assert_int_eq(segments[2].map.range.size, 100);
    ck_assert_int_eq(segments[1].range.offset, 1050);
    ck_assert_int_eq(segments[1].range.size, 10);
    ck_assert_int_eq(segments[1].date_ns, M3U8_NONE);
    ck_assert_int_eq(segments[2].range.offset, 0);
    ck_assert_int_eq(segments[2].range.size, -1);
    ck_assert_int_eq(segments[1].discontinuity, 7);
    ck_assert_int_eq(segments[2].discontinuity, 8);
    ck_assert_int_eq(memcmp(text + segments[1].lines_begin, "#EXTINF:4,\n", 11), 0);
    ck_assert_uint_eq(segments[2].lines_end, sizeof(text) - sizeof(END));
    m3u8_finish(&playlist);
    m3u8_finish(&playlist);
}
END_TEST

START_TEST(a_multivariant_playlist_becomes_variants)
{
    const struct m3u8_variant *variants;

    read_with(MASTER
              "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",DEFAULT=YES,URI=\"s\"\n"
              "#EXT-X-STREAM-INF:BANDWIDTH=3,AUDIO=\"g\"," VIDEO
              "\n# a comment\na.m3u8\n"
              "#EXT-X-STREAM-INF:BANDWIDTH=2,AVERAGE-BANDWIDTH=9,CODECS=\"mp4a.40.2\"\n"
              "b.m3u8\n",
              RULES);
    variants = playlist.variants;
    ck_assert(playlist.is_multivariant && playlist.independent);
    ck_assert_uint_eq(playlist.variant_count, 3);
    ck_assert_uint_eq(playlist.rendition_count, 1);
    ck_assert(playlist.renditions[0].is_default && m3u8_text_is(playlist.renditions[0].uri, "s"));
    ck_assert(variants[0].iframes && m3u8_text_is(variants[0].uri, "i.m3u8"));
    ck_assert(!variants[1].iframes && m3u8_text_is(variants[1].uri, "a.m3u8"));
    ck_assert(m3u8_text_is(variants[1].audio, "g") && variants[1].video.data == NULL);
    ck_assert_int_eq(variants[1].frame_rate, 29970);
    ck_assert_int_eq(variants[1].width, 1280);
    ck_assert_int_eq(variants[1].height, 720);
    ck_assert_int_eq(variants[2].bandwidth, 2);
    ck_assert_int_eq(variants[2].average_bandwidth, 9);
    ck_assert_int_eq(variants[2].frame_rate, -1);
    m3u8_finish(&playlist);
}
END_TEST

START_TEST(what_is_no_playlist_is_refused)
{
    ck_assert_int_eq(read_text(""), -EBADMSG);
    ck_assert_int_eq(findings.of[RULE_PL_FETCH].count, 1);
    ck_assert_int_eq(read_text("<html>\n"), -EBADMSG);
    ck_assert_int_eq(findings.of[RULE_PL_PARSE].count, 1);
}
END_TEST

START_TEST(more_segments_than_are_held_are_refused)
{
    static const char entry[] = "#EXTINF:1,\na\n";
    size_t size = sizeof(entry) - 1;
    char *text = malloc((M3U8_SEGMENTS_MAX + 1) * size);

    for (size_t i = 0; i <= M3U8_SEGMENTS_MAX; i++)
        memcpy(text + i * size, entry, size);
    memset(&findings, 0, sizeof(findings));
    ck_assert_int_eq(m3u8_read("list", text, (M3U8_SEGMENTS_MAX + 1) * size, &findings, &playlist),
                     -EFBIG);
    free(text);
}
END_TEST

START_TEST(what_cannot_be_told_of_a_segment_is_marked)
{
    read_with(
        "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:2\n#EXTINF:0,\na\n#EXTINF:x,\nb\n"
        "#EXT-X-BYTERANGE:5\n#EXTINF:1,\nc\n#EXT-X-BYTERANGE:5\n#EXTINF:1,\nc\n" END,
        RULE_PL_PARSE);
    ck_assert(!playlist.segments[0].is_untimed && playlist.segments[1].is_untimed);
    ck_assert(!playlist.segments[1].is_vague && playlist.segments[2].is_vague);
    ck_assert(!playlist.segments[3].is_vague && playlist.segments[3].range.offset == 5);
    m3u8_finish(&playlist);
}
END_TEST

START_TEST(byte_ranges_that_go_on_for_ever_end_at_a_bound)
{
    static const char range[] = "#EXT-X-BYTERANGE:9999999999999999999\n#EXTINF:1,\na\n";
    char text[1024] =
        "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:2\n"
        "#EXT-X-BYTERANGE:1@0\n#EXTINF:1,\na\n";

    for (int i = 0; i < 8; i++)
        strcat(text, range);
    ck_assert_int_eq(read_text(text), 0);
    for (size_t i = 1; i < playlist.segment_count; i++)
        ck_assert_int_eq(playlist.segments[i].range.offset, i == 1 ? 1 : M3U8_VALUE_MAX);
    m3u8_finish(&playlist);
}
END_TEST

#define DEFINED "#EXTM3U\n#EXT-X-VERSION:11\n#EXT-X-TARGETDURATION:2\n"

START_TEST(variables_are_replaced)
{
    read_with(DEFINED
              "#EXT-X-DEFINE:NAME=\"a-_1\",VALUE=\"x/\"\n#EXT-X-DEFINE:IMPORT=\"i\"\n"
              "#EXT-X-DEFINE:QUERYPARAM=\"q\"\n#EXT-X-MAP:URI=\"{$a-_1}map\"\n"
              "#EXTINF:2.0,\n{$a-_1}1{$a-_1}{${$}.ts\n#EXTINF:2.0,\n{$i}{$q}\n" END,
              RULES);
    ck_assert(m3u8_text_is(playlist.segments[0].uri, "x/1x/{${$}.ts"));
    ck_assert(m3u8_text_is(playlist.segments[0].map.uri, "x/map"));
    ck_assert(m3u8_text_is(playlist.segments[1].uri, "{$i}{$q}"));
    m3u8_finish(&playlist);
    ck_assert_ptr_null(playlist.made);
}
END_TEST

START_TEST(what_variables_make_is_bounded)
{
    char *text = malloc(1 << 22);
    size_t size = (size_t)sprintf(text, DEFINED "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"");

    memset(text + size, 'x', 1 << 20);
    size += 1 << 20;
    size += (size_t)sprintf(text + size, "\"\n#EXTINF:2.0,\n");
    for (int i = 0; i < 17; i++)
        size += (size_t)sprintf(text + size, "{$a}");
    text[size++] = '\n';
    memset(&findings, 0, sizeof(findings));
    ck_assert_int_eq(m3u8_read("list", text, size, &findings, &playlist), -EFBIG);
    free(text);
}
END_TEST

START_TEST(a_date_that_jumps_is_marked)
{
    read_with(HEAD DATE "0.0Z\n#EXTINF:2.0,\na\n#EXTINF:2.0,\nb\n" DATE
                        "4.043Z\n#EXTINF:1.0,\nc\n" DATE "4.9Z\n#EXTINF:1,\nd\n" END,
              RULE_PL_PDT_STEP);
    ck_assert(!playlist.segments[2].date_jumps && playlist.segments[3].date_jumps);
    m3u8_finish(&playlist);
}
END_TEST

/* ---- values ---------------------------------------------------------------------------------- */

START_TEST(values_are_read_to_their_end)
{
    struct m3u8_range range;
    int64_t value = 5;
    int number = 5;

    ck_assert(m3u8_read_integer(text_of("99999999999999999999"), &value) &&
              value == M3U8_VALUE_MAX);
    ck_assert(!m3u8_read_integer(text_of("000000000000000000001"), &value));
    ck_assert(!m3u8_read_integer(text_of(""), &value) && !m3u8_read_integer(text_of("-1"), &value));
    ck_assert(m3u8_read_decimal(text_of("1.0000000019"), &value, &number));
    ck_assert_int_eq(value, 1000000001);
    ck_assert_int_eq(number, 9);
    ck_assert(m3u8_read_decimal(text_of("9999999999999"), &value, &number) &&
              value == M3U8_VALUE_MAX);
    ck_assert(!m3u8_read_decimal(text_of("1."), &value, &number));
    ck_assert(!m3u8_read_decimal(text_of(".5"), &value, &number));
    ck_assert(m3u8_read_range(text_of("5"), &range) && range.offset == -1 && range.size == 5);
    ck_assert(!m3u8_read_range(text_of("5@"), &range) && !m3u8_read_range(text_of("@5"), &range));
}
END_TEST

static const struct {
    const char *text;
    int64_t ns; /* -1: it is none */
} dates[] = {
    {"1970-01-01T00:00:01Z", SECOND},
    {"1970-01-01T00:00:00.5Z", SECOND / 2},
    {"1970-01-01T00:00:00.0000000019Z", 1},
    {"1970-01-01T01:00:00.000+01:00", 0},
    {"1969-12-31T23:30:00.001-00:30", SECOND / 1000},
    {"1970-01-01T01:00:00+01", 0},
    {"1969-12-31T23:00:00.5-01", SECOND / 2},
    {"1970-01-01T00:00:00+1", -1},
    {"1970-01-01T00:00:00+24", -1},
    {"1970-01-01T00:00:00", -1},
    {"1970-01-01T00:00:00+0000", -1},
    {"1970-01-01T00:00:00.Z", -1},
    {"1970-01-01 00:00:00Z", -1},
    {"1970-02-30T00:00:00Z", -1},
    {"1970-01-01T00:00:00+24:00", -1},
    {"9999-01-01T00:00:00Z", M3U8_NONE},
    {"0001-01-01T00:00:00Z", M3U8_NONE},
};

START_TEST(dates_have_a_zone)
{
    int64_t ns = -1;

    ck_assert_int_eq(m3u8_read_date(text_of(dates[_i].text), &ns), dates[_i].ns != -1);
    ck_assert_int_eq(ns, dates[_i].ns);
}
END_TEST

static const struct {
    const char *list;
    const char *fault; /* NULL: none */
} lists[] = {
    {"BANDWIDTH=1", NULL},
    {"X-COM=\"a=b,c\",BANDWIDTH=1", NULL},
    {"BANDWIDTH=1,URI=\"\"", NULL},
    {"", "has no attributes"},
    {",BANDWIDTH=1", "is no attribute"},
    {"BANDWIDTH=1,", "is the last, yet a comma follows"},
    {"bandwidth=1,BANDWIDTH=1", "is no attribute"},
    {"BANDWIDTH=1,BANDWIDTH=2", "occurs twice"},
    {"BANDWIDTH=1,URI=\"a", "has a malformed value"},
    {"BANDWIDTH=1,URI=a\"b\"", "has a malformed value"},
    {"URI=\"a\"b,BANDWIDTH=1", "is followed by more than a comma"},
    {"BANDWIDTH=1,URI=a", "has a value of another type"},
    {"BANDWIDTH=1,RESOLUTION=1x", "has a value of another type"},
};

START_TEST(attribute_lists_are_read_on_behind_a_fault)
{
    struct m3u8_attributes attributes = m3u8_attributes_read(text_of(lists[_i].list));

    ck_assert_pstr_eq(attributes.fault, lists[_i].fault);
    ck_assert_int_eq(m3u8_attributes_have(&attributes, ATTRIBUTE_BANDWIDTH), *lists[_i].list != 0);
    if (*lists[_i].list)
        ck_assert(m3u8_text_is(attributes.of[ATTRIBUTE_BANDWIDTH], "1"));
}
END_TEST

/* ---- rules ----------------------------------------------------------------------------------- */

static const struct {
    enum rule_id rule;
    const char *text;
} broken[] = {
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\na\n" END "\x01\n"},
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\na\n" END "#\xC0\x80\n"},
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\na\n" END "#\xC1\xA1\n"},
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\na\n" END "#\xF4\x90\x80\x80\n"},
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\na\n" END "#\xED\xA0\x80\n"},
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\na\n" END "#\xC2\x85\n"},
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\na\r\rb\n" END},
    {RULE_PL_PARSE, "\xEF\xBB\xBF" HEAD "#EXTINF:2.0,\na\n" END},
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\na b\n" END},
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_PARSE, HEAD "#EXTINF:9223372036.0,\na\n" END},
    {RULE_PL_PARSE, HEAD "#EXT-X-KEY:METHOD=NONE, IV=0x1\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_PARSE, HEAD "#EXT-X-KEY:URI=\"a\"\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_PARSE, HEAD "#EXTINF:2.0,\na\n#EXT-X-ENDLIST:\n"},
    {RULE_PL_PARSE, HEAD "#EXT-X-MEDIA-SEQUENCE:1a\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_PARSE,
     "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:2\n"
     "#EXT-X-BYTERANGE:5@5\n#EXTINF:2.0,\na\n#EXT-X-BYTERANGE:5\n#EXTINF:2.0,\nb\n" END},
    {RULE_PL_PARSE,
     "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:X=1\n"
     "#EXTINF:2.0,\na\n" END},
    {RULE_PL_PARSE,
     "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n{$n}\n"
     "#EXT-X-DEFINE:NAME=\"n\",VALUE=\"v\"\n" END},
    {RULE_PL_PARSE,
     "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:2\n"
     "#EXT-X-DEFINE:NAME=\"n\",VALUE=\"v\"\n#EXT-X-DEFINE:IMPORT=\"n\"\n"
     "#EXTINF:2.0,\na\n" END},
    {RULE_PL_KIND, HEAD END "#EXTINF:2.0,\na\n" END},
    {RULE_PL_KIND, HEAD "#EXTM3U\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_VERSION_MIN, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_VERSION_MIN, HEAD "#EXT-X-I-FRAMES-ONLY\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_VERSION_MIN, HEAD "#EXT-X-MAP:URI=\"i\"\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_VERSION_MIN, HEAD "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_VERSION_MAX,
     "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n" END},
    {RULE_PL_VERSION_MAX,
     "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n"
     "#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP:URI=\"i\"\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_TAGS, HEAD "#EXTRAINF\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_TD, HEAD "#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_TD_EXTINF, HEAD "#EXTINF:2.5,\na\n" END},
    {RULE_PL_HEAD_ORDER, HEAD "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n"
                              "#EXTINF:2.0,\na\n" END},
    {RULE_PL_URI_UNIQUE, HEAD "#EXTINF:2.0,\na\n#EXTINF:2.0,\nb\n#EXTINF:2.0,\na\n" END},
    {RULE_PL_LIVE_TYPE, HEAD "#EXT-X-PLAYLIST-TYPE:VOD\n" DATE "0Z\n#EXTINF:2.0,\na\n"},
    {RULE_PL_WINDOW_6,
     HEAD "#EXT-X-MEDIA-SEQUENCE:1\n" DATE "0Z\n#EXTINF:2.0,\na\n#EXTINF:2.0,\nb\n"
          "#EXTINF:2.0,\nc\n"},
    {RULE_PL_PDT_PRESENT, HEAD "#EXTINF:2.0,\na\n"},
    {RULE_PL_GAP, HEAD "#EXT-X-GAP\n#EXTINF:2.0,\na\n" END},
    {RULE_MV_PARSE, MASTER LADDER "c.m3u8\n"},
    {RULE_MV_PARSE, MASTER LADDER "#EXT-X-STREAM-INF:BANDWIDTH=1," VIDEO},
    {RULE_MV_PARSE, MASTER LADDER "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1\n"},
    {RULE_MV_PARSE, MASTER LADDER "#EXT-X-SESSION-DATA:DATA-ID\n"},
    {RULE_MV_PARSE,
     "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n"
     "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\"\n"},
    {RULE_PL_PARSE, MASTER "#EXT-X-START: TIME-OFFSET=1\n" LADDER},
    {RULE_MV_GROUPS, MASTER LADDER "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"g\",NAME=\"n\"\n"},
    {RULE_MV_GROUPS,
     MASTER LADDER "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"g\",NAME=\"n\",URI=\"u\"\n"},
    {RULE_MV_GROUPS, MASTER LADDER "#EXT-X-MEDIA:TYPE=SOUND,GROUP-ID=\"g\",NAME=\"n\"\n"},
    {RULE_MV_GROUPS, MASTER LADDER "#EXT-X-STREAM-INF:BANDWIDTH=2,SUBTITLES=\"s\"," VIDEO "c\n"},
    {RULE_MV_GROUPS,
     MASTER LADDER "#EXT-X-STREAM-INF:BANDWIDTH=2,CLOSED-CAPTIONS=\"c\"," VIDEO "c\n"},
    {RULE_PL_VERSION_MIN, MASTER LADDER
     "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"g\",NAME=\"n\",INSTREAM-ID=\"SERVICE1\"\n"},
    {RULE_LL_PARTINF, PARTS "#EXT-X-PART:DURATION=0.4,URI=\"a\"\n"
                            "#EXT-X-PART:DURATION=1.0,URI=\"b\"\n" HINT},
    {RULE_LL_PARTINF, PARTS "#EXT-X-PART:DURATION=1.1,URI=\"a\"\n"
                            "#EXT-X-PART:DURATION=1.0,URI=\"b\",GAP=YES\n" HINT},
    {RULE_MV_MORE, MASTER "#EXT-X-STREAM-INF:BANDWIDTH=1," VIDEO "a.m3u8\n"},
};

START_TEST(each_fault_breaks_one_rule)
{
    read_with(broken[_i].text, broken[_i].rule);
    m3u8_finish(&playlist);
}
END_TEST

static const char *const good[] = {
    HEAD "#EXTINF:2.499,title with blanks\na?b=c\n" END,
    HEAD "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-START:TIME-OFFSET=0\n#EXTINF:2.0,\na\n" END,
    HEAD DATE "0Z\n#EXTINF:2.0,\na\n",
    "#EXTM3U\n#EXT-X-VERSION:3\n" DATE
    "0Z\n#EXT-X-DISCONTINUITY\n#EXT-X-MEDIA-SEQUENCE:5\n"
    "#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\na\n" END,
    HEAD "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:5\n" DATE "0Z\n#EXTINF:2.0,\na\n",
    HEAD DATE "0Z\n#EXTINF:2.0,\na\n#EXT-X-DISCONTINUITY\n" DATE "9Z\n#EXTINF:2.0,\nb\n" END,
    "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:2\n#EXT-X-I-FRAMES-ONLY\n"
    "#EXT-X-BYTERANGE:5@0\n#EXTINF:2.0,\na\n#EXT-X-BYTERANGE:6@0\n#EXTINF:2.0,\na\n" END,
    "#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:2\n#EXT-X-I-FRAMES-ONLY\n"
    "#EXT-X-MAP:URI=\"i\"\n#EXTINF:2.0,\na\n" END,
    "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"n\",INSTREAM-ID=\"CC1\"\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1,CODECS=\"mp4a.40.2\",CLOSED-CAPTIONS=NONE\n"
    "a.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=2,AVERAGE-BANDWIDTH=1,CODECS=\"mp4a.40.2\"\nb.m3u8\n",
    PARTS
    "#EXT-X-PART:DURATION=0.4,URI=\"a\"\n"
    "#EXT-X-PART:DURATION=1.0,URI=\"b\",GAP=YES\n"
    "#EXT-X-PART:DURATION=0.4,URI=\"c\"\n" HINT,
    MASTER LADDER
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",DEFAULT=YES\n"
    "#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"g\",NAME=\"n\",DEFAULT=YES\n",
};

START_TEST(what_is_allowed_breaks_none)
{
    read_with(good[_i], RULES);
    m3u8_finish(&playlist);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_m3u8");
    TCase *model = suite_add(suite, "model");
    TCase *values = suite_add(suite, "values");
    TCase *judged = suite_add(suite, "rules");

    tcase_add_test(model, a_media_playlist_becomes_segments);
    tcase_add_test(model, a_multivariant_playlist_becomes_variants);
    tcase_add_test(model, what_is_no_playlist_is_refused);
    tcase_add_test(model, more_segments_than_are_held_are_refused);
    tcase_add_test(model, what_cannot_be_told_of_a_segment_is_marked);
    tcase_add_test(model, byte_ranges_that_go_on_for_ever_end_at_a_bound);
    tcase_add_test(model, variables_are_replaced);
    tcase_add_test(model, what_variables_make_is_bounded);
    tcase_add_test(model, a_date_that_jumps_is_marked);
    tcase_add_test(values, values_are_read_to_their_end);
    tcase_add_loop_test(values, dates_have_a_zone, 0, LENGTH(dates));
    tcase_add_loop_test(values, attribute_lists_are_read_on_behind_a_fault, 0, LENGTH(lists));
    tcase_add_loop_test(judged, each_fault_breaks_one_rule, 0, LENGTH(broken));
    tcase_add_loop_test(judged, what_is_allowed_breaks_none, 0, LENGTH(good));
    return suite_run(suite);
}

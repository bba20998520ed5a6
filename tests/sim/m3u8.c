/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Line by line, each with one function that takes what it knows and moves on. */
#include "tests/sim/m3u8.h"

#include <string.h>

struct text {
    const char *at;
    const char *end;
};

static bool take(struct text *text, const char *expected)
{
    size_t length = strlen(expected);

    if ((size_t)(text->end - text->at) < length || memcmp(text->at, expected, length) != 0)
        return false;
    text->at += length;
    return true;
}

static bool take_number(struct text *text, int64_t *ret)
{
    int64_t number = 0;
    const char *from = text->at;

    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *text->at - '0', &number))
            return false;
    }
    *ret = number;
    return text->at > from;
}

/* Of exactly @p digits. */
static bool take_digits(struct text *text, int digits, int64_t *ret)
{
    const char *from = text->at;

    return take_number(text, ret) && text->at - from == digits;
}

/* Days since 1970-01-01 in the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t era;

    year -= month <= 2;
    era = year / 400;
    year -= era * 400;
    month += month > 2 ? -3 : 9;
    return era * 146097 + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 -
           719468;
}

static bool take_date(struct text *text, int64_t *ret_ms)
{
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t hour;
    int64_t minute;
    int64_t second;
    int64_t ms;

    if (!take_digits(text, 4, &year) || !take(text, "-") || !take_digits(text, 2, &month) ||
        !take(text, "-") || !take_digits(text, 2, &day) || !take(text, "T") ||
        !take_digits(text, 2, &hour) || !take(text, ":") || !take_digits(text, 2, &minute) ||
        !take(text, ":") || !take_digits(text, 2, &second) || !take(text, ".") ||
        !take_digits(text, 3, &ms) || !take(text, "Z"))
        return false;
    *ret_ms = (((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

/* Decimal seconds, to the microsecond. */
static bool take_duration(struct text *text, int64_t *ret_us)
{
    int64_t seconds;
    int64_t us;

    if (!take_number(text, &seconds) || !take(text, ".") || !take_digits(text, 6, &us))
        return false;
    *ret_us = seconds * 1000000 + us;
    return true;
}

/* Of 16 lower-case hexadecimal digits. */
static bool take_hexadecimal(struct text *text, uint64_t *ret)
{
    uint64_t number = 0;

    for (int i = 0; i < 16; i++, text->at++) {
        const char *digit;

        if (text->at == text->end || *text->at == '\0')
            return false;
        digit = strchr("0123456789abcdef", *text->at);
        if (!digit)
            return false;
        number = number << 4 | (uint64_t)(digit[0] <= '9' ? digit[0] - '0' : digit[0] - 'a' + 10);
    }
    *ret = number;
    return true;
}

struct head {
    int64_t version;
    int64_t discontinuities;
    bool independent;
};

static bool take_head_line(struct text *text, struct head *head, struct m3u8 *m3u8)
{
    if (head->version < 0 && take(text, "#EXT-X-VERSION:"))
        return take_number(text, &head->version);
    if (m3u8->target < 0 && take(text, "#EXT-X-TARGETDURATION:"))
        return take_number(text, &m3u8->target);
    if (m3u8->sequence < 0 && take(text, "#EXT-X-MEDIA-SEQUENCE:"))
        return take_number(text, &m3u8->sequence);
    if (head->discontinuities < 0 && take(text, "#EXT-X-DISCONTINUITY-SEQUENCE:"))
        return take_number(text, &head->discontinuities);
    if (!m3u8->event && (m3u8->event = take(text, "#EXT-X-PLAYLIST-TYPE:EVENT")))
        return true;
    if (!m3u8->iframes_only && (m3u8->iframes_only = take(text, "#EXT-X-I-FRAMES-ONLY")))
        return true;
    return !head->independent && (head->independent = take(text, "#EXT-X-INDEPENDENT-SEGMENTS"));
}

static bool begins_entry(const struct text *text)
{
    struct text ahead = *text;

    return take(&ahead, "#EXT-X-DISCONTINUITY\n") || take(&ahead, "#EXT-X-MAP:") ||
           take(&ahead, "#EXT-X-PROGRAM-DATE-TIME:");
}

/* EXT-X-MAP holds for all that follow it (4.3.2.5); what holds already is not said again. */
static bool take_map(struct text *text, const struct m3u8 *m3u8, uint64_t *ret)
{
    uint64_t before = m3u8->count > 0 ? m3u8->entries[m3u8->count - 1].map : 0;

    *ret = before;
    if (!m3u8->mapped || !take(text, "#EXT-X-MAP:URI=\"init-"))
        return (before != 0) == m3u8->mapped;
    return take_hexadecimal(text, ret) && take(text, ".mp4\"\n") && *ret != before;
}

static bool take_range(struct text *text, const struct m3u8 *m3u8, struct m3u8_entry *entry)
{
    entry->range_start = entry->range_size = 0;
    if (!m3u8->iframes_only)
        return true;
    return take(text, "#EXT-X-BYTERANGE:") && take_number(text, &entry->range_size) &&
           take(text, "@") && take_number(text, &entry->range_start) && take(text, "\n");
}

static bool take_entry(struct text *text, struct m3u8 *m3u8, int64_t *discontinuity)
{
    struct m3u8_entry *entry = &m3u8->entries[m3u8->count];
    int64_t number;

    if (take(text, "#EXT-X-DISCONTINUITY\n"))
        ++*discontinuity;
    entry->discontinuity = *discontinuity;
    if (!take_map(text, m3u8, &entry->map) || !take(text, "#EXT-X-PROGRAM-DATE-TIME:") ||
        !take_date(text, &entry->start_ms) || !take(text, "\n#EXTINF:") ||
        !take_duration(text, &entry->duration_us) || !take(text, ",\n") ||
        !take_range(text, m3u8, entry) || !take(text, "seg") || !take_number(text, &number) ||
        !take(text, m3u8->mapped ? ".m4s\n" : ".ts\n"))
        return false;
    return number == m3u8->sequence + m3u8->count++;
}

/* RFC 8216 7: decimal EXTINF, EXT-X-MAP; and I-frames alone. */
static bool take_version(const struct head *head, struct m3u8 *m3u8)
{
    int64_t plain = m3u8->iframes_only ? 4 : 3;
    int64_t mapped = m3u8->iframes_only ? 5 : 6;

    m3u8->mapped = head->version == mapped;
    return m3u8->mapped || head->version == plain;
}

static const char *parse(const uint8_t *data, size_t size, struct m3u8 *ret)
{
    struct text text = {(const char *)data, (const char *)data + size};
    struct head head = {.version = -1, .discontinuities = -1};

    ret->target = ret->sequence = -1;
    ret->count = 0;
    ret->event = ret->ended = ret->iframes_only = false;
    if (!take(&text, "#EXTM3U\n"))
        return "it does not begin with EXTM3U";
    while (text.at < text.end && !begins_entry(&text)) {
        if (!take_head_line(&text, &head, ret) || !take(&text, "\n"))
            return "a line of its head";
    }
    if (!take_version(&head, ret) || ret->target < 0 || ret->sequence < 0 ||
        head.discontinuities < 0 || !head.independent)
        return "its head is incomplete";
    while (text.at < text.end && !ret->ended) {
        if (ret->count == M3U8_ENTRIES)
            return "it is too long";
        if (!take_entry(&text, ret, &head.discontinuities))
            return "an entry";
        ret->ended = take(&text, "#EXT-X-ENDLIST\n");
    }
    if (text.at < text.end)
        return "something follows its end";
    return ret->count > 0 ? NULL : "it lists nothing";
}

const char *m3u8_parse(const uint8_t *data, size_t size, struct m3u8 *ret)
{
    const char *wrong = parse(data, size, ret);

    return !wrong && ret->iframes_only ? "it is one of I-frames" : wrong;
}

const char *m3u8_parse_iframes(const uint8_t *data, size_t size, struct m3u8 *ret)
{
    const char *wrong = parse(data, size, ret);

    return !wrong && !ret->iframes_only ? "it is none of I-frames" : wrong;
}

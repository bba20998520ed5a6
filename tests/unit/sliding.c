/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/sliding.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit/suite.h"

struct sliding sliding;

/* ---- versions -------------------------------------------------------------------------------- */

struct sliding_list sliding_good(int64_t first)
{
    return (struct sliding_list){
        .first = first,
        .count = WINDOW,
        .sequence = first,
        .target = 2,
        .version = 3,
        .duration = DURATION,
    };
}

struct text {
    char data[8192];
    size_t size;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text->size +=
        (size_t)vsnprintf(text->data + text->size, sizeof(text->data) - text->size, format, args);
    va_end(args);
    ck_assert_uint_lt(text->size, sizeof(text->data));
}

static void put_date(struct text *text, int64_t ns)
{
    time_t second = EPOCH + ns / SECOND;
    struct tm date;
    char words[32];

    (void)strftime(words, sizeof(words), "%FT%T", gmtime_r(&second, &date));
    put(text, "#EXT-X-PROGRAM-DATE-TIME:%s.%03dZ\n", words, (int)(ns % SECOND / MS));
}

static void put_segment(struct text *text, const struct sliding_list *list, int64_t number)
{
    if (number == list->broken)
        put(text, "#EXT-X-DISCONTINUITY\n");
    if (!list->first_date_only || number == list->first)
        put_date(text, number * list->duration + list->date_off);
    for (int i = 0; list->parted > 0 && number >= list->parted && i < 2; i++)
        put(text, "#EXT-X-PART:DURATION=%.3f,URI=\"seg%" PRId64 ".%d.ts\"\n",
            (double)list->duration / 2 / SECOND, number, i);
    put(text, "#EXTINF:%.3f,%s\n", (double)list->duration / SECOND,
        number == list->titled ? "title" : "");
    put(text, "seg%" PRId64 ".ts\n", number == list->again ? 1 : number);
}

static void put_list(struct text *text, const struct sliding_list *list)
{
    put(text,
        "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%" PRId64
        "\n#EXT-X-DISCONTINUITY-SEQUENCE:%" PRId64 "\n",
        list->version, list->target, list->sequence, list->discontinuities);
    if (list->parted > 0)
        put(text,
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=%.3f\n"
            "#EXT-X-PART-INF:PART-TARGET=%.3f\n",
            (double)list->duration * 3 / 2 / SECOND, (double)list->duration / 2 / SECOND);
    if (list->type)
        put(text, "#EXT-X-PLAYLIST-TYPE:%s\n", list->type);
    for (int i = 0; i < list->count; i++)
        put_segment(text, list, list->first + i);
    if (list->parted > 0)
        put(text, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"seg%" PRId64 ".0.ts\"\n",
            list->first + list->count);
    if (list->ended)
        put(text, "#EXT-X-ENDLIST\n");
}

struct version sliding_read(const struct sliding_list *list)
{
    struct text text = {.size = 0};
    struct buffer bytes = {0};
    struct version version;

    put_list(&text, list);
    ck_assert_int_eq(buffer_append(&bytes, text.data, text.size), 0);
    ck_assert_int_eq(version_parse(&sliding.run, "list.m3u8", &bytes, &version), 0);
    return version;
}

/* ---- the clock ------------------------------------------------------------------------------- */

int64_t sliding_due(const struct sliding_list *list)
{
    return (list->first + list->count) * list->duration;
}

void sliding_begin(struct sliding_list list)
{
    sliding.newest = sliding_read(&list);
    ck_assert_int_eq(evolution_begin(&sliding.evolution, &sliding.run.findings, "list.m3u8",
                                     &sliding.newest, sliding_due(&list) + 5 * MS),
                     0);
}

enum evolution_verdict sliding_show_at(struct sliding_list list, int64_t seen)
{
    const struct sight sight = {{seen - 10 * MS, seen}, EPOCH * SECOND};
    struct version version = sliding_read(&list);
    enum evolution_verdict verdict =
        evolution_follow(&sliding.evolution, &sliding.newest, &version, &sight);

    if (verdict == EVOLUTION_NEWER) {
        version_finish(&sliding.newest);
        sliding.newest = version;
    } else {
        version_finish(&version);
    }
    return verdict;
}

void sliding_show(struct sliding_list list)
{
    ck_assert_int_eq(sliding_show_at(list, sliding_due(&list) + 5 * MS), EVOLUTION_NEWER);
}

void sliding_show_good(int64_t first, int64_t last)
{
    for (int64_t number = first; number <= last; number++)
        sliding_show(sliding_good(number));
}

void sliding_expect(enum rule_id rule, int64_t count)
{
    for (unsigned i = 0; i < RULES; i++)
        ck_assert_msg(sliding.run.findings.of[i].count == (i == rule ? count : 0),
                      "%s, %" PRId64 ": %s: %s", rules[i].name, sliding.run.findings.of[i].count,
                      sliding.run.findings.of[i].kept[0].place,
                      sliding.run.findings.of[i].kept[0].found);
}

void sliding_set_up(void)
{
    memset(&sliding.run, 0, sizeof(sliding.run));
}

void sliding_tear_down(void)
{
    version_finish(&sliding.newest);
    evolution_finish(&sliding.evolution);
}

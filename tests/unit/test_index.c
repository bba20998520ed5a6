/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index.json: what is written of a segment, and how long it can become. */
#include <string.h>

#include "base/clock.h"
#include "origin/index.h"
#include "tests/unit/suite.h"
#include "timeline/timeline.h"

static const struct index_head head = {
    .stream = {.preset = "720p-clock", .rendition = "", .number = 0},
    .target = 2,
    .window = 10,
    .hashed = true,
};

static const uint8_t digest[SHA256_SIZE] = {0xba, 0x78, 0x16};

static const struct index_segment whole = {
    .number = 897654667,
    .index = 897654660,
    .size = 556480,
    .duration_us = 2002000,
    .ticks = 3 * TIMELINE_PTS_MODULUS + 17,
    .due = 1795309322 * NS_PER_SECOND + 123456789,
    .published = 1795309322 * NS_PER_SECOND + 123623999,
    .digest = digest,
};

static const struct index_segment unknown = {
    .number = 5,
    .index = INDEX_UNKNOWN,
    .size = INDEX_UNKNOWN,
    .duration_us = INDEX_UNKNOWN,
    .ticks = INDEX_UNKNOWN,
    .due = INDEX_UNKNOWN,
    .published = INDEX_UNKNOWN,
    .stand_by = INDEX_NOT_KNOWN,
};

static void check_text(const char *text, size_t size, const char *expected)
{
    ck_assert_uint_eq(size, strlen(expected));
    ck_assert_mem_eq(text, expected, size);
}

static void check_segment(const struct index_head *of, const struct index_segment *segment,
                          bool first, const char *expected)
{
    char text[INDEX_LINE_SIZE];

    check_text(text, index_write_segment(of, segment, first, text), expected);
}

static void check_head(const struct index_head *of, const char *expected)
{
    char text[INDEX_HEAD_SIZE];

    check_text(text, index_write_head(of, text), expected);
}

START_TEST(all_is_told_of_a_segment_in_one_line)
{
    check_segment(&head, &whole, true,
                  "\n\"seg897654667.ts\":{\"number\":897654667,\"index\":897654660,\"size\":556480,"
                  "\"duration\":2.002000,\"pts\":17,\"due\":\"2026-11-22T01:02:02.123456Z\","
                  "\"published\":\"2026-11-22T01:02:02.123623Z\",\"slip_us\":167,"
                  "\"stand_by\":false,\"sha256\":\"ba7816000000000000000000000000000000000000000000"
                  "0000000000000000\"}");
}
END_TEST

START_TEST(what_is_not_known_is_null)
{
    check_segment(&head, &unknown, false,
                  ",\n\"seg5.ts\":{\"number\":5,\"index\":null,\"size\":null,\"duration\":null,"
                  "\"pts\":null,\"due\":null,\"published\":null,\"slip_us\":null,"
                  "\"stand_by\":null,\"sha256\":null}");
}
END_TEST

START_TEST(digests_are_told_where_they_were_asked_for)
{
    struct index_head plain = head;
    struct index_segment segment = unknown;

    plain.hashed = false;
    segment.stand_by = INDEX_YES;
    segment.digest = digest;
    check_segment(&plain, &segment, false,
                  ",\n\"seg5.ts\":{\"number\":5,\"index\":null,\"size\":null,\"duration\":null,"
                  "\"pts\":null,\"due\":null,\"published\":null,\"slip_us\":null,"
                  "\"stand_by\":true}");
}
END_TEST

START_TEST(nothing_is_told_of_when_a_finite_stream_was_made)
{
    struct index_head finite = head;

    finite.finite = true;
    finite.hashed = false;
    check_segment(&finite, &whole, true,
                  "\n\"seg897654667.ts\":{\"number\":897654667,\"index\":897654660,\"size\":556480,"
                  "\"duration\":2.002000,\"pts\":17,\"due\":\"2026-11-22T01:02:02.123456Z\"}");
}
END_TEST

/* A segment of index 0 that is published early, by a clock that was stepped back before 1970. */
START_TEST(a_slip_may_be_negative)
{
    struct index_segment segment = unknown;
    char text[INDEX_LINE_SIZE];
    size_t size;

    segment.due = NS_PER_SECOND;
    segment.published = -1;
    size = index_write_segment(&head, &segment, true, text);
    text[size] = '\0';
    ck_assert_ptr_nonnull(strstr(text, "\"due\":\"1970-01-01T00:00:01.000000Z\""));
    ck_assert_ptr_nonnull(strstr(text, "\"published\":\"1969-12-31T23:59:59.999999Z\""));
    ck_assert_ptr_nonnull(strstr(text, "\"slip_us\":-1000001,"));
}
END_TEST

START_TEST(pts_goes_on_at_0_after_2_to_the_33)
{
    static const struct {
        int64_t ticks;
        const char *pts;
    } cases[] = {
        {TIMELINE_PTS_MODULUS - 1, "\"pts\":8589934591,"},
        {TIMELINE_PTS_MODULUS, "\"pts\":0,"},
        {TIMELINE_PTS_MODULUS + 180000, "\"pts\":180000,"},
    };

    for (int i = 0; i < LENGTH(cases); i++) {
        struct index_segment segment = unknown;
        char text[INDEX_LINE_SIZE];

        segment.ticks = cases[i].ticks;
        text[index_write_segment(&head, &segment, true, text)] = '\0';
        ck_assert_ptr_nonnull(strstr(text, cases[i].pts));
    }
}
END_TEST

START_TEST(the_head_says_which_stream_it_is)
{
    const struct index_head rung = {
        .stream = {.preset = "a \"b\" \\", .rendition = "720p", .number = 17},
        .target = 6,
        .epoch = 1795309322 * NS_PER_SECOND,
    };

    check_head(&head,
               "{\n\"format\":\"hlsgen-index\",\n\"version\":1,\n"
               "\"generator\":\"hlsgen " HLSGEN_VERSION
               "\",\n"
               "\"preset\":\"720p-clock\",\n\"rendition\":null,\n\"stream\":null,\n"
               "\"target_duration\":2,\n\"window\":10,\n"
               "\"epoch\":\"1970-01-01T00:00:00.000000Z\",\n\"segments\":{");
    check_head(&rung,
               "{\n\"format\":\"hlsgen-index\",\n\"version\":1,\n"
               "\"generator\":\"hlsgen " HLSGEN_VERSION
               "\",\n"
               "\"preset\":\"a \\\"b\\\" \\\\\",\n\"rendition\":\"720p\",\n\"stream\":17,\n"
               "\"target_duration\":6,\n\"window\":null,\n"
               "\"epoch\":\"2026-11-22T01:02:02.000000Z\",\n\"segments\":{");
}
END_TEST

START_TEST(the_longest_there_can_be_has_room)
{
    const char quotes[] =
        "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
        "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"";
    const struct index_head longest = {
        .stream = {.preset = quotes, .rendition = quotes, .number = INT64_MAX},
        .target = INT64_MAX,
        .window = INT64_MAX,
        .epoch = INT64_MAX,
        .hashed = true,
    };
    const struct index_segment segment = {
        .number = INT64_MAX,
        .index = INT64_MAX,
        .size = INT64_MAX,
        .duration_us = INT64_MAX,
        .ticks = TIMELINE_PTS_MODULUS - 1,
        .due = INT64_MIN + 1,
        .published = INT64_MAX,
        .digest = digest,
    };
    char text[INDEX_HEAD_SIZE];

    ck_assert_uint_lt(index_write_head(&longest, text), INDEX_HEAD_SIZE);
    ck_assert_uint_lt(index_write_segment(&longest, &segment, false, text), INDEX_LINE_SIZE);
    ck_assert_uint_lt(index_write_end(text), INDEX_LINE_SIZE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("index");
    TCase *tcase = suite_add(suite, "index");

    tcase_add_test(tcase, all_is_told_of_a_segment_in_one_line);
    tcase_add_test(tcase, what_is_not_known_is_null);
    tcase_add_test(tcase, digests_are_told_where_they_were_asked_for);
    tcase_add_test(tcase, nothing_is_told_of_when_a_finite_stream_was_made);
    tcase_add_test(tcase, a_slip_may_be_negative);
    tcase_add_test(tcase, pts_goes_on_at_0_after_2_to_the_33);
    tcase_add_test(tcase, the_head_says_which_stream_it_is);
    tcase_add_test(tcase, the_longest_there_can_be_has_room);
    return suite_run(suite);
}

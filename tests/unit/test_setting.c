/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of settings: what each takes, what it refuses and with which words, and how it writes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "preset/preset.h"
#include "preset/setting.h"
#include "preset/text.h"
#include "tests/unit/suite.h"

static const char *const words[] = {"one", "two", "three", NULL};

static const struct setting count = {
    .name = "count", .kind = &kind_count, .min = 3, .max = 1000, .fallback = "10"};
static const struct setting duration = {
    .name = "duration", .kind = &kind_duration, .min = 500, .max = 60000, .fallback = "2s"};
static const struct setting bitrate = {.name = "bitrate",
                                       .kind = &kind_bitrate,
                                       .min = 32000,
                                       .max = 60000000,
                                       .fallback = "2000kbit/s"};
static const struct setting frequency = {
    .name = "frequency", .kind = &kind_frequency, .min = 20, .max = 20000, .fallback = "1kHz"};
static const struct setting bytes = {.name = "bytes",
                                     .kind = &kind_bytes,
                                     .min = 1000000,
                                     .max = INT64_C(64000000000),
                                     .fallback = "512MB"};
static const struct setting percent = {
    .name = "percent", .kind = &kind_percent, .min = 1, .max = 6400, .fallback = "100%"};
static const struct setting size = {
    .name = "size", .kind = &kind_size, .min = 64, .max = 4096, .fallback = "1280x720"};
static const struct setting rate = {
    .name = "rate", .kind = &kind_rate, .min = 10, .max = 120, .fallback = "30"};
static const struct setting color = {.name = "color", .kind = &kind_color, .fallback = "#808080"};
static const struct setting choice = {
    .name = "choice", .kind = &kind_choice, .words = words, .fallback = "one"};
static const struct setting text = {.name = "text", .kind = &kind_text, .max = 15, .fallback = ""};
static const struct setting word = {
    .name = "word", .kind = &kind_text, .words = words, .max = 15, .fallback = "one"};
static const struct setting epoch = {.name = "epoch",
                                     .kind = &kind_time,
                                     .max = INT64_C(9214646400) * 1000000000,
                                     .fallback = "1970-01-01T00:00:00Z"};

/* Room for a value of any kind. */
union value {
    int64_t integer;
    int sides[2];
    struct rational rate;
    uint32_t color;
    char text[16];
};

/* ---- what is taken, and how it is written ---------------------------------------------------- */

static const struct {
    const struct setting *setting;
    const char *text;
    const char *written;
} good[] = {
    {&count, "10", "10"},
    {&count, "3", "3"},
    {&count, "1000", "1000"},
    {&count, "10.0", "10"},
    {&duration, "2s", "2s"},
    {&duration, "1.5s", "1500ms"},
    {&duration, "2.0000000s", "2s"},
    {&duration, "500ms", "500ms"},
    {&duration, "60000ms", "60s"},
    {&duration, "1min", "60s"},
    {&duration, "0.01h", "36s"},
    {&duration, "0.05min", "3s"},
    {&bitrate, "2000kbit/s", "2000kbit/s"},
    {&bitrate, "2Mbit/s", "2000kbit/s"},
    {&bitrate, "2.5Mbit/s", "2500kbit/s"},
    {&bitrate, "128001bit/s", "128001bit/s"},
    {&bitrate, "128.001kbit/s", "128001bit/s"},
    {&frequency, "1kHz", "1kHz"},
    {&frequency, "440Hz", "440Hz"},
    {&frequency, "1.44kHz", "1440Hz"},
    {&bytes, "256MB", "256MB"},
    {&bytes, "1GB", "1GB"},
    {&bytes, "1.5GB", "1500MB"},
    {&bytes, "1000000B", "1MB"},
    {&bytes, "1024.5kB", "1024500B"},
    {&bytes, "64000MB", "64GB"},
    {&percent, "1%", "1%"},
    {&percent, "50.0%", "50%"},
    {&percent, "6400%", "6400%"},
    {&size, "1280x720", "1280x720"},
    {&size, "64x64", "64x64"},
    {&size, "4096x4096", "4096x4096"},
    {&rate, "30", "30"},
    {&rate, "10", "10"},
    {&rate, "120", "120"},
    {&rate, "30000/1001", "30000/1001"},
    {&color, "#00ff7F", "#00ff7f"},
    {&choice, "three", "three"},
    {&text, "", ""},
    {&text, "fifteen letters", "fifteen letters"},
    {&text, "gr\xc3\xbc\xc3\x9f;e", "gr\xc3\xbc\xc3\x9f;e"},
    {&word, "two", "two"},
    {&epoch, "@0", "1970-01-01T00:00:00Z"},
    {&epoch, "@1767225600", "2026-01-01T00:00:00Z"},
    {&epoch, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
    {&epoch, "2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z"},
};

START_TEST(takes_and_writes)
{
    union value value;
    struct error reason = {.text = ""};
    char written[SETTING_TEXT_SIZE];
    int result;

    memset(&value, 0xff, sizeof(value));
    result = setting_parse(good[_i].setting, good[_i].text, &value, &reason);
    ck_assert_msg(result == 0, "%s: %s", good[_i].text, reason.text);
    setting_format(good[_i].setting, &value, written);
    ck_assert_str_eq(written, good[_i].written);
}
END_TEST

/* ---- what is refused, and what the reason says ----------------------------------------------- */

static const struct {
    const struct setting *setting;
    const char *text;
    const char *reason;
} bad[] = {
    {&count, "", "begin with a digit, as in 10"},
    {&count, "-5", "begin with a digit"},
    {&count, "+5", "begin with a digit"},
    {&count, " 5", "begin with a digit"},
    {&count, "0x10", "no unit, as in 10"},
    {&count, "10s", "no unit, as in 10"},
    {&count, "10 ", "no blank"},
    {&count, "10.5", "too many decimals"},
    {&count, "2", "out of range, 3 to 1000"},
    {&count, "1001", "out of range, 3 to 1000"},
    {&count, "18446744073709551626", "out of range"}, /* 2^64 + 10 */
    {&duration, "2", "a unit is missing, as in 2s"},
    {&duration, "2 s", "no blank belongs in it, as in 2s"},
    {&duration, "2\ts", "no blank"},
    {&duration, "2sec", "must be one of s, ms, min"},
    {&duration, "2S", "must be one of s, ms, min"},
    {&duration, "2ss", "must be one of"},
    {&duration, "2,5s", "must be one of"},
    {&duration, "2.s", "not a number"},
    {&duration, ".5s", "begin with a digit"},
    {&duration, "1.2.3s", "not a number"},
    {&duration, "1.2345s", "too many decimals"},
    {&duration, "1.0000000001s", "too many decimals"},
    {&duration, "0.00001min", "too many decimals"},
    {&duration, "499ms", "out of range, 500ms to 60s"},
    {&duration, "2min", "out of range, 500ms to 60s"},
    {&duration, "9223372036854775807min", "out of range"},
    {&bitrate, "2000", "a unit is missing, as in 2000kbit/s"},
    {&bitrate, "2000k", "must be one of kbit/s, bit/s, Mbit/s, as in 2000kbit/s"},
    {&bitrate, "2000Kbit/s", "must be one of"},
    {&bitrate, "2000kHz", "must be one of"},
    {&bitrate, "90000kbit/s", "out of range, 32kbit/s to 60000kbit/s"},
    {&bitrate, "0kbit/s", "out of range"},
    {&frequency, "1000", "a unit is missing, as in 1kHz"},
    {&frequency, "440.5Hz", "too many decimals"},
    {&frequency, "21kHz", "out of range, 20Hz to 20kHz"},
    {&bytes, "256", "a unit is missing, as in 512MB"},
    {&bytes, "256M", "must be one of GB, MB, kB, B, as in 512MB"},
    {&bytes, "256MiB", "must be one of"},
    {&bytes, "256mb", "must be one of"},
    {&bytes, "256KB", "must be one of"},
    {&bytes, "256 MB", "no blank belongs in it"},
    {&bytes, "1000000.5B", "too many decimals"},
    {&bytes, "999999B", "out of range, 1MB to 64GB"},
    {&bytes, "65GB", "out of range, 1MB to 64GB"},
    {&bytes, "9223372036854775807GB", "out of range"},
    {&percent, "50", "a unit is missing, as in 100%"},
    {&percent, "50 %", "no blank belongs in it"},
    {&percent, "50%%", "must be one of %, as in 100%"},
    {&percent, "12.5%", "too many decimals"},
    {&percent, "0%", "out of range, 1% to 6400%"},
    {&percent, "6401%", "out of range"},
    {&percent, "-1%", "begin with a digit"},
    {&size, "1280", "WIDTHxHEIGHT is wanted, as in 1280x720"},
    {&size, "1280X720", "WIDTHxHEIGHT"},
    {&size, "1280x", "WIDTHxHEIGHT"},
    {&size, "x720", "WIDTHxHEIGHT"},
    {&size, "1280x720p", "WIDTHxHEIGHT"},
    {&size, "1280x-720", "WIDTHxHEIGHT"},
    {&size, "1280 x 720", "WIDTHxHEIGHT"},
    {&size, "12800000000x720", "WIDTHxHEIGHT"},
    {&size, "1281x720", "must be even"},
    {&size, "1280x721", "must be even"},
    {&size, "62x720", "out of range, 64x64 to 4096x4096"},
    {&size, "1280x4098", "out of range"},
    {&rate, "30fps", "without a unit, as in 30 or 30000/1001"},
    {&rate, "29.97", "without a unit"},
    {&rate, "30/1", "without a unit"},
    {&rate, "30000/1000", "without a unit"},
    {&rate, "30030/1001", "without a unit"}, /* that is 30 */
    {&rate, "30000/", "without a unit"},
    {&rate, "0", "out of range, 10 to 120"},
    {&rate, "9", "out of range"},
    {&rate, "121", "out of range"},
    {&rate, "10000/1001", "out of range"}, /* less than 10 */
    {&rate, "121000/1001", "out of range"},
    {&color, "808080", "#RRGGBB is wanted, as in #808080"},
    {&color, "#80808", "#RRGGBB"},
    {&color, "#8080800", "#RRGGBB"},
    {&color, "#80808g", "#RRGGBB"},
    {&choice, "four", "not one of one, two, three"},
    {&choice, "One", "not one of"},
    {&choice, "", "not one of"},
    {&text, "sixteen letters!", "longer than 15 bytes"},
    {&text, "two\nlines", "control characters"},
    {&text, "a\x1b[31m", "control characters"},
    {&text, "c1 \xc2\x85", "control characters"},
    {&text, "latin1 \xfc", "UTF-8"},
    {&text, "long \xc0\xaf", "UTF-8"},
    {&text, "half \xed\xa0\x80", "UTF-8"}, /* a surrogate */
    {&text, "cut \xe2\x82", "UTF-8"},
    {&text, " begin", "a blank"},
    {&text, "end ", "a blank"},
    {&text, "a ;b", "begins a comment"},
    {&text, ";b", "begins a comment"},
    {&word, "four", "not one of one, two, three"},
    {&epoch, "2026-01-01", "as in 1970-01-01T00:00:00Z or @0"},
    {&epoch, "2026-01-01T00:00:00", "as in"},
    {&epoch, "2026-01-01 00:00:00Z", "as in"},
    {&epoch, "2026-01-01T00:00:00+01:00", "as in"},
    {&epoch, "2026-02-29T00:00:00Z", "as in"},
    {&epoch, "2026-13-01T00:00:00Z", "as in"},
    {&epoch, "2026-00-01T00:00:00Z", "as in"},
    {&epoch, "2026-01-01T24:00:00Z", "as in"},
    {&epoch, "2026-12-31T23:59:60Z", "as in"},
    {&epoch, "0", "as in"},
    {&epoch, "@", "as in"},
    {&epoch, "@-1", "as in"},
    {&epoch, "@1.5", "as in"},
    {&epoch, "@99999999999999999999", "as in"},
    {&epoch, "@9214646401", "out of range, 1970-01-01T00:00:00Z to 2262-01-01T00:00:00Z"},
    {&epoch, "1969-12-31T23:59:59Z", "out of range"},
};

START_TEST(refuses)
{
    union value value;
    union value before;
    struct error reason = {.text = ""};
    int result;

    memset(&value, 0xa5, sizeof(value));
    before = value;
    result = setting_parse(bad[_i].setting, bad[_i].text, &value, &reason);
    ck_assert_msg(result < 0, "taken: %s", bad[_i].text);
    ck_assert_msg(strstr(reason.text, bad[_i].reason) != NULL, "%s: \"%s\" is not in \"%s\"",
                  bad[_i].text, bad[_i].reason, reason.text);
    ck_assert_mem_eq(&value, &before, sizeof(value));
}
END_TEST

/* ---- plain text, nearest names, wrapped text ------------------------------------------------- */

static const struct {
    const char *word;
    const char *best;
} near[] = {
    {"bitrat", "bitrate"},
    {"pattern", "pattern"},
    {"patern", "pattern"},
    {"wnidow", "window"},
    {"framerate", "rate"},
    {"seg", "segment-duration"},
    {"xyzzy", ""},
    {"", ""},
    {"segment", "segment-duration"},
};

static const struct {
    const char *text;
    const char *made;
} plain[] = {
    {"", ""},
    {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x8e\xac", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x8e\xac"},
    {"a\tb\x1b[31m\n\x7f", "a?b?[31m??"},
    {"c1 \xc2\x9b.", "c1 ??."},
    {"latin1 \xfc.", "latin1 ?."},
    {"long \xc0\xaf", "long ??"},
    {"cut \xe2\x82", "cut ??"},
    {"cut \xe2\x82.", "cut ??."},
};

START_TEST(makes_text_plain)
{
    char made[64];

    (void)snprintf(made, sizeof(made), "%s", plain[_i].text);
    ck_assert_int_eq(text_is_plain(made, strlen(made)), strcmp(made, plain[_i].made) == 0);
    text_make_plain(made);
    ck_assert_str_eq(made, plain[_i].made);
    ck_assert(text_is_plain(made, strlen(made)));
}
END_TEST

START_TEST(finds_the_nearest)
{
    static const char *const names[] = {"rate",   "bitrate",          "pattern",
                                        "window", "segment-duration", "segment-duration-again"};
    struct text_nearest nearest = text_nearest_start(near[_i].word);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        text_nearest_offer(&nearest, names[i]);
    ck_assert_str_eq(nearest.best, near[_i].best);
}
END_TEST

START_TEST(wraps_at_eighty_columns)
{
    char *wrapped = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&wrapped, &length);

    ck_assert_ptr_nonnull(out);
    for (int i = 0; i < 70; i++)
        (void)fputc('-', out);
    text_wrap(out, "123456789 123456789 x", 70, "  ");
    (void)fclose(out);
    ck_assert_str_eq(wrapped + 70, "123456789\n  123456789 x\n");
    free(wrapped);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("setting");
    TCase *parse = suite_add(suite, "parse");
    TCase *words_case = suite_add(suite, "text");

    tcase_add_loop_test(parse, takes_and_writes, 0, LENGTH(good));
    tcase_add_loop_test(parse, refuses, 0, LENGTH(bad));
    tcase_add_loop_test(words_case, makes_text_plain, 0, LENGTH(plain));
    tcase_add_loop_test(words_case, finds_the_nearest, 0, LENGTH(near));
    tcase_add_test(words_case, wraps_at_eighty_columns);
    return suite_run(suite);
}

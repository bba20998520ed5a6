/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text written by hand: numbers to the last digit, and JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/put.h"
#include "tests/unit/suite.h"

static char text[128];

static void check(const char *end, const char *expected)
{
    ck_assert_uint_eq((size_t)(end - text), strlen(expected));
    ck_assert_mem_eq(text, expected, strlen(expected));
}

static const struct {
    int64_t number;
    int places;
    const char *text;
} decimals[] = {
    {0, 0, "0"},
    {-7, 0, "-7"},
    {INT64_MAX, 0, "9223372036854775807"},
    {INT64_MIN, 0, "-9223372036854775808"},
    {0, 2, "0.00"},
    {50, 2, "0.50"},
    {1234567, 6, "1.234567"},
    {-1, 9, "-0.000000001"},
    {INT64_MAX, 9, "9223372036.854775807"},
    {INT64_MIN, 9, "-9223372036.854775808"},
};

START_TEST(decimals_have_all_their_digits)
{
    check(put_decimal(text, decimals[_i].number, decimals[_i].places), decimals[_i].text);
    ck_assert_uint_le(strlen(decimals[_i].text), PUT_NUMBER_SIZE);
}
END_TEST

START_TEST(random_decimals_are_what_printf_writes)
{
    for (int i = 0; i < 1000; i++) {
        int64_t number = suite_random(INT64_MIN / 2, INT64_MAX / 2);
        char expected[64];

        (void)snprintf(expected, sizeof(expected), "%s%lld.%09lld", number < 0 ? "-" : "",
                       llabs(number / NS_PER_SECOND), llabs(number % NS_PER_SECOND));
        check(put_decimal(text, number, 9), expected);
    }
}
END_TEST

START_TEST(digits_are_filled_up_with_zeros)
{
    check(put_digits(text, 0, 1), "0");
    check(put_digits(text, 7, 3), "007");
    check(put_digits(text, UINT64_MAX, 3), "18446744073709551615");
}
END_TEST

START_TEST(what_is_not_known_is_null)
{
    check(put_json_number(text, PUT_UNKNOWN), "null");
    check(put_json_seconds(text, PUT_UNKNOWN), "null");
    check(put_json_date(text, PUT_UNKNOWN), "null");
    check(put_json_field(text, "key", PUT_UNKNOWN), "\"key\":null");
}
END_TEST

START_TEST(json_is_quoted)
{
    check(put_json_string(text, "a\"b\\c \xc3\xa4"), "\"a\\\"b\\\\c \xc3\xa4\"");
    check(put_json_key(text, "key"), "\"key\":");
}
END_TEST

START_TEST(dates_have_microseconds_rounded_down)
{
    check(put_json_date(text, 1795309322 * NS_PER_SECOND + 123456999),
          "\"2026-11-22T01:02:02.123456Z\"");
    check(put_json_date(text, -1), "\"1969-12-31T23:59:59.999999Z\"");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("put");
    TCase *tcase = suite_add(suite, "put");

    suite_seed();
    tcase_add_loop_test(tcase, decimals_have_all_their_digits, 0, LENGTH(decimals));
    tcase_add_test(tcase, random_decimals_are_what_printf_writes);
    tcase_add_test(tcase, digits_are_filled_up_with_zeros);
    tcase_add_test(tcase, what_is_not_known_is_null);
    tcase_add_test(tcase, json_is_quoted);
    tcase_add_test(tcase, dates_have_microseconds_rounded_down);
    return suite_run(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dates: leap years, centuries, before 1970, as text. */
#include <stdbool.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/utc.h"
#include "tests/unit/suite.h"

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

START_TEST(the_calendar_runs_on_day_by_day)
{
    int64_t day_number = -98615; /* of 1700-01-01, counted from 1970-01-01 */
    char text[UTC_TEXT_SIZE];
    char wanted[UTC_TEXT_SIZE];

    for (int year = 1700; year <= 2261; year++) { /* what 64 bits of nanoseconds can hold */
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= days_of_month(year, month); day++) {
                utc_format(day_number * 86400 * NS_PER_SECOND, text);
                (void)snprintf(wanted, sizeof(wanted), "%d-%02d-%02dT00:00:00.000Z", year, month,
                               day);
                ck_assert_str_eq(text, wanted);
                day_number++;
            }
        }
    }
}
END_TEST

static const struct {
    int64_t seconds;
    int64_t ns;
    const char *text;
} instants[] = {
    {0, 0, "1970-01-01T00:00:00.000Z"},
    {0, -1, "1969-12-31T23:59:59.999Z"},
    {0, 999999, "1970-01-01T00:00:00.000Z"},
    {0, 1000000, "1970-01-01T00:00:00.001Z"},
    {-2208988801, 0, "1899-12-31T23:59:59.000Z"},
    {951782399, 999999999, "2000-02-28T23:59:59.999Z"},
    {951782400, 0, "2000-02-29T00:00:00.000Z"},
    {1795309323, 456000000, "2026-11-22T01:02:03.456Z"},
    {INT32_MAX, 0, "2038-01-19T03:14:07.000Z"},
    {INT64_C(1) << 31, 0, "2038-01-19T03:14:08.000Z"},
    {4102444799, 0, "2099-12-31T23:59:59.000Z"},
    {9214646400, 0, "2262-01-01T00:00:00.000Z"},
};

START_TEST(an_instant_is_written_to_the_millisecond_below)
{
    char text[UTC_TEXT_SIZE];

    utc_format(instants[_i].seconds * NS_PER_SECOND + instants[_i].ns, text);
    ck_assert_str_eq(text, instants[_i].text);
}
END_TEST

START_TEST(what_was_written_is_read)
{
    int64_t ns = instants[_i].seconds * NS_PER_SECOND + instants[_i].ns;
    int64_t read = -1;

    ck_assert_int_eq(utc_parse(instants[_i].text, &read), ns >= 0);
    ck_assert_int_eq(read, ns >= 0 ? ns / NS_PER_MS * NS_PER_MS : -1);
}
END_TEST

static const char *const no_dates[] = {
    "",
    "2026-11-22",
    "2026-11-22T01:02:03.45",
    "2026-11-22T01:02:03.456",
    "2026-11-22T01:02:03,456Z",
    "2026-11-22 01:02:03.456Z",
    "2026-13-22T01:02:03.456Z",
    "2026-00-22T01:02:03.456Z",
    "2026-02-29T01:02:03.456Z",
    "2026-11-31T01:02:03.456Z",
    "2026-11-22T24:02:03.456Z",
    "2026-11-22T01:60:03.456Z",
    "2026-11-22T23:59:60.000Z", /* a leap second: UTC in nanoseconds has none */
    "9999-11-22T01:02:03.456Z",
    "+026-11-22T01:02:03.456Z",
};

START_TEST(what_is_no_date_is_refused)
{
    int64_t read = 7;

    ck_assert(!utc_parse(no_dates[_i], &read));
    ck_assert_int_eq(read, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utc");
    TCase *tcase = suite_add(suite, "utc");

    tcase_add_test(tcase, the_calendar_runs_on_day_by_day);
    tcase_add_loop_test(tcase, an_instant_is_written_to_the_millisecond_below, 0, LENGTH(instants));
    tcase_add_loop_test(tcase, what_was_written_is_read, 0, LENGTH(instants));
    tcase_add_loop_test(tcase, what_is_no_date_is_refused, 0, LENGTH(no_dates));
    return suite_run(suite);
}

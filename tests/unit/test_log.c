/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines: one write a line, cut, without control characters, with the prefix of their reader. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/suite.h"

enum {
    LINE_MAX_BYTES = 1024,
};

static int reader;

/* A pipe in packet mode for stderr: one read gives what one write gave, and no more. */
static void catch_stderr(void)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    (void)close(ends[1]);
    reader = ends[0];
    (void)unsetenv("JOURNAL_STREAM");
    log_init();
}

static void check_next_line(const char *expected)
{
    char line[2 * LINE_MAX_BYTES];
    ssize_t size = read(reader, line, sizeof(line) - 1);

    ck_assert_int_gt(size, 0);
    line[size] = '\0';
    ck_assert_str_eq(line, expected);
}

static void check_one_line(const char *expected)
{
    char line[1];

    check_next_line(expected);
    ck_assert_int_lt(read(reader, line, sizeof(line)), 0);
}

START_TEST(a_line_is_one_write)
{
    log_info("segment=%d name=%s", 7, "seg7.ts");
    check_one_line("hlsgen: segment=7 name=seg7.ts\n");
}
END_TEST

/* systemd.exec(5): the variable may be inherited by a program whose stderr goes elsewhere. */
START_TEST(a_journal_that_is_not_stderr_does_not_count)
{
    ck_assert_int_eq(setenv("JOURNAL_STREAM", "8:1234", 1), 0);
    log_init();
    log_error("one");
    check_one_line("hlsgen: one\n");
}
END_TEST

START_TEST(a_full_stderr_takes_no_line_and_stops_nothing)
{
    char line[2 * LINE_MAX_BYTES];
    int written = 0;

    ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETFL, O_DIRECT), 0); /* a write would wait */
    for (int i = 0; i < 100; i++)
        log_info("line");
    while (read(reader, line, sizeof(line)) > 0)
        written++;
    ck_assert_int_lt(written, 100);
    log_info("again");
    check_next_line("hlsgen: again\n");
    (void)snprintf(line, sizeof(line), "hlsgen: stderr was full lines_dropped=%d\n", 100 - written);
    check_one_line(line);
}
END_TEST

START_TEST(the_journal_gets_the_priority)
{
    struct stat status;
    char stream[64];

    ck_assert_int_eq(fstat(STDERR_FILENO, &status), 0);
    (void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
                   (uintmax_t)status.st_ino);
    ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
    log_init();
    log_error("one");
    check_one_line("<3>one\n");
    log_warning("two");
    check_one_line("<4>two\n");
    log_notice("three");
    check_one_line("<5>three\n");
    log_info("four");
    check_one_line("<6>four\n");
}
END_TEST

/* Lengths around the limit: 1015 characters behind "hlsgen: " and before the newline. */
START_TEST(a_line_is_cut_at_one_kib)
{
    char text[2 * LINE_MAX_BYTES] = "";
    char expected[LINE_MAX_BYTES + 1] = "hlsgen: ";
    size_t length = (size_t)_i;
    size_t kept = length < LINE_MAX_BYTES - 9 ? length : LINE_MAX_BYTES - 9;

    memset(text, 'x', length);
    memset(expected + 8, 'x', kept);
    expected[8 + kept] = '\n';
    log_info("%s", text);
    check_one_line(expected);
}
END_TEST

START_TEST(what_is_quoted_cannot_end_or_color_a_line)
{
    log_info("%s", "a\nb\r\033[31m\177\tc \303\251");
    check_one_line("hlsgen: a?b??[31m??c \303\251\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = suite_add(suite, "log");

    tcase_add_checked_fixture(tcase, catch_stderr, NULL);
    tcase_add_test(tcase, a_line_is_one_write);
    tcase_add_test(tcase, the_journal_gets_the_priority);
    tcase_add_test(tcase, a_journal_that_is_not_stderr_does_not_count);
    tcase_add_test(tcase, a_full_stderr_takes_no_line_and_stops_nothing);
    tcase_add_loop_test(tcase, a_line_is_cut_at_one_kib, 1010, 1020);
    tcase_add_loop_test(tcase, a_line_is_cut_at_one_kib, 2000, 2001);
    tcase_add_test(tcase, what_is_quoted_cannot_end_or_color_a_line);
    return suite_run(suite);
}

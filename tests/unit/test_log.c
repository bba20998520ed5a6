/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines: one write a line, cut, without control characters, with the prefix of their reader. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

static void check_one_line(const char *expected)
{
    char line[2 * LINE_MAX_BYTES];
    ssize_t size = read(reader, line, sizeof(line) - 1);

    ck_assert_int_gt(size, 0);
    line[size] = '\0';
    ck_assert_str_eq(line, expected);
    ck_assert_int_lt(read(reader, line, sizeof(line)), 0);
}

START_TEST(a_line_is_one_write)
{
    log_info("segment=%d name=%s", 7, "seg7.ts");
    check_one_line("hlsgen: segment=7 name=seg7.ts\n");
}
END_TEST

START_TEST(the_journal_gets_the_priority)
{
    ck_assert_int_eq(setenv("JOURNAL_STREAM", "8:1234", 1), 0);
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
    tcase_add_loop_test(tcase, a_line_is_cut_at_one_kib, 1010, 1020);
    tcase_add_loop_test(tcase, a_line_is_cut_at_one_kib, 2000, 2001);
    tcase_add_test(tcase, what_is_quoted_cannot_end_or_color_a_line);
    return suite_run(suite);
}

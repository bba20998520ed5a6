/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of progress, read from the other side of a terminal. */
#include "terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/unit/suite.h"

#define CLEAR "\r\033[K"

static int other_side = -1;
static char text[256];

/* What stderr has become a terminal for, in the process of the test. */
static void open_terminal(void)
{
    struct termios raw;
    int slave;

    other_side = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(other_side, 0);
    ck_assert(grantpt(other_side) == 0 && unlockpt(other_side) == 0);
    slave = open(ptsname(other_side), O_RDWR | O_NOCTTY);
    ck_assert(slave >= 0 && tcgetattr(slave, &raw) == 0);
    cfmakeraw(&raw);
    ck_assert_int_eq(tcsetattr(slave, TCSANOW, &raw), 0);
    ck_assert_int_eq(dup2(slave, STDERR_FILENO), STDERR_FILENO);
    (void)close(slave);
}

/* A terminal hands on what is written to it a while later: up to a mark, then. */
static const char *written(void)
{
    size_t used = 0;

    ck_assert_int_eq(write(STDERR_FILENO, "|", 1), 1);
    do {
        ssize_t size = read(other_side, text + used, sizeof(text) - used);

        ck_assert_int_gt(size, 0);
        used += (size_t)size;
    } while (text[used - 1] != '|');
    text[used - 1] = '\0';
    return text;
}

START_TEST(short_work_shows_nothing)
{
    struct terminal terminal;

    open_terminal();
    terminal = terminal_open(NS_PER_SECOND);
    terminal_show(&terminal, NS_PER_SECOND + 499 * NS_PER_MS, "%d of 3", 1);
    terminal_clear(&terminal);
    ck_assert_str_eq(written(), "");
}
END_TEST

START_TEST(a_line_takes_the_place_of_the_one_before)
{
    struct terminal terminal;

    open_terminal();
    terminal = terminal_open(0);
    terminal_show(&terminal, 500 * NS_PER_MS, "%d of 3", 1);
    ck_assert_str_eq(written(), CLEAR "1 of 3");
    terminal_show(&terminal, 549 * NS_PER_MS, "%d of 3", 2); /* too soon to be read */
    ck_assert_str_eq(written(), "");
    terminal_show(&terminal, 550 * NS_PER_MS, "%d of 3", 3);
    ck_assert_str_eq(written(), CLEAR "3 of 3");
    terminal_clear(&terminal);
    ck_assert_str_eq(written(), CLEAR);
    terminal_clear(&terminal);
    ck_assert_str_eq(written(), "");
}
END_TEST

START_TEST(a_file_or_pipe_gets_nothing)
{
    int ends[2];
    struct terminal terminal;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    other_side = ends[0];
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    terminal = terminal_open(0);
    terminal_show(&terminal, NS_PER_SECOND, "%d of 3", 1);
    terminal_clear(&terminal);
    ck_assert_str_eq(written(), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terminal");
    TCase *tests = suite_add(suite, "terminal");

    tcase_add_test(tests, short_work_shows_nothing);
    tcase_add_test(tests, a_line_takes_the_place_of_the_one_before);
    tcase_add_test(tests, a_file_or_pipe_gets_nothing);
    return suite_run(suite);
}

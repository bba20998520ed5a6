/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real file table: what a crash, a link or a full disk can meet. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "tests/unit/folder.h"
#include "tests/unit/suite.h"

static int dir;
static struct fs fs;

static void open_folder(void)
{
    folder_enter();
    dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir, 0);
    fs = fs_posix(&dir);
    ck_assert_int_eq(chdir("/"), 0); /* only the descriptor leads there */
}

static void close_folder(void)
{
    (void)close(dir);
    folder_leave();
}

static struct stat status_of(const char *name)
{
    struct stat status = {0};

    ck_assert_int_eq(fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW), 0);
    return status;
}

static void make_file(const char *name, const char *text)
{
    int fd = fs.create(fs.context, name);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fs.write(fs.context, fd, text, strlen(text)), 0);
    ck_assert_int_eq(fs.sync(fs.context, fd), 0);
    ck_assert_int_eq(fs.close(fs.context, fd), 0);
}

static void check_content(const char *name, const char *expected)
{
    char text[64] = "";
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(read(fd, text, sizeof(text) - 1), 0);
    (void)close(fd);
    ck_assert_str_eq(text, expected);
}

START_TEST(a_name_that_is_taken_is_refused)
{
    make_file("a", "text");
    ck_assert_int_eq(fs.create(fs.context, "a"), -EEXIST);
    check_content("a", "text");
}
END_TEST

START_TEST(a_symbolic_link_is_not_followed)
{
    ck_assert_int_eq(symlinkat("target", dir, "link"), 0);
    ck_assert_int_eq(fs.create(fs.context, "link"), -EEXIST);
    ck_assert_int_lt(faccessat(dir, "target", F_OK, 0), 0);
}
END_TEST

START_TEST(a_file_is_readable_by_all_and_writable_by_its_owner)
{
    (void)umask(_i == 0 ? 0022 : 0);
    make_file("a", "");
    ck_assert_uint_eq(status_of("a").st_mode, S_IFREG | 0644);
}
END_TEST

START_TEST(a_file_has_the_time_it_is_given)
{
    int64_t time = INT64_C(1795309323) * NS_PER_SECOND + 456789012;
    int fd = fs.create(fs.context, "a");
    struct stat status;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fs.set_time(fs.context, fd, time), 0);
    ck_assert_int_eq(fs.close(fs.context, fd), 0);
    status = status_of("a");
    ck_assert_int_eq(status.st_mtim.tv_sec, 1795309323);
    ck_assert_int_eq(status.st_mtim.tv_nsec, 456789012);
    ck_assert_int_eq(status.st_atim.tv_sec, 1795309323);
}
END_TEST

#define YEAR        (INT64_C(366) * 24 * 3600)
#define LAST        (INT64_MAX / NS_PER_SECOND - YEAR)
#define NS(seconds) ((seconds)*NS_PER_SECOND)

static const struct {
    struct timespec date;
    int64_t time;
} dates[] = {
    {{0, 0}, 0},
    {{1795309323, 456789012}, INT64_C(1795309323456789012)},
    {{LAST, 999999999}, NS(LAST) + 999999999},
    {{LAST + 1, 0}, NS(LAST)},
    {{INT64_MAX, 999999999}, NS(LAST)},
    {{-YEAR, 1}, NS(-YEAR) + 1},
    {{-YEAR - 1, 999999999}, NS(-YEAR)},
    {{INT64_MIN, 0}, NS(-YEAR)},
};

START_TEST(a_date_is_one_of_nanoseconds)
{
    ck_assert_int_eq(fs_time_of(&dates[_i].date), dates[_i].time);
}
END_TEST

/* As far as the file system goes: ext4 to 2446, tmpfs to any. */
START_TEST(a_file_may_be_of_any_date)
{
    const struct timespec both[2] = {{.tv_sec = INT64_MAX / 2}, {.tv_sec = INT64_MAX / 2}};
    struct fs_status status;

    make_file("a", "");
    ck_assert_int_eq(utimensat(dir, "a", both, 0), 0);
    ck_assert_int_eq(fs.status(fs.context, "a", &status), 0);
    ck_assert_int_gt(status.time, NS(INT64_C(2000000000)));
}
END_TEST

START_TEST(renaming_replaces)
{
    make_file("a", "new");
    make_file("b", "old");
    ck_assert_int_eq(fs.rename(fs.context, "a", "b"), 0);
    check_content("b", "new");
    ck_assert_int_eq(fs.rename(fs.context, "a", "b"), -ENOENT);
}
END_TEST

START_TEST(removing_takes_files_alone)
{
    make_file("a", "");
    ck_assert_int_eq(mkdirat(dir, "folder", 0755), 0);
    ck_assert_int_eq(fs.unlink(fs.context, "a"), 0);
    ck_assert_int_eq(fs.unlink(fs.context, "a"), -ENOENT);
    ck_assert_int_eq(fs.unlink(fs.context, "folder"), -EISDIR);
}
END_TEST

static int collect(void *arg, const char *name)
{
    char *names = arg;

    ck_assert_uint_eq(strlen(name), 1);
    names[name[0] - 'a']++;
    return 0;
}

static int stop(void *arg, const char *name)
{
    (void)name;
    return ++*(int *)arg == 2 ? -ECANCELED : 0;
}

START_TEST(listing_gives_every_name_once_and_again)
{
    static const char once[3] = {1, 1, 1};

    make_file("a", "");
    make_file("b", "");
    make_file("c", "");
    for (int i = 0; i < 2; i++) {
        char names[3] = {0};

        ck_assert_int_eq(fs.list(fs.context, collect, names), 0);
        ck_assert_mem_eq(names, once, sizeof(once));
    }
}
END_TEST

START_TEST(listing_stops_when_told)
{
    int calls = 0;

    make_file("a", "");
    make_file("b", "");
    make_file("c", "");
    ck_assert_int_eq(fs.list(fs.context, stop, &calls), -ECANCELED);
    ck_assert_int_eq(calls, 2);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(full, 0);
    ck_assert_int_eq(fs.write(fs.context, full, "x", 1), -ENOSPC);
    (void)close(full);
}
END_TEST

/* The kernel writes as much as the limit lets it, and refuses the rest when asked again. */
START_TEST(a_short_write_is_continued)
{
    struct rlimit limit = {.rlim_cur = 4, .rlim_max = 4};
    int fd = fs.create(fs.context, "a");

    ck_assert_int_ge(fd, 0);
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(fs.write(fs.context, fd, "123456", 6), -EFBIG);
    (void)fs.close(fs.context, fd);
    check_content("a", "1234");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs");
    TCase *tcase = suite_add(suite, "fs");

    tcase_add_checked_fixture(tcase, open_folder, close_folder);
    tcase_add_test(tcase, a_name_that_is_taken_is_refused);
    tcase_add_test(tcase, a_symbolic_link_is_not_followed);
    tcase_add_loop_test(tcase, a_file_is_readable_by_all_and_writable_by_its_owner, 0, 2);
    tcase_add_test(tcase, a_file_has_the_time_it_is_given);
    tcase_add_loop_test(tcase, a_date_is_one_of_nanoseconds, 0, LENGTH(dates));
    tcase_add_test(tcase, a_file_may_be_of_any_date);
    tcase_add_test(tcase, renaming_replaces);
    tcase_add_test(tcase, removing_takes_files_alone);
    tcase_add_test(tcase, listing_gives_every_name_once_and_again);
    tcase_add_test(tcase, listing_stops_when_told);
    tcase_add_test(tcase, a_full_disk_is_told);
    tcase_add_test(tcase, a_short_write_is_continued);
    return suite_run(suite);
}

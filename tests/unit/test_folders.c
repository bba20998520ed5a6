/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders of many streams: made, opened in a row of descriptors, locked, or refused. */
#include "origin/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/folder.h"
#include "tests/unit/suite.h"

enum {
    COUNT = 100,
};

static int directory;
static struct error err;

static void enter(void)
{
    folder_enter();
    directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(directory, 0);
}

static void leave(void)
{
    (void)closefrom(folders_first(COUNT));
    (void)close(directory);
    folder_leave();
}

static int open_folders(int64_t count)
{
    const struct folders folders = {.count = count};

    return folders_open(&folders, directory, "there", geteuid(), getegid(), &err);
}

START_TEST(the_row_begins_with_a_power_of_two)
{
    ck_assert_int_eq(folders_first(1), 64);
    ck_assert_int_eq(folders_first(64), 64);
    ck_assert_int_eq(folders_first(65), 128);
    ck_assert_int_eq(folders_first(1000), 1024);
    ck_assert_int_eq(folders_first(9999), 16384);
}
END_TEST

static mode_t mode_of(int i)
{
    return i == 0 ? 0700 : i == 2 ? 0750 : 0755;
}

START_TEST(each_stands_at_its_place_in_the_row)
{
    ck_assert_int_eq(mkdir("s0002", 0750), 0);
    ck_assert_int_eq(open_folders(COUNT), 0);
    for (int i = 0; i < COUNT; i++) {
        int fd = folders_first(COUNT) + i;
        struct stat opened;
        struct stat named;
        char name[16];

        (void)snprintf(name, sizeof(name), i > 0 ? "s%04d" : ".", i);
        ck_assert_int_eq(lstat(name, &named), 0);
        ck_assert_int_eq(fstat(fd, &opened), 0);
        ck_assert_uint_eq(opened.st_ino, named.st_ino);
        ck_assert_uint_eq(named.st_mode, S_IFDIR | mode_of(i));
        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    }
    ck_assert_int_eq(fcntl(folders_first(COUNT) + COUNT, F_GETFD), -1);
}
END_TEST

START_TEST(those_of_a_ladder_have_names_of_their_own)
{
    static const char *const names[] = {"", "720p"};
    const struct folders folders = {.count = 2, .names = names};
    int first = folders_first(2);
    struct stat opened;
    struct stat named;

    ck_assert_int_eq(flock(directory, LOCK_EX | LOCK_NB), 0);
    ck_assert_int_eq(folders_open(&folders, directory, "there", geteuid(), getegid(), &err), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(fstat(first + i, &opened), 0);
        ck_assert_int_eq(stat(i > 0 ? names[i] : ".", &named), 0);
        ck_assert_uint_eq(opened.st_ino, named.st_ino);
    }
}
END_TEST

START_TEST(root_makes_them_with_the_rights_of_the_user)
{
    const struct folders folders = {.count = 2};
    struct stat status;

    ck_assert_int_eq(folders_open(&folders, directory, "there", 65534, 65534, &err), -EACCES);
    ck_assert_str_eq(err.text,
                     "cannot make or open there/s0001: Permission denied; give there to"
                     " the user who runs this");
    ck_assert_int_eq(err.exit_code, EX_CANTCREAT);
    (void)closefrom(folders_first(2));
    ck_assert_int_eq(fchown(directory, 65534, 65534), 0);
    ck_assert_int_eq(folders_open(&folders, directory, "there", 65534, 65534, &err), 0);
    ck_assert_int_eq(stat("s0001", &status), 0);
    ck_assert_uint_eq(status.st_uid, 65534);
    ck_assert_uint_eq(status.st_gid, 65534);
    ck_assert_int_eq(mkdir("own", 0755), 0); /* it has its own rights again */
    ck_assert_int_eq(stat("own", &status), 0);
    ck_assert_uint_eq(status.st_uid, 0);
}
END_TEST

static void put_file(void)
{
    ck_assert_int_ge(open("s0003", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), 0);
}

static void put_link(void)
{
    ck_assert_int_eq(mkdir("elsewhere", 0755), 0);
    ck_assert_int_eq(symlink("elsewhere", "s0003"), 0);
}

static void put_lock(void)
{
    ck_assert_int_eq(mkdir("s0003", 0755), 0);
    ck_assert_int_eq(flock(open("s0003", O_RDONLY | O_DIRECTORY | O_CLOEXEC), LOCK_EX | LOCK_NB),
                     0);
}

static const struct {
    void (*put)(void);
    int exit_code;
    const char *text;
} obstacles[] = {
    {put_file, EX_CANTCREAT, "there/s0003 is no directory: it is to be that of a stream"},
    {put_link, EX_CANTCREAT, "there/s0003 is no directory: it is to be that of a stream"},
    {put_lock, EX_UNAVAILABLE,
     "another hlsgen publishes into there/s0003: stop it, or choose another directory"},
};

START_TEST(what_stands_in_the_way_is_told)
{
    obstacles[_i].put();
    ck_assert_int_lt(open_folders(5), 0);
    ck_assert_int_eq(err.exit_code, obstacles[_i].exit_code);
    ck_assert_str_eq(err.text, obstacles[_i].text);
}
END_TEST

START_TEST(the_limit_of_open_files_is_raised_or_told)
{
    const struct folders ladder = {.count = 101, .names = (const char *const[]){""}};
    struct rlimit limit = {.rlim_cur = 100, .rlim_max = 228};

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(folders_allow(&(struct folders){.count = 1}, &err), 0);
    ck_assert_int_eq(folders_allow(&(struct folders){.count = 100}, &err), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, 228);
    ck_assert_int_eq(open_folders(100), 0);
    ck_assert_int_eq(folders_allow(&(struct folders){.count = 101}, &err), -EMFILE);
    ck_assert_int_eq(err.exit_code, EX_NOPERM);
    ck_assert_str_eq(err.text,
                     "101 directories need 229 open files, the hard limit is 228: raise it (ulimit"
                     " -Hn, or LimitNOFILE= of the service), or lower --streams");
    ck_assert_int_eq(folders_allow(&ladder, &err), -EMFILE);
    ck_assert_str_eq(err.text,
                     "101 directories need 229 open files, the hard limit is 228: raise it (ulimit"
                     " -Hn, or LimitNOFILE= of the service)");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("folders");
    TCase *tcase = suite_add(suite, "folders");

    tcase_add_checked_fixture(tcase, enter, leave);
    tcase_add_test(tcase, the_row_begins_with_a_power_of_two);
    tcase_add_test(tcase, each_stands_at_its_place_in_the_row);
    tcase_add_test(tcase, those_of_a_ladder_have_names_of_their_own);
    if (geteuid() == 0)
        tcase_add_test(tcase, root_makes_them_with_the_rights_of_the_user);
    tcase_add_loop_test(tcase, what_stands_in_the_way_is_told, 0, LENGTH(obstacles));
    tcase_add_test(tcase, the_limit_of_open_files_is_raised_or_told);
    return suite_run(suite);
}

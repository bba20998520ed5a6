/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output directory, a real one: what is taken, what is refused and in which words. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "origin/names.h"
#include "origin/outdir.h"
#include "tests/unit/fake.h"
#include "tests/unit/folder.h"
#include "tests/unit/suite.h"

#define NOBODY ((uid_t)-1), ((gid_t)-1)

static const struct folders no_folders;

static bool exists(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

static void make_file(const char *path, off_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(posix_fallocate(fd, 0, size), 0);
    (void)close(fd);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void make_all(void)
{
    folder_enter();
    ck_assert_int_eq(mkdir("there", 0755), 0);
    make_file("file", 1);
    ck_assert_int_eq(symlink("there", "link"), 0);
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
}

static const struct {
    const char *path;
    int error;
    const char *text;
} refused[] = {
    {"missing/out", ENOENT, "--out missing/out: the directory above it does not exist"},
    {"file", ENOTDIR, "cannot open --out file as a directory: Not a directory"},
    {"file/", ENOTDIR, "cannot open --out file as a directory: Not a directory"},
    {"file/out", ENOTDIR, "cannot open --out file/out as a directory: Not a directory"},
    {"link", ENOTDIR, "--out link is a symbolic link"},
    {"link/", ENOTDIR, "--out link is a symbolic link"},
    {"link//", ENOTDIR, "--out link is a symbolic link"},
    {"dangling", ENOTDIR, "--out dangling is a symbolic link"},
};

START_TEST(what_is_no_directory_is_refused)
{
    struct outdir outdir;
    struct error err = {0};

    ck_assert_int_eq(outdir_open(refused[_i].path, NOBODY, &outdir, &err), -refused[_i].error);
    ck_assert_int_eq(err.exit_code, EX_CANTCREAT);
    ck_assert_msg(strncmp(err.text, refused[_i].text, strlen(refused[_i].text)) == 0, "%s",
                  err.text);
    ck_assert(!exists("missing") && !exists("nowhere") && exists("file") && exists("link"));
}
END_TEST

START_TEST(a_path_beyond_all_bounds_is_refused)
{
    char path[8192];
    struct outdir outdir;
    struct error err = {0};

    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    ck_assert_int_eq(outdir_open(path, NOBODY, &outdir, &err), -ENAMETOOLONG);
    ck_assert_int_eq(err.exit_code, EX_CANTCREAT);
}
END_TEST

static const char *const new_paths[] = {"new", "new/", "new//", "there/new", "./new"};

START_TEST(a_missing_directory_is_made_and_removed_again_when_abandoned)
{
    struct outdir outdir;
    struct error err = {0};
    struct stat status;

    (void)umask(0022);
    ck_assert_msg(outdir_open(new_paths[_i], NOBODY, &outdir, &err) == 0, "%s", err.text);
    ck_assert(outdir.created);
    ck_assert_int_eq(fstat(outdir.fd, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFDIR | 0755);
    ck_assert_uint_eq(status.st_uid, geteuid());
    outdir_abandon(&outdir, new_paths[_i]);
    ck_assert(!exists(new_paths[_i]));
}
END_TEST

START_TEST(a_directory_that_was_there_stays_when_abandoned)
{
    struct outdir outdir;
    struct error err = {0};

    ck_assert_msg(outdir_open("there//", NOBODY, &outdir, &err) == 0, "%s", err.text);
    ck_assert(!outdir.created);
    outdir_abandon(&outdir, "there//");
    ck_assert(exists("there"));
    ck_assert_int_lt(outdir.fd, 0);
}
END_TEST

START_TEST(a_second_publisher_is_refused_until_the_first_is_gone)
{
    struct outdir first;
    struct outdir second;
    struct error err = {0};

    ck_assert_int_eq(outdir_open("new", NOBODY, &first, &err), 0);
    ck_assert_int_eq(outdir_open("new", NOBODY, &second, &err), -EWOULDBLOCK);
    ck_assert_int_eq(err.exit_code, EX_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "another hlsgen publishes into new"));
    ck_assert(exists("new"));
    (void)close(first.fd);
    ck_assert_msg(outdir_open("new", NOBODY, &second, &err) == 0, "%s", err.text);
    outdir_abandon(&second, "new");
}
END_TEST

/* ---- access and room ------------------------------------------------------------------------- */

START_TEST(access_is_shown_by_a_file_that_is_gone_again)
{
    struct fake_disk disk;

    fake_disk_init(&disk);
    ck_assert_int_eq(outdir_check_access(&disk.fs, "out", 7, NULL), 0);
    fake_disk_put(&disk, NAMES_SEGMENT_TMP, "half", 4, 0); /* of a kill */
    ck_assert_int_eq(outdir_check_access(&disk.fs, "out", 7, NULL), 0);
    ck_assert_int_eq(fake_disk_count(&disk), 0);
    ck_assert_int_eq(fake_disk_count_open(&disk), 0);
    fake_disk_finish(&disk);
}
END_TEST

START_TEST(a_directory_that_may_not_be_written_is_refused)
{
    struct fake_disk disk;
    struct error err = {0};

    fake_disk_init(&disk);
    fake_disk_fail(&disk, FAKE_CREATE, 1, 1, EACCES);
    ck_assert_int_eq(outdir_check_access(&disk.fs, "out", 7, &err), -EACCES);
    ck_assert_int_eq(err.exit_code, EX_CANTCREAT);
    ck_assert_ptr_nonnull(
        strstr(err.text, "cannot make files in out as user 7: Permission denied"));
    fake_disk_finish(&disk);
}
END_TEST

START_TEST(too_little_room_is_refused)
{
    struct outdir outdir;
    struct error err = {0};

    ck_assert_int_eq(outdir_open("there", NOBODY, &outdir, &err), 0);
    ck_assert_int_eq(outdir_check_room(&outdir, "there", &no_folders, 0, &err), 0);
    ck_assert_int_eq(outdir_check_room(&outdir, "there", &no_folders, UINT64_MAX / 2, &err),
                     -ENOSPC);
    ck_assert_int_eq(err.exit_code, EX_IOERR);
    ck_assert_ptr_nonnull(strstr(err.text, "there has room for "));
    outdir_abandon(&outdir, "there");
}
END_TEST

enum {
    DISK_SIZE = 1 << 20,
};

/* A disk of 1 MiB on "there" that this process alone sees. */
static bool mount_disk(void)
{
    if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return false;
    return mount("", "/", "", MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", "there", "tmpfs", 0, "size=1m") == 0;
}

/* What files of ours take will be replaced, what others take stays. */
START_TEST(what_our_own_files_take_counts_as_room)
{
    struct outdir outdir;
    struct error err = {0};

    if (!mount_disk()) {
        (void)printf("# nothing mounted, so room is not measured: %s\n", strerror(errno));
        return;
    }
    ck_assert_int_eq(outdir_open("there", NOBODY, &outdir, &err), 0);
    ck_assert_int_eq(outdir_check_room(&outdir, "there", &no_folders, DISK_SIZE, &err), 0);
    make_file("there/seg1.ts", DISK_SIZE / 4);
    make_file("there/" NAMES_SEGMENT_TMP, DISK_SIZE / 4);
    ck_assert_int_eq(outdir_check_room(&outdir, "there", &no_folders, DISK_SIZE, &err), 0);
    make_file("there/seg1.ts.tmp", DISK_SIZE / 4);
    ck_assert_int_eq(outdir_check_room(&outdir, "there", &no_folders, DISK_SIZE, &err), -ENOSPC);
    ck_assert_int_eq(outdir_check_room(&outdir, "there", &no_folders, DISK_SIZE * 3 / 4, &err), 0);
    ck_assert_int_eq(outdir_check_room(&outdir, "there", &no_folders, DISK_SIZE * 3 / 4 + 1, &err),
                     -ENOSPC);
    ck_assert_ptr_nonnull(strstr(err.text, "there has room for 768 kB"));
    (void)close(outdir.fd);
    ck_assert_int_eq(umount("there"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outdir");
    TCase *opening = suite_add(suite, "open");
    TCase *room = suite_add(suite, "access and room");

    tcase_add_checked_fixture(opening, make_all, folder_leave);
    tcase_add_loop_test(opening, what_is_no_directory_is_refused, 0, LENGTH(refused));
    tcase_add_test(opening, a_path_beyond_all_bounds_is_refused);
    tcase_add_loop_test(opening, a_missing_directory_is_made_and_removed_again_when_abandoned, 0,
                        LENGTH(new_paths));
    tcase_add_test(opening, a_directory_that_was_there_stays_when_abandoned);
    tcase_add_test(opening, a_second_publisher_is_refused_until_the_first_is_gone);
    tcase_add_checked_fixture(room, make_all, folder_leave);
    tcase_add_test(room, access_is_shown_by_a_file_that_is_gone_again);
    tcase_add_test(room, a_directory_that_may_not_be_written_is_refused);
    tcase_add_test(room, too_little_room_is_refused);
    tcase_add_test(room, what_our_own_files_take_counts_as_room);
    return suite_run(suite);
}

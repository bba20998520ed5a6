/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may not be done with the files of the output directory itself: hlsgen makes new plain ones,
 * looks at them, renames and removes them; it changes none that is there, and once the stream goes
 * on it reads none.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

static int open_at(const struct scene *scene, const char *name, int flags, mode_t mode)
{
    return attack_result(syscall(SYS_openat, scene->directory, name, flags, mode));
}

static int list_directory(const struct scene *scene)
{
    char entries[4096];

    if (lseek(scene->directory, 0, SEEK_SET) < 0)
        return -errno;
    return attack_result(getdents64(scene->directory, entries, sizeof(entries)));
}

static int read_file(const struct scene *scene)
{
    return open_at(scene, "file", READ_FLAGS, 0);
}

static int read_closed_file(const struct scene *scene)
{
    return open_at(scene, "closed", READ_FLAGS, 0);
}

static int write_file(const struct scene *scene)
{
    return open_at(scene, "file", O_WRONLY | O_CLOEXEC, 0);
}

static int truncate_file(const struct scene *scene)
{
    return open_at(scene, "file", O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
}

static int follow_link(const struct scene *scene)
{
    return open_at(scene, "link", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
}

static int open_directory(const struct scene *scene)
{
    return open_at(scene, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static int open_unnamed(const struct scene *scene)
{
    return open_at(scene, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0644);
}

static int create_set_user_id(const struct scene *scene)
{
    return open_at(scene, "new", CREATE_FLAGS, 04755);
}

static int create_for_all(const struct scene *scene)
{
    return open_at(scene, "new", CREATE_FLAGS, 0666);
}

static int make_link(const struct scene *scene)
{
    return attack_result(symlinkat("/etc/passwd", scene->directory, "new"));
}

static int make_directory(const struct scene *scene)
{
    return attack_result(mkdirat(scene->directory, "new", 0755));
}

static int make_fifo(const struct scene *scene)
{
    return attack_result(mknodat(scene->directory, "new", S_IFIFO | 0644, 0));
}

/* /dev/null and a disk that there is not, as nodes that nobody opens. */
static int make_character_device(const struct scene *scene)
{
    return attack_result(mknodat(scene->directory, "new", S_IFCHR | 0644, makedev(1, 3)));
}

static int make_block_device(const struct scene *scene)
{
    return attack_result(mknodat(scene->directory, "new", S_IFBLK | 0600, makedev(240, 0)));
}

static int remove_directory(const struct scene *scene)
{
    return attack_result(unlinkat(scene->directory, "folder", AT_REMOVEDIR));
}

/* Into the folder, by the numbers with which publishing renames. */
static int rename_directory(const struct scene *scene)
{
    return attack_result(renameat(scene->directory, "folder", scene->directory, "new"));
}

static int exchange_files(const struct scene *scene)
{
    return attack_result(syscall(SYS_renameat2, scene->directory, "file", scene->directory, "link",
                                 RENAME_EXCHANGE));
}

static int change_mode(const struct scene *scene)
{
    return attack_result(fchmodat(scene->directory, "file", 04755, 0));
}

static int change_open_mode(const struct scene *scene)
{
    return attack_result(fchmod(scene->file, 0666));
}

static int change_owner(const struct scene *scene)
{
    return attack_result(fchownat(scene->directory, "file", 1, 1, 0));
}

static int change_date(const struct scene *scene)
{
    return attack_result(utimensat(scene->directory, "file", NULL, 0));
}

static int set_attribute(const struct scene *scene)
{
    return attack_result(fsetxattr(scene->file, "user.hlsgen", "", 0, 0));
}

static int set_trusted_attribute(const struct scene *scene)
{
    return attack_result(fsetxattr(scene->file, "trusted.hlsgen", "", 0, 0));
}

static int shorten_open_file(const struct scene *scene)
{
    return attack_result(ftruncate(scene->file, 0));
}

static int watch_directory(const struct scene *scene)
{
    int fd = inotify_init1(IN_CLOEXEC);

    (void)scene;
    return fd < 0 ? -errno : attack_result(inotify_add_watch(fd, ".", IN_CREATE));
}

static int replace_directory(const struct scene *scene)
{
    return attack_result(dup2(scene->outside, scene->directory));
}

static int close_directory(const struct scene *scene)
{
    return attack_result(close(scene->directory));
}

static const struct attack attacks[] = {
    {"list the directory", .run = list_directory, .needed = true},
    {"read a file", .run = read_file, .needed = true},
    {"read a file against its mode", .run = read_closed_file},
    {"write into a file", .run = write_file},
    {"truncate a file", .run = truncate_file},
    {"shorten an open file", .run = shorten_open_file},
    {"create through a symbolic link", .run = follow_link},
    {"open the directory anew", .run = open_directory},
    {"open a file without a name", .run = open_unnamed},
    {"create a set-user-ID file", .run = create_set_user_id},
    {"create a file that all may write", .run = create_for_all},
    {"make a symbolic link", .run = make_link},
    {"make a directory", .run = make_directory},
    {"make a FIFO", .run = make_fifo},
    {"make a character device", .run = make_character_device},
    {"make a block device", .run = make_block_device},
    {"remove a directory", .run = remove_directory},
    {"rename a directory", .run = rename_directory},
    {"exchange two files", .run = exchange_files},
    {"set the set-user-ID bit", .run = change_mode},
    {"change an open file's mode", .run = change_open_mode},
    {"change a file's owner", .run = change_owner},
    {"change a file's date", .run = change_date},
    {"set an extended attribute", .run = set_attribute},
    {"set a trusted attribute", .run = set_trusted_attribute},
    {"watch the directory", .run = watch_directory},
    {"watch by fanotify", ATTACK_CALL(SYS_fanotify_init, 0, O_RDONLY)},
    {"replace the directory's descriptor", .run = replace_directory},
    {"close the directory", .run = close_directory},
};

const struct attack_group attacks_files = {"files", attacks, sizeof(attacks) / sizeof(attacks[0]),
                                           false};

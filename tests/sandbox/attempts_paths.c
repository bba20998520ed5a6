/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways out of the output directory, and into the files in it. Paths are those of the scene, which
 * belongs to the user, so that a refusal is never one of mere file modes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/sandbox/attempts.h"

#define CREATE_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

static int open_at(int at, const char *path, int flags, mode_t mode)
{
    return openat(at, path, flags, mode) < 0 ? -errno : 0;
}

static int create_by_absolute_path(const struct scene *scene)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/outside/new", scene->path);
    return open_at(scene->directory, path, CREATE_FLAGS, 0644);
}

static int create_by_dot_dot(const struct scene *scene)
{
    return open_at(scene->directory, "../outside/new", CREATE_FLAGS, 0644);
}

static int create_by_other_descriptor(const struct scene *scene)
{
    return open_at(scene->outside, "new", CREATE_FLAGS, 0644);
}

static int create_set_user_id(const struct scene *scene)
{
    return open_at(scene->directory, "new", CREATE_FLAGS, 04755);
}

static int create_following(const struct scene *scene)
{
    return open_at(scene->directory, "link", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
}

static int read_absolute(const struct scene *scene)
{
    (void)scene;
    return open_at(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC, 0);
}

static int read_own(const struct scene *scene)
{
    return open_at(scene->directory, "file", O_RDONLY | O_CLOEXEC, 0);
}

static int write_own(const struct scene *scene)
{
    return open_at(scene->directory, "file", O_WRONLY | O_CLOEXEC, 0);
}

static int truncate_own(const struct scene *scene)
{
    return open_at(scene->directory, "file", O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
}

static int open_directory(const struct scene *scene)
{
    return open_at(scene->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static int open_unnamed(const struct scene *scene)
{
    return open_at(scene->directory, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0644);
}

static int make_link(const struct scene *scene)
{
    return symlinkat("/etc/passwd", scene->directory, "new") < 0 ? -errno : 0;
}

static int make_hard_link(const struct scene *scene)
{
    return linkat(scene->outside, "file", scene->directory, "new", 0) < 0 ? -errno : 0;
}

static int make_directory(const struct scene *scene)
{
    return mkdirat(scene->directory, "new", 0755) < 0 ? -errno : 0;
}

static int make_fifo(const struct scene *scene)
{
    return mknodat(scene->directory, "new", S_IFIFO | 0644, 0) < 0 ? -errno : 0;
}

static int remove_directory(const struct scene *scene)
{
    return unlinkat(scene->directory, "folder", AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int remove_by_dot_dot(const struct scene *scene)
{
    return unlinkat(scene->directory, "../outside/file", 0) < 0 ? -errno : 0;
}

static int remove_by_other_descriptor(const struct scene *scene)
{
    return unlinkat(scene->outside, "file", 0) < 0 ? -errno : 0;
}

static int rename_out(const struct scene *scene)
{
    return renameat(scene->directory, "file", scene->outside, "new") < 0 ? -errno : 0;
}

static int rename_out_by_dot_dot(const struct scene *scene)
{
    return renameat(scene->directory, "file", scene->directory, "../outside/new") < 0 ? -errno : 0;
}

static int rename_in_by_dot_dot(const struct scene *scene)
{
    return renameat(scene->directory, "../outside/file", scene->directory, "new") < 0 ? -errno : 0;
}

static int change_mode(const struct scene *scene)
{
    return fchmodat(scene->directory, "file", 04755, 0) < 0 ? -errno : 0;
}

static int leave_by_chdir(const struct scene *scene)
{
    return fchdir(scene->outside) < 0 ? -errno : 0;
}

static const struct attempt rows[] = {
    /* No number differs from what publishing does: Landlock alone judges these. */
    {"create by an absolute path", create_by_absolute_path, EACCES, EACCES, EACCES, 1},
    {"create by ..", create_by_dot_dot, EACCES, EACCES, EACCES, 1},
    {"remove by ..", remove_by_dot_dot, EACCES, EACCES, EACCES, 1},
    {"rename out by ..", rename_out_by_dot_dot, EACCES, EACCES, EACCES, 1},
    {"rename in by ..", rename_in_by_dot_dot, EACCES, EACCES, EACCES, 1},

    /* Landlock would refuse these too. */
    {"create in another directory", create_by_other_descriptor, MUST_KILL, MUST_KILL, EACCES, 1},
    {"create through a symbolic link", create_following, MUST_KILL, MUST_KILL, EACCES, 1},
    {"read /etc/passwd", read_absolute, MUST_KILL, MUST_KILL, EACCES, 1},
    {"read a file of the directory", read_own, MUST_KILL, MUST_KILL, EACCES, 1},
    {"truncate a file", truncate_own, MUST_KILL, MUST_KILL, EACCES, 3},
    {"open the directory", open_directory, MUST_KILL, MUST_KILL, EACCES, 1},
    {"make a symbolic link", make_link, MUST_KILL, MUST_KILL, EACCES, 1},
    {"make a hard link", make_hard_link, MUST_KILL, MUST_KILL, EXDEV, 1},
    {"make a directory", make_directory, MUST_KILL, MUST_KILL, EACCES, 1},
    {"make a FIFO", make_fifo, MUST_KILL, MUST_KILL, EACCES, 1},
    {"remove a directory", remove_directory, MUST_KILL, MUST_KILL, EACCES, 1},
    {"remove in another directory", remove_by_other_descriptor, MUST_KILL, MUST_KILL, EACCES, 1},
    {"rename out", rename_out, MUST_KILL, MUST_KILL, EACCES, 1},

    /* The filter alone stops these. */
    {"create a set-user-ID file", create_set_user_id, MUST_KILL, MUST_KILL, MUST_WORK, 1},
    {"write into a file", write_own, MUST_KILL, MUST_KILL, MUST_WORK, 1},
    {"open a file without a name", open_unnamed, MUST_KILL, MUST_KILL, MUST_WORK, 1},
    {"set the set-user-ID bit", change_mode, MUST_KILL, MUST_KILL, MUST_WORK, 1},
    {"change the working directory", leave_by_chdir, MUST_KILL, MUST_KILL, MUST_WORK, 1},
};

const struct attempts attempts_paths = {rows, sizeof(rows) / sizeof(rows[0])};

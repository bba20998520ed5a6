/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways to files out of the output directory. Those first in the table are made with the very
 * numbers with which hlsgen publishes, looks and reads: what they point to is all that differs,
 * which no filter sees. The files are the user's own, so that a refusal is never one of mere file
 * modes.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

static int open_at(int at, const char *path, int flags)
{
    return attack_result(syscall(SYS_openat, at, path, flags, 0644));
}

/* ---- as publishing does ---------------------------------------------------------------------- */

static int create_by_absolute_path(const struct scene *scene)
{
    char path[PATH_MAX];

    scene_path(scene, "outside/new", path);
    return open_at(scene->directory, path, CREATE_FLAGS);
}

static int create_by_dot_dot(const struct scene *scene)
{
    return open_at(scene->directory, "../outside/new", CREATE_FLAGS);
}

static int create_by_link(const struct scene *scene)
{
    return open_at(scene->directory, "way/new", CREATE_FLAGS);
}

static int create_by_proc_root(const struct scene *scene)
{
    char outside[PATH_MAX];
    char path[PATH_MAX + 32];

    scene_path(scene, "outside/new", outside);
    (void)snprintf(path, sizeof(path), "/proc/self/root%s", outside);
    return open_at(scene->directory, path, CREATE_FLAGS);
}

static int create_by_proc_descriptor(const struct scene *scene)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d/new", scene->outside);
    return open_at(scene->directory, path, CREATE_FLAGS);
}

static int remove_by_dot_dot(const struct scene *scene)
{
    return attack_result(unlinkat(scene->directory, "../outside/file", 0));
}

static int remove_by_absolute_path(const struct scene *scene)
{
    char path[PATH_MAX];

    scene_path(scene, "outside/file", path);
    return attack_result(unlinkat(scene->directory, path, 0));
}

static int rename_out(const struct scene *scene)
{
    return attack_result(renameat(scene->directory, "file", scene->directory, "../outside/new"));
}

static int rename_in(const struct scene *scene)
{
    return attack_result(renameat(scene->directory, "../outside/file", scene->directory, "new"));
}

/*
 * How it fails tells whether the file is there: ENOTDIR or ENOENT. Landlock judges who removes, but
 * not who asks.
 */
static int ask_by_removing(const struct scene *scene)
{
    return attack_reached(unlinkat(scene->directory, "/etc/passwd/x", 0), ENOTDIR);
}

/* Landlock judges no question. */
static int ask_for_state(const struct scene *scene)
{
    struct stat status;

    return attack_result(fstatat(scene->directory, "/etc/passwd", &status, AT_SYMLINK_NOFOLLOW));
}

static int read_absolute_below(const struct scene *scene)
{
    return open_at(scene->directory, "/etc/passwd", READ_FLAGS);
}

static int read_by_dot_dot(const struct scene *scene)
{
    return open_at(scene->directory, "../outside/file", READ_FLAGS);
}

static int read_by_link(const struct scene *scene)
{
    return open_at(scene->directory, "way/file", READ_FLAGS);
}

/* ---- by other means -------------------------------------------------------------------------- */

static int read_by_openat2(const struct scene *scene)
{
    struct open_how how = {.flags = READ_FLAGS};

    return attack_result(
        syscall(SYS_openat2, scene->directory, "../outside/file", &how, sizeof(how)));
}

static int create_by_descriptor(const struct scene *scene)
{
    return open_at(scene->outside, "new", CREATE_FLAGS);
}

static int read_by_descriptor(const struct scene *scene)
{
    return open_at(scene->outside, "file", READ_FLAGS);
}

static int leave_by_descriptor(const struct scene *scene)
{
    return open_at(scene->outside, "..", READ_FLAGS | O_DIRECTORY);
}

static int remove_by_descriptor(const struct scene *scene)
{
    return attack_result(unlinkat(scene->outside, "file", 0));
}

static int rename_by_descriptor(const struct scene *scene)
{
    return attack_result(renameat(scene->directory, "file", scene->outside, "new"));
}

static int read_open_file(const struct scene *scene)
{
    char byte;

    return attack_result(read(scene->file, &byte, 1));
}

static int write_open_file(const struct scene *scene)
{
    return attack_result(write(scene->file, "", 1));
}

static int link_in(const struct scene *scene)
{
    return attack_result(linkat(scene->outside, "file", scene->directory, "new", 0));
}

static int change_directory(const struct scene *scene)
{
    return attack_result(fchdir(scene->outside));
}

/* Above the root: what may still lie there, if the old root was not taken off. */
static int ask_above_root(const struct scene *scene)
{
    struct stat status;

    (void)scene;
    return attack_result(fstatat(AT_FDCWD, "/../etc/passwd", &status, 0));
}

/* ---- file handles ---------------------------------------------------------------------------- */

static union {
    struct file_handle handle;
    char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} outside_handle = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};

static int get_handle(const struct scene *scene)
{
    int mount;

    return attack_result(
        name_to_handle_at(scene->outside, "file", &outside_handle.handle, &mount, 0));
}

static void keep_handle(const struct scene *scene)
{
    (void)get_handle(scene);
}

static int open_handle(const struct scene *scene)
{
    return attack_result(open_by_handle_at(scene->outside, &outside_handle.handle, READ_FLAGS));
}

static const struct attack attacks[] = {
    {"create by an absolute path", .run = create_by_absolute_path},
    {"create by ..", .run = create_by_dot_dot},
    {"create by a symbolic link", .run = create_by_link},
    {"create by /proc/self/root", .run = create_by_proc_root},
    {"create by /proc/self/fd", .run = create_by_proc_descriptor},
    {"remove by an absolute path", .run = remove_by_absolute_path},
    {"remove by ..", .run = remove_by_dot_dot},
    {"rename out by ..", .run = rename_out},
    {"rename in by ..", .run = rename_in},
    {"ask by removing whether a path exists", .run = ask_by_removing},
    {"ask for the state of a path", .run = ask_for_state},
    {"read /etc/passwd below the directory", .run = read_absolute_below},
    {"read by ..", .run = read_by_dot_dot},
    {"read by a symbolic link", .run = read_by_link},

    {"read /etc/passwd",
     ATTACK_CALL(SYS_openat, ATTACK_MINUS(100), (uintptr_t) "/etc/passwd", READ_FLAGS)},
    {"ask for the state of a path by /..", .run = ask_above_root},
    {"read by /..",
     ATTACK_CALL(SYS_openat, ATTACK_MINUS(100), (uintptr_t) "/../etc/passwd", READ_FLAGS)},
    {"read by openat2", .run = read_by_openat2},
    {"open a path without reading",
     ATTACK_CALL(SYS_openat, ATTACK_MINUS(100), (uintptr_t) "/", O_PATH | O_CLOEXEC)},
#ifdef SYS_open
    {"read by open", ATTACK_CALL(SYS_open, (uintptr_t) "/etc/passwd", READ_FLAGS)},
#endif
    {"read by a directory left open", .run = read_by_descriptor},
    {"create by a directory left open", .run = create_by_descriptor},
    {"remove by a directory left open", .run = remove_by_descriptor},
    {"rename to a directory left open", .run = rename_by_descriptor},
    {"go up from a directory left open", .run = leave_by_descriptor},
    {"change to a directory left open", .run = change_directory},
    {"read a file left open", .run = read_open_file},
    {"write a file left open", .run = write_open_file},
    {"link a file in", .run = link_in},
    {"get the handle of a file", .run = get_handle},
    {"open a file by its handle", .run = open_handle, .prepare = keep_handle},
};

const struct attack_group attacks_paths = {"paths", attacks, sizeof(attacks) / sizeof(attacks[0]),
                                           false};

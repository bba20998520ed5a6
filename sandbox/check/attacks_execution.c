/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a program, in each form that there is. What gets through is a shell that does nothing and
 * ends with 0, as an attack that got through must; one that ends with another code counts as
 * refused.
 */
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

#define SHELL "/bin/sh"

static char shell_words[][4] = {"sh", "-c", ":"};
static char *const shell_arguments[] = {shell_words[0], shell_words[1], shell_words[2], NULL};
static char *const no_environment[] = {NULL};

static int program = -1;

static void open_program(const struct scene *scene)
{
    (void)scene;
    program = open(SHELL, O_RDONLY | O_CLOEXEC);
}

static int execute_descriptor(int fd)
{
    return attack_result(
        syscall(SYS_execveat, fd, "", shell_arguments, no_environment, AT_EMPTY_PATH));
}

static int execute_path(const struct scene *scene)
{
    (void)scene;
    return attack_result(execve(SHELL, shell_arguments, no_environment));
}

/* By the loader, for which the program is a file to be read. */
static int execute_open_program(const struct scene *scene)
{
    (void)scene;
    return execute_descriptor(program);
}

static int execute_by_fexecve(const struct scene *scene)
{
    (void)scene;
    return attack_result(fexecve(program, shell_arguments, no_environment));
}

static int execute_relative(const struct scene *scene)
{
    (void)scene;
    return attack_result(
        syscall(SYS_execveat, AT_FDCWD, SHELL, shell_arguments, no_environment, 0));
}

static int execute_from_memory(const struct scene *scene)
{
    int fd = (int)syscall(SYS_memfd_create, "", MFD_CLOEXEC);
    struct stat status;

    (void)scene;
    if (fd < 0 || fstat(program, &status) < 0 ||
        sendfile(fd, program, NULL, (size_t)status.st_size) != status.st_size)
        return -errno;
    return execute_descriptor(fd);
}

/* ---- programs in the scene ------------------------------------------------------------------- */

/* @p source becomes @p name, of the caller's own. A failure shows when the attack finds no file. */
static void copy_program(const char *source, int folder, const char *name, mode_t mode)
{
    int from = open(source, O_RDONLY | O_CLOEXEC);
    int to = openat(folder, name, CREATE_FLAGS, 0700);
    struct stat status;

    if (from >= 0 && to >= 0 && fstat(from, &status) == 0 &&
        sendfile(to, from, NULL, (size_t)status.st_size) == status.st_size)
        (void)fchmod(to, mode);
    (void)close(from);
    (void)close(to);
}

static void put_program(const struct scene *scene)
{
    copy_program(SHELL, scene->directory, "program", 0755);
}

static int execute_in_directory(const struct scene *scene)
{
    return attack_result(
        syscall(SYS_execveat, scene->directory, "program", shell_arguments, no_environment, 0));
}

static int set_user_id_program = -1;

/*
 * Root's own test(1), with which -O tells whose rights it has. It lies where nobody else can come:
 * the user, who may be hostile, must not get hold of it. An ordinary user cannot make one.
 */
static void put_set_user_id(const struct scene *scene)
{
    int folder = geteuid() == 0 ? scene_open_private(scene->site) : -1;

    if (folder < 0)
        return;
    copy_program("/usr/bin/test", folder, "test", 04755);
    set_user_id_program = openat(folder, "test", O_PATH | O_CLOEXEC);
    (void)close(folder);
}

/* As the user, where that can be: root has nothing to gain. "/" is root's; test(1) says 1 for no.
 */
static int gain_user_id(const struct scene *scene)
{
    static char words[][5] = {"test", "-O", "/"};
    char *const arguments[] = {words[0], words[1], words[2], NULL};
    int result = scene_become(&scene->site->owner);

    if (result < 0 && result != -EPERM)
        return result;
    if (set_user_id_program < 0)
        return -ENOENT;
    return attack_result(
        syscall(SYS_execveat, set_user_id_program, "", arguments, no_environment, AT_EMPTY_PATH));
}

static const struct attack attacks[] = {
    {"execute a program", .run = execute_path},
    {"execute a program by execveat", .run = execute_relative},
    {"execute an open program", .run = execute_open_program, .prepare = open_program},
    {"execute an open program by fexecve", .run = execute_by_fexecve, .prepare = open_program},
    {"execute a program in memory", .run = execute_from_memory, .prepare = open_program},
    {"execute a file of the directory", .run = execute_in_directory, .prepare = put_program},
    {"become root by a set-user-ID program", .run = gain_user_id, .prepare = put_set_user_id},
};

const struct attack_group attacks_execution = {"execution", attacks,
                                               sizeof(attacks) / sizeof(attacks[0]), false};

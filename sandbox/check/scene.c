/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files are made and removed by names below open folders, and no link is followed: the owner, who
 * may be hostile, must not lead a check that root has started to other places.
 */
#include "sandbox/check/scene.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_FLAGS   (O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int scene_become(const struct scene_owner *owner)
{
    if (!owner->change)
        return 0;
    if (setgroups(0, NULL) < 0 || setresgid(owner->gid, owner->gid, owner->gid) < 0 ||
        setresuid(owner->uid, owner->uid, owner->uid) < 0)
        return -errno;
    return 0;
}

/* ---- the peer -------------------------------------------------------------------------------- */

/* To be sent to: one to be connected to would need somebody who accepts. */
static void receive_on(const struct sockaddr_un *address, socklen_t length)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0)
        (void)bind(fd, (const struct sockaddr *)address, length);
}

struct sockaddr_un scene_abstract_address(const struct site *site, socklen_t *ret_length)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strnlen(site->path, sizeof(address.sun_path) - 1);
    size_t start = strlen(site->path) - length; /* the end of the path is what is unique */

    memcpy(address.sun_path + 1, site->path + start, length); /* after a NUL: abstract */
    *ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    return address;
}

/* A socket that cannot be had here, under a service's own filter say, is one attack less. */
static void receive_from_probes(const struct site *site)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    socklen_t length;
    struct sockaddr_un abstract = scene_abstract_address(site, &length);

    receive_on(&abstract, length);
    if ((size_t)snprintf(path.sun_path, sizeof(path.sun_path), "%s/socket", site->path) <
        sizeof(path.sun_path))
        receive_on(&path, sizeof(path));
}

/* That it changed its user must not keep others from tracing it. */
static _Noreturn void be_peer(const struct site *site, int ready)
{
    receive_from_probes(site);
    if (scene_become(&site->owner) < 0 || prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L) < 0 ||
        prctl(PR_SET_PDEATHSIG, (long)SIGKILL, 0L, 0L, 0L) < 0 || write(ready, "", 1) != 1)
        _exit(EXIT_FAILURE);
    for (;;)
        (void)pause();
}

static void end_peer(pid_t peer)
{
    (void)kill(peer, SIGKILL);
    (void)waitpid(peer, NULL, 0);
}

static int start_peer(struct site *site)
{
    int ready[2];
    char byte;
    bool started;

    if (pipe2(ready, O_CLOEXEC) < 0)
        return -errno;
    site->peer = fork();
    if (site->peer == 0)
        be_peer(site, ready[1]);
    (void)close(ready[1]);
    started = site->peer > 0 && read(ready[0], &byte, 1) == 1;
    (void)close(ready[0]);
    if (!started && site->peer > 0)
        end_peer(site->peer);
    return started ? 0 : -EAGAIN;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int give(int fd, const struct scene_owner *owner)
{
    return owner->change ? fchown(fd, owner->uid, owner->gid) : 0;
}

static int make_folder(int at, const char *name)
{
    return mkdirat(at, name, 0755) < 0 ? -1 : openat(at, name, FOLDER_FLAGS);
}

static int make_file(int at, const char *name, const struct scene_owner *owner)
{
    int fd = openat(at, name, FILE_FLAGS, 0644);

    if (fd >= 0 && (write(fd, "data", 4) != 4 || give(fd, owner) < 0)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* It stays the caller's, who may be root. */
static int make_closed_file(int at, const char *name)
{
    int fd = openat(at, name, FILE_FLAGS, 0);

    return fd < 0 ? -1 : close(fd);
}

void scene_remove_tree(int folder, const char *name)
{
    int fd = openat(folder, name, FOLDER_FLAGS);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (fd >= 0 && !list)
        (void)close(fd);
    while (list && (entry = readdir(list)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            scene_remove_tree(dirfd(list), entry->d_name);
    if (list)
        (void)closedir(list);
    (void)unlinkat(folder, name, fd < 0 ? 0 : AT_REMOVEDIR);
}

/* ---- site and scene -------------------------------------------------------------------------- */

int site_make(int base, const char *base_path, const char *name, const struct scene_owner *owner,
              struct site *ret_site)
{
    struct site site = {.owner = *owner};
    int result;

    if (snprintf(site.path, sizeof(site.path), "%s/%s", base_path, name) >= (int)sizeof(site.path))
        return -ENAMETOOLONG;
    site.folder = make_folder(base, name);
    if (site.folder < 0)
        return -errno;
    result = start_peer(&site);
    if (result < 0) {
        (void)close(site.folder);
        scene_remove_tree(base, name);
        return result;
    }
    *ret_site = site;
    return 0;
}

void site_remove(struct site *site, int base, const char *name)
{
    end_peer(site->peer);
    (void)close(site->folder);
    scene_remove_tree(base, name);
}

int scene_make(const struct site *site, struct scene *ret_scene)
{
    const struct scene_owner *owner = &site->owner;
    struct scene scene = {.site = site, .victim = -1};
    int inner, folder;

    scene.directory = make_folder(site->folder, "hls");
    scene.outside = make_folder(site->folder, "outside");
    if (scene.directory < 0 || scene.outside < 0)
        return -errno;
    scene.file = make_file(scene.outside, "file", owner);
    inner = make_file(scene.directory, "file", owner);
    folder = make_folder(scene.directory, "folder");
    if (scene.file < 0 || inner < 0 || folder < 0 ||
        make_closed_file(scene.directory, "closed") < 0 || give(folder, owner) < 0 ||
        symlinkat("../outside/new", scene.directory, "link") < 0 ||
        symlinkat("../outside", scene.directory, "way") < 0 || give(scene.directory, owner) < 0 ||
        give(scene.outside, owner) < 0 || fchdir(scene.outside) < 0)
        return -errno;
    (void)close(inner);
    (void)close(folder);
    *ret_scene = scene;
    return 0;
}

int scene_open_private(const struct site *site)
{
    return mkdirat(site->folder, "private", 0700) < 0
               ? -1
               : openat(site->folder, "private", FOLDER_FLAGS);
}

void scene_clear(const struct site *site)
{
    scene_remove_tree(site->folder, "private");
    scene_remove_tree(site->folder, "hls");
    scene_remove_tree(site->folder, "outside");
}

void scene_path(const struct scene *scene, const char *name, char ret_path[PATH_MAX])
{
    if (snprintf(ret_path, PATH_MAX, "%s/%s", scene->site->path, name) >= PATH_MAX)
        ret_path[0] = '\0'; /* ENOENT: too deep to be named */
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scene of an attack: what is there to be reached. A site is a folder with a peer, and lasts;
 * a scene is made in it for one attack, and cleared away afterwards.
 *
 *   - <site>/hls/ is the output directory: with "file"; "closed", whose mode lets nobody in;
 *     "folder/"; "link" to ../outside/new, which is not there, and "way" to ../outside
 *   - <site>/outside/ is what must stay out of reach: with "file"
 *   - <site>/socket is the peer's Unix socket
 */
#ifndef HLSGEN_SANDBOX_CHECK_SCENE_H
#define HLSGEN_SANDBOX_CHECK_SCENE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/** Whose files and peer they are: the user whom a confined process becomes. */
struct scene_owner {
    bool change; /**< the caller is root, and not yet that user */
    uid_t uid;
    gid_t gid;
};

struct site {
    char path[PATH_MAX]; /**< absolute */
    int folder;
    pid_t peer; /**< an unconfined process of the owner */
    struct scene_owner owner;
};

struct scene {
    const struct site *site;
    int directory; /**< hls/ */
    int outside;   /**< outside/, as if it had been left open by mistake */
    int file;      /**< outside/file, likewise, for reading and writing */
    pid_t victim;  /**< of an attack from outside */
    bool confined; /**< by all layers */
};

/** Makes the folder @p name in @p base, whose path is @p base_path. @return 0, negative errno */
int site_make(int base, const char *base_path, const char *name, const struct scene_owner *owner,
              struct site *ret_site);

/** Ends the peer, clears the scene, and removes the folder. */
void site_remove(struct site *site, int base, const char *name);

/** Makes a scene in the calling process. @return 0 or a negative errno */
int scene_make(const struct site *site, struct scene *ret_scene);

/** A new folder beside the scene into which only the caller can come. @return a descriptor or -1 */
int scene_open_private(const struct site *site);

/** Removes the files of a scene, whatever became of them; for the process that made the site. */
void scene_clear(const struct site *site);

/** The address of the peer's other socket, an abstract one, and its length. */
struct sockaddr_un scene_abstract_address(const struct site *site, socklen_t *ret_length);

/** Writes the path of @p name in the scene, as it is outside of the sandbox. */
void scene_path(const struct scene *scene, const char *name, char ret_path[PATH_MAX]);

/** Becomes the owner for good, if the caller is not. @return 0 or a negative errno */
int scene_become(const struct scene_owner *owner);

/** Removes @p name in @p folder, and all that is in it; follows no link. */
void scene_remove_tree(int folder, const char *name);

#endif

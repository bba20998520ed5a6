/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layers behind sandbox.h as a table: for sandbox.c, which walks it, and for those who enter
 * layers one by one to see what each stops (the check, the tests).
 */
#ifndef HLSGEN_SANDBOX_LAYERS_H
#define HLSGEN_SANDBOX_LAYERS_H

#include "sandbox/sandbox.h"

/** Which verb of sandbox.h enters a layer. */
enum layer_verb {
    LAYER_ISOLATE,
    LAYER_ENTER,
    LAYER_ENTER_WORKER,
    LAYER_TIGHTEN,
};

struct layer {
    const char *name;
    enum layer_verb verb;

    /**
     * @return 0 when the layer is in force; else a negative errno: nothing has changed, or what has
     *         does no harm; -ENOTRECOVERABLE: the program cannot go on in what it has become
     */
    int (*enter)(const struct sandbox_config *config);

    /** Required layers that refuse what it is there for, joined by "+"; NULL: it is required. */
    const char *stands_in;
    const char *needs;  /**< the layer that comes before it when it is entered alone; else NULL */
    const char *advice; /**< what makes it possible; ends a sentence */
};

/** In the order in which they are entered. */
extern const struct layer layers[];
extern const size_t layers_count;

/** The layer of this name, which must be one of the table's. */
const struct layer *layers_find(const char *name);

/** Enters @p layer, and before it what it needs, if that can be. @return as layer->enter() */
int layers_enter_alone(const struct layer *layer, const struct sandbox_config *config);

/* ---- the layers, one function each ----------------------------------------------------------- */

/** Mount, network, IPC, UTS and cgroup namespaces; through a user namespace if need be. */
int namespaces_enter(const struct sandbox_config *config);

/**
 * The output directory becomes the root and is opened anew: as a mount of its own,
 * nosuid,nodev,noexec,nosymfollow, to a reader read-only with all that is mounted in it; where that
 * cannot be, by chroot(2).
 */
int root_enter(const struct sandbox_config *config);

/** Resource limits, hard and soft alike. SIGXFSZ is ignored, so that write(2) says EFBIG. */
int limits_enter(const struct sandbox_config *config);

/** The rest of them where threads were to be started: no more of these. */
int limits_end_threads(void);

/** A session keyring of its own, empty, in the place of the user's. */
int identity_leave_keyring(const struct sandbox_config *config);

/** User ID 0 and its changes mean nothing to capabilities any more, locked. */
int identity_lock_securebits(const struct sandbox_config *config);

/**
 * Becomes config->uid and gid if config->change_user; proves that there is no way to root, but of a
 * reader of root's own directory.
 */
int identity_enter_user(const struct sandbox_config *config);

/** Empties every capability set; the bounding set only with CAP_SETPCAP, as capabilities(7). */
int identity_drop_capabilities(const struct sandbox_config *config);

/** Keeps at hand a place out of reach, which landlock_enter() must see refused: before the root. */
void landlock_keep_outside(void);

/**
 * Leaves nothing of the file system but files in config->directory, to be created, read, renamed
 * and removed, and no TCP; then in the steady state not to be read. To a reader, files and folders
 * in it, to be read.
 */
int landlock_enter(const struct sandbox_config *config);
int landlock_enter_steady(const struct sandbox_config *config);

/** Descriptor of what landlock_enter_steady() enters; -1: there is none. */
int landlock_steady_ruleset(void);

/** Whether landlock_enter() has seen a refusal of Landlock. */
bool landlock_is_in_force(void);

/**
 * The filter of the set-up phase, or a reader's; that of a thread that encodes, and that of the
 * steady state.
 */
int filter_enter_setup(const struct sandbox_config *config);
int filter_enter_worker(const struct sandbox_config *config);
int filter_enter_steady(const struct sandbox_config *config);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layers behind sandbox.h as a table: for sandbox.c, which walks it, and for those who enter
 * layers one by one to see what each stops (the check, the tests).
 */
#ifndef HLSGEN_SANDBOX_LAYERS_H
#define HLSGEN_SANDBOX_LAYERS_H

#include "sandbox/sandbox.h"

/** Which verb of sandbox.h enters a layer. */
enum layer_phase {
    LAYER_ISOLATE,
    LAYER_ENTER,
    LAYER_TIGHTEN,
};

struct layer {
    const char *name;
    enum layer_phase phase;

    /** 0 when the layer is in force, else a negative errno; -ENOTRECOVERABLE: broken half-way. */
    int (*enter)(const struct sandbox_config *config);

    const char *stands_in; /**< a required layer that refuses all that this one does; else NULL */
    const char *needs;     /**< the layer without which this one cannot be entered; else NULL */
    const char *advice;
};

/** In the order in which they are entered. */
extern const struct layer layers[];
extern const size_t layers_count;

/** Enters @p layer, and before it what it needs. @return 0 or a negative errno */
int layers_enter_alone(const struct layer *layer, const struct sandbox_config *config);

/* ---- the layers, one function each -------------------------------------------------------------
 */

/** A session keyring of its own, empty, in the place of the user's. */
int keyring_enter(const struct sandbox_config *config);

/** Mount, network, IPC, UTS and cgroup namespaces; through a user namespace if need be. */
int namespaces_enter(const struct sandbox_config *config);

/** The output directory becomes the root, and is opened anew: nosuid,nodev,noexec,nosymfollow. */
int root_enter(const struct sandbox_config *config);

/** Resource limits, hard and soft alike. SIGXFSZ is ignored, so that write(2) says EFBIG. */
int limits_enter(const struct sandbox_config *config);

/** User ID 0 and its changes mean nothing to capabilities any more, locked. */
int identity_lock_securebits(const struct sandbox_config *config);

/** Becomes config->uid and gid if config->change_user; proves that there is no way to root. */
int identity_enter_user(const struct sandbox_config *config);

/** Empties every capability set; the bounding set only with CAP_SETPCAP, as capabilities(7). */
int identity_drop_capabilities(const struct sandbox_config *config);

/** Leaves nothing of the file system but new files in config->directory, and no TCP. */
int landlock_enter(const struct sandbox_config *config);

/** Whether landlock_enter() has seen a refusal of Landlock. */
bool landlock_is_in_force(void);

/** The filter of the set-up phase, and that of the steady state. */
int filter_enter_setup(const struct sandbox_config *config);
int filter_enter_steady(const struct sandbox_config *config);

#endif

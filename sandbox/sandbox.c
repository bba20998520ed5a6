/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drop: the table of layers, and the verbs that walk it. The order is forced. Namespaces come
 * while there are paths and privileges; limits and user need privileges that the capabilities layer
 * gives up; changing the user makes a process dumpable anew; Landlock and seccomp ask for
 * no_new_privs; and after the filter no layer could be entered.
 */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/incident.h"
#include "sandbox/layers.h"
#include "sandbox/status.h"

/* linux/prctl.h since Linux 6.3 */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN (1UL << 0)
#endif

const char *const sandbox_mode_names[] = {
    [SANDBOX_STRICT] = "strict",
    [SANDBOX_BEST_EFFORT] = "best-effort",
    [SANDBOX_OFF] = "off",
    NULL,
};

/* ---- layers that are one call ---------------------------------------------------------------- */

static int forbid_dump(const struct sandbox_config *config)
{
    (void)config;
    return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) < 0 ? -errno : 0;
}

static int forbid_new_privileges(const struct sandbox_config *config)
{
    (void)config;
    return prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0 ? -errno : 0;
}

/* Memory-deny-write-execute: what was writable never becomes executable. */
static int forbid_new_code(const struct sandbox_config *config)
{
    (void)config;
    return prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0L, 0L, 0L) < 0 ? -errno : 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

#define ADVICE_CONTAINER "let the surrounding service or container permit it"
#define ADVICE_PRCTL     "let the surrounding service or container permit prctl(2)"
#define ADVICE_LANDLOCK                                                                            \
    "it needs Linux 5.13 or later with landlock among the lsm= modules, and a surrounding "        \
    "container that permits it; else use --sandbox=best-effort"
#define ADVICE_FILTER                                                                              \
    "it needs a kernel with CONFIG_SECCOMP_FILTER=y and a build without sanitizers; "              \
    "else use --sandbox=best-effort"

const struct layer layers[] = {
    {"keyring", LAYER_ISOLATE, identity_leave_keyring, "seccomp", NULL, ADVICE_CONTAINER},
    {"namespaces", LAYER_ISOLATE, namespaces_enter, "landlock+seccomp", NULL, ADVICE_CONTAINER},
    {"root", LAYER_ISOLATE, root_enter, "landlock+seccomp", "namespaces", ADVICE_CONTAINER},
    {"rlimits", LAYER_ENTER, limits_enter, NULL, NULL,
     "raise the hard limits on file size and open files (ulimit -Hf and -Hn, or LimitFSIZE= and "
     "LimitNOFILE= of the service)"},
    {"securebits", LAYER_ENTER, identity_lock_securebits, "seccomp", NULL, ADVICE_CONTAINER},
    {"user", LAYER_ENTER, identity_enter_user, NULL, NULL,
     "start as a user other than root, or as root with CAP_SETUID and CAP_SETGID, a --user that "
     "exists here, and leave to call capset(2)"},
    {"capabilities", LAYER_ENTER, identity_drop_capabilities, NULL, NULL,
     "let the surrounding service or container permit capset(2) and prctl(2)"},
    {"no-dump", LAYER_ENTER, forbid_dump, NULL, NULL, ADVICE_PRCTL},
    {"no-new-privs", LAYER_ENTER, forbid_new_privileges, NULL, NULL, ADVICE_PRCTL},
    {"mdwe", LAYER_ENTER, forbid_new_code, "seccomp", NULL, ADVICE_PRCTL},
    {"landlock", LAYER_ENTER, landlock_enter, NULL, "no-new-privs", ADVICE_LANDLOCK},
    {"seccomp", LAYER_ENTER, filter_enter_setup, NULL, "no-new-privs", ADVICE_FILTER},
    {"seccomp-worker", LAYER_ENTER_WORKER, filter_enter_worker, NULL, "no-new-privs",
     ADVICE_FILTER},
    {"landlock-steady", LAYER_TIGHTEN, landlock_enter_steady, NULL, "landlock", ADVICE_LANDLOCK},
    {"seccomp-steady", LAYER_TIGHTEN, filter_enter_steady, NULL, "no-new-privs", ADVICE_FILTER},
};

#define LAYERS (sizeof(layers) / sizeof(layers[0]))

const size_t layers_count = LAYERS;

enum layer_state {
    UNTRIED,
    IN_FORCE,
    MISSING,
};

static enum layer_state states[LAYERS];

const struct layer *layers_find(const char *name)
{
    const struct layer *layer = layers;

    while (strcmp(layer->name, name) != 0)
        layer++;
    return layer;
}

int layers_enter_alone(const struct layer *layer, const struct sandbox_config *config)
{
    if (layer->needs)
        (void)layers_enter_alone(layers_find(layer->needs), config);
    return layer->enter(config);
}

/* ---- walking it ------------------------------------------------------------------------------ */

static int fail(struct sandbox_failure *failure, const char *layer, int code, const char *advice)
{
    *failure = (struct sandbox_failure){.layer = layer, .error = -code, .advice = advice};
    return code;
}

/* To become another user is an order, which no mode may leave undone. */
static bool is_order(const struct layer *layer, const struct sandbox_config *config)
{
    return layer->enter == identity_enter_user && config->change_user;
}

/* Whether the run goes on, with a gap in its report. */
static bool may_lack(const struct layer *layer, const struct sandbox_config *config, int result)
{
    if (result == -ENOTRECOVERABLE)
        return false;
    if (config->mode == SANDBOX_BEST_EFFORT)
        return !is_order(layer, config);
    return layer->stands_in != NULL;
}

static int enter_layer(size_t i, const struct sandbox_config *config,
                       struct sandbox_failure *failure)
{
    const struct layer *layer = &layers[i];
    int result;

    if (config->mode == SANDBOX_OFF && !is_order(layer, config))
        return 0;
    result = layer->enter(config);
    if (result < 0 && !may_lack(layer, config, result))
        return fail(failure, layer->name, result, layer->advice);
    states[i] = result < 0 ? MISSING : IN_FORCE;
    return 0;
}

static int enter_layers(enum layer_verb verb, const struct sandbox_config *config,
                        struct sandbox_failure *failure)
{
    for (size_t i = 0; i < LAYERS; i++) {
        int result = layers[i].verb == verb ? enter_layer(i, config, failure) : 0;

        if (result < 0)
            return result;
    }
    return 0;
}

/* ---- the verbs ------------------------------------------------------------------------------- */

static void close_descriptors(int keep)
{
    if (keep > STDERR_FILENO + 1)
        (void)close_range(STDERR_FILENO + 1, (unsigned)keep - 1, 0);
    closefrom((keep > STDERR_FILENO ? keep : STDERR_FILENO) + 1);
}

/*
 * A standard stream that is closed would give its number to the next file opened. stdin is read by
 * nobody: whatever it is, it goes.
 */
static int replace_streams(void)
{
    (void)close(STDIN_FILENO);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            return -errno;
    return 0;
}

int sandbox_prepare(const struct sandbox_start *start, struct sandbox_failure *failure)
{
    int result;

    if (getauxval(AT_SECURE))
        return fail(failure, "raised rights", -EPERM,
                    "remove set-user-ID bits and file capabilities from the program");
    close_descriptors(start->keep);
    result = replace_streams();
    if (result < 0)
        return fail(failure, "descriptors", result, "provide /dev/null");
    umask(S_IWGRP | S_IWOTH);
    tzset(); /* gmtime_r(3) reads /etc/localtime at its first call, and soon cannot */
    status_open();
    result = incident_catch(start);
    return result < 0 ? fail(failure, "handlers", result, ADVICE_CONTAINER) : 0;
}

int sandbox_reader(enum sandbox_mode mode, int directory, int watch, size_t memory,
                   struct sandbox_config *ret_config)
{
    struct stat status;

    if (fstat(directory, &status) < 0)
        return -errno;
    *ret_config = (struct sandbox_config){
        .mode = mode,
        .directory = directory,
        .notify = -1,
        .change_user = geteuid() == 0,
        .uid = status.st_uid,
        .gid = status.st_gid,
        .memory = memory,
        .reads = true,
        .watch = watch,
    };
    return 0;
}

int sandbox_isolate(const struct sandbox_config *config, struct sandbox_failure *failure)
{
    if (config->mode != SANDBOX_OFF)
        landlock_keep_outside();
    return enter_layers(LAYER_ISOLATE, config, failure);
}

int sandbox_enter(const struct sandbox_config *config, struct sandbox_failure *failure)
{
    incident_set_phase(config->reads ? "reading" : "set-up");
    return enter_layers(LAYER_ENTER, config, failure);
}

int sandbox_enter_worker(const struct sandbox_config *config, int worker,
                         const volatile int64_t *segment, struct sandbox_failure *failure)
{
    int result = incident_catch_in_worker(worker, segment);

    if (result < 0)
        return fail(failure, "handlers", result, ADVICE_CONTAINER);
    return enter_layers(LAYER_ENTER_WORKER, config, failure);
}

int sandbox_end_threads(const struct sandbox_config *config, struct sandbox_failure *failure)
{
    const struct layer *limits = layers_find("rlimits");
    int result;

    if (config->threads == 0 || states[limits - layers] != IN_FORCE)
        return 0;
    result = limits_end_threads();
    return result < 0 ? fail(failure, limits->name, result, limits->advice) : 0;
}

int sandbox_tighten(const struct sandbox_config *config, struct sandbox_failure *failure)
{
    incident_set_phase("steady");
    return enter_layers(LAYER_TIGHTEN, config, failure);
}

/* ---- what is in force ------------------------------------------------------------------------ */

/* Whether a process with @p config comes to it at all. */
static bool applies(const struct layer *layer, const struct sandbox_config *config)
{
    switch (layer->verb) {
    case LAYER_ISOLATE:
    case LAYER_ENTER:
        return true;
    case LAYER_ENTER_WORKER:
        return config->threads > 0;
    case LAYER_TIGHTEN:
        break;
    }
    return !config->reads;
}

/* Whether all the layers in @p names, joined by "+", are in force. */
static bool are_in_force(const char *names)
{
    for (size_t i = 0; i < LAYERS; i++) {
        const char *found = strstr(names, layers[i].name);
        size_t length = strlen(layers[i].name);

        if (found && (found[length] == '+' || !found[length]) && states[i] != IN_FORCE)
            return false;
    }
    return true;
}

/* Those that stand in for layer @p i; NULL: none do. */
static const char *stand_in_for(size_t i)
{
    const char *names = layers[i].stands_in;

    return states[i] != IN_FORCE && names && are_in_force(names) ? names : NULL;
}

bool sandbox_read_layer(const struct sandbox_config *config, size_t i,
                        struct sandbox_layer *ret_layer)
{
    for (size_t at = 0; at < LAYERS; at++) {
        if (!applies(&layers[at], config) || i-- > 0)
            continue;
        *ret_layer = (struct sandbox_layer){
            .name = layers[at].name,
            .in_force = states[at] == IN_FORCE,
            .stands_in = stand_in_for(at),
        };
        return true;
    }
    return false;
}

/* A missing layer with those that stand in for it, if they do. */
static const char *list_layers(enum layer_state state, char *list, size_t size)
{
    size_t used = 0;

    list[0] = '\0';
    for (size_t i = 0; i < LAYERS && used < size; i++) {
        const char *stands_in = stand_in_for(i);
        bool covered = state == MISSING && stands_in;

        if (states[i] == state)
            used += (size_t)snprintf(list + used, size - used, "%s%s%s%s%s", used > 0 ? "," : "",
                                     layers[i].name, covered ? "(" : "", covered ? stands_in : "",
                                     covered ? ")" : "");
    }
    return list;
}

const char *sandbox_layers(void)
{
    static char list[256];

    return *list_layers(IN_FORCE, list, sizeof(list)) ? list : "none";
}

const char *sandbox_gaps(void)
{
    static char list[256];

    return list_layers(MISSING, list, sizeof(list));
}

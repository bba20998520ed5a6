/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drop: the table of layers, and the verbs that walk it. The order is forced. Limits and user
 * need privileges that the capabilities layer gives up; changing the user makes a process dumpable
 * anew; Landlock and seccomp ask for no_new_privs; and after the filter no layer could be entered.
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

#include "sandbox/layers.h"

/* linux/prctl.h since Linux 6.3 */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN (1UL << 0)
#endif

struct layer {
    const char *name;
    int (*enter)(const struct sandbox_config *config);
    const char *advice;
    bool doubled; /* a required layer behind it refuses all that it does */
};

static char layers_entered[160];
static char layers_missing[160];

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

static int enter_setup_filter(const struct sandbox_config *config)
{
    return filter_enter(&policy_setup, config->directory);
}

static int enter_steady_filter(const struct sandbox_config *config)
{
    return filter_enter(&policy_steady, config->directory);
}

#define ADVICE_PRCTL "let the surrounding service or container permit prctl(2)"
#define ADVICE_FILTER                                                                              \
    "it needs a kernel with CONFIG_SECCOMP_FILTER=y and a build without sanitizers; "              \
    "else use --sandbox=best-effort"

static const struct layer setup_layers[] = {
    {"rlimits", limits_enter,
     "raise the hard limits on file size and open files (ulimit -Hf and -Hn, or LimitFSIZE= and "
     "LimitNOFILE= of the service)",
     false},
    {"user", identity_enter_user,
     "start as a user other than root, or as root with CAP_SETUID and CAP_SETGID and a --user "
     "that exists here",
     false},
    {"capabilities", identity_drop_capabilities,
     "let the surrounding service or container permit capset(2) and prctl(2)", false},
    {"no-dump", forbid_dump, ADVICE_PRCTL, false},
    {"no-new-privs", forbid_new_privileges, ADVICE_PRCTL, false},
    /* The filter has no mprotect(), and mmap() for readable and writable memory only. */
    {"mdwe", forbid_new_code, ADVICE_PRCTL, true},
    {"landlock", landlock_enter,
     "it needs Linux 5.13 or later with landlock among the lsm= modules, and a surrounding "
     "container that permits it; else use --sandbox=best-effort",
     false},
    {"seccomp", enter_setup_filter, ADVICE_FILTER, false},
};

static const struct layer steady_layer = {"seccomp-steady", enter_steady_filter, ADVICE_FILTER,
                                          false};

static int fail(struct sandbox_failure *failure, const char *layer, int code, const char *advice)
{
    *failure = (struct sandbox_failure){.layer = layer, .error = -code, .advice = advice};
    return code;
}

static void append_name(char *list, size_t size, const char *name)
{
    size_t used = strlen(list);

    (void)snprintf(list + used, size - used, "%s%s", used > 0 ? "," : "", name);
}

/* To become another user is an order, which no mode may leave undone. */
static bool is_order(const struct layer *layer, const struct sandbox_config *config)
{
    return layer->enter == identity_enter_user && config->change_user;
}

/* Whether the run goes on, with a gap in its report. EINVAL is a kernel that does not know it. */
static bool may_lack(const struct layer *layer, const struct sandbox_config *config, int result)
{
    if (config->mode == SANDBOX_BEST_EFFORT)
        return !is_order(layer, config);
    return layer->doubled && result == -EINVAL;
}

static int enter_layer(const struct layer *layer, const struct sandbox_config *config,
                       struct sandbox_failure *failure)
{
    int result;

    if (config->mode == SANDBOX_OFF && !is_order(layer, config))
        return 0;
    result = layer->enter(config);
    if (result == 0)
        append_name(layers_entered, sizeof(layers_entered), layer->name);
    else if (may_lack(layer, config, result))
        append_name(layers_missing, sizeof(layers_missing), layer->name);
    else
        return fail(failure, layer->name, result, layer->advice);
    return 0;
}

/* A standard stream that is closed would give its number to the next file opened. */
static int open_missing_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            return -errno;
    return 0;
}

int sandbox_prepare(struct sandbox_failure *failure)
{
    int result;

    if (getauxval(AT_SECURE))
        return fail(failure, "start", -EPERM,
                    "remove set-user-ID bits and file capabilities from the program");
    closefrom(STDERR_FILENO + 1);
    result = open_missing_streams();
    if (result < 0)
        return fail(failure, "descriptors", result, "provide /dev/null");
    umask(S_IWGRP | S_IWOTH);
    return 0;
}

int sandbox_enter(const struct sandbox_config *config, struct sandbox_failure *failure)
{
    tzset(); /* gmtime_r(3) reads /etc/localtime at its first call, and soon cannot */
    for (size_t i = 0; i < sizeof(setup_layers) / sizeof(setup_layers[0]); i++) {
        int result = enter_layer(&setup_layers[i], config, failure);

        if (result < 0)
            return result;
    }
    return 0;
}

int sandbox_tighten(const struct sandbox_config *config, struct sandbox_failure *failure)
{
    return enter_layer(&steady_layer, config, failure);
}

const char *sandbox_layers(void)
{
    return layers_entered[0] ? layers_entered : "none";
}

const char *sandbox_gaps(void)
{
    return layers_missing;
}

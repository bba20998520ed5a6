/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is tried on hlsgen by --check-sandbox, tried on a program that only reads: all is stopped
 * but what such a one does itself. With "container" as argument, where no namespaces are to be had.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/check/probe.h"
#include "tests/sandbox/tap.h"

#define USER 65534

static bool in_container;

static bool is_needed(const struct attack *attack)
{
    return strcmp(attack->name, "read a file") == 0;
}

/* See sandbox/README.md: what is left to a plain user without a root directory of his own. */
static bool is_uncovered(const struct attack *attack, const struct scene_owner *owner)
{
    return in_container && !owner->change &&
           strcmp(attack->name, "ask for the state of a path") == 0;
}

static struct outcome probe(const struct site *site, const struct attack_group *group,
                            const struct attack *attack)
{
    const struct stage reading = {.kind = STAGE_SETUP, .mode = SANDBOX_STRICT, .reads = true};
    struct outcome outcome;
    int report;
    int status;
    pid_t child = probe_start(site, &reading, attack, group->from_outside, &report);

    if (child < 0 || waitpid(child, &status, 0) != child)
        err(1, "probe");
    outcome = probe_read(status, report);
    scene_clear(site);
    return outcome;
}

static void try_attack(const struct site *site, const struct attack_group *group,
                       const struct attack *attack)
{
    struct outcome outcome = probe(site, group, attack);
    bool through = outcome.kind == OUTCOME_THROUGH;
    bool stopped = outcome.kind == OUTCOME_REFUSED || outcome.kind == OUTCOME_TRAPPED ||
                   outcome.kind == OUTCOME_KILLED;
    bool may = is_needed(attack) || is_uncovered(attack, &site->owner);

    tap_result(may ? through : stopped, "%s: %s: %s: %s, %d %s",
               site->owner.change ? "root" : "user", group->name, attack->name,
               may ? "is let through" : "is stopped", outcome.error, outcome.call);
}

static void try_as(const struct scene_owner *owner)
{
    char path[] = "/tmp/hlsgen-reader-XXXXXX";
    struct site site;
    int base;

    if (!mkdtemp(path) || chmod(path, 0755) < 0)
        err(1, "mkdtemp");
    base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base < 0 || site_make(base, path, "site", owner, &site) < 0)
        err(1, "site");
    for (size_t i = 0; i < attack_groups_count; i++)
        for (size_t j = 0; j < attack_groups[i]->count; j++)
            try_attack(&site, attack_groups[i], &attack_groups[i]->attacks[j]);
    site_remove(&site, base, "site");
    (void)close(base);
    if (rmdir(path) < 0)
        err(1, "%s", path);
}

int main(int argc, char **argv)
{
    const struct sandbox_start start = {.keep = -1, .line_prefix = ""};
    const struct scene_owner as_root = {.change = true, .uid = USER, .gid = USER};
    const struct scene_owner as_user = {.uid = geteuid(), .gid = getegid()};
    struct sandbox_failure failure;

    in_container = argc > 1 && strcmp(argv[1], "container") == 0;
    tap_start();
    if (sandbox_prepare(&start, &failure) < 0)
        errx(1, "%s: %s", failure.layer, strerror(failure.error));
    if (geteuid() != 0) {
        try_as(&as_user);
        tap_skip("this test was not started as root", "all attacks, started as root");
        return tap_finish();
    }
    try_as(&as_root);
    if (scene_become(&as_root) < 0)
        err(1, "becoming user %d", USER);
    try_as(&(const struct scene_owner){.uid = USER, .gid = USER});
    return tap_finish();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the publisher must be able to do, and what a process taken over could try, each in a child
 * of its own: in both phases; with every layer but the filters, which shows what the others hold;
 * and paths with Landlock alone. As root, who gives up being root, and as an ordinary user.
 */
#include <stdio.h>
#include <unistd.h>

#include "tests/sandbox/attempts.h"

static bool is_expected(struct outcome outcome, int expected)
{
    if (expected == MUST_KILL)
        return outcome.verdict == KILLED;
    if (expected == MUST_WORK)
        return outcome.verdict == WORKS;
    return outcome.verdict == REFUSED && outcome.error == expected;
}

static void try_attempt(const struct attempt *attempt, const struct stage *stage,
                        enum identity identity, int expected)
{
    struct scene scene;
    struct outcome outcome;

    scene_make(identity, &scene);
    outcome = trial_run(&scene, stage, attempt->run);
    scene_remove(&scene);
    tap_result(is_expected(outcome, expected), "%s, %s: %s: %s", scene_identity(&scene),
               stage->name, attempt->name, outcome_text(outcome));
}

static void try_without_filter(const struct attempt *attempt, const struct stage *stage,
                               enum identity identity)
{
    if (attempt->unfiltered == DEPENDS)
        return;
    if (attempt->landlock_abi > kernel_landlock_abi())
        tap_skip("an older Landlock than it needs", "%s: %s", stage->name, attempt->name);
    else
        try_attempt(attempt, stage, identity, attempt->unfiltered);
}

static void try_all(const struct attempts *attempts, enum identity identity)
{
    for (size_t i = 0; i < attempts->count; i++) {
        const struct attempt *attempt = &attempts->rows[i];

        try_attempt(attempt, &stage_setup, identity, attempt->setup);
        if (attempt->steady != DEPENDS)
            try_attempt(attempt, &stage_steady, identity, attempt->steady);
        try_without_filter(attempt, &stage_unfiltered, identity);
        if (attempts == &attempts_paths)
            try_without_filter(attempt, &stage_landlock, identity);
    }
}

static void try_as(enum identity identity)
{
    try_all(&attempts_publishing, identity);
    try_all(&attempts_paths, identity);
    try_all(&attempts_process, identity);
}

int main(void)
{
    return tap_run(try_as, "attempts");
}

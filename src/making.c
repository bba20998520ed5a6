/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several threads share one pacer, and one at a time asks it. Who finds no room sleeps with the
 * lock: then there is none for the others either. The first thread alone tells of progress, for
 * the others may reach neither terminal nor service manager.
 */
#include "making.h"

#include <stdbool.h>
#include <unistd.h>

#include "confinement.h"
#include "media/renditions.h"

static _Thread_local bool is_worker;

static void tell_waiting(void *context)
{
    const struct making *making = context;

    if (!is_worker)
        teller_tell_waiting(making->teller, making->ladder->common.budget.cpu);
}

static void pace_step(void *context, int64_t done, int64_t total)
{
    const struct making *making = context;
    const struct pacer_listener listener = {.waits = tell_waiting, .context = context};

    if (!is_worker)
        teller_tell_encoded(making->teller, done, total);
    if (pacer_next(making->pacer, &listener) != 0)
        _exit(making->signal_code); /* as a signal does that comes while it works */
}

struct progress making_progress(struct making *making)
{
    return (struct progress){.step = pace_step, .context = making};
}

struct entering {
    const struct sandbox_config *sandbox;
    struct sandbox_failure failure;
};

static int enter_worker(void *context, int worker)
{
    struct entering *entering = context;

    is_worker = true;
    return sandbox_enter_worker(entering->sandbox, worker, NULL, &entering->failure);
}

int making_run(struct making *making, struct rendition **ret, struct error *err)
{
    struct entering entering = {.sandbox = making->sandbox};
    const struct clock *clock = making->pacer->clock;
    struct clock without_signals = clock_without_signals(clock);
    const struct renditions_config config = {
        .ladder = making->ladder,
        .lines = making->lines,
        .threads = making->threads,
        .enter = enter_worker,
        .context = &entering,
        .progress = making_progress(making),
    };
    int result;

    clock_let_signals_end(true, making->signal_code); /* nothing has been published */
    if (making->threads > 1)
        making->pacer->clock = &without_signals;
    result = renditions_make(&config, ret, err);
    making->pacer->clock = clock;
    clock_let_signals_end(false, making->signal_code);
    terminal_clear(&making->teller->terminal);
    return entering.failure.layer ? confinement_fail(&entering.failure, result, err) : result;
}

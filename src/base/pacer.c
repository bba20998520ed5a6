/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between two samples the used time is taken to be that of the earlier one, so that a window is
 * never held to be emptier than it is.
 */
#include "base/pacer.h"

#include <signal.h>

#define SAMPLE_INTERVAL (20 * NS_PER_MS)

/* Of any three samples the last is an interval younger than the first. */
_Static_assert(PACER_SAMPLES / 2 * SAMPLE_INTERVAL > PACER_WINDOW, "the ring holds a window");

enum {
    FORGETTING = 64, /* steps in which most of a dear one is forgotten */
};

static struct pacer_sample measure(const struct pacer *pacer)
{
    const struct clock *clock = pacer->clock;

    return (struct pacer_sample){clock->monotonic(clock->context), clock->cpu(clock->context)};
}

static int64_t oldest(const struct pacer *pacer)
{
    return pacer->count > PACER_SAMPLES ? pacer->count - PACER_SAMPLES : 0;
}

static const struct pacer_sample *sample(const struct pacer *pacer, int64_t i)
{
    return &pacer->samples[i % PACER_SAMPLES];
}

/* The newest sample moves on until it is an interval away from the one before it. */
static void keep(struct pacer *pacer, struct pacer_sample now)
{
    if (pacer->count >= 2 && now.at - sample(pacer, pacer->count - 2)->at < SAMPLE_INTERVAL)
        pacer->count--;
    pacer->samples[pacer->count++ % PACER_SAMPLES] = now;
}

/* The instant from which on the window has room for a step that is as dear as the dearest. */
static int64_t find_room(const struct pacer *pacer, struct pacer_sample ended)
{
    int64_t outside = ended.cpu + pacer->dearest - pacer->budget; /* what must lie before it */

    if (outside <= 0)
        return ended.at;
    for (int64_t i = oldest(pacer); i < pacer->count; i++)
        if (sample(pacer, i)->cpu >= outside)
            return sample(pacer, i)->at + PACER_WINDOW;
    return ended.at + PACER_WINDOW;
}

void pacer_init(struct pacer *pacer, const struct clock *clock, int64_t percent)
{
    *pacer = (struct pacer){.clock = clock, .budget = PACER_WINDOW / 100 * percent};
    keep(pacer, measure(pacer));
    pacer->began = sample(pacer, 0)->cpu;
}

int pacer_next(struct pacer *pacer, const struct pacer_listener *listener)
{
    const struct clock *clock = pacer->clock;
    struct pacer_sample now = measure(pacer);
    int64_t cost = now.cpu - pacer->began;
    int64_t room;

    keep(pacer, now);
    pacer->dearest -= pacer->dearest / FORGETTING;
    if (cost > pacer->dearest)
        pacer->dearest = cost;
    room = find_room(pacer, now);
    while (room > now.at) {
        int64_t wake = now.at + NS_PER_SECOND;
        int taken = clock->sleep_until(clock->context, wake < room ? wake : room);

        if (taken != 0 && taken != SIGUSR1)
            return taken;
        listener->waits(listener->context);
        now = measure(pacer);
    }
    keep(pacer, now);
    pacer->began = now.cpu;
    return 0;
}

void pacer_note(struct pacer *pacer)
{
    keep(pacer, measure(pacer));
}

int64_t pacer_share(const struct pacer *pacer)
{
    struct pacer_sample now = measure(pacer);
    int64_t i = pacer->count - 1;

    while (i > oldest(pacer) && sample(pacer, i)->at > now.at - PACER_WINDOW)
        i--;
    if (now.at <= sample(pacer, i)->at)
        return 0;
    return (now.cpu - sample(pacer, i)->cpu) * 1000 / (now.at - sample(pacer, i)->at);
}

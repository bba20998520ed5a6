/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reporter.h"

#include "media/library.h"
#include "origin/status_files.h"

/* ---- what stays as it is --------------------------------------------------------------------- */

static struct status_identity identity_of(const struct reporter_config *config)
{
    const struct streams_plan *plan = config->streams->plan;
    bool is_event = plan->kind == PLAYLIST_EVENT;

    return (struct status_identity){
        .ffmpeg = library_version(),
        .libseccomp = sandbox_library(),
        .preset = plan->ladder->common.name,
        .kind = is_event ? "event" : "live",
        .started = config->started,
        .segment_duration = timeline_duration_us(&streams_top(config->streams)->line),
        .window = is_event ? PUT_UNKNOWN : plan->ladder->common.stream.window,
    };
}

_Static_assert((int)LADDER_MAX <= (int)STATUS_RENDITIONS_MAX, "there is room for a ladder");

/* Of many streams the first stands for all, which are of its size. */
static void list_renditions(struct reporter *reporter)
{
    const struct streams *streams = reporter->config.streams;
    const struct streams_plan *plan = streams->plan;
    struct status *status = &reporter->status;

    status->renditions_count = plan->number > 0 ? 1 : (size_t)streams->count;
    for (size_t i = 0; i < status->renditions_count; i++) {
        const struct stream *stream = &streams->each[i];
        const struct rendition *rendition = reporter->config.renditions[stream->rendition];

        status->renditions[i] = (struct status_rendition){
            .name = stream->preset->rendition,
            .folder = stream->folder,
            .has_index = plan->index != INDEX_NONE,
            .segment_size = (int64_t)rendition_segment_max(rendition),
        };
    }
    if (plan->number > 0) {
        names_stream(1, reporter->first);
        status->renditions[0].folder = reporter->first;
    }
}

void reporter_init(const struct reporter_config *config, struct reporter *ret)
{
    const struct preset *preset = &config->streams->plan->ladder->common;

    *ret = (struct reporter){.config = *config};
    ret->status.identity = identity_of(config);
    ret->status.uses = (struct status_uses){
        .cpu_budget = preset->budget.cpu,
        .memory_budget = preset->budget.memory,
        .disk = config->disk,
        .disk_budget = preset->budget.disk,
    };
    list_renditions(ret);
    leases_init(&ret->leases, &config->streams->fs);
}

void reporter_resume(struct reporter *reporter)
{
    const struct clock *clock = reporter->config.clock;

    leases_resume(&reporter->leases, clock->realtime(clock->context));
}

/* ---- what changes ---------------------------------------------------------------------------- */

static void note_figures(struct status *status, const struct live_figures *figures,
                         const struct live_lateness *lateness)
{
    status->figures = *figures;
    status->lateness = *lateness;
    if (figures->newest < 0)
        status->figures.newest = status->figures.newest_due = PUT_UNKNOWN;
}

static struct status_kernel kernel_of(bool known, const struct sandbox_status *found)
{
    return (struct status_kernel){
        .known = known,
        .seccomp = found->seccomp,
        .seccomp_filters = found->seccomp_filters,
        .no_new_privs = found->no_new_privs,
        .cap_effective = found->cap_effective,
        .cap_permitted = found->cap_permitted,
        .cap_bounding = found->cap_bounding,
        .landlock = found->landlock,
    };
}

/* In one go, since the kernel writes all of it each time when it is asked. */
static void ask_kernel(const struct reporter *reporter, struct status *status)
{
    const struct clock *clock = reporter->config.clock;
    struct sandbox_status confined = {.seccomp = 0};
    struct sandbox_memory memory = {PUT_UNKNOWN, PUT_UNKNOWN, PUT_UNKNOWN};
    bool known = sandbox_read_status(&confined, &memory) == 0;

    status->sandbox.kernel = kernel_of(known, &confined);
    status->uses.cpu = clock->cpu(clock->context);
    status->uses.resident = memory.resident;
    status->uses.resident_max = memory.resident_max;
    status->uses.data = memory.data;
}

static void note_layers(const struct sandbox_config *config, struct status_sandbox *sandbox)
{
    struct sandbox_layer layer;

    sandbox->mode = sandbox_mode_names[config->mode];
    sandbox->count = 0;
    while (sandbox->count < STATUS_LAYERS_MAX && sandbox_read_layer(config, sandbox->count, &layer))
        sandbox->layers[sandbox->count++] =
            (struct status_layer){layer.name, layer.in_force, layer.stands_in};
}

static bool lacks_layer(const struct status_sandbox *sandbox)
{
    for (size_t i = 0; i < sandbox->count; i++)
        if (!sandbox->layers[i].in_force && !sandbox->layers[i].stands_in)
            return true;
    return false;
}

int reporter_write(struct reporter *reporter, const struct live_figures *figures,
                   const struct live_lateness *lateness)
{
    const struct clock *clock = reporter->config.clock;
    struct status *status = &reporter->status;
    int leased = 0;
    int written;

    note_figures(status, figures, lateness);
    ask_kernel(reporter, status);
    note_layers(reporter->config.sandbox, &status->sandbox);
    status->written = clock->realtime(clock->context);
    status->healthy = live_is_healthy(figures);
    if (status->healthy)
        leased = leases_renew(&reporter->leases, status->written);
    else
        leases_withdraw(&reporter->leases, status->written);
    status->degraded =
        figures->failing > 0 || figures->clock_held || leased < 0 || lacks_layer(&status->sandbox);
    written = status_files_write(&reporter->config.streams->fs, status);
    return leased < 0 ? leased : written;
}

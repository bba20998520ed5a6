/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.json: an object on a few lines, for a person's eyes. The order of its keys is fixed. */
#include "origin/status.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "hls/playlist.h"
#include "origin/names.h"

#define FORMAT  "hlsgen-status"
#define VERSION 1

static char *put_flag(char *at, const char *key, bool flag)
{
    return put_text(put_json_key(at, key), flag ? "true" : "false");
}

static char *put_string(char *at, const char *key, const char *text)
{
    return put_json_string(put_json_key(at, key), text);
}

static char *put_date(char *at, const char *key, int64_t ns)
{
    return put_json_date(put_json_key(at, key), ns);
}

static char *put_seconds(char *at, const char *key, int64_t us)
{
    return put_json_seconds(put_json_key(at, key), us);
}

static char *put_hex(char *at, const char *key, uint64_t number)
{
    char text[PUT_NUMBER_SIZE];

    (void)snprintf(text, sizeof(text), "%" PRIx64, number);
    return put_string(at, key, text);
}

/* In an object: what comes next. */
static char *next(char *at)
{
    return put_text(at, ",");
}

static char *next_line(char *at)
{
    return put_text(at, ",\n");
}

static char *begin(char *at, const char *key)
{
    return put_text(put_json_key(at, key), "{");
}

static char *end(char *at)
{
    return put_text(at, "}");
}

/* ---- parts ----------------------------------------------------------------------------------- */

static char *put_identity(char *at, const struct status *status)
{
    const struct status_identity *identity = &status->identity;

    at = next_line(put_string(at, "format", FORMAT));
    at = next_line(put_json_field(at, "version", VERSION));
    at = next_line(put_string(at, "generator", "hlsgen " HLSGEN_VERSION));
    at = next_line(put_string(at, "preset", identity->preset));
    at = next_line(put_string(at, "kind", identity->kind));
    at = next_line(put_date(at, "started", identity->started));
    at = next_line(put_date(at, "written", status->written));
    at = next_line(put_flag(at, "healthy", status->healthy));
    at = next_line(put_flag(at, "degraded", status->degraded));
    at = next_line(put_seconds(at, "segment_duration", identity->segment_duration));
    return put_json_field(at, "window", identity->window);
}

static char *put_streams(char *at, const struct live_figures *figures)
{
    at = begin(at, "streams");
    at = next(put_json_field(at, "count", figures->streams));
    at = next(put_json_field(at, "failing", figures->failing));
    at = next(put_json_field(at, "ended", figures->ended));
    at = next_line(end(put_json_field(at, "removed", figures->removed)));
    if (figures->newest == PUT_UNKNOWN)
        return put_text(put_json_key(at, "newest"), "null");
    at = next(put_json_field(begin(at, "newest"), "number", figures->newest));
    return end(put_date(at, "due", figures->newest_due));
}

static char *put_segments(char *at, const struct live_figures *figures)
{
    at = begin(at, "segments");
    at = next(put_json_field(at, "published", figures->published));
    at = next(put_json_field(at, "late", figures->late));
    at = next(put_json_field(at, "skipped", figures->skipped));
    at = next_line(end(put_json_field(at, "stand_by", figures->stand_by)));
    return put_json_field(at, "mended_files", figures->mended);
}

/* As in Prometheus each bucket counts those before it, too. */
static char *put_lateness(char *at, const struct status *status)
{
    const struct live_lateness *lateness = &status->lateness;
    int64_t count = 0;

    at = begin(at, "lateness");
    at = next(put_json_field(at, "max_us", status->figures.late_max / NS_PER_US));
    at = next(put_json_field(at, "sum_us", lateness->sum / NS_PER_US));
    at = put_text(put_json_key(at, "buckets"), "[");
    for (int i = 0; i <= LIVE_BOUNDS; i++) {
        count += lateness->counts[i];
        at = put_text(at, i > 0 ? ",{" : "{");
        at =
            put_json_field(at, "le_us", i < LIVE_BOUNDS ? live_bounds[i] / NS_PER_US : PUT_UNKNOWN);
        at = end(put_json_field(next(at), "count", count));
    }
    return end(put_text(at, "]"));
}

static char *put_faults(char *at, const struct live_figures *figures)
{
    at = begin(at, "faults");
    for (int kind = 0; kind < LIVE_FAULTS; kind++) {
        at = kind > 0 ? next(at) : at;
        at = put_json_field(at, live_fault_names[kind], figures->faults[kind]);
    }
    return end(at);
}

static char *put_uses(char *at, const struct status_uses *uses)
{
    at = next(put_seconds(begin(at, "cpu"), "seconds", uses->cpu / NS_PER_US));
    at = next_line(end(put_json_field(at, "budget_percent", uses->cpu_budget)));
    at = next(put_json_field(begin(at, "memory"), "resident", uses->resident));
    at = next(put_json_field(at, "resident_max", uses->resident_max));
    at = next(put_json_field(at, "data", uses->data));
    at = next_line(end(put_json_field(at, "budget", uses->memory_budget)));
    at = next(put_json_field(begin(at, "disk"), "most", uses->disk));
    return end(put_json_field(at, "budget", uses->disk_budget));
}

static char *put_layer(char *at, const struct status_layer *layer)
{
    at = next(put_string(put_text(at, "{"), "name", layer->name));
    at = next(put_flag(at, "in_force", layer->in_force));
    at = put_json_key(at, "stands_in");
    at = layer->stands_in ? put_json_string(at, layer->stands_in) : put_text(at, "null");
    return end(at);
}

static char *put_kernel(char *at, const struct status_kernel *kernel)
{
    if (!kernel->known)
        return put_text(put_json_key(at, "kernel"), "null");
    at = next(put_json_field(begin(at, "kernel"), "seccomp", kernel->seccomp));
    at = next(put_json_field(at, "seccomp_filters", kernel->seccomp_filters));
    at = next(put_flag(at, "no_new_privs", kernel->no_new_privs));
    at = next(put_hex(at, "cap_effective", kernel->cap_effective));
    at = next(put_hex(at, "cap_permitted", kernel->cap_permitted));
    at = next(put_hex(at, "cap_bounding", kernel->cap_bounding));
    return end(put_flag(at, "landlock", kernel->landlock));
}

static char *put_sandbox(char *at, const struct status_sandbox *sandbox)
{
    at = next(put_string(begin(at, "sandbox"), "mode", sandbox->mode));
    at = put_text(put_json_key(at, "layers"), "[");
    for (size_t i = 0; i < sandbox->count; i++)
        at = put_layer(i > 0 ? next(at) : at, &sandbox->layers[i]);
    return end(put_kernel(next(put_text(at, "]")), &sandbox->kernel));
}

static char *put_path(char *at, const char *key, const char *folder, const char *name)
{
    at = put_text(put_json_key(at, key), "\"");
    at = put_text(put_text(at, folder), folder[0] ? "/" : "");
    return put_text(put_text(at, name), "\"");
}

static char *put_rendition(char *at, const struct status_rendition *rendition)
{
    at = next(put_string(put_text(at, "{"), "name", rendition->name));
    at = next(put_path(at, "playlist", rendition->folder, PLAYLIST_NAME));
    if (rendition->has_index)
        at = put_path(at, "index", rendition->folder, NAMES_INDEX);
    else
        at = put_text(put_json_key(at, "index"), "null");
    return end(put_json_field(next(at), "segment_bytes", rendition->segment_size));
}

size_t status_write_json(const struct status *status, char text[STATUS_SIZE])
{
    const struct live_figures *figures = &status->figures;
    char *at = put_text(text, "{\n");

    at = next_line(put_identity(at, status));
    at = next_line(put_streams(at, figures));
    at = next_line(put_segments(at, figures));
    at = next_line(put_lateness(at, status));
    at = next_line(put_faults(at, figures));
    at = next_line(put_json_field(at, "clock_offset_us", figures->clock_offset / NS_PER_US));
    at = next_line(put_uses(at, &status->uses));
    at = next_line(put_sandbox(at, &status->sandbox));
    at = put_text(put_json_key(at, "renditions"), "[");
    for (size_t i = 0; i < status->renditions_count; i++)
        at = put_rendition(i > 0 ? next(at) : at, &status->renditions[i]);
    return (size_t)(put_text(at, "]\n}\n") - text);
}

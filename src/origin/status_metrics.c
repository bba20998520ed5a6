/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hlsgen.prom: Prometheus' text format 0.0.4. All names begin with hlsgen_, those of a process,
 * too: node exporter, which reads this file, has process_* of its own.
 */
#include "origin/status.h"

#include <string.h>

#include "base/clock.h"

enum type {
    GAUGE,
    COUNTER,
    HISTOGRAM,
};

/* A metric without labels. */
struct metric {
    const char *name;
    const char *help;
    enum type type;
    int places;    /* the value is in units of 10^-places */
    size_t offset; /* of its int64_t in struct status */
};

#define OF(field) offsetof(struct status, field)

enum {
    WHOLE = 0,
    FROM_PERCENT = 2,
    FROM_US = 6,
    FROM_NS = 9,
};

static const struct metric metrics[] = {
    {"start_time_seconds", "When hlsgen was started, since the Unix epoch.", GAUGE, FROM_NS,
     OF(identity.started)},
    {"report_time_seconds", "When this was written, since the Unix epoch.", GAUGE, FROM_NS,
     OF(written)},
    {"healthy", "Whether every stream is published as it should be.", GAUGE, WHOLE, OF(healthy)},
    {"degraded", "Whether it publishes, but with something missing.", GAUGE, WHOLE, OF(degraded)},
    {"streams", "Streams or renditions of this process.", GAUGE, WHOLE, OF(figures.streams)},
    {"streams_failing", "Streams whose last attempt failed, or whose folder was removed.", GAUGE,
     WHOLE, OF(figures.failing)},
    {"streams_ended", "Streams that have ended as they were to.", GAUGE, WHOLE, OF(figures.ended)},
    {"streams_removed", "Streams whose folder was removed by others.", GAUGE, WHOLE,
     OF(figures.removed)},
    {"segment_duration_seconds", "Nominal duration of a segment.", GAUGE, FROM_US,
     OF(identity.segment_duration)},
    {"window_segments", "Segments that a playlist lists.", GAUGE, WHOLE, OF(identity.window)},
    {"newest_segment_number", "Number of the newest segment, of the stream furthest behind.", GAUGE,
     WHOLE, OF(figures.newest)},
    {"newest_segment_due_time_seconds", "When that one was due, since the Unix epoch.", GAUGE,
     FROM_NS, OF(figures.newest_due)},
    {"segments_published_total", "Segments published at their time.", COUNTER, WHOLE,
     OF(figures.published)},
    {"segments_late_total", "Of these, later than 100 ms.", COUNTER, WHOLE, OF(figures.late)},
    {"segments_skipped_total", "Segments never listed, since the process stood still.", COUNTER,
     WHOLE, OF(figures.skipped)},
    {"segments_stand_by_total", "Segments without their clock, since encoding was too slow.",
     COUNTER, WHOLE, OF(figures.stand_by)},
    {"files_mended_total", "Files made anew, since others had changed them.", COUNTER, WHOLE,
     OF(figures.mended)},
    {"clock_offset_seconds", "From the time that publication goes by to the wall clock.", GAUGE,
     FROM_NS, OF(figures.clock_offset)},
    {"cpu_seconds_total", "Processor time used.", COUNTER, FROM_NS, OF(uses.cpu)},
    {"cpu_budget_cores", "Processor time that may be used, in cores.", GAUGE, FROM_PERCENT,
     OF(uses.cpu_budget)},
    {"resident_memory_bytes", "Memory in RAM.", GAUGE, WHOLE, OF(uses.resident)},
    {"resident_memory_max_bytes", "Memory in RAM at its peak.", GAUGE, WHOLE,
     OF(uses.resident_max)},
    {"data_memory_bytes", "Private memory, in RAM or not.", GAUGE, WHOLE, OF(uses.data)},
    {"memory_budget_bytes", "Memory that may be in RAM.", GAUGE, WHOLE, OF(uses.memory_budget)},
    {"disk_bytes", "The most that all files take.", GAUGE, WHOLE, OF(uses.disk)},
    {"disk_budget_bytes", "What they may take.", GAUGE, WHOLE, OF(uses.disk_budget)},
};

/* ---- lines ----------------------------------------------------------------------------------- */

static char *put_name(char *at, const char *name)
{
    return put_text(put_text(at, "hlsgen_"), name);
}

static char *put_head(char *at, const char *name, enum type type, const char *help)
{
    static const char *const types[] = {
        [GAUGE] = " gauge\n",
        [COUNTER] = " counter\n",
        [HISTOGRAM] = " histogram\n",
    };

    at = put_name(put_text(at, "# HELP "), name);
    at = put_text(put_text(put_text(at, " "), help), "\n");
    at = put_name(put_text(at, "# TYPE "), name);
    return put_text(at, types[type]);
}

/* @param before "{" or "," */
static char *put_label(char *at, const char *before, const char *name, const char *value)
{
    at = put_text(put_text(put_text(at, before), name), "=");
    return put_json_string(at, value); /* quoted by the same rules */
}

static char *put_value(char *at, const char *before, int64_t value)
{
    return put_text(put_decimal(put_text(at, before), value, WHOLE), "\n");
}

/* ---- metrics --------------------------------------------------------------------------------- */

static char *put_info(char *at, const struct status_identity *identity)
{
    at = put_head(at, "build_info", GAUGE, "Which hlsgen this is, and its libraries.");
    at = put_label(put_name(at, "build_info"), "{", "version", HLSGEN_VERSION);
    at = put_label(at, ",", "ffmpeg", identity->ffmpeg);
    at = put_label(at, ",", "libseccomp", identity->libseccomp);
    at = put_value(at, "} ", 1);
    at = put_head(at, "stream_info", GAUGE, "What it publishes.");
    at = put_label(put_name(at, "stream_info"), "{", "preset", identity->preset);
    at = put_label(at, ",", "kind", identity->kind);
    return put_value(at, "} ", 1);
}

static char *put_metric(char *at, const struct metric *metric, const struct status *status)
{
    int64_t value;

    memcpy(&value, (const char *)status + metric->offset, sizeof(value));
    if (value == PUT_UNKNOWN)
        return at;
    at = put_head(at, metric->name, metric->type, metric->help);
    at = put_text(put_name(at, metric->name), " ");
    return put_text(put_decimal(at, value, metric->places), "\n");
}

/* Seconds, no longer than need be. */
static char *put_bound(char *at, int64_t ns)
{
    at = put_decimal(at, ns, FROM_NS);
    while (at[-1] == '0')
        at--;
    return at[-1] == '.' ? at - 1 : at;
}

static char *put_bucket(char *at, int i, int64_t count)
{
    at = put_text(put_name(at, "publish_lateness_seconds_bucket"), "{le=\"");
    at = i < LIVE_BOUNDS ? put_bound(at, live_bounds[i]) : put_text(at, "+Inf");
    return put_value(at, "\"} ", count);
}

static char *put_lateness(char *at, const struct live_lateness *lateness)
{
    int64_t count = 0;

    at = put_head(at, "publish_lateness_seconds", HISTOGRAM,
                  "From the instant at which a segment was due to its playlist.");
    for (int i = 0; i <= LIVE_BOUNDS; i++) {
        count += lateness->counts[i];
        at = put_bucket(at, i, count);
    }
    at = put_text(put_name(at, "publish_lateness_seconds_sum"), " ");
    at = put_text(put_decimal(at, lateness->sum, FROM_NS), "\n");
    return put_value(put_name(at, "publish_lateness_seconds_count"), " ", count);
}

static char *put_faults(char *at, const struct live_figures *figures)
{
    at = put_head(at, "publish_faults_total", COUNTER, "Attempts that failed, by their reason.");
    for (int kind = 0; kind < LIVE_FAULTS; kind++) {
        at = put_label(put_name(at, "publish_faults_total"), "{", "kind", live_fault_names[kind]);
        at = put_value(at, "} ", figures->faults[kind]);
    }
    return at;
}

static char *put_sizes(char *at, const struct status *status)
{
    at = put_head(at, "segment_size_bytes", GAUGE, "The largest segment of a rendition.");
    for (size_t i = 0; i < status->renditions_count; i++) {
        const struct status_rendition *rendition = &status->renditions[i];

        at = put_label(put_name(at, "segment_size_bytes"), "{", "rendition", rendition->name);
        at = put_value(at, "} ", rendition->segment_size);
    }
    return at;
}

static char *put_layers(char *at, const struct status_sandbox *sandbox)
{
    at = put_head(at, "sandbox_layer", GAUGE, "Whether a layer of the confinement is in force.");
    for (size_t i = 0; i < sandbox->count; i++) {
        at = put_label(put_name(at, "sandbox_layer"), "{", "layer", sandbox->layers[i].name);
        at = put_value(at, "} ", sandbox->layers[i].in_force);
    }
    return at;
}

size_t status_write_metrics(const struct status *status, char text[STATUS_SIZE])
{
    char *at = put_info(text, &status->identity);

    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
        at = put_metric(at, &metrics[i], status);
    at = put_sizes(at, status);
    at = put_lateness(at, &status->lateness);
    at = put_faults(at, &status->figures);
    return (size_t)(put_layers(at, &status->sandbox) - text);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a run is doing, as status.json for people and programs and as hlsgen.prom for Prometheus
 * (doc/status.md). Model to text, without I/O. What is not known is PUT_UNKNOWN: in JSON null, and
 * no metric.
 */
#ifndef HLSGEN_ORIGIN_STATUS_H
#define HLSGEN_ORIGIN_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/put.h"
#include "origin/live.h"

enum {
    STATUS_LAYERS_MAX = 20,
    STATUS_RENDITIONS_MAX = 16,
};

/** Who runs, and what it makes; all texts are borrowed. */
struct status_identity {
    const char *ffmpeg;     /**< version of the libraries */
    const char *libseccomp; /**< likewise */
    const char *preset;
    const char *kind;         /**< "live" or "event" */
    int64_t started;          /**< nanoseconds since the Unix epoch */
    int64_t segment_duration; /**< microseconds */
    int64_t window;           /**< segments that the playlist lists at most; of an event unknown */
};

/** A layer of the confinement. */
struct status_layer {
    const char *name;
    bool in_force;
    const char *stands_in; /**< those that do what this one would, joined by "+"; NULL: none do */
};

/** What the kernel says of the confinement. */
struct status_kernel {
    bool known; /**< or nothing else is */
    int seccomp;
    int seccomp_filters;
    bool no_new_privs;
    uint64_t cap_effective;
    uint64_t cap_permitted;
    uint64_t cap_bounding;
    bool landlock;
};

struct status_sandbox {
    const char *mode; /**< of --sandbox */
    struct status_layer layers[STATUS_LAYERS_MAX];
    size_t count;
    struct status_kernel kernel;
};

/** A stream that clients can find, of those of --streams the first. */
struct status_rendition {
    const char *name;   /**< of a ladder; else "" */
    const char *folder; /**< in which it lies, "" for the directory itself */
    bool has_index;
    int64_t segment_size; /**< bytes of the largest */
};

/** What is used, and what may be, in bytes. */
struct status_uses {
    int64_t cpu;        /**< nanoseconds of processor time */
    int64_t cpu_budget; /**< percent of a core */
    int64_t resident;
    int64_t resident_max;
    int64_t data;
    int64_t memory_budget; /**< of what is resident */
    int64_t disk;          /**< that all files take at most */
    int64_t disk_budget;
};

struct status {
    struct status_identity identity;
    int64_t written;  /**< nanoseconds since the Unix epoch */
    int64_t healthy;  /**< 1: leases are renewed; 0 */
    int64_t degraded; /**< 1: it publishes, but something is less than whole; 0 */
    struct live_figures figures;
    struct live_lateness lateness;
    struct status_uses uses;
    struct status_sandbox sandbox;
    struct status_rendition renditions[STATUS_RENDITIONS_MAX];
    size_t renditions_count;
};

enum {
    STATUS_SIZE = 16 * 1024, /**< bytes that are enough for either text */
};

/** Each writes the whole text. @return bytes of it; a NUL may stand behind them */
size_t status_write_json(const struct status *status, char text[STATUS_SIZE]);
size_t status_write_metrics(const struct status *status, char text[STATUS_SIZE]);

#endif

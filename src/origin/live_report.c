/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log lines of a live run. Of one stream everything is told at once. What is wrong with
 * one of a thousand is soon wrong with others, so theirs is gathered for a while, and a line says
 * how many streams it is about: there is at most one of a kind in that time.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "origin/live_parts.h"

#define GATHER_NS (2 * NS_PER_SECOND)

static const char *const action_names[ACTIONS] = {
    [ACTION_PUBLISH] = "publish",
    [ACTION_REMOVE] = "remove old segments",
    [ACTION_MEND] = "make anew what others have changed",
    [ACTION_DESCRIBE] = "write index.json",
    [ACTION_REPORT] = "write status.json, hlsgen.prom and leases",
};

static const struct {
    int priority;
    const char *text;
    const char *amount; /* what it is; NULL: there is none */
} event_lines[EVENTS] = {
    [EVENT_STATE_DAMAGED] = {LOG_WARNING,
                             "the state file of this directory was damaged, making it anew", NULL},
    [EVENT_PLAYLIST_DAMAGED] = {LOG_WARNING,
                                "the playlist in this directory was damaged, making it anew", NULL},
    [EVENT_BREAK] = {LOG_NOTICE, "another stream was here, going on after a discontinuity", NULL},
    [EVENT_NEW_WINDOW] = {LOG_WARNING, "published a new window", "skipped"},
    [EVENT_MENDED] = {LOG_WARNING, "made anew what others had changed", "files"},
    [EVENT_LEFT_OUT] = {LOG_WARNING,
                        "segments of an earlier stream were destroyed by others, and leave the"
                        " playlist",
                        "segments"},
    [EVENT_ENDED] = {LOG_NOTICE, "the stream has ended", NULL},
    [EVENT_HAD_ENDED] = {LOG_NOTICE, "the stream in this directory has ended, it is left as it is",
                         NULL},
    [EVENT_REMOVED] = {LOG_ERR, "a stream ends, its folder was removed", NULL},
};

static bool is_alone(const struct live *live)
{
    return live->config.count == 1;
}

static int64_t gather_until(const struct live *live)
{
    return is_alone(live) ? 0 : live_monotonic(live) + GATHER_NS;
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* Confinement refuses to replace a directory before the kernel does. */
const char *live_reason(int error)
{
    if (error == -EACCES || error == -EISDIR || error == -ENOTEMPTY)
        return "no permission, or a directory stands in the place of a file";
    if (error == -EMEDIUMTYPE)
        return "an event is there, or for an event a live stream: empty it, or name another"
               " directory";
    if (error == -EPROTOTYPE)
        return "a stream of another container is there: empty it, or name another directory";
    if (error == -EEXIST)
        return "another stream has ended there: empty it, or name another directory";
    if (error == -E2BIG)
        return "the event there is longer than this one may become";
    if (error == -EAGAIN)
        return "somebody took a temporary file away";
    return strerror(-error);
}

static enum live_fault kind_of(int error)
{
    switch (-error) {
    case ENOSPC:
    case EDQUOT:
        return LIVE_FAULT_SPACE;
    case EIO:
        return LIVE_FAULT_IO;
    case EROFS:
        return LIVE_FAULT_READ_ONLY;
    case EMFILE:
    case ENFILE:
        return LIVE_FAULT_DESCRIPTORS;
    default:
        return LIVE_FAULT_OTHER;
    }
}

/* @param last of the attempt before, and @param counts of all, whoever they are of */
static void note_outcome(struct live *live, enum action action, int result, int *last,
                         int64_t counts[LIVE_FAULTS])
{
    struct report_fault *fault = &live->report.faults[action];
    bool failed = *last < 0;

    *last = result < 0 ? result : 0;
    fault->streams += (result < 0) - failed;
    if (result >= 0)
        return;
    if (fault->failures++ == 0)
        fault->tell_at = gather_until(live);
    fault->error = result;
    counts[kind_of(result)]++;
}

void report_outcome(struct live *live, struct lane *lane, enum action action, int result)
{
    if (result >= 0 && lane->faults[action] >= 0)
        return;
    live->report.faults[action].newest = live_newest(lane);
    note_outcome(live, action, result, &lane->faults[action], lane->figures.faults);
}

void report_own_outcome(struct live *live, int result)
{
    note_outcome(live, ACTION_REPORT, result, &live->report_fault, live->report_faults);
}

/* " newest=..." of one stream, " streams=..." of several. */
static const char *tail_of(const struct live *live, enum action action, int64_t streams,
                           char tail[REPORT_TAIL_SIZE])
{
    const struct report_fault *fault = &live->report.faults[action];

    if (action == ACTION_REPORT)
        tail[0] = '\0';
    else if (is_alone(live))
        (void)snprintf(tail, REPORT_TAIL_SIZE, " newest=%" PRId64, fault->newest);
    else
        (void)snprintf(tail, REPORT_TAIL_SIZE, " streams=%" PRId64, streams);
    return tail;
}

static void tell_fault(const struct live *live, enum action action, struct report_fault *fault)
{
    char tail[REPORT_TAIL_SIZE];

    if (fault->streams > fault->told_streams ||
        (fault->streams > 0 && fault->error != fault->told_error)) {
        log_error("cannot %s, trying again: %s%s", action_names[action], live_reason(fault->error),
                  tail_of(live, action, fault->streams, tail));
        fault->told_error = fault->error;
        if (fault->told_streams < fault->streams)
            fault->told_streams = fault->streams;
        fault->tell_at = gather_until(live);
    } else if (fault->streams == 0) {
        if (fault->told_streams > 0)
            log_notice("can %s again failures=%" PRId64 "%s", action_names[action], fault->failures,
                       tail_of(live, action, fault->told_streams, tail));
        *fault = (struct report_fault){0};
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

void report_event(struct live *live, enum event event, int64_t amount, const char *format, ...)
{
    struct report_event *told = &live->report.events[event];
    va_list args;

    if (told->streams++ == 0)
        told->tell_at = gather_until(live);
    told->amount += amount;
    va_start(args, format);
    (void)vsnprintf(told->tail, sizeof(told->tail), format, args);
    va_end(args);
}

static void tell_event(const struct live *live, enum event event, struct report_event *told)
{
    char amount[REPORT_TAIL_SIZE] = "";

    if (event_lines[event].amount)
        (void)snprintf(amount, sizeof(amount), " %s=%" PRId64, event_lines[event].amount,
                       told->amount);
    if (is_alone(live))
        log_line(event_lines[event].priority, "%s%s%s", event_lines[event].text, amount,
                 told->tail);
    else
        log_line(event_lines[event].priority, "%s%s streams=%" PRId64, event_lines[event].text,
                 amount, told->streams);
    *told = (struct report_event){0};
}

void report_tell(struct live *live, bool all)
{
    struct report *report = &live->report;
    int64_t now = live_monotonic(live);

    for (int event = 0; event < EVENTS; event++)
        if (report->events[event].streams > 0 && (all || report->events[event].tell_at <= now))
            tell_event(live, (enum event)event, &report->events[event]);
    for (int action = 0; action < ACTIONS; action++)
        if (report->faults[action].failures > 0 && (all || report->faults[action].tell_at <= now))
            tell_fault(live, (enum action)action, &report->faults[action]);
}

/* ---- figures --------------------------------------------------------------------------------- */

static void log_figures(const char *occasion, const char *whose, const struct live_figures *figures)
{
    const int64_t *faults = figures->faults;

    log_info("%s%s newest=%" PRId64 " published=%" PRId64 " skipped=%" PRId64 " mended=%" PRId64
             " late_max_us=%" PRId64 " faults_space=%" PRId64 " faults_io=%" PRId64
             " faults_read_only=%" PRId64 " faults_descriptors=%" PRId64 " faults_other=%" PRId64
             " clock_offset_ms=%" PRId64,
             occasion, whose, figures->newest, figures->published, figures->skipped,
             figures->mended, figures->late_max / NS_PER_US, faults[LIVE_FAULT_SPACE],
             faults[LIVE_FAULT_IO], faults[LIVE_FAULT_READ_ONLY], faults[LIVE_FAULT_DESCRIPTORS],
             faults[LIVE_FAULT_OTHER], figures->clock_offset / NS_PER_MS);
}

void report_figures(const struct live *live, const char *occasion)
{
    struct live_figures sum = live_sum(live);
    char whose[REPORT_TAIL_SIZE] = "";

    if (!is_alone(live))
        (void)snprintf(whose, sizeof(whose), " streams=%" PRId64 " failing=%" PRId64, sum.streams,
                       sum.failing);
    log_figures(occasion, whose, &sum);
    for (int64_t i = 0; !is_alone(live) && sum.streams <= LIVE_STREAMS_TOLD && i < sum.streams;
         i++) {
        struct live_figures figures = live_figures_of(live, &live->lanes[i]);
        const char *rendition = live->config.streams[i].rendition;

        figures.clock_offset = sum.clock_offset;
        if (rendition && rendition[0])
            (void)snprintf(whose, sizeof(whose), " rendition=%s failing=%" PRId64, rendition,
                           figures.failing);
        else
            (void)snprintf(whose, sizeof(whose), " stream=%" PRId64 " failing=%" PRId64, i + 1,
                           figures.failing);
        log_figures(occasion, whose, &figures);
    }
}

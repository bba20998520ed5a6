/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What live_start.c, which starts, live.c, which publishes, live_figures.c, which counts, and
 * live_report.c, which logs, share; for these alone.
 */
#ifndef HLSGEN_ORIGIN_LIVE_PARTS_H
#define HLSGEN_ORIGIN_LIVE_PARTS_H

#include "origin/live.h"
#include "origin/queue.h"
#include "origin/tie.h"

/** What is done again and again, and can fail; a fault of each is told on its own. */
enum action {
    ACTION_PUBLISH,
    ACTION_REMOVE,
    ACTION_MEND,
    ACTION_DESCRIBE,
    ACTION_REPORT, /* of no one stream */
    ACTIONS,
};

/** What happens now and then, and is told. */
enum event {
    EVENT_STATE_DAMAGED,
    EVENT_PLAYLIST_DAMAGED,
    EVENT_BREAK,
    EVENT_NEW_WINDOW, /**< amount: segments skipped */
    EVENT_MENDED,     /**< amount: files */
    EVENT_LEFT_OUT,   /**< amount: segments */
    EVENT_REMOVED,
    EVENT_ENDED,
    EVENT_HAD_ENDED, /**< an earlier run ended it */
    EVENTS,
};

enum {
    REPORT_TAIL_SIZE = 80,
};

/** Faults of one action. */
struct report_fault {
    int error;        /* of the attempt that failed last */
    int64_t streams;  /* that fail now */
    int64_t failures; /* since all was well */
    int64_t newest;   /* of the stream that failed or succeeded last */
    int told_error;
    int64_t told_streams; /* 0: it was not told */
    int64_t tell_at;      /* CLOCK_MONOTONIC: not before */
};

/** Events of one kind that are not told yet. */
struct report_event {
    int64_t streams; /* to which it happened; 0: there is nothing to tell */
    int64_t amount;
    int64_t tell_at;
    char tail[REPORT_TAIL_SIZE]; /* of the line, when there is one stream */
};

/** What happens to a thousand streams at once is gathered into one line. */
struct report {
    struct report_fault faults[ACTIONS];
    struct report_event events[EVENTS];
};

/** A stream, as the loop sees it. */
struct lane {
    struct publisher *publisher;
    const struct timeline *line;
    bool prepared;               /* the next segment is, and waits for its instant */
    bool to_mend;                /* it is in that queue */
    bool to_describe;            /* likewise */
    bool gone;                   /* its directory was removed */
    bool ended;                  /* nothing follows any more */
    int64_t due;                 /* index of the newest segment that was, as the start began */
    int faults[ACTIONS];         /* negative errno of the last attempt; 0: it went well */
    struct live_figures figures; /* of them, those that are not found when asked for */
};

struct live {
    struct live_config config;
    struct tie tie;
    int64_t began;       /* CLOCK_MONOTONIC: the start was done; INT64_MAX: not yet */
    int64_t next_beat;   /* likewise; INT64_MAX: never */
    int64_t next_report; /* likewise */
    struct live_lateness lateness;
    int report_fault;                   /* negative errno of the last report; 0: it went well */
    int64_t report_faults[LIVE_FAULTS]; /* in this run */
    int64_t left;                       /* streams for which there is something to do */
    int64_t gone;                       /* those whose directory was removed */
    struct lane *lanes;
    struct queue commits;      /* by their due instants */
    struct queue preparations; /* by the instant from which on they may be made */
    struct queue mendings;
    struct queue descriptions; /* by the instant from which on there is something to tell */
    struct report report;
};

int64_t live_monotonic(const struct live *live);

/** The number of the newest segment of @p lane. */
int64_t live_newest(const struct lane *lane);

/**
 * Sleeps; takes care of SIGUSR1 and of the beat.
 *
 * @return the signal that ends the run, or 0 at @p deadline
 */
int live_sleep_until(struct live *live, int64_t deadline);

/**
 * At or after the due instant: publishes the prepared segment, or a whole window if more than that
 * is due. @return 0 or a negative errno
 */
int live_publish(struct live *live, struct lane *lane);

/** Removes what was prepared, and tells the figures. */
void live_stop(struct live *live);

/** A segment was published @p late, in nanoseconds. */
void live_note_lateness(struct live *live, struct lane *lane, int64_t late);

/** The figures of one stream, and of all together. */
struct live_figures live_figures_of(const struct live *live, const struct lane *lane);
struct live_figures live_sum(const struct live *live);

/** Beats when it is time to; one beat stands for all that were missed. */
void live_beat_if_due(struct live *live);

/** Answers SIGUSR1. */
void live_answer(struct live *live);

/** When the next report is to be made, CLOCK_MONOTONIC: the wall clock comes to a multiple. */
int64_t live_report_time(const struct live *live);

/** An attempt at @p action: counts it, and gathers the first of a row of faults, and its end. */
void report_outcome(struct live *live, struct lane *lane, enum action action, int result);

/** A report went so: counts it, and gathers likewise. */
void report_own_outcome(struct live *live, int result);

/** @p event happened to a stream; of one stream alone its line ends as @p format says. */
void report_event(struct live *live, enum event event, int64_t amount, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Logs what was gathered for long enough, or all of it. */
void report_tell(struct live *live, bool all);

/** Logs them, and those of each stream if there are few. */
void report_figures(const struct live *live, const char *occasion);

#endif

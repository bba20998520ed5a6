/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of the segments: each is under its name whole or not at all, and what it looked like
 * when it was left there is remembered, so that it shows when others have touched it.
 */
#ifndef HLSGEN_ORIGIN_STORE_H
#define HLSGEN_ORIGIN_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fs.h"

/** How a segment was left. */
struct stamp {
    int64_t number; /**< -1: none */
    struct fs_status left;
    bool made; /**< by this run, where an earlier one had left nothing */
};

/** A segment that no playlist lists any more. */
struct retired {
    int64_t number;
    int64_t remove_at; /**< CLOCK_MONOTONIC */
    int64_t spare_at;  /**< likewise; from here on it may go when room is lacking */
};

struct store {
    const struct fs *fs;
    const struct clock *clock;

    /** Called before segment @p number goes that a playlist has listed; NULL: nobody is told. */
    void (*let_go)(void *arg, int64_t number);
    void *arg;

    uint64_t map;         /**< as in struct playlist_entry, for their names */
    struct stamp *stamps; /**< of the last segments, each at its number modulo their count */
    size_t stamp_count;
    struct retired *retired;
    size_t retired_count;
    size_t retired_max;
};

/**
 * @param fs, clock   borrowed
 * @param map         of the segments, as in struct playlist_entry
 * @param stamp_count for how many consecutive segments is remembered how they were left
 * @param retired_max how many wait for their removal at most
 * @return 0 or -ENOMEM; @p ret is then to be finished all the same
 */
int store_init(struct store *ret, const struct fs *fs, const struct clock *clock, uint64_t map,
               int64_t stamp_count, int64_t retired_max);

/** Bytes of memory that store_init() takes. */
size_t store_memory(int64_t stamp_count, int64_t retired_max);

/** Accepts a zeroed one. */
void store_finish(struct store *store);

/** Writes segment @p number, dated @p time, in the place of whatever file has its name. */
int store_put(struct store *store, int64_t number, const void *bytes, size_t size, int64_t time);

/** Looks at what has the name of segment @p number. @return 0; -ENOENT or another negative errno */
int store_look(const struct store *store, int64_t number, struct fs_status *ret);

/**
 * Looks at segment @p number. @return 1 when it is on disk as it was left, 0 when it is not; a
 * negative errno when that cannot be seen
 */
int store_check(const struct store *store, int64_t number);

/**
 * Whether the file of segment @p number has these bytes. Reads it.
 *
 * @param scratch room for @p size bytes
 */
bool store_holds(const struct store *store, int64_t number, const void *bytes, size_t size,
                 void *scratch);

/**
 * Takes a segment of an earlier run over, if it is the file that store_put() would leave. Reads it.
 *
 * @param bytes   NULL: any will do, so that it is not read
 * @param scratch room for @p size bytes
 */
bool store_adopt(struct store *store, int64_t number, const void *bytes, size_t size, int64_t time,
                 void *scratch);

/** Whether is still known how segment @p number was left. */
bool store_knows(const struct store *store, int64_t number);

/**
 * Takes one over unread, if it is a file that all may read and that nobody has written to: its time
 * is @p time, as precisely as a playlist tells it.
 *
 * @return 1, or 0 if it is not; a negative errno when it cannot be seen
 */
int store_adopt_unread(struct store *store, int64_t number, int64_t time);

/** Removes segment @p number now; it is no error if there is none. */
int store_remove(struct store *store, int64_t number);

/** Whether this run made segment @p number, and no earlier one had. */
bool store_has_made(const struct store *store, int64_t number);

/** Removes segment @p number, which was never listed; if that fails, store_expire() tries again. */
void store_discard(struct store *store, int64_t number);

/**
 * Lets segment @p number, which waits for no removal yet, be removed in @p delay nanoseconds, or
 * already in @p spare if room is lacking. When too many wait, the most overdue goes now.
 */
void store_retire(struct store *store, int64_t number, int64_t delay, int64_t spare);

/** Lets @p more segments wait for their removal than before. @return 0 or -ENOMEM */
int store_reserve(struct store *store, int64_t more);

/** Whether segment @p number waits for its removal. */
bool store_is_waiting(const struct store *store, int64_t number);

/** Whether one of those before segment @p number does. */
bool store_is_waiting_before(const struct store *store, int64_t number);

/** Calls @p each with the number of each segment that is as it was left, or waits for its removal.
 */
void store_list(const struct store *store, void (*each)(void *arg, int64_t number), void *arg);

/** Segment @p number is needed again, or anew: it is not to be removed. */
void store_recall(struct store *store, int64_t number);

/** The wall clock stepped forward by @p step: so much less has a segment to stay if room lacks. */
void store_step(struct store *store, int64_t step);

/** On a full disk: removes the oldest segment that may go now. @return whether there was one */
bool store_make_room(struct store *store);

/** When the next one's time comes, CLOCK_MONOTONIC; INT64_MAX: none waits. */
int64_t store_next_removal(const struct store *store);

/** Removes those whose time has come. @return 0, or a negative errno: some of them are left */
int store_expire(struct store *store);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only writer of the output directory, and what holds at every instant of it, a kill or a power
 * cut included: a segment is under its name whole or not at all, and the playlist names only such
 * segments.
 *
 *     resume      at the start: what an earlier run left is read, judged and put in order
 *     fill        a whole window at once, back-dated; what is whole on disk stays untouched
 *     prepare     ahead of time: the next segment, written, synced and under its name, which no
 *                 playlist lists yet; and the playlist that ends with it, under a temporary name
 *     commit      at the due instant: one rename
 *     expire      removes what has been out of the playlist for long enough (RFC 8216 6.2.2)
 *     describe    says what is there in index.json, which nothing depends on
 *     mend        makes again what others removed or changed of what is listed, and the playlist
 *
 * Callers speak of segments by their index on the timeline; the number in name and playlist is the
 * index plus an offset, which is 0 but in a directory that another stream had before (resume.h).
 * Files and time are reached through base/fs.h and base/clock.h alone.
 */
#ifndef HLSGEN_ORIGIN_PUBLISHER_H
#define HLSGEN_ORIGIN_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fs.h"
#include "hls/playlist.h"
#include "origin/findings.h"
#include "origin/index.h"
#include "timeline/timeline.h"

/** All that it points to is borrowed for the publisher's life. */
struct publisher_config {
    const struct fs *fs;
    const struct clock *clock;
    const struct timeline *line;
    const struct fs *alias;  /**< NULL, or a folder below, whose playlist lists the same segments */
    enum playlist_kind kind; /**< PLAYLIST_LIVE or PLAYLIST_EVENT */
    int64_t window;          /**< segments that the first playlist lists, and each of a live one */
    int64_t length;          /**< the most that one can come to list: as many, or those of an event,
                                  which then ends */
    int64_t follow;          /**< segments published at their time after which it ends; 0: never */
    struct findings_break joined; /**< of a stream that begins, the discontinuity sequence number,
                                       at least: that of the others of its ladder, and from which
                                       index on (RFC 8216 6.2.4) */
    size_t segment_size;          /**< bytes of the largest segment */
    const uint8_t *digest;        /**< of all that decides those bytes: STATE_DIGEST_SIZE bytes */
    const uint8_t *section;       /**< the initialization section that they need (RFC 8216 3.3), of
                                       SECTIONS_SIZE_MAX bytes at most; NULL: none, they are
                                       MPEG-TS */
    size_t section_size;

    void *source;

    /** The bytes of segment @p index, always so many, valid until the next call. Always there. */
    const uint8_t *(*segment)(void *source, int64_t index, size_t *ret_size);

    /**
     * Where the first picture of a segment lies, this run's or an earlier one's, of which the
     * beginning may be all that there is; of no bytes where none lies whole in it. NULL: there is
     * to be no I-frame playlist.
     */
    struct playlist_range (*picture)(void *source, const uint8_t *bytes, size_t size);

    const struct fs *master_fs; /**< the folder of the multivariant playlist that names what is
                                     published: this one, or that of another publisher */
    const char *master;         /**< its text; NULL: there is to be none */
    size_t master_size;

    /** Whether all is there that it names, asked where it lies; NULL: it names no others'. */
    bool (*complete)(void *source);

    /** Whether it would be better to ask for segment @p index now than later. NULL: it is. */
    bool (*ready)(void *source, int64_t index);

    /**
     * Bytes of segment @p index, if others may stand by for them: which of the two an earlier run
     * published cannot be told. So a segment of this size and the right date is taken over as it
     * is. NULL: none stand by.
     */
    size_t (*size)(void *source, int64_t index);

    /** Whether others stood by for segment @p index when it was last asked for. NULL: as above. */
    bool (*stood_by)(void *source, int64_t index);

    enum index_detail index;    /**< what is told of the segments beside them */
    struct index_stream stream; /**< what it is told of */
};

struct publisher;

/** @return 0 or -ENOMEM; @p ret is owned by the caller, freed by publisher_free() */
int publisher_new(const struct publisher_config *config, struct publisher **ret);

/**
 * Bytes of memory that publisher_new() takes, and publisher_resume() leaves.
 *
 * @param mapped whether there are initialization sections
 */
size_t publisher_memory(enum playlist_kind kind, int64_t length, enum index_detail index,
                        bool mapped);

/** Accepts NULL. Always NULL. Leaves the directory as it is. */
struct publisher *publisher_free(struct publisher *publisher);

/** The newest segment: of those that the playlist lists, or before the first that is to be. */
int64_t publisher_newest(const struct publisher *publisher);

/** The index with which the playlist begins, if it lists any. */
int64_t publisher_oldest(const struct publisher *publisher);

/** Whether the playlist on disk says that nothing follows: there is nothing more to prepare. */
bool publisher_has_ended(const struct publisher *publisher);

/** Whether its playlists are there, those of the alias included. */
bool publisher_has_playlists(const struct publisher *publisher);

/**
 * Sees to it that the multivariant playlist is there, if it is to lie here: it is written and
 * renamed, unless it is as it should be. It is mended like the playlist, and comes by that as soon
 * as what it names is there. Reads, and uses the heap.
 *
 * @return 0; a negative errno, to be mended
 */
int publisher_put_master(struct publisher *publisher);

/** How an earlier run's stream goes on: to be told, and to be done. */
struct publisher_resumption {
    bool ended;            /**< it has ended, and is left as it is: nothing is to be filled */
    bool breaks;           /**< it was another stream: EXT-X-DISCONTINUITY */
    bool state_damaged;    /**< the state file was not one; it has been made anew */
    bool playlist_damaged; /**< likewise the playlist, or what it lists is gone */
    int64_t first;         /**< number of the first segment of this run's stream */
    int64_t offset;        /**< number of a segment minus its index */
    int64_t newest;        /**< with which publisher_fill() is to be called */
};

/** The number of segment @p index, in its name and in the playlist. */
int64_t publisher_number(const struct publisher *publisher, int64_t index);

/**
 * Takes stock of what an earlier run left, when @p due is the newest segment due: temporary files
 * and segments that nothing can need any more go, so that there is room; those still in retention
 * are kept until their time. Before the first publisher_fill(); uses the heap and reads files.
 *
 * @return 0 or a negative errno; -EMEDIUMTYPE, -EPROTOTYPE, -EEXIST, -E2BIG: as
 *         resume_decide()
 */
int publisher_resume(struct publisher *publisher, int64_t due, struct publisher_resumption *ret);

/** Whether the source may take long to have a segment ready. */
bool publisher_takes_time(const struct publisher *publisher);

/**
 * Makes the segments of the window that ends with @p newest, before the first publisher_fill(). It
 * may take so long that the window has moved by then: to be called again, with the new end; what
 * has left the window goes.
 *
 * @return 0 or a negative errno
 */
int publisher_stock(struct publisher *publisher, int64_t newest);

/**
 * Publishes the whole window that ends with @p newest at once, and one playlist: at the start, and
 * after a gap longer than the window. With @p newest -1 there is no playlist yet.
 *
 * @return 0; a negative errno, the playlist being as it was unless publisher_newest() has advanced:
 *         then only the sync of the directory failed
 */
int publisher_fill(struct publisher *publisher, int64_t newest);

/** Whether the source would rather be asked for the segment behind the newest now than later. */
bool publisher_is_ready(const struct publisher *publisher);

/** Prepares the segment behind the newest. @return 0 or a negative errno, to try again */
int publisher_prepare(struct publisher *publisher);

/**
 * Publishes what publisher_prepare() made. @return 0; a negative errno, to prepare again unless
 * publisher_newest() has advanced: then only the sync of the directory failed
 */
int publisher_commit(struct publisher *publisher);

/** Whether others stood by for the newest segment, when it was made. */
bool publisher_stood_by(const struct publisher *publisher);

/**
 * Removes the segments whose retention is over; before that, each I-frame playlist and playlist of
 * the alias that stayed behind and may list one of them. It comes back when it can be written; the
 * multivariant playlist names it all the while.
 *
 * @return 0, or a negative errno: some are left
 */
int publisher_expire(struct publisher *publisher);

/** When publisher_expire() will remove the next, CLOCK_MONOTONIC; INT64_MAX: nothing waits. */
int64_t publisher_next_removal(const struct publisher *publisher);

/** What was done to names in the directory has reached the disk. @return 0 or a negative errno */
int publisher_sync(const struct publisher *publisher);

/** What was found not to be as it was left. */
struct publisher_damage {
    int made;     /**< files that were made anew */
    int left_out; /**< segments of an earlier stream: nobody can make them, the playlist begins
                       behind them */
};

/**
 * Looks at the playlist and the listed segments, and mends what others have changed; and the alias
 * and the multivariant playlist, which may have failed alone.
 *
 * @param ret filled on failure too, with what could be done
 * @return 0 or a negative errno; -ENOENT: the directory was removed; -ENOTDIR: the alias' folder
 * was
 */
int publisher_mend(struct publisher *publisher, struct publisher_damage *ret);

/**
 * Tells of what is on disk in index.json, if there is anything new to tell: what is listed,
 * retained or prepared.
 *
 * @return 0; a negative errno, the one before being as it was
 */
int publisher_describe(struct publisher *publisher);

/** Tells that the wall clock stepped forward by @p step nanoseconds, before what that makes due. */
void publisher_step(struct publisher *publisher, int64_t step);

/** Removes what was prepared. */
void publisher_abandon(struct publisher *publisher);

/** Segments on disk at most, temporary ones included. */
int64_t publisher_segments_max(enum playlist_kind kind, int64_t length);

/** Bytes of the largest file that is no segment, of what this run makes, at most. */
size_t publisher_file_max(enum playlist_kind kind, int64_t length, enum index_detail index);

/**
 * Bytes on disk at most, of all files together but I-frame playlists, an alias and a multivariant
 * playlist, when each takes whole blocks of @p block_size.
 *
 * @param mapped       whether there are initialization sections: two, one of them of an earlier
 *                     stream
 * @param segment_size of every segment, at most
 */
uint64_t publisher_room(enum playlist_kind kind, int64_t length, enum index_detail index,
                        bool mapped, size_t segment_size, size_t block_size);

#endif

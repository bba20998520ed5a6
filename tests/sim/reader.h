/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client that looks at the directory after every step, as a web server shows it, remembers all
 * that it was ever told, and holds the program to it:
 *
 *   1. The playlist is valid, and each segment that it lists is there, whole, readable by all and
 *      dated, and so is its initialization section; a name never gets other bytes.
 *   2. Sequence and newest number never go back, nor does the target duration fall. What was said
 *      of a segment stays so: date, duration, discontinuity sequence number. Numbers of one stream
 *      that follow each other have equal discontinuity sequence numbers; where another stream
 *      begins, or the same one goes on elsewhere, the number rises, by 1 between neighbors.
 *   3. A segment stays for its own duration and that of the longest playlist that listed it after
 *      the last one did (RFC 8216 6.2.2), and an initialization section as long as they do.
 *   4. Nothing foreign is changed, and what is ours is bounded.
 *   5. Nothing is published before it is due, and everything soon after, once troubles are over.
 *   6. Nothing leaves an event. Nothing follows on an end, which comes when it was asked for; and
 *      an alias lists what the playlist does. So does an I-frame playlist, which is never ahead and
 *      has the range of the first picture of each. What either lists is there, even if it cannot be
 *      written any more.
 *   7. A stream that nothing made another has the bytes, numbers and dates of an undisturbed one.
 *
 * The program cannot answer for what others destroy. So they tell the reader, who then forgives
 * until the program has had the time to mend it; and who forgets, at a start, what the directory
 * holds no witness of any more.
 */
#ifndef HLSGEN_TESTS_SIM_READER_H
#define HLSGEN_TESTS_SIM_READER_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/disk.h"
#include "tests/sim/m3u8.h"
#include "tests/sim/machine.h"
#include "tests/sim/stream.h"

enum {
    READER_SEGMENTS = 512,
    READER_HURT = 16,
    READER_SECTIONS = 16,
    READER_FAILURE_SIZE = 256,
};

#define READER_NEVER INT64_MAX

/** What the reader was told of a number. */
struct reader_segment {
    int64_t number;
    int preset;
    int64_t index;
    int64_t epoch;
    int64_t due; /**< the date of its file */
    struct m3u8_entry said;
    int64_t left;      /**< true time at which it was listed no more; READER_NEVER: it is listed */
    int64_t listed_us; /**< duration of the longest playlist that listed it */
    int64_t hurt;      /**< true time at which others hurt its file; READER_NEVER: they did not */
    bool mended;       /**< since then, but not durably */
    bool vague;        /**< nothing in the directory tells of it any more */
};

/** An initialization section that others hurt. */
struct reader_section {
    uint64_t map; /**< by its name; 0: none */
    int64_t hurt; /**< as that of a segment */
    bool mended;
};

/** Of a file: what is in it, found out once. */
struct reader_content {
    uint64_t version;
    bool whole;
    int preset;
    int64_t index;
};

struct reader {
    struct machine *machine;
    struct stream stream;   /**< of this life */
    int64_t length_before;  /**< of the life before */
    int64_t clock;          /**< the latest wall clock that this life could see, less monotonic */
    int64_t clock_first;    /**< as it was at the start of this life */
    int64_t trouble;        /**< true time of the last trouble */
    int64_t advanced;       /**< true time at which the newest number last rose */
    int64_t ahead;          /**< the most that the wall clock was ever ahead of true time */
    int64_t longest_target; /**< of all streams that were to be published */
    bool faults;            /**< in this life a call failed */
    bool pristine;          /**< numbers are indices, as if nothing had ever happened */
    bool stale;             /**< at the start of this life nothing had been published for long */
    bool state_other;       /**< the state file may be of a stream that has published nothing yet */
    bool muddled;      /**< until the next number nothing told whether the stream is the same */
    bool state_lost;   /**< at the start of this life: then bytes are read, which can fail */
    bool may_break;    /**< nothing witnesses that the stream is the same */
    bool names_unsure; /**< the last disk_sync_names() failed */
    bool unsynced;     /**< the number rose, and the names have not been synced since */
    bool lacking;      /**< a call found no room, and none has since */
    bool end_unsure;   /**< the state that told when the stream is to end was lost */
    int64_t end_low;   /**< number with which it ends at the earliest; -1: it has not begun */
    int64_t end_high;  /**< and at the latest */
    uint64_t swapped;  /**< version of what others put in the place of a temporary file */
    int64_t swapped_at;

    bool has_playlist;
    struct m3u8 playlist; /**< the last one */
    int64_t sequence;     /**< below which none may go */
    int64_t newest;
    bool playlist_lost; /**< so it may begin earlier, and end one earlier: the newest file may have
                             been waiting for its time */
    int64_t target;
    int64_t playlist_hurt; /**< as that of a segment */
    bool playlist_mended;
    uint64_t hurt_version; /**< of the playlist that others put there */
    int64_t unseen;        /**< the last number of a playlist that others kept from being read */
    bool iframes_hurt; /**< others have changed the I-frame playlist, or the power was cut, since it
                            got its name */
    bool iframes_stuck; /**< since then it could not be removed */
    bool alias_unsure;  /**< likewise of the alias, or the power was cut */
    bool state_hurt;
    bool state_mended;

    uint64_t started;          /**< disk.changes as this life began */
    uint64_t changes;          /**< disk.changes at the last look */
    uint64_t playlist_version; /**< of the file last read */
    int64_t hurt[READER_HURT]; /**< numbers hurt before they were listed; -1: none */
    int64_t hurt_at[READER_HURT];
    struct reader_section sections[READER_SECTIONS];
    int count;
    struct reader_segment segments[READER_SEGMENTS]; /**< by number */
    struct reader_content contents[DISK_INODES];

    jmp_buf failed;
    char failure[READER_FAILURE_SIZE];
};

/** Knows nothing yet. */
void reader_init(struct reader *reader, struct machine *machine);

/** The program is about to start. */
void reader_start(struct reader *reader, const struct stream *stream);

/** The program is about to make a call; has made it. */
void reader_before(struct reader *reader, const struct machine_event *event);
void reader_after(struct reader *reader, const struct machine_event *event);

/** Looks, if something has changed. */
void reader_look(struct reader *reader);

/** The wall clock was stepped forward before anything was published. */
void reader_step(struct reader *reader);

/** The directory was removed, or another was put in its place: there is nothing to know. */
void reader_forget(struct reader *reader);

/** The power was cut. */
void reader_cut(struct reader *reader);

/** Others have changed or removed @p name. */
void reader_hurt(struct reader *reader, const char *name);

/** Troubles have been over for long: all must be as it should. */
void reader_check_live(struct reader *reader);

/** The program has ended cleanly. */
void reader_check_stopped(struct reader *reader);

/** It has run for so long without trouble that nothing old may be left. */
void reader_check_tidy(struct reader *reader);

/** The program has ended by itself. */
void reader_check_ended(struct reader *reader);

/** Whether @p result, with which the program gave up, is right in this directory. */
bool reader_expects_refusal(struct reader *reader, int result);

/** Ends the seed. */
_Noreturn void reader_fail(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

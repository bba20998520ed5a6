/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A publisher on a machine in memory, and what must hold of its disk at every instant. */
#ifndef HLSGEN_TESTS_UNIT_STAGE_H
#define HLSGEN_TESTS_UNIT_STAGE_H

#include "origin/publisher.h"
#include "origin/state.h"
#include "tests/unit/fake.h"
#include "timeline/timeline.h"

enum {
    STAGE_SEGMENT_SIZE = 1000,
    STAGE_WINDOW = 4,
    STAGE_LENGTH_MAX = 30,
};

/** The segment that is due when the stage opens. */
#define STAGE_NEWEST INT64_C(897654660)

struct stage {
    struct fake_disk disk;
    struct fake_clock clock;
    struct timeline line;
    uint8_t digest[STATE_DIGEST_SIZE];
    bool (*ready)(void *source, int64_t index); /**< of its publisher from its next start on */
    bool stands_by;               /**< likewise: other bytes may stand by for those of a segment */
    int64_t stood_by;             /**< and do for that of this index */
    enum index_detail index;      /**< likewise */
    enum playlist_kind kind;      /**< likewise */
    int64_t length;               /**< likewise; of a live one it is the window */
    int64_t follow;               /**< likewise */
    struct fake_disk *alias;      /**< likewise; NULL: there is none */
    struct fake_disk *top;        /**< likewise; where its multivariant playlist lies */
    const char *master;           /**< likewise: its text; NULL: there is none */
    struct findings_break joined; /**< likewise */
    bool has_iframes;             /**< likewise */
    const char *section;          /**< likewise: its initialization section; NULL: there is none */
    struct publisher *publisher;
};

/** An empty disk, clocks at the instant STAGE_NEWEST is due, and a publisher that did nothing yet.
 */
void stage_open(struct stage *stage, struct timeline line);

/** Fails the test when a descriptor is still open. */
void stage_close(struct stage *stage);

/** What a kill and a new start do to the publisher: a new one, which knows nothing. */
void stage_restart(struct stage *stage);

/** The same, with the publisher going by the clocks of @p other. */
void stage_join(struct stage *stage, const struct stage *other);

/** From the next stage_restart() on another stream is published. */
void stage_change_stream(struct stage *stage, struct timeline line);

/** What a start does when @p due is the newest segment due: resumes and fills. */
int stage_start(struct stage *stage, int64_t due);

/** The first and the newest segment of the playlist on disk; -1 for both when there is none. */
void stage_read_playlist(const struct stage *stage, int64_t *ret_first, int64_t *ret_newest);

/** Whether the playlist on disk has its end. */
bool stage_has_ended(const struct stage *stage);

/**
 * Fails the test unless the playlist is whole, synced and dated, and every segment that it lists,
 * its initialization section, and every other one that has a segment's name, is so as well.
 */
void stage_check(const struct stage *stage);

/** Where the first picture of segment @p index lies: those of other indices have other sizes. */
struct playlist_range stage_picture(int64_t index);

/** Puts segment @p index there, as an earlier run left it. */
void stage_put_segment(struct stage *stage, int64_t index);

/** The map of its segments, as in struct playlist_entry. */
uint64_t stage_map(const struct stage *stage);

/** Whether segment @p index is on the disk. */
bool stage_has_segment(const struct stage *stage, int64_t index);

/** Sleeps until segment @p index is due. */
void stage_sleep_until_due(struct stage *stage, int64_t index);

/** Prepares, waits, commits and expires, as the live driver does. @return 0 or a negative errno */
int stage_publish_next(struct stage *stage);

/** The same up to segment @p newest, without failure. */
void stage_publish_until(struct stage *stage, int64_t newest);

/** Fails the test unless the playlist lists @p first to @p newest, and the publisher says so. */
void stage_check_listed(const struct stage *stage, int64_t first, int64_t newest);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the reader share; for these alone. */
#ifndef HLSGEN_TESTS_SIM_READER_PARTS_H
#define HLSGEN_TESTS_SIM_READER_PARTS_H

#include "tests/sim/reader.h"

#define MS       INT64_C(1000000)
#define PLAYLIST "stream.m3u8"
#define STATE    "hlsgen.state"

typedef long long ll; /* for printf() */

/** What is known of a number, or NULL. */
struct reader_segment *reader_find(struct reader *reader, int64_t number);

/** Whether the last playlist lists it. */
bool reader_lists(const struct reader *reader, int64_t number);

/** What is in a file. */
const struct reader_content *reader_content(struct reader *reader, int inode);

/** Duration of the segments of this life, microseconds. */
int64_t reader_segment_us(const struct reader *reader);

/** The newest index that is due by the latest clock that this life could see, less @p slack. */
int64_t reader_newest_due(const struct reader *reader, int64_t slack);

/** @return NULL, or what is wrong with the playlist on disk */
const char *reader_read_playlist(struct reader *reader, struct m3u8 *m3u8);

/** Whether the playlist is as others left it. */
bool reader_is_others(const struct reader *reader, const struct disk_inode *file);

/** The playlist is no more, since others hurt it or from now on: nothing is listed. */
void reader_end_playlist(struct reader *reader);

/** Holds a playlist that was not there at the last look to what is promised of its kind and end. */
void reader_check_ends(struct reader *reader, const struct m3u8 *m3u8);

/** At a start: from when on segments count, if nothing has been published yet. */
void reader_begin_end(struct reader *reader);

/** The alias lists what the playlist does, unless others hurt that. */
void reader_check_alias(struct reader *reader);

/** Nothing that has left the playlist, or leaves it now, has to stay. */
void reader_end_retention(struct reader *reader);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the reader share; for these alone. */
#ifndef HLSGEN_TESTS_SIM_READER_PARTS_H
#define HLSGEN_TESTS_SIM_READER_PARTS_H

#include "tests/sim/reader.h"

#define MS       INT64_C(1000000)
#define PLAYLIST "stream.m3u8"
#define IFRAMES  "iframes.m3u8"
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

/** The I-frame playlist says of segments what the playlist does, and is not ahead of it. */
void reader_check_iframes(struct reader *reader);

/** What the alias lists is there. */
void reader_check_alias_there(struct reader *reader);

/** It lists what the playlist does, or is not there if nobody wants it. */
void reader_check_iframes_fresh(struct reader *reader);

/** The alias lists what the playlist does, unless others hurt that. */
void reader_check_alias(struct reader *reader);

/** The initialization section in a name of the form init-<16 digits>.mp4, or 0. */
uint64_t reader_section_of(const char *name);

/** When others hurt a section; READER_NEVER: they did not. */
int64_t reader_section_hurt(const struct reader *reader, uint64_t map);

/** Others hurt section @p map; the program has put it back; which is durable now. */
void reader_hurt_section(struct reader *reader, uint64_t map);
void reader_mend_section(struct reader *reader, uint64_t map);
void reader_settle_sections(struct reader *reader);

/** What is listed has its section. */
void reader_check_sections(struct reader *reader);

/** The program is about to remove section @p map, or to put a file in its place. */
void reader_check_section_removal(struct reader *reader, uint64_t map);
void reader_check_section_replacement(struct reader *reader, const char *from, const char *to);

/** None is there that nobody needs. */
void reader_check_sections_tidy(struct reader *reader);

/** Whether others hurt a segment, or its section. */
bool reader_is_hurt(const struct reader *reader, const struct reader_segment *segment);

/** Whether it is too early to hold the program to what others destroyed at @p hurt. */
bool reader_is_forgiven(const struct reader *reader, int64_t hurt);

/** Nothing that has left the playlist, or leaves it now, has to stay. */
void reader_end_retention(struct reader *reader);

#endif

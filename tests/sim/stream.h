/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a simulated hlsgen publishes: a few presets, whose segments are small and tell, to whoever
 * reads them, of which preset and index they are and whether they are whole.
 */
#ifndef HLSGEN_TESTS_SIM_STREAM_H
#define HLSGEN_TESTS_SIM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "origin/state.h"
#include "timeline/timeline.h"

enum {
    STREAM_PRESETS = 6,
    STREAM_SEGMENT_MAX = 64,
    STREAM_SECTION_SIZE = 24,
    STREAM_EVENT_LENGTH = 24,
};

struct stream {
    int preset;
    int64_t window;
    enum playlist_kind kind;
    int64_t length; /**< segments that a playlist lists at most */
    int64_t follow; /**< segments after which it ends; 0: never */
    bool has_alias;
    bool mapped;      /**< it has an initialization section */
    bool has_iframes; /**< and an I-frame playlist */
    struct timeline line;
    size_t segment_size;
    uint8_t section[STREAM_SECTION_SIZE];
    uint8_t digest[STATE_DIGEST_SIZE];
};

/** A live one. @param preset 0 to STREAM_PRESETS - 1; presets 0 to 2 have equal segment durations
 */
struct stream stream_make(int preset, int64_t window, int64_t epoch);

/** Another one that is listed and ends as @p stream is. */
struct stream stream_make_like(const struct stream *stream, int preset, int64_t window,
                               int64_t epoch);

/** The bytes of segment @p index, stream->segment_size of them. */
void stream_segment(const struct stream *stream, int64_t index, uint8_t *bytes);

/** Where the first picture of segment @p index lies, of whatever preset. */
struct playlist_range stream_picture(int64_t index);

/** The initialization section of @p preset; presets 0 and 1 share theirs. */
void stream_section(int preset, uint8_t bytes[STREAM_SECTION_SIZE]);

/** Whether @p bytes are a whole segment, and which. */
bool stream_identify(const uint8_t *bytes, size_t size, int *ret_preset, int64_t *ret_index);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes boxes of fragmented MP4, right ones and others. */
#ifndef HLSGEN_TESTS_UNIT_BOXES_H
#define HLSGEN_TESTS_UNIT_BOXES_H

#include <stddef.h>
#include <stdint.h>

enum {
    BOXES_SIZE = 16384,
    BOXES_DEPTH = 8,
};

struct boxes {
    uint8_t data[BOXES_SIZE];
    size_t size;
    size_t open[BOXES_DEPTH]; /**< where the boxes begin that are not closed */
    int depth;
};

/** Appends a number of @p bytes bytes. */
void boxes_put(struct boxes *boxes, uint64_t number, int bytes);

/** @p count zeros. */
void boxes_zeros(struct boxes *boxes, size_t count);

/** @p type: four characters. */
void boxes_begin(struct boxes *boxes, const char *type);
void boxes_end(struct boxes *boxes);

/** A track of the initialization section. */
struct boxes_track {
    uint32_t id;
    uint32_t timescale;
    int64_t delay;     /**< of an empty edit, ms */
    int64_t start;     /**< media_time of an edit; -1: there is no edit list */
    int length_size;   /**< bytes of the length of a NAL unit; 0: sound, AAC-LC of 48 kHz */
    const char *entry; /**< "avc1" */
};

/** Appends an initialization section. */
void boxes_add_init(struct boxes *boxes, const struct boxes_track *tracks, int count);

/** Samples of a track of a fragment, one run of them. */
struct boxes_run {
    uint32_t track;
    uint64_t time;     /**< decode time; UINT64_MAX: there is no tfdt */
    uint32_t duration; /**< of each */
    int count;
    const uint32_t *sizes;
    const int32_t *offsets; /**< of composition, or NULL */
    int version;            /**< of trun */
};

/** Appends a fragment; the data of its runs stand one behind the other in the mdat that follows. */
void boxes_add_moof(struct boxes *boxes, uint32_t sequence, const struct boxes_run *runs,
                    int count);

#endif

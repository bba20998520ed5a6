/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the readers of the containers share. segment.c recognises the container at the first bytes,
 * begins video, sound and measures, and hands the segment on to one reader. That one files faults
 * of the container, feeds video and sound, and adds what they do not know: bytes, the I-frame.
 */
#ifndef HLSGEN_VERIFY_SEGMENT_PARTS_H
#define HLSGEN_VERIFY_SEGMENT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/audio.h"
#include "verify/findings.h"
#include "verify/segment.h"
#include "verify/video.h"

struct segment_parts {
    struct findings *findings;
    const char *place;       /**< the segment at hand */
    bool breaks;             /**< nothing runs on from the segment before */
    struct segment measured; /**< zeroed at the beginning, with its container */
    struct video video;
    struct audio audio;
};

/**
 * Files a finding at "PLACE WHAT NUMBER": "seg12.ts packet 17".
 *
 * @param what  NULL: just the place
 * @param found a format of printf(3)
 */
void segment_fault(const struct segment_parts *parts, enum rule_id rule, const char *what,
                   int64_t number, const char *wanted, const char *found, ...)
    __attribute__((format(printf, 6, 7)));

/*
 * The readers, which keep @p parts; it outlives them. What is fed to one first is of at least 8
 * bytes, unless the segment is shorter.
 */

struct ts;
int ts_new(struct segment_parts *parts, struct ts **ret);
struct ts *ts_free(struct ts *ts);
/** PAT and PMT (RFC 8216 3.2). @return 0 or -EBADMSG, which has been filed */
int ts_read_init(struct ts *ts, const uint8_t *data, size_t size);
void ts_begin(struct ts *ts);
void ts_feed(struct ts *ts, const uint8_t *data, size_t size);
void ts_end(struct ts *ts);

struct mp4;
int mp4_new(struct segment_parts *parts, struct mp4 **ret);
struct mp4 *mp4_free(struct mp4 *mp4);
/** Of one at parts->place. @return 0 or -EBADMSG, which has been filed */
int mp4_read_init(struct mp4 *mp4, const uint8_t *data, size_t size);
void mp4_begin(struct mp4 *mp4);
void mp4_feed(struct mp4 *mp4, const uint8_t *data, size_t size);
/** Calls video_end() and audio_end() as far as there is the one or the other. */
void mp4_end(struct mp4 *mp4);

struct packed;
int packed_new(struct segment_parts *parts, struct packed **ret);
struct packed *packed_free(struct packed *packed);
void packed_begin(struct packed *packed);
void packed_feed(struct packed *packed, const uint8_t *data, size_t size);
void packed_end(struct packed *packed);

#endif

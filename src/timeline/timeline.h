/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timeline: segment index ↔ media time ↔ wall clock, in integers, without state or I/O.
 *
 * Media time begins at the epoch, with 0 if not said otherwise. Segment n holds video frames [n*F,
 * (n+1)*F) and the AAC frames whose first sample lies in it. A time stamp is media time in 90 kHz
 * ticks modulo 2^33 (ISO 13818-1 2.4.3.7), so that any two runs, on any host, give a frame the same
 * one.
 */
#ifndef HLSGEN_TIMELINE_TIMELINE_H
#define HLSGEN_TIMELINE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_CLOCK_HZ    90000    /**< PTS and DTS */
#define TIMELINE_PCR_HZ      27000000 /**< PCR: base * 300 + extension */
#define TIMELINE_PTS_MODULUS (INT64_C(1) << 33)
#define TIMELINE_PCR_MODULUS (TIMELINE_PTS_MODULUS * 300)
#define TIMELINE_SAMPLE_RATE 48000 /**< audio samples per second */
#define TIMELINE_AAC_SAMPLES 1024  /**< samples of an AAC frame */

struct timeline {
    int64_t epoch;    /**< nanoseconds since the Unix epoch: start of segment 0 */
    bool sound;       /**< segments hold AAC frames alone: a border is the start of the first AAC
                           frame that does not start before that of the frames below */
    int64_t rate_num; /**< video frames per second */
    int64_t rate_den; /**< denominator of it, 1 or 1001 */
    int64_t frames;   /**< video frames of a segment, F */

    /** Media time at the epoch, whole seconds: as much is added to every time stamp. In fragmented
     * MPEG-4 decode times have no sign, and the first picture is decoded before it is shown. */
    int64_t media_start;
};

/**
 * @param epoch       nanoseconds since the Unix epoch
 * @param duration_ms nominal segment duration; F is the nearest whole number of frames, at least 1
 * @return a line of video, which is made one of sound by setting that
 */
struct timeline timeline_make(int64_t epoch, int64_t duration_ms, int rate_num, int rate_den);

/** Wall clock at which segment @p index starts, nanoseconds since the Unix epoch, rounded up. */
int64_t timeline_start(const struct timeline *line, int64_t index);

/** Wall clock at which segment @p index is due: its end, which is the start of the next. */
int64_t timeline_due(const struct timeline *line, int64_t index);

/** The segment in which @p time lies, nanoseconds since the Unix epoch; negative before 0. */
int64_t timeline_index_at(const struct timeline *line, int64_t time);

/** The newest segment that is due at @p now, nanoseconds since the Unix epoch; -1 before the first.
 */
int64_t timeline_newest_due(const struct timeline *line, int64_t now);

/** Nominal duration of a segment in microseconds, rounded to nearest: that of its frames. */
int64_t timeline_duration_us(const struct timeline *line);

/**
 * Duration of segment @p index in microseconds: EXTINF. The nominal one, but for sound alone, of
 * which a segment has an AAC frame more or less than the next. There it is less than 1 us off, and
 * so is the sum of any run.
 */
int64_t timeline_segment_us(const struct timeline *line, int64_t index);

/** Unwrapped 90 kHz ticks at which segment @p index starts, rounded down: its first PTS. */
int64_t timeline_segment_ticks(const struct timeline *line, int64_t index);

/** Unwrapped 90 kHz ticks of video frame @p frame, counted from the epoch, rounded down. */
int64_t timeline_video_ticks(const struct timeline *line, int64_t frame);

/** Unwrapped 90 kHz ticks of AAC frame @p frame, counted from the epoch, rounded down. */
int64_t timeline_audio_ticks(const struct timeline *line, int64_t frame);

/** The first AAC frame of segment @p index: the first one that does not start before it. */
int64_t timeline_audio_first(const struct timeline *line, int64_t index);

/** Unwrapped 27 MHz ticks of the point @p part / @p whole of segment @p index, rounded down. */
int64_t timeline_pcr_ticks(const struct timeline *line, int64_t index, int64_t part, int64_t whole);

/** Of @p whole equal parts of segment @p index, how many there are in @p ms milliseconds. */
int64_t timeline_parts(const struct timeline *line, int64_t index, int64_t whole, int64_t ms);

/**
 * The smallest number of segments after which AAC frames lie in a segment as before, and a sound
 * that repeats after @p period AAC frames stands where it stood: 4 for 2 s and a period of 3.
 */
int64_t timeline_audio_cycle(const struct timeline *line, int64_t period);

/** Greatest common divisor and least common multiple of two positive numbers. */
int64_t timeline_gcd(int64_t a, int64_t b);
int64_t timeline_lcm(int64_t a, int64_t b);

#endif

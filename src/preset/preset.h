/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A preset: everything that decides the bytes of a stream, and what making it may cost. Two
 * processes with equal presets make equal segments; budgets decide whether and how fast, but no
 * byte. A preset file may describe several streams at once, the renditions of a ladder (ladder.h);
 * each of them has a struct preset of its own.
 */
#ifndef HLSGEN_PRESET_PRESET_H
#define HLSGEN_PRESET_PRESET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct rational {
    int num;
    int den;
};

#define PRESET_RENDITION_SIZE 33 /**< room for the name of a rendition, NUL included */

struct preset {
    char name[64];                         /**< file name without folder and ".conf" */
    char rendition[PRESET_RENDITION_SIZE]; /**< of a ladder, which: [rendition NAME], and the name
                                                of its folder; "": the preset is one stream */

    struct {
        char description[128];    /**< one line, for --list-presets */
        int64_t segment_duration; /**< nominal, milliseconds; see timeline.h for the exact one */
        int64_t window;           /**< media segments that the playlist lists */
        int64_t container;        /**< enum preset_container */
        int64_t iframes;          /**< enum preset_iframes */
    } stream;

    struct {
        int64_t encoder;           /**< enum preset_encoder */
        int64_t pattern;           /**< enum preset_pattern */
        int64_t overlay;           /**< enum preset_overlay */
        uint32_t color;            /**< 0xRRGGBB, for PATTERN_COLOR */
        int width;                 /**< luma samples, even */
        int height;                /**< luma samples, even */
        struct rational rate;      /**< frames per second */
        int64_t bitrate;           /**< bit/s of the H.264 byte stream, filler data included */
        int64_t bitrate_pattern;   /**< enum preset_bitrate_pattern */
        int64_t bitrate_variation; /**< percent of bitrate, up and down; not when constant */
        int64_t bitrate_seed;      /**< for BITRATE_RANDOM */
        int64_t stuffing;          /**< enum preset_stuffing, for CONTAINER_TS */
        char x264_preset[16];      /**< libx264's speed preset, for ENCODER_X264 */
        int64_t cycle;             /**< milliseconds after which an animated pattern starts again */
    } video;

    struct {
        int64_t signal;   /**< enum preset_signal */
        int64_t tone;     /**< Hz */
        int64_t bitrate;  /**< bit/s of the AAC raw data blocks, fill elements included */
        int64_t delivery; /**< enum preset_delivery; of a ladder alone */
    } audio;

    struct {
        int64_t memory; /**< bytes of it that the process may have in RAM (RSS) */
        int64_t cpu;    /**< percent of one core, over any 10 s */
        int64_t disk;   /**< bytes that all files may take together */
    } budget;
};

/** What a media segment is. */
enum preset_container {
    CONTAINER_TS,   /**< MPEG-2 transport stream (RFC 8216 3.2) */
    CONTAINER_FMP4, /**< fragmented MPEG-4 (RFC 8216 3.3), as CMAF wants it (ISO 23000-19) */
};

/** Whether there is an I-frame playlist beside each playlist with video. */
enum preset_iframes {
    IFRAMES_NO,
    IFRAMES_YES,
};

/** The patterns offered; media/pattern.c says how each is drawn. */
enum preset_pattern {
    PATTERN_SMPTEBARS,
    PATTERN_SMPTEHDBARS,
    PATTERN_PAL75BARS,
    PATTERN_TESTSRC,
    PATTERN_TESTSRC2,
    PATTERN_COLOR,
};

/** Who makes H.264 of the picture. */
enum preset_encoder {
    ENCODER_X264,
    ENCODER_EXACT, /**< hlsgen itself: lossless, for still patterns */
    ENCODER_NONE,  /**< there is no video; rate and segment duration still set the borders */
};

/** What is drawn over the pattern. */
enum preset_overlay {
    OVERLAY_NONE,
    OVERLAY_CLOCK, /**< a strip with clock, numbers, names and their machine-readable code */
};

/** What the bytes between need and bit rate are. */
enum preset_stuffing {
    STUFFING_FILLER, /**< filler data NAL units (H.264 7.3.2.7) */
    STUFFING_NULL,   /**< null packets of the transport stream (ISO 13818-1 2.4.1) */
};

/** How the video bit rate goes from segment to segment. */
enum preset_bitrate_pattern {
    BITRATE_CONSTANT,
    BITRATE_SAWTOOTH,
    BITRATE_RANDOM,
};

enum preset_signal {
    SIGNAL_TONE, /**< without an end */
    SIGNAL_BEEP, /**< a burst of it on each second of UTC; with a clock, a flash beside it */
    SIGNAL_NONE, /**< there is no audio */
};

/** How the renditions of a ladder carry their sound; it is the same in all. */
enum preset_delivery {
    DELIVERY_MUXED, /**< each in its own segments */
    DELIVERY_GROUP, /**< a rendition without video has it (EXT-X-MEDIA), and the others have none */
};

bool preset_has_video(const struct preset *preset);
bool preset_has_audio(const struct preset *preset);

/** Whether filler data NAL units bring the video to its bit rate: not null packets, nor boxes. */
bool preset_has_filler(const struct preset *preset);

/** Whether there is an I-frame playlist of it. */
bool preset_has_iframes(const struct preset *preset);

/** Whether the pattern changes in time, and so has a cycle. */
bool preset_is_animated(const struct preset *preset);

/** Whether no segment is like another but by chance, and libx264 encodes each afresh. */
bool preset_is_aperiodic(const struct preset *preset);

/** Writes "name  description" lines, sorted, each name once, for all that ladder_load() finds. */
int preset_list(FILE *out, struct error *err);

#endif

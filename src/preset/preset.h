/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A preset: everything that decides the bytes of a stream, and what making it may cost, read from
 * an INI-like file and checked. Two processes with equal presets make equal segments; budgets
 * decide whether and how fast, but no byte.
 */
#ifndef HLSGEN_PRESET_PRESET_H
#define HLSGEN_PRESET_PRESET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct source;

struct rational {
    int num;
    int den;
};

struct preset {
    char name[64]; /**< file name without folder and ".conf" */

    struct {
        char description[128];    /**< one line, for --list-presets */
        int64_t segment_duration; /**< nominal, milliseconds; see timeline.h for the exact one */
        int64_t window;           /**< media segments that the playlist lists */
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
        int64_t stuffing;          /**< enum preset_stuffing */
        char x264_preset[16];      /**< libx264's speed preset, for ENCODER_X264 */
        int64_t cycle;             /**< milliseconds after which an animated pattern starts again */
    } video;

    struct {
        int64_t signal;  /**< enum preset_signal */
        int64_t tone;    /**< Hz */
        int64_t bitrate; /**< bit/s of the AAC raw data blocks, fill elements included */
    } audio;

    struct {
        int64_t memory; /**< bytes of it that the process may have in RAM (RSS) */
        int64_t cpu;    /**< percent of one core, over any 10 s */
        int64_t disk;   /**< bytes that all files may take together */
    } budget;
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
};

/** Whether the pattern changes in time, and so has a cycle. */
bool preset_is_animated(const struct preset *preset);

/** Whether no segment is like another but by chance, and libx264 encodes each afresh. */
bool preset_is_aperiodic(const struct preset *preset);

/**
 * Loads the preset @p name. A name with a slash or ending in ".conf" is a path, taken as it is;
 * else it is looked up, first hit wins, as NAME.conf in each folder of $HLSGEN_PRESET_PATH (colon
 * separated), in SYSCONFDIR/hlsgen/presets, in DATADIR/hlsgen/presets, and among the presets
 * compiled in. Then @p overrides (of --set, "section.key=value", @p override_count of them) are
 * applied and the whole is checked.
 *
 * @return 0, or a negative errno with @p err filled (EX_USAGE for an unknown name or a bad
 *         override, EX_NOINPUT for a path that cannot be read, EX_DATAERR for a bad file); @p
 *         ret_preset is then untouched
 */
int preset_load(const char *name, const char *const *overrides, size_t override_count,
                struct preset *ret_preset, struct error *err);

/** Makes a preset of the text of @p source, as preset_load() does of the one that it finds. */
int preset_parse(const struct source *source, const char *const *overrides, size_t override_count,
                 struct preset *ret_preset, struct error *err);

/** Writes "name  description" lines, sorted, each name once, for all that preset_load() finds. */
int preset_list(FILE *out, struct error *err);

/** Writes @p preset as a preset file that loads to an equal preset, every key with its text. */
void preset_print(const struct preset *preset, FILE *out);

#endif

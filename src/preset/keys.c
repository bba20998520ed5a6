/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of keys. Ranges are what libx264, AAC and H.264 level 5.2 take. Below 10 frames per
 * second a frame and its reordering outlast the lead that a decoder is given (VIDEO_LEAD_MS), and
 * PTSs soon lie more than 700 ms apart (ISO 13818-1 2.7.4). What only two keys together can exceed
 * is checked in keys_settle.c. Budgets that nobody set: a memory that holds 1080p at any speed of
 * libx264 up to medium; one core, which one thread cannot exceed; and more disk than the largest
 * stream takes, so that the file system alone sets the bound. To add a key, add a member to struct
 * preset, a row here, and its text to the manual.
 */
#include "preset/keys.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "preset/text.h"

#define TEXT_MAX(member) ((int64_t)sizeof(((struct preset *)NULL)->member) - 1)

#define MB INT64_C(1000000)
#define GB (1000 * MB)

/* kind_size stores both sides at the offset of the first. */
_Static_assert(offsetof(struct preset, video.height) ==
                   offsetof(struct preset, video.width) + sizeof(int),
               "width and height lie side by side");

static const char *const container_words[] = {
    [CONTAINER_TS] = "ts",
    [CONTAINER_FMP4] = "fmp4",
    NULL,
};

static const char *const iframes_words[] = {
    [IFRAMES_NO] = "no",
    [IFRAMES_YES] = "yes",
    NULL,
};

static const char *const encoder_words[] = {
    [ENCODER_X264] = "x264",
    [ENCODER_EXACT] = "exact",
    [ENCODER_NONE] = "none",
    NULL,
};

static const char *const overlay_words[] = {
    [OVERLAY_NONE] = "none",
    [OVERLAY_CLOCK] = "clock",
    NULL,
};

static const char *const bitrate_pattern_words[] = {
    [BITRATE_CONSTANT] = "constant",
    [BITRATE_SAWTOOTH] = "sawtooth",
    [BITRATE_RANDOM] = "random",
    NULL,
};

static const char *const stuffing_words[] = {
    [STUFFING_FILLER] = "filler",
    [STUFFING_NULL] = "null",
    NULL,
};

static const char *const signal_words[] = {
    [SIGNAL_TONE] = "tone",
    [SIGNAL_BEEP] = "beep",
    [SIGNAL_NONE] = "none",
    NULL,
};

static const char *const delivery_words[] = {
    [DELIVERY_MUXED] = "muxed",
    [DELIVERY_GROUP] = "group",
    NULL,
};

static const char *const pattern_words[] = {
    [PATTERN_SMPTEBARS] = "smptebars",
    [PATTERN_SMPTEHDBARS] = "smptehdbars",
    [PATTERN_PAL75BARS] = "pal75bars",
    [PATTERN_TESTSRC] = "testsrc",
    [PATTERN_TESTSRC2] = "testsrc2",
    [PATTERN_COLOR] = "color",
    NULL,
};

static const char *const x264_preset_words[] = {
    "ultrafast", "superfast", "veryfast", "faster",  "fast", "medium",
    "slow",      "slower",    "veryslow", "placebo", NULL,
};

const struct setting preset_keys[KEY_COUNT] =
    {
        [KEY_DESCRIPTION] =
            {
                .section = "stream",
                .name = "description",
                .kind = &kind_text,
                .max = TEXT_MAX(stream.description),
                .fallback = "",
                .help = "one line about the preset, shown by --list-presets",
                .offset = offsetof(struct preset, stream.description),
            },
        [KEY_SEGMENT_DURATION] =
            {
                .section = "stream",
                .name = "segment-duration",
                .kind = &kind_duration,
                .min = 1000,
                .max = 10000,
                .fallback = "2s",
                .help = "duration of a media segment, rounded to whole video frames",
                .offset = offsetof(struct preset, stream.segment_duration),
            },
        [KEY_WINDOW] =
            {
                .section = "stream",
                .name = "window",
                .kind = &kind_count,
                .min = 3,
                .max = 1000,
                .fallback = "10",
                .help = "how many media segments the playlist lists",
                .offset = offsetof(struct preset, stream.window),
            },
        [KEY_CONTAINER] =
            {
                .section = "stream",
                .name = "container",
                .kind = &kind_choice,
                .words = container_words,
                .fallback = "ts",
                .help = "what a media segment is: MPEG-TS, or fragmented MPEG-4 (CMAF)",
                .offset = offsetof(struct preset, stream.container),
            },
        [KEY_IFRAMES] =
            {
                .section = "stream",
                .name = "iframes",
                .kind = &kind_choice,
                .words = iframes_words,
                .fallback = "no",
                .help = "whether there are I-frame playlists, for pictures while one seeks; and a "
                        "master.m3u8 that names them",
                .offset = offsetof(struct preset, stream.iframes),
            },
        [KEY_ENCODER] =
            {
                .section = "video",
                .name = "encoder",
                .kind = &kind_choice,
                .words = encoder_words,
                .fallback = "x264",
                .help = "x264; exact: hlsgen's own, lossless, for patterns that stand still; none: "
                        "there is no video",
                .offset = offsetof(struct preset, video.encoder),
            },
        [KEY_PATTERN] =
            {
                .section = "video",
                .name = "pattern",
                .kind = &kind_choice,
                .words = pattern_words,
                .fallback = "smptebars",
                .help = "what the picture shows; testsrc and testsrc2 are animated",
                .offset = offsetof(struct preset, video.pattern),
            },
        [KEY_COLOR] =
            {
                .section = "video",
                .name = "color",
                .kind = &kind_color,
                .fallback = "#808080",
                .help = "the color as #RRGGBB; only with pattern = color",
                .offset = offsetof(struct preset, video.color),
            },
        [KEY_OVERLAY] =
            {
                .section = "video",
                .name = "overlay",
                .kind = &kind_choice,
                .words = overlay_words,
                .fallback = "none",
                .help = "clock: a strip with UTC, numbers, names and a code that machines read",
                .offset = offsetof(struct preset, video.overlay),
            },
        [KEY_SIZE] =
            {
                .section = "video",
                .name = "size",
                .kind = &kind_size,
                .min = 64,
                .max = 4096,
                .fallback = "1280x720",
                .help = "width and height in luma samples, both even",
                .offset = offsetof(struct preset, video.width),
            },
        [KEY_RATE] =
            {
                .section = "video",
                .name = "rate",
                .kind = &kind_rate,
                .min = 10,
                .max = 120,
                .fallback = "30",
                .help = "frames per second: a whole number, or thousands over 1001 as 30000/1001",
                .offset = offsetof(struct preset, video.rate),
            },
        [KEY_VIDEO_BITRATE] =
            {
                .section = "video",
                .name = "bitrate",
                .kind = &kind_bitrate,
                .min = 32000,
                .max = 60000000,
                .fallback = "2000kbit/s",
                .help = "bit rate of the H.264 byte stream, filler data included",
                .offset = offsetof(struct preset, video.bitrate),
            },
        [KEY_BITRATE_PATTERN] =
            {
                .section = "video",
                .name = "bitrate-pattern",
                .kind = &kind_choice,
                .words = bitrate_pattern_words,
                .fallback = "constant",
                .help = "how the bit rate of the video goes from segment to segment",
                .offset = offsetof(struct preset, video.bitrate_pattern),
            },
        [KEY_BITRATE_VARIATION] =
            {
                .section = "video",
                .name = "bitrate-variation",
                .kind = &kind_percent,
                .min = 1,
                .max = 50,
                .fallback = "20%",
                .help = "by how much it goes up and down; only with bitrate-pattern = sawtooth "
                        "or random",
                .offset = offsetof(struct preset, video.bitrate_variation),
            },
        [KEY_BITRATE_SEED] =
            {
                .section = "video",
                .name = "bitrate-seed",
                .kind = &kind_count,
                .min = 0,
                .max = 1000000000,
                .fallback = "1",
                .help = "which random sequence; only with bitrate-pattern = random",
                .offset = offsetof(struct preset, video.bitrate_seed),
            },
        [KEY_STUFFING] =
            {
                .section = "video",
                .name = "stuffing",
                .kind = &kind_choice,
                .words = stuffing_words,
                .fallback = "filler",
                .help = "what fills MPEG-TS up to the bit rate: filler NAL units, or null packets",
                .offset = offsetof(struct preset, video.stuffing),
            },
        [KEY_X264_PRESET] =
            {
                .section = "video",
                .name = "x264-preset",
                .kind = &kind_text,
                .words = x264_preset_words,
                .max = TEXT_MAX(video.x264_preset),
                .fallback = "ultrafast",
                .help = "speed preset of libx264; only with encoder = x264",
                .offset = offsetof(struct preset, video.x264_preset),
            },
        [KEY_CYCLE] =
            {
                .section = "video",
                .name = "cycle",
                .kind = &kind_duration,
                .min = 1000,
                .max = 60000,
                .fallback = "10s",
                .help = "after how long an animated pattern starts again, a whole multiple of "
                        "segment-duration; only with pattern = testsrc or testsrc2",
                .offset = offsetof(struct preset, video.cycle),
            },
        [KEY_SIGNAL] =
            {
                .section = "audio",
                .name = "signal",
                .kind = &kind_choice,
                .words = signal_words,
                .fallback = "tone",
                .help = "the tone without an end; a beep of it on each second of UTC; or none: "
                        "there is no sound",
                .offset = offsetof(struct preset, audio.signal),
            },
        [KEY_TONE] =
            {
                .section = "audio",
                .name = "tone",
                .kind = &kind_frequency,
                .min = 20,
                .max = 20000,
                .fallback = "1kHz",
                .help = "frequency of the sine tone, in whole Hz",
                .offset = offsetof(struct preset, audio.tone),
            },
        [KEY_AUDIO_BITRATE] =
            {
                .section = "audio",
                .name = "bitrate",
                .kind = &kind_bitrate,
                .min = 32000,
                .max = 320000,
                .fallback = "128kbit/s",
                .help = "bit rate of the AAC frames, fill elements included",
                .offset = offsetof(struct preset, audio.bitrate),
            },
        [KEY_DELIVERY] =
            {
                .section = "audio",
                .name = "delivery",
                .kind = &kind_choice,
                .words = delivery_words,
                .fallback = "muxed",
                .help = "each rendition has the sound in its own segments; or, as a group, one of "
                        "sound alone has it, and the others have none; only with renditions",
                .offset = offsetof(struct preset, audio.delivery),
            },
        [KEY_MEMORY_BUDGET] =
            {
                .section = "budget",
                .name = "memory",
                .kind = &kind_bytes,
                .min = MB,
                .max = 64 * GB,
                .fallback = "512MB",
                .help = "how much memory may be in use at any time",
                .offset = offsetof(struct preset, budget.memory),
            },
        [KEY_CPU_BUDGET] =
            {
                .section = "budget",
                .name = "cpu",
                .kind = &kind_percent,
                .min = 1,
                .max = 6400,
                .fallback = "100%",
                .help = "how much of one processor core may be used, over any 10 s",
                .offset = offsetof(struct preset, budget.cpu),
            },
        [KEY_DISK_BUDGET] =
            {
                .section = "budget",
                .name = "disk",
                .kind = &kind_bytes,
                .min = MB,
                .max = 1000 * GB,
                .fallback = "1000GB",
                .help = "how much the files may take on disk",
                .offset = offsetof(struct preset, budget.disk),
            },
};

void keys_set_defaults(struct preset *preset)
{
    for (int key = 0; key < KEY_COUNT; key++) {
        int result = setting_parse(&preset_keys[key], preset_keys[key].fallback, preset, NULL);

        assert(result == 0);
        (void)result;
    }
}

int keys_find(const char *section, const char *name)
{
    for (int key = 0; key < KEY_COUNT; key++)
        if (strcmp(preset_keys[key].section, section) == 0 &&
            strcmp(preset_keys[key].name, name) == 0)
            return key;
    return -1;
}

int keys_find_section(const char *section)
{
    for (int key = 0; key < KEY_COUNT; key++)
        if (strcmp(preset_keys[key].section, section) == 0)
            return key;
    return -1;
}

void keys_explain_unknown(const char *section, const char *name, struct error *reason)
{
    struct text_nearest nearest = text_nearest_start(name);

    for (int key = 0; key < KEY_COUNT; key++) {
        const struct setting *row = &preset_keys[key];

        if (strcmp(row->section, section) == 0) {
            text_nearest_offer(&nearest, row->name);
        } else if (strcmp(row->name, name) == 0) {
            (void)error_set(reason, -EINVAL, EX_DATAERR, "this key belongs to [%s]", row->section);
            return;
        }
    }
    if (nearest.best[0])
        (void)error_set(reason, -EINVAL, EX_DATAERR, "unknown key, the nearest is %s",
                        nearest.best);
    else
        (void)error_set(reason, -EINVAL, EX_DATAERR, "unknown key, hlsgen --help lists them");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of keys. Ranges are what libx264, AAC and H.264 level 5.2 take. Below 10 frames per
 * second a frame and its reordering outlast the lead that a decoder is given (VIDEO_LEAD_MS), and
 * PTSs soon lie more than 700 ms apart (ISO 13818-1 2.7.4). What only two keys together can exceed
 * is checked in keys_settle(). Budgets that nobody set: a memory that holds 1080p at any speed of
 * libx264 up to medium; one core, which one thread cannot exceed; and more disk than the largest
 * stream takes, so that the file system alone sets the bound. To add a key, add a member to struct
 * preset, a row here, and its text to the manual.
 */
#include "preset/keys.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "preset/text.h"

#define TEXT_MAX(member) ((int64_t)sizeof(((struct preset *)NULL)->member) - 1)

/* H.264 Table A-1, level 5.2: macroblocks of a frame, and macroblocks per second. */
#define MAX_FS   INT64_C(36864)
#define MAX_MBPS INT64_C(2073600)

#define MB INT64_C(1000000)
#define GB (1000 * MB)

/* kind_size stores both sides at the offset of the first. */
_Static_assert(offsetof(struct preset, video.height) ==
                   offsetof(struct preset, video.width) + sizeof(int),
               "width and height lie side by side");

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

const struct setting preset_keys[KEY_COUNT] = {
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
    [KEY_X264_PRESET] =
        {
            .section = "video",
            .name = "x264-preset",
            .kind = &kind_text,
            .words = x264_preset_words,
            .max = TEXT_MAX(video.x264_preset),
            .fallback = "ultrafast",
            .help = "speed preset of libx264; a slow one costs time at start only",
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

bool keys_apply(const struct preset *preset, enum key key)
{
    if (key == KEY_COLOR)
        return preset->video.pattern == PATTERN_COLOR;
    return key != KEY_CYCLE || preset_is_animated(preset);
}

/* What does not apply is refused where it was given, and put back where it was inherited. */
static int settle_moot(struct preset *preset, enum key key, const int given[KEY_COUNT],
                       const char *condition, struct error *reason)
{
    if (keys_apply(preset, key))
        return 0;
    if (given[key])
        return error_set(reason, -EINVAL, EX_DATAERR, "this key is only for %s", condition);
    return setting_parse(&preset_keys[key], preset_keys[key].fallback, preset, reason);
}

static int check_cycle(const struct preset *preset, struct error *reason)
{
    char cycle[SETTING_TEXT_SIZE];
    char segment[SETTING_TEXT_SIZE];

    if (!preset_is_animated(preset) || preset->video.cycle % preset->stream.segment_duration == 0)
        return 0;
    setting_format(&preset_keys[KEY_CYCLE], preset, cycle);
    setting_format(&preset_keys[KEY_SEGMENT_DURATION], preset, segment);
    return error_set(reason, -EINVAL, EX_DATAERR,
                     "[video] cycle (%s) must be a whole multiple of [stream] segment-duration "
                     "(%s)",
                     cycle, segment);
}

/* H.264 A.3.1 a) and b): macroblocks of a frame and per second. */
static int check_level(const struct preset *preset, struct error *reason)
{
    int64_t frame = (int64_t)((preset->video.width + 15) / 16) * ((preset->video.height + 15) / 16);
    int64_t num = preset->video.rate.num;
    int64_t den = preset->video.rate.den;

    if (frame > MAX_FS)
        return error_set(reason, -EINVAL, EX_DATAERR,
                         "%" PRId64 " macroblocks a frame, H.264 level 5.2 allows %" PRId64
                         " (Table A-1, MaxFS)",
                         frame, MAX_FS);
    if (frame * num > MAX_MBPS * den)
        return error_set(reason, -EINVAL, EX_DATAERR,
                         "size and rate make %" PRId64
                         " macroblocks per second, H.264 level 5.2 "
                         "allows %" PRId64 " (Table A-1, MaxMBPS)",
                         frame * num / den, MAX_MBPS);
    return 0;
}

/* The last of @p keys that was given; there is one, for what nobody gave was good before. */
static enum key blame(const enum key *keys, size_t count, const int given[KEY_COUNT])
{
    while (count > 1 && !given[keys[count - 1]])
        count--;
    return keys[count - 1];
}

int keys_settle(struct preset *preset, const int given[KEY_COUNT], enum key *ret_blamed,
                struct error *reason)
{
    static const enum key of_cycle[] = {KEY_PATTERN, KEY_SEGMENT_DURATION, KEY_CYCLE};
    static const enum key of_level[] = {KEY_RATE, KEY_SIZE};
    int result;

    *ret_blamed = KEY_COLOR;
    result = settle_moot(preset, KEY_COLOR, given, "pattern = color", reason);
    if (result < 0)
        return result;
    *ret_blamed = KEY_CYCLE;
    result = settle_moot(preset, KEY_CYCLE, given, "pattern = testsrc or testsrc2", reason);
    if (result < 0)
        return result;
    *ret_blamed = blame(of_cycle, 3, given);
    result = check_cycle(preset, reason);
    if (result < 0)
        return result;
    *ret_blamed = blame(of_level, 2, given);
    return check_level(preset, reason);
}

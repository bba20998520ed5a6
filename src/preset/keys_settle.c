/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys demand of each other: which mean something only given another, and what only two
 * together can exceed. */
#include "preset/keys.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

/* H.264 Table A-1, level 5.2: macroblocks of a frame, and macroblocks per second. */
#define MAX_FS   INT64_C(36864)
#define MAX_MBPS INT64_C(2073600)

#define HAS_VIDEO "encoder = x264 or exact"
#define HAS_AUDIO "signal = tone or beep"

static bool has_stuffing(const struct preset *preset)
{
    return preset->stream.container == CONTAINER_TS;
}

static bool has_color(const struct preset *preset)
{
    return preset->video.pattern == PATTERN_COLOR;
}

static bool has_variation(const struct preset *preset)
{
    return preset->video.bitrate_pattern != BITRATE_CONSTANT;
}

static bool is_random(const struct preset *preset)
{
    return preset->video.bitrate_pattern == BITRATE_RANDOM;
}

static bool uses_x264(const struct preset *preset)
{
    return preset->video.encoder == ENCODER_X264;
}

/* The keys that mean something only given another: which, and when; one that needs two has a row
 * for each. Those on which others depend come first. */
static const struct moot {
    enum key key;
    bool (*applies)(const struct preset *preset);
    const char *condition;
} moot[] = {
    {KEY_IFRAMES, preset_has_video, HAS_VIDEO},
    {KEY_PATTERN, preset_has_video, HAS_VIDEO},
    {KEY_OVERLAY, preset_has_video, HAS_VIDEO},
    {KEY_SIZE, preset_has_video, HAS_VIDEO},
    {KEY_VIDEO_BITRATE, preset_has_video, HAS_VIDEO},
    {KEY_BITRATE_PATTERN, preset_has_video, HAS_VIDEO},
    {KEY_STUFFING, preset_has_video, HAS_VIDEO},
    {KEY_STUFFING, has_stuffing, "container = ts"},
    {KEY_COLOR, has_color, "pattern = color"},
    {KEY_BITRATE_VARIATION, has_variation, "bitrate-pattern = sawtooth or random"},
    {KEY_BITRATE_SEED, is_random, "bitrate-pattern = random"},
    {KEY_X264_PRESET, uses_x264, "encoder = x264"},
    {KEY_CYCLE, preset_is_animated, "pattern = testsrc or testsrc2"},
    {KEY_TONE, preset_has_audio, HAS_AUDIO},
    {KEY_AUDIO_BITRATE, preset_has_audio, HAS_AUDIO},
    {KEY_DELIVERY, preset_has_audio, HAS_AUDIO},
};

#define MOOT (sizeof(moot) / sizeof(moot[0]))

bool keys_apply(const struct preset *preset, enum key key)
{
    for (size_t i = 0; i < MOOT; i++) {
        if (moot[i].key == key && !moot[i].applies(preset))
            return false;
    }
    return true;
}

/* What does not apply is refused where it was given, and put back where it was inherited. */
static int settle_moot(struct preset *preset, const struct moot *row, const int given[KEY_COUNT],
                       struct error *reason)
{
    if (row->applies(preset))
        return 0;
    if (given[row->key])
        return error_set(reason, -EINVAL, EX_DATAERR, "this key is only for %s", row->condition);
    return setting_parse(&preset_keys[row->key], preset_keys[row->key].fallback, preset, reason);
}

static int check_content(const struct preset *preset, struct error *reason)
{
    if (preset_has_video(preset) || preset_has_audio(preset))
        return 0;
    return error_set(reason, -EINVAL, EX_DATAERR,
                     "[video] encoder = none and [audio] signal = none leave nothing to send");
}

static int check_encoder(const struct preset *preset, struct error *reason)
{
    if (preset->video.encoder != ENCODER_EXACT || !preset_is_animated(preset))
        return 0;
    return error_set(reason, -EINVAL, EX_DATAERR,
                     "encoder = exact is for patterns that stand still, which testsrc and testsrc2"
                     " do not: use encoder = x264");
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

/* What is checked, and all keys that it depends on: the last of them that was given is blamed. */
static const struct check {
    int (*holds)(const struct preset *preset, struct error *reason);
    size_t count;
    enum key keys[4];
} checks[] = {
    {check_content, 2, {KEY_ENCODER, KEY_SIGNAL}},
    {check_encoder, 2, {KEY_ENCODER, KEY_PATTERN}},
    {check_cycle, 4, {KEY_ENCODER, KEY_PATTERN, KEY_SEGMENT_DURATION, KEY_CYCLE}},
    {check_level, 3, {KEY_ENCODER, KEY_RATE, KEY_SIZE}},
};

static bool find_given(const struct check *check, const int given[KEY_COUNT], enum key *ret_key)
{
    size_t i = check->count;

    while (i > 0 && !given[check->keys[i - 1]])
        i--;
    if (i > 0)
        *ret_key = check->keys[i - 1];
    return i > 0;
}

/* There is one to blame: what nobody gave was good before. */
static enum key blame(const struct check *check, const int given[KEY_COUNT],
                      const int inherited[KEY_COUNT])
{
    enum key key = check->keys[0];
    bool found = find_given(check, given, &key) || find_given(check, inherited, &key);

    assert(found);
    (void)found;
    return key;
}

int keys_settle(struct preset *preset, const int given[KEY_COUNT], const int inherited[KEY_COUNT],
                enum key *ret_blamed, struct error *reason)
{
    int result = 0;

    for (size_t i = 0; i < MOOT && result == 0; i++) {
        result = settle_moot(preset, &moot[i], given, reason);
        if (result < 0)
            *ret_blamed = moot[i].key;
    }
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && result == 0; i++) {
        result = checks[i].holds(preset, reason);
        if (result < 0)
            *ret_blamed = blame(&checks[i], given, inherited);
    }
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A preset is made in three steps: defaults, the file, the overrides. Keys are checked against
 * each other after the file and again after the overrides, so that an error names the one to blame:
 * a line of the file, or an option.
 */
#include "preset/preset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "preset/ini.h"
#include "preset/keys.h"
#include "preset/source.h"

static int read_file(const struct source *source, struct preset *preset, struct error *err)
{
    int lines[KEY_COUNT];
    char value[SETTING_TEXT_SIZE];
    struct error reason;
    enum key blamed;
    int result = ini_read_preset(source, preset, lines, err);

    if (result < 0)
        return result;
    result = keys_settle(preset, lines, &blamed, &reason);
    if (result == 0)
        return 0;
    setting_format(&preset_keys[blamed], preset, value);
    return error_set(err, result, EX_DATAERR, "%s:%d: [%s] %s = %s: %s", source->place,
                     lines[blamed], preset_keys[blamed].section, preset_keys[blamed].name, value,
                     reason.text);
}

static int reject_override(const char *override, const struct error *reason, struct error *err)
{
    return error_set(err, -EINVAL, EX_USAGE, "--set %s: %s", override, reason->text);
}

/* "section.key=value", split at the first dot and the first equals sign. Returns the key. */
static int apply_override(const char *override, struct preset *preset, struct error *err)
{
    char words[SETTING_TEXT_SIZE];
    size_t length = strcspn(override, "=");
    struct error reason;
    char *dot;
    int key;

    if (length < sizeof(words) && override[length] == '=') {
        memcpy(words, override, length);
        words[length] = '\0';
        dot = strchr(words, '.');
    } else {
        dot = NULL;
    }
    if (!dot) {
        (void)error_set(&reason, -EINVAL, EX_USAGE,
                        "SECTION.KEY=VALUE is wanted, as in video.bitrate=2000kbit/s");
        return reject_override(override, &reason, err);
    }
    *dot = '\0';
    key = keys_find(words, dot + 1);
    if (key < 0) {
        keys_explain_unknown(words, dot + 1, &reason);
        return reject_override(override, &reason, err);
    }
    if (setting_parse(&preset_keys[key], override + length + 1, preset, &reason) < 0)
        return reject_override(override, &reason, err);
    return key;
}

static int apply_overrides(const char *const *overrides, size_t count, struct preset *preset,
                           struct error *err)
{
    int given[KEY_COUNT] = {0}; /* number of the override, from 1 */
    struct error reason;
    enum key blamed;

    for (size_t i = 0; i < count; i++) {
        int key = apply_override(overrides[i], preset, err);

        if (key < 0)
            return key;
        given[key] = (int)i + 1;
    }
    if (keys_settle(preset, given, &blamed, &reason) < 0)
        return reject_override(overrides[given[blamed] - 1], &reason, err);
    return 0;
}

bool preset_is_animated(const struct preset *preset)
{
    return preset->video.pattern == PATTERN_TESTSRC || preset->video.pattern == PATTERN_TESTSRC2;
}

bool preset_is_aperiodic(const struct preset *preset)
{
    return preset->video.encoder == ENCODER_X264 && preset->video.overlay == OVERLAY_CLOCK;
}

int preset_parse(const struct source *source, const char *const *overrides, size_t override_count,
                 struct preset *ret_preset, struct error *err)
{
    struct preset preset = {0};
    int result;

    memcpy(preset.name, source->name, sizeof(preset.name));
    keys_set_defaults(&preset);
    result = read_file(source, &preset, err);
    if (result == 0)
        result = apply_overrides(overrides, override_count, &preset, err);
    if (result == 0)
        *ret_preset = preset;
    return result;
}

int preset_load(const char *name, const char *const *overrides, size_t override_count,
                struct preset *ret_preset, struct error *err)
{
    struct source source;
    int result = source_read(name, &source, err);

    return result < 0 ? result : preset_parse(&source, overrides, override_count, ret_preset, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of presets: overrides, what keys demand of each other, and the way back to text. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "preset/keys.h"
#include "preset/ladder.h"
#include "tests/unit/presets.h"
#include "tests/unit/suite.h"

/* ---- overrides ------------------------------------------------------------------------------- */

static const struct {
    const char *override;
    const char *error;
} bad_overrides[] = {
    {"video.bitrate=2000", "--set video.bitrate=2000: a unit is missing, as in 2000kbit/s"},
    {"video.bitrate", "--set video.bitrate: SECTION.KEY=VALUE is wanted"},
    {"bitrate=2000kbit/s", "--set bitrate=2000kbit/s: SECTION.KEY=VALUE is wanted"},
    {"", "--set : SECTION.KEY=VALUE is wanted"},
    {"=", "--set =: SECTION.KEY=VALUE is wanted"},
    {"video.bitrat=1", "--set video.bitrat=1: unknown key, the nearest is bitrate"},
    {"audio.size=1x1", "--set audio.size=1x1: this key belongs to [video]"},
    {"video.color=#000000", "--set video.color=#000000: this key is only for pattern = color"},
    {"video.encoder=exat", "--set video.encoder=exat: not one of x264, exact"},
    {"video.bitrate-seed=2",
     "--set video.bitrate-seed=2: this key is only for bitrate-pattern = random"},
    {"video.size=4096x4096", "--set video.size=4096x4096: 65536 macroblocks a frame"},
};

START_TEST(names_the_override)
{
    struct preset preset;
    struct error err;

    presets_check_error(presets_load("720p-ultrafast", bad_overrides[_i].override, &preset, &err),
                        &err, EX_USAGE, bad_overrides[_i].error);
}
END_TEST

/* The encoder stands in the file: what does not suit it is blamed, not the file. */
START_TEST(names_the_override_that_does_not_suit_the_file)
{
    static const char text[] = "[video]\nencoder = exact\n";
    static const char fragmented[] = "[stream]\ncontainer = fmp4\n";
    struct preset preset;
    struct error err;

    presets_write("x.conf", text, strlen(text));
    presets_check_error(
        presets_load("x", "video.pattern=testsrc2", &preset, &err), &err, EX_USAGE,
        "--set video.pattern=testsrc2: encoder = exact is for patterns that stand still");
    presets_check_error(presets_load("x", "video.x264-preset=fast", &preset, &err), &err, EX_USAGE,
                        "--set video.x264-preset=fast: this key is only for encoder = x264");
    presets_write("y.conf", fragmented, strlen(fragmented));
    presets_check_error(presets_load("y", "video.stuffing=null", &preset, &err), &err, EX_USAGE,
                        "--set video.stuffing=null: this key is only for container = ts");
}
END_TEST

START_TEST(the_last_override_wins)
{
    static const char *const overrides[] = {"stream.window=4", "video.pattern=testsrc2",
                                            "stream.window=6", "video.cycle=4s"};
    struct preset preset;
    struct error err = {.text = ""};

    ck_assert_msg(presets_load_with("720p-ultrafast", overrides, 4, &preset, &err) == 0, "%s",
                  err.text);
    ck_assert_int_eq(preset.stream.window, 6);
    ck_assert_int_eq(preset.video.pattern, PATTERN_TESTSRC2);
    ck_assert_int_eq(preset.video.cycle, 4000);
}
END_TEST

START_TEST(an_override_makes_keys_of_the_file_moot)
{
    static const char text[] =
        "[video]\npattern = testsrc\ncycle = 4s\nx264-preset = fast\n"
        "bitrate-pattern = random\nbitrate-variation = 7%\n"
        "bitrate-seed = 3\n";
    static const char *const overrides[] = {"video.pattern=pal75bars", "video.encoder=exact",
                                            "video.bitrate-pattern=sawtooth"};
    struct preset preset;
    struct error err = {.text = ""};

    presets_write("x.conf", text, strlen(text));
    ck_assert_msg(presets_load_with("x", overrides, 3, &preset, &err) == 0, "%s", err.text);
    ck_assert_int_eq(preset.video.cycle, 10000);
    ck_assert_str_eq(preset.video.x264_preset, "ultrafast");
    ck_assert_int_eq(preset.video.bitrate_variation, 7);
    ck_assert_int_eq(preset.video.bitrate_seed, 1);
    ck_assert_msg(presets_load("x", "video.bitrate-pattern=constant", &preset, &err) == 0, "%s",
                  err.text);
    ck_assert_int_eq(preset.video.bitrate_variation, 20);
    ck_assert_int_eq(preset.video.bitrate_seed, 1);
}
END_TEST

START_TEST(only_a_clock_by_x264_is_encoded_afresh)
{
    static const char *const overrides[] = {"video.overlay=clock", "video.encoder=exact"};
    struct preset preset;
    struct error err = {.text = ""};

    ck_assert_int_eq(presets_load_with("720p-ultrafast", NULL, 0, &preset, &err), 0);
    ck_assert(!preset_is_aperiodic(&preset));
    ck_assert_int_eq(presets_load_with("720p-ultrafast", overrides, 1, &preset, &err), 0);
    ck_assert(preset_is_aperiodic(&preset));
    ck_assert_int_eq(presets_load_with("720p-ultrafast", overrides, 2, &preset, &err), 0);
    ck_assert(!preset_is_aperiodic(&preset));
}
END_TEST

/* ---- and back -------------------------------------------------------------------------------- */

static const char *const printed[] = {
    NULL,
    "video.pattern=color",
    "video.pattern=testsrc2",
    "video.rate=60000/1001",
    "video.size=64x4096",
    "stream.segment-duration=1.5s",
    "stream.description=gr\xc3\xbc\xc3\x9f;e = [x]: #1",
    "audio.tone=441Hz",
    "audio.signal=beep",
    "video.encoder=exact",
    "video.overlay=clock",
    "video.stuffing=null",
    "stream.container=fmp4",
    "video.bitrate-pattern=sawtooth",
    "video.bitrate-pattern=random",
};

START_TEST(a_printed_preset_loads_to_an_equal_one)
{
    struct ladder ladder;
    struct preset again;
    struct error err = {.text = ""};
    FILE *out = fopen("x.conf", "w");

    ck_assert_ptr_nonnull(out);
    ck_assert_msg(ladder_load("720p-ultrafast", &printed[_i], printed[_i] ? 1 : 0, &ladder, &err) ==
                      0,
                  "%s", err.text);
    ladder_print(&ladder, out);
    (void)fclose(out);
    ck_assert_msg(presets_load("x", NULL, &again, &err) == 0, "%s", err.text);
    for (int key = 0; key < KEY_COUNT; key++) {
        char first[SETTING_TEXT_SIZE];
        char second[SETTING_TEXT_SIZE];

        setting_format(&preset_keys[key], &ladder.common, first);
        setting_format(&preset_keys[key], &again, second);
        ck_assert_str_eq(first, second);
    }
}
END_TEST

START_TEST(every_row_is_whole)
{
    const struct setting *row = &preset_keys[_i];

    ck_assert_ptr_nonnull(row->kind);
    ck_assert_ptr_nonnull(row->fallback);
    ck_assert_ptr_nonnull(row->help);
    ck_assert_int_eq(keys_find(row->section, row->name), _i);
    ck_assert_msg(_i == 0 || strcmp(row->section, row[-1].section) == 0 ||
                      keys_find_section(row->section) == _i,
                  "[%s] is not in one piece", row->section);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keys");
    TCase *overrides = presets_add_case(suite, "overrides");
    TCase *text = presets_add_case(suite, "text");

    tcase_add_loop_test(overrides, names_the_override, 0, LENGTH(bad_overrides));
    tcase_add_test(overrides, names_the_override_that_does_not_suit_the_file);
    tcase_add_test(overrides, the_last_override_wins);
    tcase_add_test(overrides, an_override_makes_keys_of_the_file_moot);
    tcase_add_test(overrides, only_a_clock_by_x264_is_encoded_afresh);
    tcase_add_loop_test(text, a_printed_preset_loads_to_an_equal_one, 0, LENGTH(printed));
    tcase_add_loop_test(text, every_row_is_whole, 0, KEY_COUNT);
    return suite_run(suite);
}

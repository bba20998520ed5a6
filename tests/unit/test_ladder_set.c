/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ladders: what --set does to them, and the way back to text. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "preset/keys.h"
#include "preset/ladder.h"
#include "tests/unit/presets.h"
#include "tests/unit/suite.h"

#define R(name) "[rendition " name "]\n"

static const char two[] =
    "[rendition lo_1]\nsize = 640x360\nbitrate = 500kbit/s\n"
    "[video]\nencoder = exact\nrate = 25\nbitrate = 1900kbit/s\n"
    "[rendition Hi-2]\nrate = 50\noverlay = clock\n"
    "[budget]\nmemory = 300MB\n";

/* ---- overrides ------------------------------------------------------------------------------- */

START_TEST(an_override_is_for_those_without_their_own)
{
    struct ladder ladder = presets_ladder(two, "video.bitrate=1800kbit/s");

    ck_assert_int_eq(ladder.common.video.bitrate, 1800000);
    ck_assert_int_eq(ladder.renditions[0].video.bitrate, 500000);
    ck_assert_int_eq(ladder.renditions[1].video.bitrate, 1800000);
}
END_TEST

START_TEST(an_override_names_a_rendition)
{
    static const char *const overrides[] = {"rendition lo_1.bitrate=600kbit/s",
                                            "video.bitrate=1800kbit/s",
                                            "rendition lo_1.encoder=x264", "stream.window=5"};
    struct ladder ladder;
    struct error err = {.text = ""};

    ck_assert_msg(presets_load_text(two, overrides, 4, &ladder, &err) == 0, "%s", err.text);
    ck_assert_int_eq(ladder.renditions[0].video.bitrate, 600000);
    ck_assert_int_eq(ladder.renditions[0].video.encoder, ENCODER_X264);
    ck_assert_int_eq(ladder.renditions[0].stream.window, 5);
    ck_assert_int_eq(ladder.renditions[1].video.bitrate, 1800000);
    ck_assert_int_eq(ladder.renditions[1].video.encoder, ENCODER_EXACT);
}
END_TEST

/* The common cycle goes back to its default; that of the rendition does not. */
START_TEST(an_override_makes_a_common_key_moot_for_others)
{
    struct ladder ladder = presets_ladder(
        "[stream]\nsegment-duration = 3s\n[video]\npattern = testsrc\ncycle = 9s\n" R("a")
            R("b") "pattern = testsrc2\n",
        "video.pattern=pal75bars");

    ck_assert_int_eq(ladder.common.video.cycle, 10000);
    ck_assert_int_eq(ladder.renditions[0].video.cycle, 10000);
    ck_assert_int_eq(ladder.renditions[1].video.cycle, 9000);
}
END_TEST

static const struct {
    const char *text;
    const char *override;
    const char *error;
} bad_overrides[] = {
    {two, "rendition lo1.bitrate=3Mbit/s", "unknown rendition, the nearest is lo_1"},
    {two, "rendition xyzzy.bitrate=3Mbit/s", "unknown rendition"},
    {two, "rendition .bitrate=3Mbit/s", "unknown rendition"},
    {"", "rendition a.bitrate=3Mbit/s", "this preset has no renditions"},
    {two, "rendition lo_1.bitrat=1", "unknown key, the nearest is bitrate"},
    {two, "rendition lo_1.tone=1kHz", "this key belongs to [audio]"},
    {two, "rendition lo_1.bitrate=3", "a unit is missing, as in 2000kbit/s"},
    {two, "rendition lo_1.rate=24000/1001",
     "segments must last equally long, and those of lo_1 have 48 frames at 24000/1001 a second, "
     "those of Hi-2 100 at 50"},
    {two, "stream.segment-duration=1.01s", "segments must last equally long"},
    {two, "rendition Hi-2.x264-preset=fast", "this key is only for encoder = x264"},
    {two, "video.pattern=testsrc", "encoder = exact is for patterns that stand still"},
    {"[video]\nencoder = x264\n" R("a") "pattern = testsrc\n", "video.encoder=exact",
     "[rendition a]: encoder = exact is for patterns that stand still"},
    {R("a") "rate = 120\n", "video.size=3840x2160",
     "[rendition a]: size and rate make 3888000 macroblocks per second"},
    {"[video]\nsize = 3840x2160\n" R("a") R("b") "encoder = none\nrate = 120\n",
     "rendition b.encoder=x264", "size and rate make 3888000 macroblocks per second"},
    {R("a") "encoder = none\n" R("b"), "rendition b.encoder=none", "no rendition has video"},
    {R("a") "encoder = none\n" R("b"), "video.encoder=none", "no rendition has video"},
    {R("a") "encoder = none\n" R("b"), "audio.delivery=group",
     "with delivery = group the sound is by itself, and nothing is left for a"},
    {R("a") "encoder = none\n" R("b"), "audio.signal=none",
     "[rendition a]: [video] encoder = none and [audio] signal = none leave nothing to send"},
    {R("a") "size = 640x360\n" R("b") "size = 320x180\n", "video.size=1280x720",
     "every rendition has its own, as in \"rendition a.size=...\""},
    {"", "audio.delivery=group", "this key is only for presets with renditions"},
};

START_TEST(names_the_override)
{
    struct ladder ladder;
    struct error err = {.text = ""};
    char wanted[512];
    int result =
        presets_load_text(bad_overrides[_i].text, &bad_overrides[_i].override, 1, &ladder, &err);

    (void)snprintf(wanted, sizeof(wanted), "--set %s: %s", bad_overrides[_i].override,
                   bad_overrides[_i].error);
    presets_check_error(result, &err, EX_USAGE, wanted);
}
END_TEST

/* ---- and back -------------------------------------------------------------------------------- */

static void check_equal(const struct preset *preset, const struct preset *again)
{
    ck_assert_str_eq(preset->rendition, again->rendition);
    for (int key = 0; key < KEY_COUNT; key++) {
        char first[SETTING_TEXT_SIZE];
        char second[SETTING_TEXT_SIZE];

        setting_format(&preset_keys[key], preset, first);
        setting_format(&preset_keys[key], again, second);
        ck_assert_str_eq(first, second);
    }
}

static const char *print_into(const struct ladder *ladder, char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");

    ck_assert_ptr_nonnull(out);
    ladder_print(ladder, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static const struct {
    const char *text;
    const char *override;
} printed[] = {
    {two, NULL},
    {two, "audio.delivery=group"},
    {two, "audio.signal=none"},
    {two, "video.encoder=x264"},
    {two, "rendition lo_1.encoder=none"},
    {two, "rendition Hi-2.encoder=x264"},
    {"[video]\nencoder = none\n", NULL},
    {"[audio]\nsignal = none\n", NULL},
    {"[video]\nencoder = none\n" R("a") "encoder = exact\nsize = 640x360\n", NULL},
    {"[video]\npattern = testsrc\ncycle = 8s\nx264-preset = slow\n" R("a")
         R("b") "encoder = none\n" R("c") "encoder = exact\npattern = color\n",
     "video.pattern=pal75bars"},
    {"[stream]\nsegment-duration = 3s\n[video]\npattern = testsrc\ncycle = 9s\n" R("a")
         R("b") "pattern = testsrc2\n",
     "video.pattern=color"},
};

START_TEST(a_printed_ladder_loads_to_an_equal_one)
{
    static char text[20000];
    struct ladder ladder = presets_ladder(printed[_i].text, printed[_i].override);
    struct ladder again = presets_ladder(print_into(&ladder, text, sizeof(text)), NULL);

    ck_assert_int_eq(ladder.has_renditions, again.has_renditions);
    ck_assert_int_eq(ladder.count, again.count);
    check_equal(&ladder.common, &again.common);
    for (int64_t i = 0; i < ladder.count; i++)
        check_equal(&ladder.renditions[i], &again.renditions[i]);
}
END_TEST

START_TEST(prints_of_a_rendition_what_differs)
{
    static const char wanted[] =
        "\n[rendition lo_1]\nsize = 640x360\nbitrate = 500kbit/s\n"
        "\n[rendition Hi-2]\noverlay = clock\nrate = 50\n";
    static char text[20000];
    struct ladder ladder = presets_ladder(two, NULL);
    const char *end;

    print_into(&ladder, text, sizeof(text));
    end = strstr(text, "\n[rendition");
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end, wanted);
    ck_assert_ptr_nonnull(strstr(text, "\ndelivery = muxed\n"));
    ladder = presets_ladder("", NULL);
    ck_assert_ptr_nonnull(
        strstr(print_into(&ladder, text, sizeof(text)), "\n# delivery = muxed\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ladder_set");
    TCase *overrides = presets_add_case(suite, "overrides");
    TCase *text = presets_add_case(suite, "text");

    tcase_add_test(overrides, an_override_is_for_those_without_their_own);
    tcase_add_test(overrides, an_override_names_a_rendition);
    tcase_add_test(overrides, an_override_makes_a_common_key_moot_for_others);
    tcase_add_loop_test(overrides, names_the_override, 0, LENGTH(bad_overrides));
    tcase_add_loop_test(text, a_printed_ladder_loads_to_an_equal_one, 0, LENGTH(printed));
    tcase_add_test(text, prints_of_a_rendition_what_differs);
    return suite_run(suite);
}

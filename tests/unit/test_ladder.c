/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ladders: the sections of renditions, and what they demand of each other. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "origin/names.h"
#include "preset/keys.h"
#include "preset/ladder.h"
#include "tests/unit/presets.h"
#include "tests/unit/suite.h"
#include "timeline/timeline.h"

/* ---- files ----------------------------------------------------------------------------------- */

START_TEST(a_file_without_renditions_is_one)
{
    struct ladder ladder = presets_ladder("[stream]\nwindow = 7\n", NULL);

    ck_assert(!ladder.has_renditions);
    ck_assert_int_eq(ladder.count, 1);
    ck_assert_str_eq(ladder.renditions[0].name, "x");
    ck_assert_str_eq(ladder.renditions[0].rendition, "");
    ck_assert_int_eq(ladder.renditions[0].stream.window, 7);
    ck_assert_int_eq(ladder.common.stream.window, 7);
    ck_assert_int_eq(ladder_top(&ladder), 0);
}
END_TEST

/* What all have in common stands behind the first and between the others. */
static const char two[] =
    "[rendition lo_1]\nsize = 640x360\nbitrate = 500kbit/s\n"
    "[video]\nencoder = exact\nrate = 25\nbitrate = 1900kbit/s\n"
    "[rendition Hi-2]\nrate = 50\noverlay = clock\n"
    "[budget]\nmemory = 300MB\n";

START_TEST(renditions_are_what_all_have_in_common_and_their_own)
{
    struct ladder ladder = presets_ladder(two, NULL);
    const struct preset *lo = &ladder.renditions[0];
    const struct preset *hi = &ladder.renditions[1];

    ck_assert(ladder.has_renditions);
    ck_assert_int_eq(ladder.count, 2);
    ck_assert_str_eq(ladder.common.rendition, "");
    ck_assert_int_eq(ladder.common.video.rate.num, 25);

    ck_assert_str_eq(lo->name, "x");
    ck_assert_str_eq(lo->rendition, "lo_1");
    ck_assert_int_eq(lo->video.width, 640);
    ck_assert_int_eq(lo->video.bitrate, 500000);
    ck_assert_int_eq(lo->video.rate.num, 25);
    ck_assert_int_eq(lo->video.overlay, OVERLAY_NONE);

    ck_assert_str_eq(hi->rendition, "Hi-2");
    ck_assert_int_eq(hi->video.width, 1280);
    ck_assert_int_eq(hi->video.bitrate, 1900000);
    ck_assert_int_eq(hi->video.rate.num, 50);
    ck_assert_int_eq(hi->video.overlay, OVERLAY_CLOCK);
    ck_assert_int_eq(hi->video.encoder, ENCODER_EXACT);
    ck_assert_int_eq(hi->budget.memory, 300000000);
    ck_assert_int_eq(ladder_top(&ladder), 1);
}
END_TEST

START_TEST(own_keys_make_common_ones_moot)
{
    struct ladder ladder = presets_ladder(
        "[video]\npattern = testsrc\ncycle = 4s\nx264-preset = fast\n"
        "[rendition a]\nencoder = exact\npattern = color\ncolor = #102030\n[rendition b]\n",
        NULL);

    ck_assert_str_eq(ladder.renditions[0].video.x264_preset, "ultrafast");
    ck_assert_int_eq(ladder.renditions[0].video.cycle, 10000);
    ck_assert_int_eq(ladder.renditions[0].video.color, 0x102030);
    ck_assert_str_eq(ladder.renditions[1].video.x264_preset, "fast");
    ck_assert_int_eq(ladder.renditions[1].video.cycle, 4000);
}
END_TEST

#define NAME_32      "0123456789-abcdefghijklmnopqrstu"
#define R(name)      "[rendition " name "]\n"
#define FIVE(letter) R(letter "1") R(letter "2") R(letter "3") R(letter "4") R(letter "5")
#define FIFTEEN      FIVE("a") FIVE("b") FIVE("c")

START_TEST(takes_long_names_and_many)
{
    struct ladder ladder =
        presets_ladder(R(NAME_32) R("s001") R("s00001") R("S0001") R("audio2"), NULL);

    ck_assert_str_eq(ladder.renditions[0].rendition, NAME_32);
    ladder = presets_ladder(FIFTEEN "[audio]\ndelivery = group\n", NULL);
    ck_assert_int_eq(ladder.count, LADDER_MAX);
    ck_assert_str_eq(ladder.renditions[14].rendition, "c5");
    ck_assert_str_eq(ladder.renditions[15].rendition, LADDER_AUDIO);
}
END_TEST

#define WANTED_NAME ": a name of 1 to 32 letters, digits, '-' and '_' is wanted"

static const struct {
    const char *text;
    int line;
    const char *error;
} bad_files[] = {
    {"[rendition]\n", 1, "[rendition]: a name is wanted, as in [rendition 720p]"},
    {"[rendition ]\n", 1, "[rendition ]" WANTED_NAME},
    {"[rendition  a]\n", 1, "[rendition  a]" WANTED_NAME},
    {"[rendition a b]\n", 1, "[rendition a b]" WANTED_NAME},
    {"[rendition a ]\n", 1, "[rendition a ]" WANTED_NAME},
    {"[rendition a.b]\n", 1, "[rendition a.b]" WANTED_NAME},
    {"[rendition ../a]\n", 1, "[rendition ../a]" WANTED_NAME},
    {"[rendition gr\xc3\xbcn]\n", 1, "[rendition gr\xc3\xbcn]" WANTED_NAME},
    {R(NAME_32 "v"), 1, "[rendition " NAME_32 "v]" WANTED_NAME},
    {R("audio"), 1, "[rendition audio]: hlsgen has another use for this name"},
    {R("a") R("b") R("a"), 3, "[rendition a]: this section is given twice"},
    {FIFTEEN R("16"), 16, "[rendition 16]: at most 15 renditions are taken"},
    {"[rendtion 720p]\n", 1, "[rendtion 720p]: unknown section, the nearest is rendition"},
    {"[renditions]\n", 1, "[renditions]: unknown section, the nearest is rendition"},
    {"[vidoe 720p]\n", 1, "[vidoe 720p]: unknown section, the nearest is video"},
    {R("a") "bitrat = 3\n", 2, "[rendition a] bitrat: unknown key, the nearest is bitrate"},
    {R("a") "window = 3\n", 2, "[rendition a] window: this key belongs to [stream]"},
    {R("a") "bitrate = 3\n", 2, "[rendition a] bitrate = 3: a unit is missing, as in 2000kbit/s"},
    {R("a") "rate = 30\nrate = 30\n", 3, "[rendition a] rate: given twice, first on line 2"},
    {R("a") "x264-preset = fast\nencoder = exact\n#", 2,
     "[rendition a] x264-preset = fast: this key "
     "is only for encoder = x264"},
    {"[video]\nencoder = exact\n" R("a") R("b") "pattern = testsrc\n", 5,
     "[rendition b] pattern = testsrc: encoder = exact is for patterns that stand still"},
    {"[stream]\nsegment-duration = 3s\n" R("a") "pattern = testsrc\n", 4,
     "[rendition a] pattern = testsrc: [video] cycle (10s) must be a whole multiple"},
    {R("a") "size = 3840x2160\n[video]\nrate = 120\n", 2,
     "[rendition a] size = 3840x2160: size and rate make 3888000 macroblocks per second"},
    {R("a") R("b") "rate = 30000/1001\n", 3,
     "[rendition b] rate = 30000/1001: segments must last equally long, and those of a have 60 "
     "frames at 30 a second, those of b 60 at 30000/1001"},
    {R("a") "rate = 25\n[stream]\nsegment-duration = 1.5s\n" R("b"), 2,
     "[rendition a] rate = 25: segments must last equally long, and those of a have 38 frames at "
     "25 a second, those of b 45 at 30"},
    {"[video]\nencoder = none\n" R("a") R("b"), 2,
     "[video] encoder = none: no rendition has video, one with encoder = x264 or exact is wanted"},
    {"[video]\nencoder = exact\n" R("a") "encoder = none\n", 4,
     "[rendition a] encoder = none: no rendition has video, one with encoder = x264 or exact is "
     "wanted"},
    {"[audio]\ndelivery = group\n" R("a") R("b") "encoder = none\n", 5,
     "[rendition b] encoder = none: with delivery = group the sound is by itself, and nothing is "
     "left for b"},
    {"[audio]\nsignal = none\n" R("a") R("b") "encoder = none\n", 5,
     "[rendition b] encoder = none: [video] encoder = none and [audio] signal = none leave "
     "nothing"},
    {"[audio]\nsignal = none\ndelivery = muxed\n" R("a"), 3,
     "[audio] delivery = muxed: this key is only for signal = tone or beep"},
    {"[audio]\ndelivery = muxed\n", 2,
     "[audio] delivery = muxed: this key is only for presets with renditions"},
};

START_TEST(names_what_is_wrong_and_where)
{
    struct ladder ladder;
    struct ladder before;
    struct error err = {.text = ""};
    char wanted[512];
    int result;

    memset(&ladder, 0xa5, sizeof(ladder));
    before = ladder;
    result = presets_load_text(bad_files[_i].text, NULL, 0, &ladder, &err);
    (void)snprintf(wanted, sizeof(wanted), "./x.conf:%d: %s", bad_files[_i].line,
                   bad_files[_i].error);
    presets_check_error(result, &err, EX_DATAERR, wanted);
    ck_assert_mem_eq(&ladder, &before, sizeof(ladder));
}
END_TEST

static void check_refused(const char *name)
{
    struct ladder ladder;
    struct error err = {.text = ""};
    char text[64];
    char wanted[96];

    (void)snprintf(text, sizeof(text), "[rendition %s]\n", name);
    (void)snprintf(wanted, sizeof(wanted), "./x.conf:1: [rendition %s]: ", name);
    presets_check_error(presets_load_text(text, NULL, 0, &ladder, &err), &err, EX_DATAERR, wanted);
}

START_TEST(no_rendition_has_the_name_of_a_file_or_folder_of_ours)
{
    static const char *const files[] = {
        NAMES_SEGMENT_TMP, NAMES_PLAYLIST_TMP, NAMES_STATE,       NAMES_STATE_TMP, NAMES_MASTER,
        NAMES_MASTER_TMP,  NAMES_INDEX,        NAMES_INDEX_TMP,   NAMES_SUMS,      NAMES_SUMS_TMP,
        NAMES_URLS,        NAMES_URLS_TMP,     "stream.m3u8",     "seg1.ts",       NAMES_STATUS,
        NAMES_STATUS_TMP,  NAMES_METRICS,      NAMES_METRICS_TMP, NAMES_LEASE_TMP, "hlsgen.alive-5",
    };
    static const int64_t streams[] = {1, 42, NAMES_STREAMS_MAX};

    for (int i = 0; i < LENGTH(files); i++)
        check_refused(files[i]);
    for (int i = 0; i < LENGTH(streams); i++) {
        char name[NAMES_STREAM_SIZE];

        names_stream(streams[i], name);
        check_refused(name);
    }
}
END_TEST

/* ---- what they demand of each other ---------------------------------------------------------- */

static const struct {
    int num;
    int den;
} rates[] = {
    {10, 1}, {15, 1},  {24, 1},       {25, 1},       {30, 1},       {50, 1},
    {60, 1}, {120, 1}, {24000, 1001}, {30000, 1001}, {60000, 1001},
};

static const int durations[] = {1000, 1010, 1500, 1920, 2000, 2002, 3003, 4004, 6000, 9999};

/* Renditions go together where their timelines have the same borders. */
START_TEST(takes_rates_with_equal_timelines)
{
    const struct error none = {.text = ""};
    int taken = 0;

    for (int i = 0; i < LENGTH(rates) * LENGTH(rates); i++) {
        int a = i / LENGTH(rates);
        int b = i % LENGTH(rates);
        struct timeline first = timeline_make(0, durations[_i], rates[a].num, rates[a].den);
        struct timeline second = timeline_make(0, durations[_i], rates[b].num, rates[b].den);
        bool equal = first.frames * first.rate_den * second.rate_num ==
                     second.frames * second.rate_den * first.rate_num;
        struct error err = none;
        struct ladder ladder;
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "[stream]\nsegment-duration = %dms\n[rendition a]\nrate = %d%s\n"
                       "[rendition b]\nrate = %d%s\n",
                       durations[_i], rates[a].num, rates[a].den > 1 ? "/1001" : "", rates[b].num,
                       rates[b].den > 1 ? "/1001" : "");
        ck_assert_msg((presets_load_text(text, NULL, 0, &ladder, &err) == 0) == equal, "%s%s", text,
                      err.text);
        taken += equal;
    }
    ck_assert_int_ge(taken, LENGTH(rates));
}
END_TEST

START_TEST(a_group_parts_sound_and_pictures)
{
    struct ladder ladder = presets_ladder(
        "[stream]\nsegment-duration = 1.5s\n"
        "[video]\nencoder = exact\noverlay = clock\nsize = 640x360\n"
        "[rendition a]\nrate = 25\n[rendition b]\nrate = 25\nsize = 1280x720\n"
        "[audio]\ntone = 440Hz\ndelivery = group\n",
        NULL);
    const struct preset *sound = &ladder.renditions[2];

    ck_assert_int_eq(ladder.count, 3);
    for (int i = 0; i < 2; i++) {
        ck_assert(preset_has_video(&ladder.renditions[i]));
        ck_assert(!preset_has_audio(&ladder.renditions[i]));
        ck_assert_int_eq(ladder.renditions[i].audio.tone, 1000); /* it means nothing there */
    }
    ck_assert_str_eq(sound->rendition, LADDER_AUDIO);
    ck_assert(!preset_has_video(sound));
    ck_assert(!preset_is_aperiodic(sound));
    ck_assert_int_eq(sound->audio.tone, 440);
    ck_assert_int_eq(sound->video.overlay, OVERLAY_NONE);
    ck_assert_int_eq(sound->video.rate.num, 25); /* its segments end with theirs: 1.52 s */
    ck_assert_int_eq(ladder.common.audio.tone, 440);
    ck_assert_int_lt(ladder_top(&ladder), 2);
}
END_TEST

static const struct {
    const char *text;
    int64_t top;
} tops[] = {
    {R("a") "bitrate = 15Mbit/s\n" R("b") "bitrate = 5Mbit/s\n" R("c") "bitrate = 2Mbit/s\n", 2},
    {R("a") "bitrate = 3Mbit/s\n" R("b") "bitrate = 1.1Mbit/s\n", 1},
    {R("a") "bitrate = 3Mbit/s\n" R("b") "bitrate = 1Mbit/s\n", 0},
    {R("a") "encoder = none\n" R("b") "bitrate = 60Mbit/s\n", 1},
    {"[video]\nencoder = none\n", 0},
};

START_TEST(the_top_is_the_nearest_to_2_mbit)
{
    struct ladder ladder = presets_ladder(tops[_i].text, NULL);

    ck_assert_int_eq(ladder_top(&ladder), tops[_i].top);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ladder");
    TCase *files = presets_add_case(suite, "files");
    TCase *together = presets_add_case(suite, "together");

    tcase_add_test(files, a_file_without_renditions_is_one);
    tcase_add_test(files, renditions_are_what_all_have_in_common_and_their_own);
    tcase_add_test(files, own_keys_make_common_ones_moot);
    tcase_add_test(files, takes_long_names_and_many);
    tcase_add_loop_test(files, names_what_is_wrong_and_where, 0, LENGTH(bad_files));
    tcase_add_test(files, no_rendition_has_the_name_of_a_file_or_folder_of_ours);
    tcase_add_loop_test(together, takes_rates_with_equal_timelines, 0, LENGTH(durations));
    tcase_add_test(together, a_group_parts_sound_and_pictures);
    tcase_add_loop_test(together, the_top_is_the_nearest_to_2_mbit, 0, LENGTH(tops));
    return suite_run(suite);
}

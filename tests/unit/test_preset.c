/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preset files: their syntax, and where they are found. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preset/embedded.h"
#include "preset/ladder.h"
#include "preset/text.h"
#include "tests/unit/folder.h"
#include "tests/unit/presets.h"
#include "tests/unit/suite.h"

/* ---- files ----------------------------------------------------------------------------------- */

START_TEST(defaults_fill_an_empty_file)
{
    struct preset preset;
    struct error err = {.text = ""};

    presets_write("x.conf", "", 0);
    ck_assert_msg(presets_load("x", NULL, &preset, &err) == 0, "%s", err.text);
    ck_assert_str_eq(preset.name, "x");
    ck_assert_str_eq(preset.stream.description, "");
    ck_assert_int_eq(preset.stream.segment_duration, 2000);
    ck_assert_int_eq(preset.stream.window, 10);
    ck_assert_int_eq(preset.stream.container, CONTAINER_TS);
    ck_assert_int_eq(preset.video.encoder, ENCODER_X264);
    ck_assert_int_eq(preset.video.pattern, PATTERN_SMPTEBARS);
    ck_assert_int_eq(preset.video.color, 0x808080);
    ck_assert_int_eq(preset.video.overlay, OVERLAY_NONE);
    ck_assert_int_eq(preset.video.width, 1280);
    ck_assert_int_eq(preset.video.height, 720);
    ck_assert_int_eq(preset.video.rate.num, 30);
    ck_assert_int_eq(preset.video.rate.den, 1);
    ck_assert_int_eq(preset.video.bitrate, 2000000);
    ck_assert_int_eq(preset.video.bitrate_pattern, BITRATE_CONSTANT);
    ck_assert_int_eq(preset.video.bitrate_variation, 20);
    ck_assert_int_eq(preset.video.bitrate_seed, 1);
    ck_assert_int_eq(preset.video.stuffing, STUFFING_FILLER);
    ck_assert_str_eq(preset.video.x264_preset, "ultrafast");
    ck_assert_int_eq(preset.video.cycle, 10000);
    ck_assert_int_eq(preset.audio.signal, SIGNAL_TONE);
    ck_assert_int_eq(preset.audio.tone, 1000);
    ck_assert_int_eq(preset.audio.bitrate, 128000);
}
END_TEST

START_TEST(reads_every_form_of_line)
{
    static const char text[] =
        "\n  # a comment\n; another = 3\n[stream]\n\twindow=5  \n"
        "description   =   a = b : c # d;e [f]\n\n[audio]\n  tone = 440Hz";
    struct preset preset;
    struct error err = {.text = ""};

    presets_write("x.conf", text, strlen(text));
    ck_assert_msg(presets_load("./x.conf", NULL, &preset, &err) == 0, "%s", err.text);
    ck_assert_int_eq(preset.stream.window, 5);
    ck_assert_str_eq(preset.stream.description, "a = b : c # d;e [f]");
    ck_assert_int_eq(preset.audio.tone, 440);
}
END_TEST

#define DASHES "------------------------------------------------------------" /* 60 */

static const struct {
    const char *text;
    const char *error;
} bad_files[] = {
    {"[video]\nbitrate = 2000\n",
     "x.conf:2: [video] bitrate = 2000: a unit is missing, as in 2000kbit/s"},
    {"[video]\nbitrate = 90000kbit/s\n",
     "x.conf:2: [video] bitrate = 90000kbit/s: out of range, 32kbit/s to 60000kbit/s"},
    {"[video]\nrate = 30fps\n", "x.conf:2: [video] rate = 30fps: frames per second are wanted"},
    {"[video]\nrate = 9\n", "x.conf:2: [video] rate = 9: out of range, 10 to 120"},
    {"[stream]\nwindow =\n", "x.conf:2: [stream] window = : it must begin with a digit"},
    {"[stream]\n[stream]\n", "x.conf:2: [stream]: this section is given twice"},
    {"[video]\n[stream]\n\n[video]\n", "x.conf:4: [video]: this section is given twice"},
    {"[stream]\nwindow = 5\n\nwindow = 5\n",
     "x.conf:4: [stream] window: given twice, first on line 2"},
    {"[vidoe]\n", "x.conf:1: [vidoe]: unknown section, the nearest is video"},
    {"[subtitles]\n", "x.conf:1: [subtitles]: unknown section"},
    {"[video]\nbitrat = 3\n", "x.conf:2: [video] bitrat: unknown key, the nearest is bitrate"},
    {"[video]\ntone = 1kHz\n", "x.conf:2: [video] tone: this key belongs to [audio]"},
    {"[video]\nxyzzy = 3\n", "x.conf:2: [video] xyzzy: unknown key, hlsgen --help lists them"},
    {"window = 5\n", "x.conf:1: window = 5: a section is wanted before the first key"},
    {"[stream]\nwindow\n", "x.conf:2: window: KEY = VALUE is wanted"},
    {"[stream]\nwindow: 5\n", "x.conf:2: window: 5: KEY = VALUE is wanted"},
    {"[stream]\nwindow = 5 ; few\n", "x.conf:2: window = 5 ; few: a comment needs a line"},
    {"[stream]\nwindow = 5\n  6\n", "x.conf:3: 6: KEY = VALUE is wanted"},
    {"[stream\n", "x.conf:1: [stream: a section is wanted alone on its line"},
    {"[stream] window = 5\n", "x.conf:1: [stream] window = 5: a section is wanted alone"},
    {"[stream]\r\n", "x.conf:1: not text"},
    {"\xef\xbb\xbf[stream]\n", "x.conf:1: not text"},
    {"[stream]\ndescription = \xfc\n", "x.conf:2: not text"},
    {"[stream]\ndescription = \x1b[31m\n", "x.conf:2: not text"},
    {"# " DASHES DASHES DASHES DASHES "\n", "x.conf:1: longer than 190 bytes"},
    {"[video]\n\ncolor = #ff0000\n",
     "x.conf:3: [video] color = #ff0000: this key is only for pattern = color"},
    {"[video]\ncycle = 4s\n",
     "x.conf:2: [video] cycle = 4s: this key is only for pattern = testsrc or testsrc2"},
    {"[video]\npattern = testsrc\ncycle = 5s\n",
     "x.conf:3: [video] cycle = 5s: [video] cycle (5s) must be a whole multiple of [stream] "
     "segment-duration (2s)"},
    {"[stream]\nsegment-duration = 3s\n[video]\npattern = testsrc\n",
     "x.conf:2: [stream] segment-duration = 3s: [video] cycle (10s) must be a whole multiple"},
    {"[video]\npattern = testsrc\nencoder = exact\n",
     "x.conf:2: [video] pattern = testsrc: encoder = exact is for patterns that stand still"},
    {"[video]\nencoder = exact\nx264-preset = fast\n",
     "x.conf:3: [video] x264-preset = fast: this key is only for encoder = x264"},
    {"[video]\nencoder = x265\n", "x.conf:2: [video] encoder = x265: not one of x264, exact"},
    {"[video]\noverlay = logo\n", "x.conf:2: [video] overlay = logo: not one of none, clock"},
    {"[video]\nstuffing = none\n", "x.conf:2: [video] stuffing = none: not one of filler, null"},
    {"[video]\nbitrate-variation = 10%\n",
     "x.conf:2: [video] bitrate-variation = 10%: this key is only for bitrate-pattern = sawtooth "
     "or random"},
    {"[video]\nbitrate-pattern = sawtooth\nbitrate-variation = 51%\n",
     "x.conf:3: [video] bitrate-variation = 51%: out of range, 1% to 50%"},
    {"[video]\nbitrate-pattern = sawtooth\nbitrate-seed = 3\n",
     "x.conf:3: [video] bitrate-seed = 3: this key is only for bitrate-pattern = random"},
    {"[video]\nbitrate-pattern = random\nbitrate-seed = -1\n",
     "x.conf:3: [video] bitrate-seed = -1: it must begin with a digit"},
    {"[video]\nsignal = beep\n", "x.conf:2: [video] signal: this key belongs to [audio]"},
    {"[audio]\nsignal = noise\n", "x.conf:2: [audio] signal = noise: not one of tone, beep"},
    {"[video]\nsize = 4096x4096\n",
     "x.conf:2: [video] size = 4096x4096: 65536 macroblocks a frame, H.264 level 5.2 allows 36864"},
    {"[video]\nrate = 120\nsize = 3840x2160\n",
     "x.conf:3: [video] size = 3840x2160: size and rate make 3888000 macroblocks per second"},
};

START_TEST(names_what_is_wrong_and_where)
{
    struct ladder ladder;
    struct ladder before;
    struct error err = {.text = ""};
    int result;

    memset(&ladder, 0xa5, sizeof(ladder));
    before = ladder;
    presets_write("x.conf", bad_files[_i].text, strlen(bad_files[_i].text));
    result = ladder_load("x.conf", NULL, 0, &ladder, &err);
    presets_check_error(result, &err, EX_DATAERR, bad_files[_i].error);
    ck_assert_mem_eq(&ladder, &before, sizeof(ladder));
}
END_TEST

START_TEST(refuses_what_is_no_preset_file)
{
    static char large[64 * 1024 + 1];
    struct preset preset;
    struct error err;

    presets_write("x.conf", "[stream]\nwindow\0 = 5\n", 21);
    presets_check_error(presets_load("x.conf", NULL, &preset, &err), &err, EX_DATAERR,
                        "x.conf:2: not text");

    memset(large, '\n', sizeof(large));
    presets_write("x.conf", large, sizeof(large));
    presets_check_error(presets_load("x.conf", NULL, &preset, &err), &err, EX_DATAERR,
                        "x.conf: larger than 64 KiB");
    presets_write("x.conf", large, sizeof(large) - 1);
    ck_assert_int_eq(presets_load("x.conf", NULL, &preset, &err), 0);

    ck_assert_int_eq(mkdir("folder.conf", 0755), 0);
    presets_check_error(presets_load("folder.conf", NULL, &preset, &err), &err, EX_NOINPUT,
                        "folder.conf: not a regular file");
    ck_assert_int_eq(mkfifo("pipe.conf", 0644), 0);
    presets_check_error(presets_load("pipe.conf", NULL, &preset, &err), &err, EX_NOINPUT,
                        "pipe.conf: not a regular file");
    presets_check_error(presets_load("none.conf", NULL, &preset, &err), &err, EX_NOINPUT,
                        "none.conf: cannot be opened: No such file or directory");
}
END_TEST

/* The longest line, with the longest reason. */
START_TEST(a_long_path_leaves_the_reason_its_room)
{
    static const char start[] = "[video]\nx264-preset = ";
    static const char reason_end[] =
        "xxx: not one of ultrafast, superfast, veryfast, faster, fast, "
        "medium, slow, slower, veryslow, placebo";
    char text[8 + 190];
    char path[2000];
    struct preset preset;
    struct error err = {.text = ""};

    memset(text, 'x', sizeof(text));
    memcpy(text, start, sizeof(start) - 1);
    presets_write("x.conf", text, sizeof(text));
    memset(path, '/', sizeof(path));
    path[0] = '.';
    memcpy(path + sizeof(path) - sizeof("x.conf"), "x.conf", sizeof("x.conf"));
    presets_check_error(presets_load(path, NULL, &preset, &err), &err, EX_DATAERR, "...///");
    ck_assert_ptr_nonnull(strstr(err.text, "//x.conf:2: [video] x264-preset = xxx"));
    ck_assert_str_eq(strstr(err.text, "xxx: "), reason_end);
}
END_TEST

START_TEST(a_long_path_is_cut_between_characters)
{
    char path[402 + 5 + 1];
    char wanted[] = "...\xc3\xbc\xc3\xbc";
    struct preset preset;
    struct error err;

    for (int i = 0; i < 402; i += 2)
        memcpy(path + i, "\xc3\xbc", 2);
    memcpy(path + 402, ".conf", 6);
    presets_check_error(presets_load(path, NULL, &preset, &err), &err, EX_NOINPUT, wanted);
    ck_assert(text_is_plain(err.text, strlen(err.text)));
    ck_assert_uint_eq(strcspn(err.text, ":"), 3 + 194 + 5);
    ck_assert_ptr_nonnull(strstr(err.text, "\xbc.conf: File name too long"));
}
END_TEST

/* ---- looking up ------------------------------------------------------------------------------ */

START_TEST(a_folder_shadows_what_is_compiled_in)
{
    static const char text[] = "[stream]\nwindow = 7\n";
    struct preset preset;
    struct error err = {.text = ""};

    ck_assert_int_eq(setenv("HLSGEN_PRESET_PATH", "/nonexistent::/dev/null", 1), 0);
    ck_assert_msg(presets_load("720p-ultrafast", NULL, &preset, &err) == 0, "%s", err.text);
    ck_assert_int_eq(preset.stream.window, 10);

    presets_write("720p-ultrafast.conf", text, strlen(text));
    ck_assert_int_eq(setenv("HLSGEN_PRESET_PATH", "/nonexistent:.", 1), 0);
    ck_assert_msg(presets_load("720p-ultrafast", NULL, &preset, &err) == 0, "%s", err.text);
    ck_assert_int_eq(preset.stream.window, 7);
}
END_TEST

START_TEST(an_unknown_name_brings_the_nearest)
{
    struct preset preset;
    struct error err;

    presets_check_error(
        presets_load("720p-ultrafsat", NULL, &preset, &err), &err, EX_USAGE,
        "unknown preset \"720p-ultrafsat\", the nearest is 720p-ultrafast; --list-presets");
    presets_write("near.conf", "", 0);
    presets_check_error(presets_load("naer", NULL, &preset, &err), &err, EX_USAGE,
                        "unknown preset \"naer\", the nearest is near; ");
    presets_check_error(presets_load("xyzzyxyzzy", NULL, &preset, &err), &err, EX_USAGE,
                        "unknown preset \"xyzzyxyzzy\"; --list-presets");
    presets_check_error(presets_load("", NULL, &preset, &err), &err, EX_USAGE,
                        "unknown preset \"\"");
}
END_TEST

START_TEST(every_shipped_preset_loads)
{
    struct preset preset;
    struct error err = {.text = ""};

    for (const struct embedded_preset *shipped = embedded_presets; shipped->name; shipped++) {
        ck_assert_msg(presets_load(shipped->name, NULL, &preset, &err) == 0, "%s", err.text);
        ck_assert_str_ne(preset.stream.description, "");
    }
}
END_TEST

START_TEST(lists_each_name_once_with_its_description)
{
    char *list = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&list, &size);
    struct error err = {.text = ""};
    static const char broken[] = "[stream]\nwindow = 1\n";
    const char *mine;

    presets_write("x.conf", broken, strlen(broken));
    presets_write("720p-ultrafast.conf", "[stream]\ndescription = mine\n", 28);
    ck_assert_msg(preset_list(out, &err) == 0, "%s", err.text);
    (void)fclose(out);
    mine = strstr(list, "720p-ultrafast   mine\n");
    ck_assert(mine && mine > list && mine[-1] == '\n');
    ck_assert_ptr_null(strstr(list, "720p-ultrafast   1280x720"));
    ck_assert_ptr_nonnull(strstr(list, "\nx                cannot be used: "));
    free(list);
}
END_TEST

/* An escape sequence, a control character of UTF-8, and Latin-1. */
static const char *const raw_names[] = {"a\x1b[31m", "a\xc2\x9bm", "a\xfc"};

START_TEST(a_raw_name_is_no_preset)
{
    char path[64];
    char *list = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&list, &size);
    struct preset preset;
    struct error err = {.text = ""};

    (void)snprintf(path, sizeof(path), "%s.conf", raw_names[_i]);
    presets_write(path, "", 0);
    ck_assert_msg(preset_list(out, &err) == 0, "%s", err.text);
    (void)fclose(out);
    ck_assert_ptr_null(strstr(list, raw_names[_i]));
    free(list);
    presets_check_error(presets_load(raw_names[_i], NULL, &preset, &err), &err, EX_USAGE,
                        "unknown preset \"a?");
    ck_assert(text_is_plain(err.text, strlen(err.text)));
}
END_TEST

START_TEST(a_raw_path_loads_and_is_printed_safely)
{
    char path[64];
    struct preset preset;
    struct error err = {.text = ""};

    (void)snprintf(path, sizeof(path), "./%s.conf", raw_names[_i]);
    presets_write(path, "", 0);
    ck_assert_msg(presets_load(path, NULL, &preset, &err) == 0, "%s", err.text);
    ck_assert(text_is_plain(preset.name, strlen(preset.name)));
    ck_assert_int_eq(strncmp(preset.name, "a?", 2), 0);

    presets_write(path, "[\n", 2);
    presets_check_error(presets_load(path, NULL, &preset, &err), &err, EX_DATAERR, "./a?");
    ck_assert(text_is_plain(err.text, strlen(err.text)));
}
END_TEST

START_TEST(a_raw_folder_is_listed_safely)
{
    char *list = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&list, &size);
    struct error err = {.text = ""};

    ck_assert_int_eq(mkdir(raw_names[_i], 0755), 0);
    ck_assert_int_eq(chdir(raw_names[_i]), 0);
    presets_write("broken.conf", "[\n", 2);
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_int_eq(setenv("HLSGEN_PRESET_PATH", raw_names[_i], 1), 0);
    ck_assert_msg(preset_list(out, &err) == 0, "%s", err.text);
    (void)fclose(out);
    ck_assert_ptr_nonnull(strstr(list, "cannot be used: a?"));
    ck_assert_ptr_null(strstr(list, raw_names[_i]));
    free(list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preset");
    TCase *files = presets_add_case(suite, "files");
    TCase *lookup = presets_add_case(suite, "lookup");

    tcase_add_test(files, defaults_fill_an_empty_file);
    tcase_add_test(files, reads_every_form_of_line);
    tcase_add_loop_test(files, names_what_is_wrong_and_where, 0, LENGTH(bad_files));
    tcase_add_test(files, refuses_what_is_no_preset_file);
    tcase_add_test(files, a_long_path_leaves_the_reason_its_room);
    tcase_add_test(files, a_long_path_is_cut_between_characters);
    tcase_add_test(lookup, a_folder_shadows_what_is_compiled_in);
    tcase_add_test(lookup, an_unknown_name_brings_the_nearest);
    tcase_add_test(lookup, every_shipped_preset_loads);
    tcase_add_test(lookup, lists_each_name_once_with_its_description);
    tcase_add_loop_test(lookup, a_raw_name_is_no_preset, 0, LENGTH(raw_names));
    tcase_add_loop_test(lookup, a_raw_path_loads_and_is_printed_safely, 0, LENGTH(raw_names));
    tcase_add_loop_test(lookup, a_raw_folder_is_listed_safely, 0, LENGTH(raw_names));
    return suite_run(suite);
}

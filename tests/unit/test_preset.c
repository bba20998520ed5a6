/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Presets: the syntax of their files, where they are found, overrides, and the way back to text. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preset/embedded.h"
#include "preset/keys.h"
#include "preset/preset.h"
#include "preset/text.h"
#include "tests/unit/folder.h"
#include "tests/unit/suite.h"

/* Every test has a folder of its own, which is also the search path and the working directory. */
static void enter_folder(void)
{
    folder_enter();
    ck_assert_int_eq(setenv("HLSGEN_PRESET_PATH", folder_path(), 1), 0);
}

static void write_file(const char *name, const void *text, size_t size)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static int load(const char *name, const char *override, struct preset *ret, struct error *err)
{
    return preset_load(name, &override, override ? 1 : 0, ret, err);
}

static void check_error(int result, const struct error *err, int exit_code, const char *start)
{
    ck_assert_msg(result < 0, "taken, but wanted: %s", start);
    ck_assert_msg(strncmp(err->text, start, strlen(start)) == 0,
                  "\"%s\" does not begin with \"%s\"", err->text, start);
    ck_assert_ptr_null(strchr(err->text, '\n'));
    ck_assert_int_eq(err->exit_code, exit_code);
}

/* ---- files ----------------------------------------------------------------------------------- */

START_TEST(defaults_fill_an_empty_file)
{
    struct preset preset;
    struct error err = {.text = ""};

    write_file("x.conf", "", 0);
    ck_assert_msg(load("x", NULL, &preset, &err) == 0, "%s", err.text);
    ck_assert_str_eq(preset.name, "x");
    ck_assert_str_eq(preset.stream.description, "");
    ck_assert_int_eq(preset.stream.segment_duration, 2000);
    ck_assert_int_eq(preset.stream.window, 10);
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

    write_file("x.conf", text, strlen(text));
    ck_assert_msg(load("./x.conf", NULL, &preset, &err) == 0, "%s", err.text);
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
    struct preset preset;
    struct preset before;
    struct error err = {.text = ""};
    int result;

    memset(&preset, 0xa5, sizeof(preset));
    before = preset;
    write_file("x.conf", bad_files[_i].text, strlen(bad_files[_i].text));
    result = load("x.conf", NULL, &preset, &err);
    check_error(result, &err, EX_DATAERR, bad_files[_i].error);
    ck_assert_mem_eq(&preset, &before, sizeof(preset));
}
END_TEST

START_TEST(refuses_what_is_no_preset_file)
{
    static char large[64 * 1024 + 1];
    struct preset preset;
    struct error err;

    write_file("x.conf", "[stream]\nwindow\0 = 5\n", 21);
    check_error(load("x.conf", NULL, &preset, &err), &err, EX_DATAERR, "x.conf:2: not text");

    memset(large, '\n', sizeof(large));
    write_file("x.conf", large, sizeof(large));
    check_error(load("x.conf", NULL, &preset, &err), &err, EX_DATAERR,
                "x.conf: larger than 64 KiB");
    write_file("x.conf", large, sizeof(large) - 1);
    ck_assert_int_eq(load("x.conf", NULL, &preset, &err), 0);

    ck_assert_int_eq(mkdir("folder.conf", 0755), 0);
    check_error(load("folder.conf", NULL, &preset, &err), &err, EX_NOINPUT,
                "folder.conf: not a regular file");
    ck_assert_int_eq(mkfifo("pipe.conf", 0644), 0);
    check_error(load("pipe.conf", NULL, &preset, &err), &err, EX_NOINPUT,
                "pipe.conf: not a regular file");
    check_error(load("none.conf", NULL, &preset, &err), &err, EX_NOINPUT,
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
    write_file("x.conf", text, sizeof(text));
    memset(path, '/', sizeof(path));
    path[0] = '.';
    memcpy(path + sizeof(path) - sizeof("x.conf"), "x.conf", sizeof("x.conf"));
    check_error(load(path, NULL, &preset, &err), &err, EX_DATAERR, "...///");
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
    check_error(load(path, NULL, &preset, &err), &err, EX_NOINPUT, wanted);
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
    ck_assert_msg(load("720p-ultrafast", NULL, &preset, &err) == 0, "%s", err.text);
    ck_assert_int_eq(preset.stream.window, 10);

    write_file("720p-ultrafast.conf", text, strlen(text));
    ck_assert_int_eq(setenv("HLSGEN_PRESET_PATH", "/nonexistent:.", 1), 0);
    ck_assert_msg(load("720p-ultrafast", NULL, &preset, &err) == 0, "%s", err.text);
    ck_assert_int_eq(preset.stream.window, 7);
}
END_TEST

START_TEST(an_unknown_name_brings_the_nearest)
{
    struct preset preset;
    struct error err;

    check_error(load("720p-ultrafsat", NULL, &preset, &err), &err, EX_USAGE,
                "unknown preset \"720p-ultrafsat\", the nearest is 720p-ultrafast; --list-presets");
    write_file("near.conf", "", 0);
    check_error(load("naer", NULL, &preset, &err), &err, EX_USAGE,
                "unknown preset \"naer\", the nearest is near; ");
    check_error(load("xyzzyxyzzy", NULL, &preset, &err), &err, EX_USAGE,
                "unknown preset \"xyzzyxyzzy\"; --list-presets");
    check_error(load("", NULL, &preset, &err), &err, EX_USAGE, "unknown preset \"\"");
}
END_TEST

START_TEST(every_shipped_preset_loads)
{
    struct preset preset;
    struct error err = {.text = ""};

    for (const struct embedded_preset *shipped = embedded_presets; shipped->name; shipped++) {
        ck_assert_msg(load(shipped->name, NULL, &preset, &err) == 0, "%s", err.text);
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

    write_file("x.conf", broken, strlen(broken));
    write_file("720p-ultrafast.conf", "[stream]\ndescription = mine\n", 28);
    ck_assert_msg(preset_list(out, &err) == 0, "%s", err.text);
    (void)fclose(out);
    mine = strstr(list, "720p-ultrafast  mine\n");
    ck_assert(mine && mine > list && mine[-1] == '\n');
    ck_assert_ptr_null(strstr(list, "720p-ultrafast  1280x720"));
    ck_assert_ptr_nonnull(strstr(list, "\nx               cannot be used: "));
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
    write_file(path, "", 0);
    ck_assert_msg(preset_list(out, &err) == 0, "%s", err.text);
    (void)fclose(out);
    ck_assert_ptr_null(strstr(list, raw_names[_i]));
    free(list);
    check_error(load(raw_names[_i], NULL, &preset, &err), &err, EX_USAGE, "unknown preset \"a?");
    ck_assert(text_is_plain(err.text, strlen(err.text)));
}
END_TEST

START_TEST(a_raw_path_loads_and_is_printed_safely)
{
    char path[64];
    struct preset preset;
    struct error err = {.text = ""};

    (void)snprintf(path, sizeof(path), "./%s.conf", raw_names[_i]);
    write_file(path, "", 0);
    ck_assert_msg(load(path, NULL, &preset, &err) == 0, "%s", err.text);
    ck_assert(text_is_plain(preset.name, strlen(preset.name)));
    ck_assert_int_eq(strncmp(preset.name, "a?", 2), 0);

    write_file(path, "[\n", 2);
    check_error(load(path, NULL, &preset, &err), &err, EX_DATAERR, "./a?");
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
    write_file("broken.conf", "[\n", 2);
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_int_eq(setenv("HLSGEN_PRESET_PATH", raw_names[_i], 1), 0);
    ck_assert_msg(preset_list(out, &err) == 0, "%s", err.text);
    (void)fclose(out);
    ck_assert_ptr_nonnull(strstr(list, "cannot be used: a?"));
    ck_assert_ptr_null(strstr(list, raw_names[_i]));
    free(list);
}
END_TEST

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

    check_error(load("720p-ultrafast", bad_overrides[_i].override, &preset, &err), &err, EX_USAGE,
                bad_overrides[_i].error);
}
END_TEST

/* The encoder stands in the file: what does not suit it is blamed, not the file. */
START_TEST(names_the_override_that_does_not_suit_the_file)
{
    static const char text[] = "[video]\nencoder = exact\n";
    struct preset preset;
    struct error err;

    write_file("x.conf", text, strlen(text));
    check_error(load("x", "video.pattern=testsrc2", &preset, &err), &err, EX_USAGE,
                "--set video.pattern=testsrc2: encoder = exact is for patterns that stand still");
    check_error(load("x", "video.x264-preset=fast", &preset, &err), &err, EX_USAGE,
                "--set video.x264-preset=fast: this key is only for encoder = x264");
}
END_TEST

START_TEST(the_last_override_wins)
{
    static const char *const overrides[] = {"stream.window=4", "video.pattern=testsrc2",
                                            "stream.window=6", "video.cycle=4s"};
    struct preset preset;
    struct error err = {.text = ""};

    ck_assert_msg(preset_load("720p-ultrafast", overrides, 4, &preset, &err) == 0, "%s", err.text);
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

    write_file("x.conf", text, strlen(text));
    ck_assert_msg(preset_load("x", overrides, 3, &preset, &err) == 0, "%s", err.text);
    ck_assert_int_eq(preset.video.cycle, 10000);
    ck_assert_str_eq(preset.video.x264_preset, "ultrafast");
    ck_assert_int_eq(preset.video.bitrate_variation, 7);
    ck_assert_int_eq(preset.video.bitrate_seed, 1);
    ck_assert_msg(load("x", "video.bitrate-pattern=constant", &preset, &err) == 0, "%s", err.text);
    ck_assert_int_eq(preset.video.bitrate_variation, 20);
    ck_assert_int_eq(preset.video.bitrate_seed, 1);
}
END_TEST

START_TEST(only_a_clock_by_x264_is_encoded_afresh)
{
    static const char *const overrides[] = {"video.overlay=clock", "video.encoder=exact"};
    struct preset preset;
    struct error err = {.text = ""};

    ck_assert_int_eq(preset_load("720p-ultrafast", NULL, 0, &preset, &err), 0);
    ck_assert(!preset_is_aperiodic(&preset));
    ck_assert_int_eq(preset_load("720p-ultrafast", overrides, 1, &preset, &err), 0);
    ck_assert(preset_is_aperiodic(&preset));
    ck_assert_int_eq(preset_load("720p-ultrafast", overrides, 2, &preset, &err), 0);
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
    "video.bitrate-pattern=sawtooth",
    "video.bitrate-pattern=random",
};

START_TEST(a_printed_preset_loads_to_an_equal_one)
{
    struct preset preset;
    struct preset again;
    struct error err = {.text = ""};
    FILE *out = fopen("x.conf", "w");

    memset(&preset, 0, sizeof(preset));
    memset(&again, 0, sizeof(again));
    ck_assert_ptr_nonnull(out);
    ck_assert_msg(load("720p-ultrafast", printed[_i], &preset, &err) == 0, "%s", err.text);
    preset_print(&preset, out);
    (void)fclose(out);
    ck_assert_msg(load("x", NULL, &again, &err) == 0, "%s", err.text);
    for (int key = 0; key < KEY_COUNT; key++) {
        char first[SETTING_TEXT_SIZE];
        char second[SETTING_TEXT_SIZE];

        setting_format(&preset_keys[key], &preset, first);
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

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tcase = suite_add(suite, name);

    tcase_add_checked_fixture(tcase, enter_folder, folder_leave);
    return tcase;
}

static Suite *make_suite(void)
{
    Suite *suite = suite_create("preset");
    TCase *files = add_case(suite, "files");
    TCase *lookup = add_case(suite, "lookup");
    TCase *overrides = add_case(suite, "overrides");
    TCase *text = add_case(suite, "text");

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
    tcase_add_loop_test(overrides, names_the_override, 0, LENGTH(bad_overrides));
    tcase_add_test(overrides, names_the_override_that_does_not_suit_the_file);
    tcase_add_test(overrides, the_last_override_wins);
    tcase_add_test(overrides, an_override_makes_keys_of_the_file_moot);
    tcase_add_test(overrides, only_a_clock_by_x264_is_encoded_afresh);
    tcase_add_loop_test(text, a_printed_preset_loads_to_an_equal_one, 0, LENGTH(printed));
    tcase_add_loop_test(text, every_row_is_whole, 0, KEY_COUNT);
    return suite;
}

int main(void)
{
    return suite_run(make_suite());
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks that stay in force with NDEBUG, and those that two targets need. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "preset/source.h"

void fuzz_check(bool holds, const char *promise, const char *file, int line)
{
    if (holds)
        return;
    (void)fprintf(stderr, "%s:%d: broken: %s\n", file, line, promise);
    abort();
}

void fuzz_check_error(int result, const struct error *err, int exit_code)
{
    FUZZ_CHECK(result < 0);
    FUZZ_CHECK(err->exit_code == exit_code);
    FUZZ_CHECK(err->text[0] != '\0' && memchr(err->text, '\0', sizeof(err->text)));
}

/* Clears what an earlier and longer text may have left behind @p text, to compare bytes. */
static void clear_rest(char *text, size_t size)
{
    size_t length = strlen(text);

    memset(text + length, 0, size - length);
}

static struct preset comparable(const struct preset *preset)
{
    struct preset copy = *preset;

    clear_rest(copy.name, sizeof(copy.name));
    clear_rest(copy.stream.description, sizeof(copy.stream.description));
    clear_rest(copy.video.x264_preset, sizeof(copy.video.x264_preset));
    return copy;
}

static void print(const struct preset *preset, struct source *source)
{
    FILE *out = fmemopen(source->text, sizeof(source->text), "w");

    FUZZ_CHECK(out != NULL);
    preset_print(preset, out);
    source->size = (size_t)ftell(out);
    FUZZ_CHECK(fclose(out) == 0 && source->size <= SOURCE_SIZE_MAX);
}

void fuzz_check_preset(const struct preset *preset)
{
    struct source source = {.place = "printed"};
    struct preset before = comparable(preset);
    struct preset again;
    struct error err;

    memcpy(source.name, preset->name, sizeof(preset->name));
    print(preset, &source);
    FUZZ_CHECK(preset_parse(&source, NULL, 0, &again, &err) == 0);
    again = comparable(&again);
    FUZZ_CHECK(memcmp(&again, &before, sizeof(again)) == 0);
}

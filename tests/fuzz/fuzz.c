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

static void make_comparable(struct preset *preset)
{
    clear_rest(preset->name, sizeof(preset->name));
    clear_rest(preset->rendition, sizeof(preset->rendition));
    clear_rest(preset->stream.description, sizeof(preset->stream.description));
    clear_rest(preset->video.x264_preset, sizeof(preset->video.x264_preset));
}

static struct ladder comparable(const struct ladder *ladder)
{
    struct ladder copy = *ladder;

    make_comparable(&copy.common);
    for (int64_t i = 0; i < copy.count; i++)
        make_comparable(&copy.renditions[i]);
    return copy;
}

static void print(const struct ladder *ladder, struct source *source)
{
    FILE *out = fmemopen(source->text, sizeof(source->text), "w");

    FUZZ_CHECK(out != NULL);
    ladder_print(ladder, out);
    source->size = (size_t)ftell(out);
    FUZZ_CHECK(fclose(out) == 0 && source->size <= SOURCE_SIZE_MAX);
}

void fuzz_check_ladder(const struct ladder *ladder)
{
    struct source source = {.place = "printed"};
    struct ladder before = comparable(ladder);
    struct ladder again;
    struct error err;

    memcpy(source.name, ladder->common.name, sizeof(source.name));
    FUZZ_CHECK(ladder->count >= 1 && ladder->count <= LADDER_MAX);
    FUZZ_CHECK(ladder_top(ladder) >= 0 && ladder_top(ladder) < ladder->count);
    FUZZ_CHECK(!ladder->has_renditions ||
               preset_has_video(&ladder->renditions[ladder_top(ladder)]));
    print(ladder, &source);
    FUZZ_CHECK(ladder_parse(&source, NULL, 0, &again, &err) == 0);
    again = comparable(&again);
    FUZZ_CHECK(memcmp(&again, &before, sizeof(again)) == 0);
}

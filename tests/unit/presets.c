/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/presets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/folder.h"
#include "tests/unit/suite.h"

static void enter(void)
{
    folder_enter();
    ck_assert_int_eq(setenv("HLSGEN_PRESET_PATH", folder_path(), 1), 0);
}

TCase *presets_add_case(Suite *suite, const char *name)
{
    TCase *tcase = suite_add(suite, name);

    tcase_add_checked_fixture(tcase, enter, folder_leave);
    return tcase;
}

void presets_write(const char *name, const void *text, size_t size)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

int presets_load(const char *name, const char *override, struct preset *ret, struct error *err)
{
    return presets_load_with(name, &override, override ? 1 : 0, ret, err);
}

int presets_load_with(const char *name, const char *const *overrides, size_t count,
                      struct preset *ret, struct error *err)
{
    struct ladder ladder;
    int result = ladder_load(name, overrides, count, &ladder, err);

    if (result == 0)
        *ret = ladder.renditions[0];
    return result;
}

int presets_load_text(const char *text, const char *const *overrides, size_t count,
                      struct ladder *ret, struct error *err)
{
    presets_write("x.conf", text, strlen(text));
    return ladder_load("./x.conf", overrides, count, ret, err);
}

struct ladder presets_ladder(const char *text, const char *override)
{
    struct ladder ladder;
    struct error err = {.text = ""};
    int result = presets_load_text(text, &override, override ? 1 : 0, &ladder, &err);

    ck_assert_msg(result == 0, "%s", err.text);
    return ladder;
}

void presets_check_error(int result, const struct error *err, int exit_code, const char *start)
{
    ck_assert_msg(result < 0, "taken, but wanted: %s", start);
    ck_assert_msg(strncmp(err->text, start, strlen(start)) == 0,
                  "\"%s\" does not begin with \"%s\"", err->text, start);
    ck_assert_ptr_null(strchr(err->text, '\n'));
    ck_assert_int_eq(err->exit_code, exit_code);
}

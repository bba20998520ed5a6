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
    return preset_load(name, &override, override ? 1 : 0, ret, err);
}

void presets_check_error(int result, const struct error *err, int exit_code, const char *start)
{
    ck_assert_msg(result < 0, "taken, but wanted: %s", start);
    ck_assert_msg(strncmp(err->text, start, strlen(start)) == 0,
                  "\"%s\" does not begin with \"%s\"", err->text, start);
    ck_assert_ptr_null(strchr(err->text, '\n'));
    ck_assert_int_eq(err->exit_code, exit_code);
}

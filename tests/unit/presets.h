/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of presets share: a folder with preset files, loading, and errors. */
#ifndef HLSGEN_TESTS_UNIT_PRESETS_H
#define HLSGEN_TESTS_UNIT_PRESETS_H

#include <check.h>
#include <stddef.h>

#include "base/error.h"
#include "preset/ladder.h"

/**
 * Adds a test case, each test of which runs in a new folder that is the search path, too, and is
 * removed behind it.
 */
TCase *presets_add_case(Suite *suite, const char *name);

/** Writes a file into the working directory. */
void presets_write(const char *name, const void *text, size_t size);

/** The first rendition of what ladder_load() loads with one override, or with none if it is NULL.
 */
int presets_load(const char *name, const char *override, struct preset *ret, struct error *err);

/** Likewise, with @p count overrides. */
int presets_load_with(const char *name, const char *const *overrides, size_t count,
                      struct preset *ret, struct error *err);

/** Writes x.conf and loads it by its path, with @p count overrides. */
int presets_load_text(const char *text, const char *const *overrides, size_t count,
                      struct ladder *ret, struct error *err);

/** Likewise with one override, or none if it is NULL, and asserts that it loads. */
struct ladder presets_ladder(const char *text, const char *override);

/** Asserts that @p result tells a failure, and @p err which: a line that begins with @p start. */
void presets_check_error(int result, const struct error *err, int exit_code, const char *start);

#endif

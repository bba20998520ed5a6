/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share. A target is one function, which holds the code under test to what
 * its header promises: libFuzzer calls it with what it makes up, replay.c with the files of the
 * corpus.
 */
#ifndef HLSGEN_TESTS_FUZZ_FUZZ_H
#define HLSGEN_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "preset/ladder.h"

/** The target; the name is libFuzzer's. Always 0; a broken promise ends the program. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the program, and says where, unless @p promise holds. */
#define FUZZ_CHECK(promise) fuzz_check(promise, #promise, __FILE__, __LINE__)

void fuzz_check(bool holds, const char *promise, const char *file, int line);

/** @p result is what failed with @p err: a negative errno, a line of text and @p exit_code. */
void fuzz_check_error(int result, const struct error *err, int exit_code);

/** @p ladder, printed, loads to an equal one. */
void fuzz_check_ladder(const struct ladder *ladder);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where presets come from: paths, the folders of the search path, and those compiled in.
 */
#ifndef HLSGEN_PRESET_SOURCE_H
#define HLSGEN_PRESET_SOURCE_H

#include <stddef.h>

#include "base/error.h"

#define SOURCE_SIZE_MAX  ((size_t)64 * 1024) /**< largest preset file, bytes */
#define SOURCE_NAME_SIZE 64                  /**< as in struct preset, NUL included */

/** Leaves room in struct error for the longest line of a preset and what is wrong with it. */
#define SOURCE_PLACE_SIZE 204

/** The text of one preset file. */
struct source {
    char name[SOURCE_NAME_SIZE];   /**< without folder and ".conf"; plain text */
    char place[SOURCE_PLACE_SIZE]; /**< what errors call it: a path or its end; plain text */
    size_t size;
    char text[SOURCE_SIZE_MAX + 1]; /**< not terminated; one byte more shows what is too large */
};

/** Finds and reads a preset; see ladder_load() for the order and the errors. */
int source_read(const char *name, struct source *ret, struct error *err);

/**
 * Calls @p each with every name that source_read() finds, in no order, some more than once; stops
 * when it returns a negative errno, and returns that. The name of a preset is plain text.
 */
int source_list(int (*each)(const char *name, void *arg), void *arg, struct error *err);

#endif

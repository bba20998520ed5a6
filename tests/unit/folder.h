/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real directory of a test's own: made and entered by its fixture, removed with all it holds. */
#ifndef HLSGEN_TESTS_UNIT_FOLDER_H
#define HLSGEN_TESTS_UNIT_FOLDER_H

/** Makes an empty directory and makes it the working directory: a checked fixture. */
void folder_enter(void);

/** Leaves it, and removes it and its files and empty folders. */
void folder_leave(void);

/** Its absolute path. */
const char *folder_path(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FFmpeg's libraries as a whole: what they say, and which they are. */
#ifndef HLSGEN_MEDIA_LIBRARY_H
#define HLSGEN_MEDIA_LIBRARY_H

#include <stdio.h>

/** Sends each error line of the libraries, without its newline, to @p report, and drops the rest.
 */
void library_init(void (*report)(const char *line));

/** FFmpeg's own version, as "5.1.8-0+deb12u1". */
const char *library_version(void);

/** Writes one line "name version" for each library in use. */
void library_print_versions(FILE *out);

#endif

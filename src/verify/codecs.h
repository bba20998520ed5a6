/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the codecs in segments are called (RFC 6381), and whether an attribute says so. */
#ifndef HLSGEN_VERIFY_CODECS_H
#define HLSGEN_VERIFY_CODECS_H

#include <stdbool.h>
#include <stddef.h>

#include "verify/m3u8.h"
#include "verify/stream.h"

enum {
    CODECS_MAX = 16,
    CODECS_NAME_SIZE = 16, /**< "avc1.64001f", NUL included */
    CODECS_TEXT_SIZE = 128,
};

/** A set of codecs. Zeroed: none. */
struct codecs {
    size_t count;
    char names[CODECS_MAX][CODECS_NAME_SIZE]; /**< in lower case */
    bool is_open; /**< something is there besides whose name is not known */
};

/** Adds what the segments of @p stream have; of an I-frame playlist, their pictures alone. */
void codecs_add(struct codecs *codecs, const struct stream *stream);

/** Adds what @p others has. */
void codecs_join(struct codecs *codecs, const struct codecs *others);

/** Whether @p attribute, the value of CODECS, has these names, and no other unless is_open. */
bool codecs_agree(const struct codecs *codecs, struct m3u8_text attribute);

/** Writes the names, with commas. */
void codecs_print(const struct codecs *codecs, char ret[CODECS_TEXT_SIZE]);

#endif
